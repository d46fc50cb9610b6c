"""Turns the rows of a file into staged rows: codes for places, sexes and stages, and figures as plain digits."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from decimal import Decimal
from functools import cache, lru_cache, partial
from typing import NamedTuple

import numpy as np

from expectations.records import NAMES, PART, Catalog, Codes, Column, Correction, Dataset
from expectations.units import unit_of
from expectations.vocabulary import WHOLE, Makeup, Mending
from flows.files import ODD, Defect, describe, odd
from flows.files.characters import LONGEST, LONGEST_SOURCE, are_plain, changes, printable
from flows.files.texts import Marked, RowBlock, RowPlaces, Texts, first_rows, together
from flows.ingest.header import ITEM, ITEM_UNIT, OPTIONAL, VALUE, Stripe, Use, fitting_unit
from flows.ingest.table import DETAILS, Chunk, DeliveredTable
from flows.ingest.writing import REMEMBERED, bracketed, even, title, undressed
from flows.wording import say

KEYS = (
    *(
        "area",
        "area_name",
        "institution",
        "institution_name",
        "sex",
        PART,
        "plan",
        "clause",
        "stage",
        "text",
        "source",
        "indicator",
        "value",
        "value_unit",
    ),
    *("format", "audience", "rows", "caliber", "makeup"),
    *("agreement", "issued"),
)
"""Dimensions and texts that a staged row may have beside its year and its measures."""
TEXTS = frozenset({"text", "source", "agreement"})
"""What is printed as it was written, and never compared."""
ANSWERED = ("stage", "text", "source")
"""What a department fills in of a statement."""
OF_ALL = frozenset({"area", "institution", "sex", PART, "indicator", "value", "value_unit"})
"""What a row may have although no column of its form says it: a title, another row of the same file, or the form as a whole does."""
FOUR = "(?:19|20)[0-9]{2}"
NUMERALS = str.maketrans("〇零一二三四五六七八九", "00123456789")

SEATS: Mapping[str, tuple[str, ...]] = {"办事处": ("街道",), "人民政府": ("镇", "乡"), "政府": ("镇", "乡")}
"""Words for the office of an area that may stand instead of the area."""

Coder = Callable[[str], str]


def columns(dataset: Dataset) -> list[str]:
    """The columns of stg_<dataset>.

    `row` numbers the rows of the record within a delivery; one line of a wide file gives several. `item` is the name of
    the figure in a file with one figure a line. `shape` says what a row has too much or too little of.
    """
    return ["delivery", "row", "line", "year", *KEYS, "item", "shape", *measures(dataset)]


def without(dataset: Dataset) -> frozenset[str]:
    """The columns of stg_<dataset> in which nothing can stand: its form has no such column, and nothing else says it."""
    return frozenset(KEYS) - OF_ALL - {*dataset.roles}


def measures(dataset: Dataset) -> list[str]:
    """Every measure of the dataset in the forms of all years, each once."""
    return list(dict.fromkeys(c.measure for c in dataset.columns.values() if c.measure))


class Became(NamedTuple):
    """What became of a correction in a file."""

    state: Mending
    cells: tuple[Use, ...] = ()
    """The cells that fit."""


class Stager:
    """Turns the rows of one delivery into rows of raw_<dataset> and stg_<dataset>, chunk by chunk."""

    def __init__(
        self, coders: Coders, delivery: str, table: DeliveredTable, corrections: Sequence[Correction] = ()
    ) -> None:
        self.catalog, self.delivery, self.table, self.dataset = coders.catalog, delivery, table, table.dataset
        self.coders = coders.of(self.dataset, table.year)
        self.stripes = table.layout.stripes(self.dataset, table.year)
        self.rows = self.cells = 0
        self.other_years = 0
        """Rows that a year other than the asked one stands in."""
        self.stated: Counter[tuple[str, str, str]] = Counter()
        """Figures that state a unit of their own, or more decimals than any figure has, by column."""
        self.converted: Counter[tuple[str, str, str, bool]] = Counter()
        """Ready-made figures in the unit of their column or table: header, unit, the indicator's unit, whether to ask."""
        self.unstated: Counter[str] = Counter()
        """Figures with a name and no unit anywhere, by the unit that they are taken to have."""
        self.filled = self._nothing_filled()
        self.percentages = _Filled()
        """Ready-made figures in %, by the name of their indicator."""
        self.odd: dict[tuple[str, str], list[tuple[int, str]]] = {}
        """Cells that are not shown as they were written, by column and what was done: line and text."""
        self.corrections = corrections
        self.became: dict[int, Became] = {}
        """Number of a correction, from 0 → what became of it; none where its line is no data."""
        required = [p for s in self.stripes for h, p in s.columns.items() if not self._optional(h)]
        self.least = 1 + max(required, default=0)

    def _optional(self, name: str) -> bool:
        column = self.dataset.columns.get(name)
        return name == ITEM_UNIT or (column is not None and column.is_ in OPTIONAL)

    def blocks(self, chunk: Chunk) -> Iterator[tuple[RowBlock, RowBlock]]:
        """Raw rows and staged rows. A wide file gives one pair for each of its stripes."""
        rows, of = len(chunk.lines), len(self.stripes)
        shape = self._shapes(chunk)
        cells = {p: chunk.columns[p] for p in sorted({p for s in self.stripes for p in s.columns.values()})}
        corrected = self._corrected(cells, chunk.lines)
        lines = np.fromiter(chunk.lines, np.int64, rows)
        for number, stripe in enumerate(self.stripes):
            at = self.rows * of + number
            head = {
                "delivery": Texts.same(self.delivery, rows).stored(),
                "row": np.arange(at + 1, at + 1 + rows * of, of),
                "line": lines,
            }
            texts = {name: cells[p] for name, p in stripe.columns.items()}
            read = {name: corrected[p] for name, p in stripe.columns.items()}
            self._note_odd(read, chunk.lines)
            staged = {"item": Texts.same("", rows)}
            staged |= self._by_items(stripe, read) if self.table.layout.by_items else self._by_columns(stripe, read)
            of_title = {"sex": stripe.sex, PART: stripe.part, "year": stripe.year}
            staged |= {key: Texts.same(code, rows) for key, code in of_title.items() if code}
            staged["shape"] = shape
            self.cells += rows * self._figures(staged)
            if "year" not in staged:  # only other columns name one: the contract gate tells that it is not there
                staged["year"] = Texts.same("", rows)
            self.other_years += sum(
                times
                for word, times in staged["year"].counts().items()
                if re.fullmatch(FOUR, word) and word != str(self.table.year)
            )
            raw = {name: text for name, text in texts.items() if name in self.dataset.columns}
            yield _block(head, raw), _block(head, self._filled(staged, rows))
        self.rows += rows

    def _corrected(self, cells: Mapping[int, Texts], lines: Sequence[int]) -> Mapping[int, Texts]:
        """The same cells, by position, with the registered corrections applied: each to the one cell that it was made for."""
        read = dict(cells)
        for number, correction in enumerate(self.corrections):
            if correction.line in lines:
                there = np.arange(len(lines)) == lines.index(correction.line)
                became = self._became(correction, {p: column.each()[there][0] for p, column in cells.items()})
                self.became[number] = became
                if became.state == Mending.APPLIED:
                    [use] = became.cells
                    read[use.position] = read[use.position].put(there, correction.value)
        return read

    def _became(self, correction: Correction, texts: Mapping[int, str]) -> Became:
        """What becomes of a correction of a row with these `texts`, by position."""
        stripes = [stripe for stripe in self.stripes if self._is_row(stripe, texts, correction.row)]
        if not stripes:
            return Became(Mending.ELSEWHERE)
        positions = {p for stripe in stripes for p in stripe.columns.values()}
        uses = [use for use in self.table.layout.uses if use.position in positions]
        named = [use for use in uses if title(use.printed) == title(correction.column)]
        named = named or [use for use in uses if self._is_named(use, correction.column, texts)]
        found = tuple(use for use in named if texts[use.position].strip() == correction.expect)
        fits = Mending.APPLIED if len(found) == 1 else Mending.SEVERAL if found else Mending.MENDED
        return Became(fits, found)

    def _is_row(self, stripe: Stripe, texts: Mapping[int, str], row: Mapping[str, str]) -> bool:
        """Whether a row has these words, as codes; a place may stand there by its name or by its code."""
        roles = self.dataset.roles
        for header, word in row.items():
            role = next((role for role, known in roles.items() if known == header), "")
            key = role.removesuffix("_name")
            code = self.coders.get(key, str)
            same = (key, f"{key}_name")
            there = [texts[stripe.columns[roles[r]]] for r in same if roles.get(r) in stripe.columns]
            there = there or [{"sex": stripe.sex, PART: stripe.part}.get(role, "")]
            if code(even(word)) not in {code(even(text)) for text in there}:
                return False
        return True

    def _is_named(self, use: Use, column: str, texts: Mapping[int, str]) -> bool:
        """Whether a column of the file is meant by a name: the record's, another, or that of the item of this row."""
        found = self.table.names.match([column])
        if found is None or any(own and own != its for own, its in zip(found.match[1:], use.match[1:], strict=True)):
            return False
        if use.match.header != VALUE:
            return use.match.header == found.match.header
        item = next(u.position for u in self.table.layout.uses if u.match.header == ITEM)
        return self._named(self._items(), texts[item]) == self.dataset.columns[found.match.header].measure

    def leave_out(self, rows: int, left: Mapping[str, Mapping[str, int]]) -> None:
        """Remove rows of other years from the counts of the delivery: they are not part of it. `left` is how often each text stands
        in a column of figures of the others.
        """
        self.rows -= rows // len(self.stripes)
        figures = len(measures(self.dataset))
        self.cells -= rows * (1 if self.table.layout.by_items or not figures else figures)
        self.filled = self._nothing_filled()
        self.filled.look_for_figures(left["value"])  # also those whose item is not known
        for name, column in self.dataset.columns.items():
            if counts := left.get(column.measure or str(column.role)):
                self._look_at(name, column, counts)

    def _look_at(self, name: str, column: Column, texts: Mapping[str, int]) -> None:
        """Count the figures of a column; of one of statements, only what was filled in. `texts` is how often each stands there."""
        if column.measure or column.is_ == "value":
            self.filled.look_at(name, texts)
        elif column.is_ in ANSWERED and "stage" in self.dataset.roles:
            self.filled.look_for_answers(name, texts)

    def _nothing_filled(self) -> _Filled:
        nothing = self.catalog.codes.nothing
        return _Filled(nothing["not_received"], nothing["not_applicable"])

    def _note_odd(self, texts: Mapping[str, Texts], lines: Sequence[int]) -> None:
        for name, column in texts.items():
            for place, text in enumerate(column.words) if not are_plain(column.words, self._longest(name)) else ():
                for change in changes(text.strip(), self._longest(name)):
                    found = self.odd.setdefault((name, change.kind), [])
                    found += [(lines[row], text) for row in np.flatnonzero(column.at == place).tolist()]

    def _figures(self, staged: Mapping[str, Texts]) -> int:
        """How many cells of each row are to be accounted for: every figure, or its one statement."""
        figures = sum(m in staged for m in measures(self.dataset))
        return 1 if self.table.layout.by_items else figures or 1

    def _by_columns(self, stripe: Stripe, texts: Mapping[str, Texts]) -> dict[str, Texts]:
        found = {}
        for name, column in self.dataset.columns.items():
            key = column.measure or column.role
            if key is None or key == "note" or name not in texts:
                continue
            conversion = self.table.conversions.get(stripe.columns[name])
            factor = conversion.factor if conversion else Decimal(1)
            headed = conversion.unit if conversion and factor != 1 and not conversion.general else ""
            code = self._coder(name, column, factor, _times(texts[name]), headed)
            found[key] = _coded(texts[name], _asking(code) if _are_signed(column, texts[name].words) else code)
            self._look_at(name, column, found[key].counts())
        for key in NAMES.values():
            if {key, f"{key}_name"} & found.keys():
                found[key] = self._place(found, key)
        if self.dataset.ready_made and not self.dataset.released:
            found |= self._ready_made(stripe, found, texts)
        return self._whole(found)

    def _ready_made(self, stripe: Stripe, found: Mapping[str, Texts], texts: Mapping[str, Texts]) -> dict[str, Texts]:
        """The figures of indicators, each with its unit; a figure that cannot be what it says has the question in brackets."""
        value, header = found["value"], self.dataset.roles["value"]
        nothing, names = Texts.same("", len(value.at)), texts.get(self.dataset.roles.get("indicator", ""))
        keys = found.get("indicator", Texts.same(self.dataset.indicator or "", len(value.at)))
        behind = texts[header].map(self._unit_of_figure)
        behind = Texts.of(behind.each()) if any(behind.words) else nothing
        kinds, of = together(keys, found.get("value_unit", nothing), names or nothing, behind)
        of_column = self.table.headed.get(stripe.columns[header], "")
        stated = [self._stated(header, key, cell, name, sign, of_column) for key, cell, name, sign in kinds]
        numbers = value.which(lambda text: NUMBER.fullmatch(text) is not None)
        counted = numbers & np.array([one.is_used for one in stated], np.bool_)[of]
        figures = value
        for asks in dict.fromkeys(one.asks for one in stated if one.asks):
            mine = numbers & np.array([one.asks == asks for one in stated], np.bool_)[of]
            asked = value.map(asks.of)
            doubted = mine & asked.which(lambda question: question != "")
            if doubted.any():
                read = [
                    text if not why else _doubted(text, why) for text, why in zip(value.words, asked.words, strict=True)
                ]
                figures = Texts.of(np.where(doubted, Texts(read, value.at).each(), figures.each()))
                counted &= ~doubted
        self._count(stated, of, value, counted)
        units = Texts([printable(one.unit) for one in stated], of.astype(np.int32))
        if (unlike := numbers & np.array([one.asks.unlike for one in stated], np.bool_)[of]).any():
            units = units.put(unlike, "")
        return {"value": figures.map(printable), "value_unit": units}

    def _stated(self, header: str, key: str, of_cell: str, name: str, behind: str, of_column: str) -> _Stated:
        """What is stated of ready-made figures: the unit of their own cells, else of their name, their column, their table, and where
        the file says nothing that of their column in the form. `behind` is a unit that stands behind the figures: they have been
        converted from it to that of the form.

        The unit is empty where none is stated: then it is the indicator's.
        """
        indicator, codes = self.catalog.indicators.get(key), self.catalog.codes
        own = [unit for unit in (of_cell, self._unit_behind(title(name))) if unit]
        if indicator is None:
            return _Stated(own[0] if own else "")  # told by the contract gate
        agreed, general = indicator.unit, self.table.general
        of_form = codes.likened(form, agreed) if (form := self.dataset.columns[header].unit) else ""
        of_table = agreed if agreed in general else fitting_unit(general, agreed, codes)
        if not (of_table or own or of_column or behind) and len(general) == 1:
            [of_table] = general
        stated = [*own, *(codes.likened(unit, agreed) for unit in (behind, of_column, of_table) if unit)]
        said = stated[0] if stated else of_form
        factor = codes.factor(said or agreed, agreed)
        if factor is None and own and "value_unit" in self.dataset.roles:
            return _Stated(said)  # the contract gate asks about both
        if factor is None:
            why = "unlike" if stated else "unlike_form"
            return _Stated(said, _Asks(say(f"messages/doubt/{why}", unit=said, agreed=agreed), unlike=True))
        if other := next((u for u in stated if codes.factor(u, agreed) != factor), ""):
            return _Stated(said, _Asks(say("messages/doubt/units", unit=said, other=other)))
        unit = of_form if behind else said
        factor = codes.factor(unit or agreed, agreed) or factor
        return _Stated(
            unit,
            _Asks(whole=agreed, factor=factor) if unit_of(agreed).is_counted and not indicator.decimals else _Asks(),
            is_used=True,
            share=indicator.name if agreed == "%" and factor == 1 else "",
            unstated="" if unit else agreed,
            converted=(header, unit, agreed, not of_column and not self.table.plainly)
            if stated and not own and not behind and factor != 1
            else None,
        )

    def _unit_of_figure(self, text: str) -> str:
        """The unit that a cell has behind its figure, which may stand in brackets."""
        found = None if text[-1:].isdigit() else FIGURE.fullmatch(even(text).strip("()"))
        return found[4] if found and found[4] and self.catalog.codes.is_unit(found[4]) else ""

    def _count(self, stated: Sequence[_Stated], of: RowPlaces, value: Texts, counted: Marked) -> None:
        """Count the figures that are used: their units, and those in %."""
        for number, times in enumerate(np.bincount(of[counted], minlength=len(stated)).tolist()):
            one = stated[number]
            if one.unstated:
                self.unstated[one.unstated] += times
            if one.converted and times:
                self.converted[one.converted] += times
        shares = counted & np.array([bool(one.share) for one in stated], np.bool_)[of]
        if shares.any():
            self.percentages.count_all([one.share for one in stated], of[shares], Texts(value.words, value.at[shares]))

    def _unit_behind(self, words: str) -> str:
        unit = bracketed(words)[1]
        return self.coders["value_unit"](unit) if self.catalog.codes.is_unit(unit) else ""

    def _whole(self, found: dict[str, Texts]) -> dict[str, Texts]:
        """A total in any key column is the total of all places, sexes and parts: 合计 may stand in the column of years."""
        whole = {title(word) for word in self.catalog.codes.whole}
        if "year" in found and (total := found["year"].which(lambda word: title(word) in whole)).any():
            found["year"] = found["year"].put(total, str(self.table.year))
            for key, code in (
                ("area", self.catalog.district.code),
                ("institution", WHOLE),
                ("sex", "total"),
                (PART, WHOLE),
            ):
                if key in found:
                    found[key] = found[key].put(total & found[key].which(_is_empty), code)
        for key, code in (("area", self.catalog.district.code), ("sex", "total"), (PART, WHOLE)):
            header = self.dataset.roles.get(key)
            if key in found and header and self.dataset.columns[header].blank == "total":
                found[key] = found[key].map(lambda word, code=code: word or code)  # type: ignore[misc]
        return found

    def _coder(
        self, name: str, column: Column, factor: Decimal, times: Callable[[str], int], headed: str = ""
    ) -> Coder:
        """Turns a text of a column into its code; `times` is how many cells have it."""
        if column.is_ in TEXTS:
            return lambda text: printable(text.strip(), self._longest(name))  # else it is printed as it was written
        if column.measure or column.is_ == "value":
            form = AgreedColumn(
                column.unit or "", factor, column.decimals, column.min < 0, self.table.view.separator == ";", headed
            )
            plain = partial(figure, form=form, codes=self.catalog.codes)
            as_written = (
                PLAIN[column.decimals > 0] if factor == 1 else NEVER
            )  # most figures are plain digits in the agreed unit
            return lambda text: (
                text
                if as_written.fullmatch(text)
                else plain(even(text), told=lambda kind, unit: self._note(name, times(text), kind, unit))
            )
        code = self.coders.get(str(column.role), str)
        return lambda text: code(even(text))

    def _note(self, name: str, times: int, kind: str, unit: str) -> None:
        self.stated[name, kind, unit] += times

    def _place(self, found: Mapping[str, Texts], key: str) -> Texts:
        """The code of the area or institution; its name is enough if the code is empty."""
        name = found.get(f"{key}_name")
        by_name = None if name is None else _coded(name, self.coders[key])
        place = found.get(key, by_name)
        assert place is not None
        if by_name is None or not (nameless := place.which(_is_empty)).any():
            return place
        return Texts.of(np.where(nameless, by_name.each(), place.each()))

    def _by_items(self, stripe: Stripe, texts: Mapping[str, Texts]) -> dict[str, Texts]:
        """Where figures stand one below the other: each row has the one measure that its item names."""
        dimensions = {name: text for name, text in texts.items() if name in self.dataset.columns}
        found = self._by_columns(stripe, dimensions)
        names = self._items()
        written = texts[ITEM]
        items = _coded(written, lambda text: self._named(names, text))
        of_column = self.table.headed.get(stripe.columns[VALUE], "")
        found["item"] = items
        found["value"] = _coded(texts[VALUE], even)
        self.filled.look_for_figures(found["value"].counts())
        units = texts.get(ITEM_UNIT, Texts.same("", len(written.at)))
        cells = [column.each() for column in (texts[VALUE], units, written)]
        headers = {c.measure: (name, c) for name, c in self.dataset.columns.items() if c.measure}
        for measure, (name, column) in headers.items():
            own = items.which(lambda item, measure=measure: item == measure)  # type: ignore[misc]
            if own.any():
                kinds = list(zip(*(column[own] for column in cells), strict=True))
                figures, signed = {}, _are_signed(column, (text for text, *_ in kinds))
                for (text, unit, item), times in Counter(kinds).items():
                    stated = (title(unit), bracketed(title(item))[1], of_column)
                    read = partial(self._item, name, column, stated=stated, times=times)
                    figures[text, unit, item] = printable((_asking(read) if signed and not any(stated) else read)(text))
                places = {kind: place for place, kind in enumerate(figures)}
                at = np.full(len(own), -1, np.int32)
                at[own] = [places[kind] for kind in kinds]
                found[measure] = Texts([*figures.values()], at)
                self.filled.look_at(name, found[measure].counts())
        return found

    def _item(self, name: str, column: Column, text: str, stated: Sequence[str], times: int) -> str:
        """Convert a figure from its unit: the first that is stated of its cell, its name, its column, its table.

        One that cannot be converted, or has two units, is left as it is: the contract gate names it. `times` is how many
        cells have it.
        """
        codes, agreed = self.catalog.codes, str(column.unit)
        general = self.table.general
        stated = [*stated, agreed if agreed in general else fitting_unit(general, agreed, codes)]
        unit = next(filter(None, stated), "")
        factor = codes.loosely(unit, agreed) if unit else Decimal(1)
        if factor is None:
            return f"{text}{unit}"
        factors = {u: codes.loosely(u, agreed) for u in stated if codes.is_unit(u)}
        if text and (other := next((u for u, by in factors.items() if by != factor), "")):
            return _doubted(text, say("messages/doubt/units", unit=unit, other=other))
        if not unit and text:
            self.unstated[agreed] += times
        number = self._coder(name, column, factor, lambda _: times)(text)
        if factor != 1 and _fits(number, column.decimals):
            self._note(name, times, "unit", unit)
        return number

    def _named(self, names: Mapping[str, str], text: str) -> str:
        """The measure that an item names. A unit in brackets may be added to the name."""
        words = title(text)
        base, bracket = bracketed(words)
        found = names.get(words) or (names.get(base) if self.catalog.codes.is_unit(bracket) else None)
        return found or even(text) or say("messages/row/blank")

    def _items(self) -> dict[str, str]:
        words = ((w, c.measure) for h, c in self.dataset.columns.items() if c.measure for w in (h, *c.aliases))
        known = [(title(word), measure) for word, measure in words]
        is_unit = self.catalog.codes.is_unit
        bare = [base if is_unit(unit) else word for word, _ in known for base, unit in (bracketed(word),)]
        return {b: m for b, (_, m) in zip(bare, known, strict=True) if bare.count(b) == 1} | dict(known)

    def _filled(self, staged: Mapping[str, Texts], rows: int) -> Mapping[str, Texts]:
        """Fill the dimensions that a dataset does not have: the whole district, no institution, both sexes, no part."""
        home = self.catalog.district.code
        filled = dict(staged)
        if "institution" in filled:
            members = self.catalog.district.institutions[str(self.dataset.institution_kind)].members
            area_of = {one.id: one.area or home for one in members}
            filled["area"] = filled["institution"].map(lambda institution: area_of.get(institution, home))
        defaults = {"area": home, "institution": "", "sex": "total", PART: ""}
        defaults |= {"indicator": self.dataset.indicator} if self.dataset.indicator else {}
        return filled | {name: Texts.same(word, rows) for name, word in defaults.items() if name not in filled}

    def _shapes(self, chunk: Chunk) -> Texts:
        """What each row has too many or too few of."""
        least = 0 if self.table.view.sheet else self.least  # a worksheet keeps no blank cells at the end of a row
        if least <= min(chunk.cells) and not chunk.surplus:
            return Texts.same("", len(chunk.cells))
        return Texts.of(
            _shape(cells, chunk.surplus.get(row, ()), least, self.table.layout.width)
            for row, cells in enumerate(chunk.cells)
        )

    def _longest(self, name: str) -> int:
        column = self.dataset.columns.get(name)
        return LONGEST_SOURCE if column and column.is_ == "source" else LONGEST

    def _odd(self, text: str, kind: str, where: str, line: int, name: str) -> Defect:
        found = next(d for d in odd(text.strip(), where, line, name, self._longest(name)) if d.rule == kind)
        column = self.dataset.columns.get(name)
        if (column is None or column.is_ not in TEXTS) and not changes(even(text)):
            # Keys and figures are compared without invisible characters: nothing is lost.
            problem = say("messages/altered/left_out/problem", problem=found.problem)
            return found._replace(severity="info", cure=say("messages/altered/left_out/cure"), problem=problem)
        return found

    @property
    def is_blank(self) -> bool:
        """Whether the file has a row for each figure or statement that is asked for, and none is filled in. What another district has released may be
        nothing but reasons.
        """
        return not self.dataset.released and self.filled.is_blank

    def notes(self) -> Iterator[Defect]:
        """What was read otherwise than it was written, and what was left empty."""
        for (name, kind, unit), times in sorted(self.stated.items()):
            agreed = self.dataset.columns[name].unit
            if kind == "noise":
                yield describe("noise", column=name, severity="info", name=name, times=times, most=NOISE - 1)
                continue
            yield describe(
                "unit_converted/figures", column=name, value=unit, severity="info", name=name, unit=unit, agreed=agreed
            )
        for header, unit, agreed, ask in sorted(self.converted):
            yield describe(
                "unit_converted/asked" if ask else "unit_converted/stated",
                line=self.table.layout.line,
                column=header,
                value=unit,
                severity="warning" if ask else "info",
                agreed=agreed,
                factor=(self.catalog.codes.factor(unit, agreed) or Decimal(1)).normalize(),
            )
        for unit, line in self.table.late.items():
            other = [agreed for agreed in self.unstated if self.catalog.codes.loosely(unit, agreed) not in (None, 1)]
            if other:
                listed = "、".join(
                    f"“{self.table.layout.titles[p]}”" for p, own in self.table.figures.items() if not own
                )
                yield describe("unit_below", line=line, value=unit, unit=unit, listed=listed)
        for (name, kind), found in sorted(self.odd.items(), key=lambda item: (item[0][0], [*ODD].index(item[0][1]))):
            cells = sorted(found)  # rows are read many at a time: which word stands first in them is no order
            for line, text in cells[:DETAILS]:
                where = say("messages/where/column", line=line, column=name)
                yield self._odd(text, kind, where, line, name)
            if more := cells[DETAILS:]:
                where = say("messages/where/more_cells", line=more[0][0], number=len(more), column=name)
                yield self._odd(more[0][1], kind, where, more[0][0], name)
        if self.table.figures or self.is_blank:
            form = "above" if self.dataset.above else "stated" if "stage" in self.dataset.roles else "owed"
            yield from self.filled.defects(self.rows, self._shares(), form)
        if small := self.percentages.below_one():
            header, first = self.dataset.roles["value"], self.percentages.part[small[0]]
            yield describe("fraction/rows", column=header, severity="warning", listed=_listed(small), first=first)

    def _shares(self) -> set[str]:
        return {name for name, column in self.dataset.columns.items() if column.unit == "%"}


BLANK_TOLD = 5
"""The number of columns that are named of a form without a figure."""


class _Filled:
    """Counts how many figures each column has, and what they are like: all zero, all below 1 %."""

    def __init__(self, missing: Sequence[str] = (), not_applicable: Sequence[str] = ()) -> None:
        self.missing = {word.lower() for word in missing}
        self.nothing = self.missing | {word.lower() for word in not_applicable}
        self.unfilled: dict[str, Counter[str]] = {}
        """Column → its cells without a figure, by the sign for nothing that stands in them; empty where nothing does."""
        self.has_figures = False
        self.written: Counter[str] = Counter()
        self.nonzero: Counter[str] = Counter()
        self.whole: Counter[str] = Counter()
        """Figures of 1 and more."""
        self.part: dict[str, str] = {}
        """The first figure between 0 and 1; of those that come together, the one that most cells have."""
        self.columns: dict[str, None] = {}

    def look_at(self, name: str, texts: Mapping[str, int]) -> None:
        """Count the figures of a column; `texts` is how often each stands there."""
        self.columns[name] = None
        self.look_for_answers(name, texts)
        counts = {text: times for text, times in texts.items() if times}
        counts.pop("", None)
        words, times_of = [*counts], np.array([*counts.values()], np.intp)
        likeness = np.array([*map(_likeness, words)], np.intp)
        self._add(name, *(int(times_of[likeness == kind].sum()) for kind in (NOTHING, PART_OF_ONE, WHOLE_ONE)))
        if len(parts := np.flatnonzero(likeness == PART_OF_ONE)):
            self.part.setdefault(name, words[parts[times_of[parts].argmax()]])

    def look_for_answers(self, name: str, texts: Mapping[str, int]) -> None:
        """Note whether anything stands in a column, and in how many of its cells nothing does."""
        self.look_for_figures(texts)
        for text, times in texts.items():
            if times and text.lower() in self.missing:
                self.unfilled.setdefault(name, Counter())[text] += times

    def look_for_figures(self, texts: Mapping[str, int]) -> None:
        """Note whether there is any: whatever is no sign for nothing, also if it cannot be used."""
        self.has_figures = self.has_figures or any(
            word.lower() not in self.nothing for word, times in texts.items() if times
        )

    def _add(self, name: str, nothing: int, part: int, whole: int) -> None:
        self.written[name] += nothing + part + whole
        self.nonzero[name] += part + whole
        self.whole[name] += whole

    def count_all(self, names: Sequence[str], of: RowPlaces, figures: Texts) -> None:
        """Count figures of several names; `of` is the place of each figure's name."""
        likeness = np.array([*map(_likeness, figures.words)], np.intp)[figures.at]
        counts = np.bincount(3 * of + likeness, minlength=3 * len(names)).reshape(-1, 3).tolist()
        for place in of[first_rows(of)].tolist():
            self._add(names[place], *counts[place])
        parts = np.flatnonzero(likeness == PART_OF_ONE)
        for row in parts[first_rows(of[parts])].tolist():
            self.part.setdefault(names[of[row]], figures.words[figures.at[row]])

    def below_one(self) -> list[str]:
        """Those that have figures, and none of 1 or more."""
        return [name for name in self.written if self.nonzero[name] and not self.whole[name]]

    @property
    def is_blank(self) -> bool:
        """Whether there is not one figure where figures are asked for: empty, or a sign for nothing everywhere. A form all of
        which is 不适用 has answered.
        """
        return bool(self.unfilled) and not self.has_figures

    def _unfilled(self) -> str:
        """Which cells have no figure, and what stands in them."""
        told = [
            say(f"messages/blank_cells/{'sign' if sign else 'empty'}", column=name, number=number, sign=sign)
            for name, signs in self.unfilled.items()
            for sign, number in sorted(signs.items())
        ]
        listed = "，".join(told[:BLANK_TOLD])
        return say("messages/cell_more", listed=listed, number=len(told)) if len(told) > BLANK_TOLD else listed

    def defects(self, rows: int, shares: set[str], form: str) -> Iterator[Defect]:
        """The defects: a form that nobody filled in; columns with no figure, with zeros alone, or with shares below 1
        %. Of areas above the district there may be nothing to fill in.
        """
        if self.is_blank:
            columns = "、".join(self.unfilled)
            yield describe(f"blank_form/{form}", listed=self._unfilled(), columns=columns)
            return
        if blank := [name for name in self.columns if not self.written[name]]:
            yield describe("blank_column", column=blank[0], severity="warning", listed=_listed(blank))
        zeros = [n for n in self.columns if self.written[n] and not self.nonzero[n]]
        if zeros and rows > 2:
            asked = not sum(self.nonzero.values())  # nothing but zeros: filled in to have it filled in?
            yield describe(
                "zero_column/all" if asked else "zero_column/some",
                column=zeros[0],
                severity="warning" if asked else "info",
                listed=_listed(zeros),
            )
        if small := [name for name in self.columns if name in shares.intersection(self.below_one())]:
            first = self.part[small[0]]
            yield describe("fraction/columns", column=small[0], severity="warning", listed=_listed(small), first=first)


class _Asks(NamedTuple):
    """What is asked of ready-made figures."""

    question: str = ""
    """Asked of all of them."""
    unlike: bool = False
    """Whether their unit measures something else: then they are left without one."""
    whole: str = ""
    """The unit of which there are no parts."""
    factor: Decimal = Decimal(1)
    """How many of it one of the stated unit is."""

    def of(self, text: str) -> str:
        """What is asked of a figure; empty if nothing is."""
        if self.whole and NUMBER.fullmatch(text) and (value := Decimal(text) * self.factor) != int(value):
            return say("messages/doubt/whole", unit=self.whole)
        return self.question


class _Stated(NamedTuple):
    """What is stated of the ready-made figures of one indicator."""

    unit: str
    asks: _Asks = _Asks()
    is_used: bool = False
    """Whether they are used where nothing is asked; else the contract gate tells of them."""
    share: str = ""
    """The name of the indicator, where they are in %."""
    unstated: str = ""
    """The unit that they are taken to have, where none is stated."""
    converted: tuple[str, str, str, bool] | None = None


FRACTION = re.compile(r"(?=.*[0-9])0*(\.[0-9]*)?")
UP_TO_ONE = re.compile(r"(?=.*[1-9])0*(\.[0-9]*|1(\.0*)?)")
NOTHING, PART_OF_ONE, WHOLE_ONE = range(3)


@lru_cache(REMEMBERED)
def _likeness(text: str) -> int:
    """Whether a figure is 0, between 0 and 1, or anything else."""
    if not FRACTION.fullmatch(text):
        return WHOLE_ONE
    return PART_OF_ONE if Decimal(text) else NOTHING


def _listed(names: Sequence[str]) -> str:
    listed = "、".join(f"“{name}”" for name in names[:5])
    return say("messages/some_of", listed=listed, number=len(names)) if len(names) > 5 else listed


def _times(texts: Texts) -> Callable[[str], int]:
    """How many rows have a text, counted when it is asked for."""
    counted = cache(texts.counts)
    return lambda text: counted()[text]


def _coded(texts: Texts, code: Coder) -> Texts:
    """The code of each different text, which can be printed."""
    coded = texts.map(code)
    return coded if are_plain(coded.words) else coded.map(printable)


def _is_empty(word: str) -> bool:
    return not word


def _block(head: RowBlock, texts: Mapping[str, Texts]) -> RowBlock:
    return {**head, **{name: column.stored() for name, column in texts.items()}}


def _shape(cells: int, surplus: Sequence[str], least: int, width: int) -> str:
    if cells < least:
        return say("messages/row/short", number=width - cells)
    words = [text for text in map(even, surplus) if text]
    return printable(say("messages/row/long", words=" ".join(words))) if words else ""


CODES = (9, 12)
"""The digits of a code of a place that is written with zeros in the places of what lies below it."""

# --- words to codes --------------------------------------------------------------------------------------------------


class Coders:
    """What words mean in the forms of a catalogue. What all forms of a year share is put together once: a district may have
    thousands of areas, each with several names.
    """

    def __init__(self, catalog: Catalog) -> None:
        self.catalog = catalog
        self.shared: dict[int, Mapping[str, Coder]] = {}

    def of(self, dataset: Dataset, year: int) -> Mapping[str, Coder]:
        """For each dimension, text → code. A word that is not known stays as it was written."""
        if year not in self.shared:
            self.shared[year] = _shared(self.catalog, year)
        return {**self.shared[year], **_of_form(self.catalog, dataset, year)}


def _shared(catalog: Catalog, year: int) -> dict[str, Coder]:
    """The coders of what is called alike in every form. If two areas have had one name, it is that of the area of the data year."""
    district, codes = catalog.district, catalog.codes
    known = sorted((*district.areas, *district.references), key=lambda area: area.there(year))
    names = {word: a.name for a in known for word in (a.name, *a.aliases)}
    names |= {word + seat: name for word, name in list(names.items()) for seat in SEATS if word.endswith(SEATS[seat])}
    called = [district.short, district.name]
    names |= {home + word: name for word, name in list(names.items()) for home in called}
    coded = {a.code.ljust(digits, "0"): a.code for a in known for digits in (len(a.code), *CODES)}
    codes_of = {a.name: a.code for a in known}
    areas = coded | {word: codes_of[name] for word, name in names.items()}
    areas |= _references(catalog, year)
    areas |= dict.fromkeys((district.name, district.short, *codes.whole), district.code)
    sexes = {word.lower(): sex for sex, words in codes.sexes.items() for word in words}
    stages = {word: stage for stage, words in codes.stages.items() for word in words}
    plans = {word: p.head.short for p in catalog.plans for word in (p.head.short, p.head.title)}
    indicators = {word: key for key, i in catalog.indicators.items() for word in (key, i.name, *i.aliases)}
    area, indicator = _lookup(areas), _lookup(indicators)
    return {
        "year": _year,
        "area": lambda text: area(text.removesuffix(".0")),  # a code that went through a spreadsheet
        # A code in the place of the name is told as such by the contract gate.
        "area_name": _lookup(coded | {w: w for w in (*codes.whole, district.name, district.short)} | names),
        "sex": lambda text: sexes.get(title(text).lower(), text),
        "stage": _lookup(stages),
        "plan": _lookup(plans | {f"《{word}》": short for word, short in plans.items()}),
        "clause": lambda text: re.sub(r"\s+", "", text),
        "indicator": lambda text: _named_with_unit(text, indicator, indicators, codes),
        "makeup": _lookup({part.word: part.value for part in Makeup}),
        "value_unit": _lookup({i.unit: i.unit for i in catalog.indicators.values()} | dict(codes.called)),
        "issued": _day,
    }


def _of_form(catalog: Catalog, dataset: Dataset, year: int) -> dict[str, Coder]:
    """The coders of a form's own institutions and parts."""
    district, codes = catalog.district, catalog.codes
    members = district.institutions[dataset.institution_kind].members if dataset.institution_kind else ()
    members = tuple(sorted(members, key=lambda one: one.there(year)))
    names = {word: one.name for one in members for word in (one.name, *one.aliases)}
    names = {home + word: name for home in (district.short, district.name) for word, name in names.items()} | names
    codes_of = {one.name: one.id for one in members}
    whole = (*codes.whole, district.name, district.short)
    parts = {word: part for part, words in codes.parts.get(str(dataset.dimension), {}).items() for word in words}
    return {
        "institution": _lookup(dict.fromkeys(whole, WHOLE) | {word: codes_of[name] for word, name in names.items()}),
        "institution_name": _lookup({word: word for word in whole} | names),
        # A star that somebody wrote has several meanings; here it would be our code for the whole.
        PART: _lookup(
            dict.fromkeys((*codes.sexes["total"], *codes.whole), WHOLE)
            | parts
            | {WHOLE: f"{WHOLE}（{codes.unclear[WHOLE]}）"}
        ),
    }


def _references(catalog: Catalog, year: int) -> dict[str, str]:
    """In a district of a city, 全市 means the city, if the district is compared with it in that year."""
    called: dict[str, list[str]] = {}
    for area in catalog.district.references:
        if not area.there(year):
            continue
        called.setdefault(area.called_whole, []).append(area.code)
    return {word: codes[0] for word, codes in called.items() if len(codes) == 1}


def _named_with_unit(text: str, indicator: Coder, known: Mapping[str, str], codes: Codes) -> str:
    """The key of an indicator. Its name may have a number before it and a unit in brackets after it."""
    words = undressed(title(text))
    base, bracket = bracketed(words)
    for name in (text, words, base if codes.is_unit(bracket) else words):
        if (found := indicator(name)) in known.values():
            return found
    return text


def _lookup(words: Mapping[str, str]) -> Coder:
    evened = {title(word): code for word, code in words.items()}
    return lambda text: evened.get(title(text), text)  # a line break within a name is no part of it


def _year(text: str) -> str:
    """2024年, 2024年度, 二〇二四年, a spreadsheet's 2024.0, and the first or last day of that year are all 2024.

    Any other day may be the end of a half-year, so it is left for the contract gate.
    """
    plain = text.translate(NUMERALS) if re.match("[〇零一二三四五六七八九]{4}", text) else text
    plain = re.sub(r" ?00:00:00$", "", plain)
    return re.sub(r"^([0-9]{4})(?:年度?|\.0|[-/.](?:0?1[-/.]0?1|12[-/.]31))$", r"\1", plain)


def _day(text: str) -> str:
    """2025年1月24日, 2025/1/24 and 2025.1.24 are all 2025-01-24."""
    found = re.fullmatch(r"([0-9]{4})[年/.-]([0-9]{1,2})[月/.-]([0-9]{1,2})日?(?: ?00:00:00)?", text)
    return f"{found[1]}-{found[2]:0>2}-{found[3]:0>2}" if found else text


# --- figures ---------------------------------------------------------------------------------------------------------

FIGURE = re.compile(r"([-+]?)([0-9]{1,3}(?:,[0-9]{3})+|[0-9]{1,3}(?:\xa0[0-9]{3})+|[0-9]+)(\.[0-9]+)?\s*(\D.*)?")
NUMBER = re.compile(r"-?[0-9]+(\.[0-9]+)?")
"""A figure as it is staged."""
NOISE = 12
"""The number of decimals from which on a figure shows binary arithmetic and no measurement."""
KEPT = Decimal("0.000001")
"""The precision with which the warehouse keeps a figure."""


class AgreedColumn(NamedTuple):
    """What is agreed on a column of figures."""

    unit: str
    factor: Decimal
    """The factor of the unit that was stated for the whole column."""
    decimals: int
    signed: bool
    """Whether figures may be negative."""
    semicolons: bool
    """Whether the file separates its columns by semicolons, as programs do if their decimal sign is a comma."""
    headed: str = ""
    """The unit that stands in the column's own header and is not the agreed one: that of a cell must be the same."""


def figure(text: str, form: AgreedColumn, codes: Codes, told: Callable[[str, str], None]) -> str:
    """A figure in the column's unit as plain digits; `text` has been evened.

    Read are thousands marks, a unit after the figure, brackets for a negative figure, and 〇. Nothing is guessed: any
    other text (2O0, 约200, 12①) is returned as it was written, and a figure with two possible meanings is returned with
    the question in brackets. Whatever was read otherwise is added to `told`: a unit stated by the figure, or binary
    noise that was removed.
    """
    bare = text.replace("〇", "0") if re.fullmatch("[-0-9,.〇]+", text) else text
    negative = re.fullmatch(r"\(([0-9][0-9,.\xa0]*%?)\)", bare)
    found = FIGURE.fullmatch(f"-{negative[1]}" if negative else bare)
    if found is None:
        why = codes.unclear.get(text) or codes.unclear.get(text.upper())
        return _doubted(text, why) if why else text
    if why := _doubt(bare, form):
        return _doubted(text, why)
    sign, whole, fraction, suffix = found.groups(default="")
    own = _factor(suffix, form.unit, codes)
    if own is None:
        return text
    if suffix and form.headed and own != form.factor:
        return _doubted(text, say("messages/doubt/units", unit=suffix, other=form.headed))
    number = sign.replace("+", "") + re.sub("[,\xa0]", "", whole) + fraction
    scale = own if suffix else form.factor
    if scale != 1:
        number = f"{(Decimal(number) * scale).normalize():f}"
    if len(number.partition(".")[2]) >= NOISE:
        number = f"{Decimal(number).quantize(KEPT).normalize():f}"
        told("noise", "")
    if suffix and own != 1 and _fits(number, form.decimals):
        told("unit", suffix)
    return number


def _fits(number: str, decimals: int) -> bool:
    """Whether a column has the decimals of a number; of any other the contract gate tells, and no hint that it is used."""
    return len(number.partition(".")[2]) <= decimals


def _doubted(text: str, why: str) -> str:
    """A figure with the question in brackets: the contract gate quotes it."""
    return f"{text}（{why}）"


PERCENT = ("%", "％")


def _are_signed(column: Column, words: Iterable[str]) -> bool:
    """Whether some cells of a column of percentages have the sign %."""
    return column.unit == "%" and any(word.rstrip().endswith(PERCENT) for word in words)


def _asking(code: Coder) -> Coder:
    """Where some cells have the sign %, the question at each figure up to 1 that has none: 0.93 beside 93%, or 1 for all."""
    asked = say("messages/doubt/part_of_one")
    return lambda text: _doubted(even(text), asked) if UP_TO_ONE.fullmatch(even(text)) else code(text)


def _doubt(text: str, form: AgreedColumn) -> str:
    """Why a figure may mean two things; empty if it means only one."""
    if not form.decimals and re.fullmatch(r"[-+]?[1-9][0-9]{0,2}(\.[0-9]{3})+", text):  # 0.031 has no thousands
        return say("messages/doubt/point")
    if form.semicolons and "," in text:
        return say("messages/doubt/comma")
    if text.startswith("+") and not form.signed:
        return say("messages/doubt/plus")
    if len(re.sub("[^0-9]", "", text)) > MOST_DIGITS:
        return say("messages/doubt/digits", most=MOST_DIGITS)
    return ""


MOST_DIGITS = 15
"""The most digits of a figure."""
PLAIN = {
    False: re.compile(f"[0-9]{{1,{MOST_DIGITS}}}"),
    True: re.compile(f"[0-9]{{1,{MOST_DIGITS}}}|[0-9]{{1,9}}[.][0-9]{{1,6}}"),
}
"""Digits that `figure` leaves as they are, in a column without decimals and in one with decimals."""
NEVER = re.compile("(?!)")


def _factor(suffix: str, unit: str, codes: Codes) -> Decimal | None:
    """The factor of the unit written after a figure; None if that is no unit that fits."""
    if not suffix:
        return Decimal(1)
    return codes.loosely(suffix, unit) if suffix == unit or codes.is_unit(suffix) else None
