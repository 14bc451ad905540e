"""Developer conferences by city, from the community list of confs.tech."""
