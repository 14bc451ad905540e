"""US patents by metropolitan area: a check of patents_uspto."""
