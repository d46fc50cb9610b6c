"""Writes sentences from facts."""
