"""Frozen types, units and the exception tree. No I/O."""
