"""International patent applications by economy (National Center for Science and Engineering Statistics)."""
