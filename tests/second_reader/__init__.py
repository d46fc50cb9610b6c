"""A second reader: the figures and verdicts of an edition worked out again, from the delivered files and the plans'
words.

Nothing here imports flows or expectations. The catalogue is read as plain YAML, the files with csv, the arithmetic is
done in fractions, and what the plans demand is typed by hand from their text (wording.csv). What it leaves: see
tests/second_reader/README.md.
"""
