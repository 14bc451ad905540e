"""The 500 fastest supercomputers."""
