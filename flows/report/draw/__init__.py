"""Facts in, charts and their words out."""
