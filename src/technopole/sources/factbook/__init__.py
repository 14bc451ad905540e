"""Telecom figures of Taiwan (CIA, The World Factbook)."""
