"""The kinds of report, one module each."""
