"""Declarations: observations become indicators."""
