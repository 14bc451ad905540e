"""Regions of public cloud providers."""
