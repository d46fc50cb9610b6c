"""Writes the files of an edition from its facts."""
