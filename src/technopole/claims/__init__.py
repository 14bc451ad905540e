"""Statements become evidence and verdicts."""
