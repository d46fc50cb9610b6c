"""Measurements, run by hand: speed is measured here and never asserted in a test.

`python -m tests.benchmarks.intake --cases FILE --files FOLDER --home HOME` tells case by case and in classes what
becomes of a list of files at `check`, at `receive` and in the yearly run; `--also tests/benchmarks/intake_also.csv`
adds, by file, what else is right and what must be said. Two lists of our own: tests/fixtures/reports.csv (its files:
`python -m tests.fixtures.reports FOLDER`; home: tests/fixtures/catalogue) and tests/fixtures/abroad/cases.csv.

`python -m tests.benchmarks.mutate --seconds N --seed S` plants one stated difference in honest files and tells how
often it is noticed, by kind and place, and how often harmless files are asked about.

`python -m tests.benchmarks.splits --files N --seed S` reads damaged text files on both ways of splitting them, and `--raw raw` takes in whole
districts on both; tells whether anything is seen otherwise.

`python -m tests.benchmarks.stale --changes 50 --seed 1` changes a district at random and makes its report on two roads, taking over
what it can and making everything anew: the seconds of both, and whether the bytes are the same.
"""
