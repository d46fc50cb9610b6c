"""Draws charts from facts, and describes them in words."""
