"""The frame: a name or a point becomes a city, or a reason why not."""
