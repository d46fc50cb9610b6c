"""A column of text as its different words: what is done with a word is done once, however many rows have it."""

from __future__ import annotations

from array import array
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
import pandas as pd

Marked = npt.NDArray[np.bool_]
"""Which rows are meant: one truth value each."""

RowPlaces = npt.NDArray[np.intp]
"""For each row, the place of something in a list."""


class Texts(NamedTuple):
    """A column of text."""

    words: Sequence[str]
    """Its words in the order of their first rows; a word that was coded may stand there more than once."""
    at: npt.NDArray[np.int32]
    """For each row, the place of its word; -1 where the row has none."""

    @classmethod
    def of(cls, texts: Iterable[str]) -> Texts:
        gathered = Gathered()
        gathered.add(texts)
        return gathered.column()

    @classmethod
    def same(cls, word: str, rows: int) -> Texts:
        """One word in every row."""
        return cls((word,), np.zeros(rows, np.int32))

    def map(self, code: Callable[[str], str]) -> Texts:
        return Texts([code(word) for word in self.words], self.at)

    def put(self, rows: Marked, word: str) -> Texts:
        """Another word in some rows."""
        texts = self.each()
        texts[rows] = word
        return Texts.of(texts)

    def which(self, is_meant: Callable[[str], bool]) -> Marked:
        """The rows whose word is meant; each row must have one."""
        return np.array([is_meant(word) for word in self.words], np.bool_)[self.at]

    def counts(self) -> Counter[str]:
        """Word → the number of its rows."""
        rows = np.bincount(self.at[self.at >= 0], minlength=len(self.words)).tolist()
        found = Counter(dict(zip(self.words, rows, strict=True)))
        if len(found) < len(rows):
            found.clear()
            for word, times in zip(self.words, rows, strict=True):
                found[word] += times
        return found

    def each(self) -> npt.NDArray[np.object_]:
        """The text of every row; each must have one."""
        return np.array(self.words, np.object_)[self.at]

    def stored(self) -> npt.NDArray[np.object_] | pd.Categorical:
        """The column as the warehouse takes it: the text of every row, None where it has none; of many rows, each word once."""
        if len(self.at) < MANY:
            return np.array([*self.words, None], np.object_)[self.at]
        different, at = [*dict.fromkeys(self.words)], self.at
        if len(different) < len(self.words):
            places = {word: place for place, word in enumerate(different)}
            at = np.array([*map(places.__getitem__, self.words), -1], np.int32)[at]
        return pd.Categorical.from_codes(at, pd.Index(different, dtype=object))


MANY = 10_000
"""From so many rows on, a column goes to the warehouse as its words and their places."""
RowBlock = Mapping[str, Any]
"""Rows, column by column: an array of each, or the words of many rows. The warehouse reads it as a table; to make it a frame of pandas
would cost as much as all else that is done with a small form before it is checked.
"""


def together(first: Texts, *others: Texts) -> tuple[list[tuple[str, ...]], RowPlaces]:
    """The different rows of several columns, in the order of their first rows, and for each row the place of what it is."""
    at: RowPlaces = pd.factorize(first.at)[0]
    for column in others:
        at = pd.factorize(at * len(column.words) + column.at)[0]
    rows = first_of(at)
    columns = [[column.words[place] for place in column.at[rows].tolist()] for column in (first, *others)]
    return [*zip(*columns, strict=True)], at


def first_rows(at: npt.NDArray[np.integer[Any]]) -> RowPlaces:
    """The first row of each different number, in the order of these rows."""
    return first_of(pd.factorize(at)[0])


def first_of(at: npt.NDArray[np.integer[Any]]) -> RowPlaces:
    """The same, of numbers that are given in the order of their first rows."""
    return np.flatnonzero(np.diff(np.maximum.accumulate(at), prepend=-1))


class Gathered:
    """Gathers a column, some rows at a time."""

    def __init__(self) -> None:
        self.places: defaultdict[str, int] = defaultdict()
        self.places.default_factory = self.places.__len__
        self.at = array("i")

    def add(self, texts: Iterable[str]) -> None:
        self.at.extend(map(self.places.__getitem__, texts))

    def column(self) -> Texts:
        return Texts(list(self.places), np.array(self.at, np.int32))
