"""The bytes of a delivered file in, its rows of text out, whatever program wrote it."""
