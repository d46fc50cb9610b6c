"""Measurements, run by hand: speed is measured here and never asserted in a test.

`python -m tests.benchmarks.intake --cases FILE --files FOLDER --home HOME` tells case by case and in classes what
becomes of a list of files at `check`, at `receive` and in the yearly run; `--also tests/benchmarks/intake_also.csv`
adds, by file, what else is right and what must be said.
"""
