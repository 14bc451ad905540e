"""Listed companies of mainland China, by the lists of its three exchanges."""
