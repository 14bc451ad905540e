"""Unicorns: private companies valued at a billion US dollars and more, by headquarters city."""
