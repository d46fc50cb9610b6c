"""Finds the header of a table and what each column below it holds: one line or several, wide or long."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence, Set
from decimal import Decimal
from difflib import SequenceMatcher, get_close_matches
from functools import cached_property
from itertools import islice
from typing import NamedTuple

from expectations.records import PART, Codes, Dataset, with_codes
from expectations.vocabulary import WHOLE, Sex
from flows.files import Defect, TextRow, UnreadableError, View, WorksheetsError, cell, describe
from flows.ingest.writing import bracketed, even, title, undressed
from flows.wording import say

HEAD_ROWS = 100
"""The number of rows that are searched for a header."""
DEPTH = 3
"""The most lines of a header."""
OPTIONAL = {"area_name", "institution_name", "note", "value_unit"}
"""Columns that a file may leave out."""
ITEM, VALUE, ITEM_UNIT = "@item", "@value", "@unit"
"""Columns of a form with its figures one below the other, which a record with a column for each does not have."""
LINKS = "-_:/、·"
"""Signs that may stand between a column's name and a sex."""
PREVIOUS = "上年"
"""The year of a column whose title says that it is of the year before."""
YEAR = re.compile(r"((?:19|20)[0-9]{2})(?:年度?)?(?:(?:全年|实际)(?:数|值)?)?")
OF_WHICH = "其中"
"""A word before or behind the name of a figure of which a sex or a part is told."""
CHINESE = re.compile("[\u4e00-\u9fff]")
FEW = 5
"""The number of columns that are named one by one."""
AS_NEAR = 0.1
"""How much less like a title another header may be to be as near to it: nobody can tell which one is meant."""


class Match(NamedTuple):
    """What a title means: the header in the dataset's record, and the sex, year or part of the form's dimension that the
    title adds to it.
    """

    header: str
    sex: str = ""
    year: str = ""
    """Four digits, or PREVIOUS."""
    part: str = ""

    @property
    def group(self) -> tuple[str, str]:
        """The sex and the part that the title adds."""
        return self.sex, self.part


class Found(NamedTuple):
    """What was found for a title of one line or several."""

    match: Match
    group: tuple[str, ...] = ()
    """Words above the column's own name that are not part of it: 流动人口 over 活产数."""


class Use(NamedTuple):
    """One column of a file that is used."""

    position: int
    """Position of the column, from 0."""
    match: Match
    printed: str
    unit: str = ""
    """The unit in the header; empty if it has none."""
    group: tuple[str, ...] = ()


class Stripe(NamedTuple):
    """The columns that together make one row of the record out of one row of the file. A wide file has
    several stripes.
    """

    sex: str
    part: str
    year: str
    columns: Mapping[str, int]
    """The record's header (or ITEM, VALUE, ITEM_UNIT) → position."""


class Layout(NamedTuple):
    """A header as it was found in the file."""

    start: int
    """The rows above the header."""
    head: tuple[TextRow, ...]
    titles: tuple[str, ...]
    """The titles of all columns as printed, used or not."""
    uses: tuple[Use, ...]
    by_items: bool
    """Whether figures stand one below the other, with their names in a column."""
    year_header: str = ""
    """The record's name for the column of years."""
    remarks: tuple[int, ...] = ()
    """Columns of words about the figures beside them."""
    unit_column: int | None = None
    """In a table with a column for each figure: the column with the unit of each row."""

    @property
    def line(self) -> int:
        return self.head[0].line

    @property
    def width(self) -> int:
        return max(len(row.cells) for row in self.head)

    def stripes(self, dataset: Dataset, year: int) -> list[Stripe]:
        """The stripes of the file. Columns of another year are left out."""
        figures = {*dataset.measures.values(), dataset.roles.get("value"), VALUE}
        of_sexes = "total" if any(use.match.sex for use in self.uses) else ""
        of_parts = WHOLE if any(use.match.part for use in self.uses) else ""
        shared = {u.match.header: u.position for u in self.uses if u.match.header not in figures}
        undated = {u.match._replace(year="") for u in self.uses if u.match.header in figures and not u.match.year}
        dated = {u.match._replace(year="") for u in self.uses if u.match.year == str(year)}
        is_one_row = bool(undated) and undated.isdisjoint(dated)  # 活产数（2024年） beside 死亡人数
        of_row = "" if not dated or dataset.roles.get("year") in shared else str(year)
        split: dict[tuple[str, str, str], dict[str, int]] = {}
        for use in (u for u in self.uses if u.match.header in figures):
            match = use.match
            if match.year in ("", str(year)):
                key = (match.sex or of_sexes, match.part or of_parts, of_row if is_one_row else match.year)
                split.setdefault(key, {})[match.header] = use.position
        return [Stripe(*key, shared | own) for key, own in split.items()] or [Stripe("", "", "", shared)]


class Names:
    """All the ways to write the headers of a dataset. A unit in brackets may be added or left out."""

    def __init__(self, dataset: Dataset, codes: Codes) -> None:
        self.dataset, self.codes = dataset, codes
        self.whole = len(dataset.columns)
        """Headers of a file that has all of them."""
        words = [(title(w), header) for header, c in dataset.columns.items() for w in (header, *c.aliases)]
        bare = [base if codes.is_unit(unit) else word for word, _ in words for base, unit in (bracketed(word),)]
        self.known = {b: header for b, (_, header) in zip(bare, words, strict=True) if bare.count(b) == 1} | dict(words)
        self.in_figures = any(map(_is_figure, self.known))
        """Whether a header is written in digits."""
        self._memo: dict[tuple[str, ...], Found | None] = {}
        self.groups: dict[str, dict[str, str]] = {}
        """Word of a title → the sex or the part that it adds; 农村女 adds both."""
        parts = codes.parts.get(str(dataset.dimension), {})
        if parts:
            self.groups |= {
                title(w): {"part": WHOLE} for w in (*codes.sexes["total"], *codes.whole) if CHINESE.search(w)
            }
            self.groups |= {
                title(w): {"part": part} for part, known in parts.items() for w in known if CHINESE.search(w)
            }
        if dataset.by_sex:
            self.groups |= {w: {"sex": sex} for sex, known in codes.sexes.items() for w in known if CHINESE.match(w)}
        sexes, of_parts = ([*(w for w in self.groups.items() if kind in w[1])] for kind in ("sex", "part"))
        self.groups |= {
            first + then: sex | part for s, sex in sexes for p, part in of_parts for first, then in ((s, p), (p, s))
        }
        self._longest_first = sorted(self.groups.items(), key=lambda item: -len(item[0]))
        self._names_a_group = re.compile("|".join(map(re.escape, self.groups)) or "(?!)").search
        self.others: dict[str, str] = {}
        if dataset.measures:
            for header, known in ((ITEM, codes.items), (VALUE, codes.values), (ITEM_UNIT, codes.item_units)):
                self.others |= {w: header for w in known if w not in self.known}

    def match(self, parts: Sequence[str]) -> Found | None:
        """The column that a title of one or more lines means; None if it means no column of this dataset."""
        key = tuple(parts)
        if key not in self._memo:
            self._memo[key] = self._match(key)
        return self._memo[key]

    def _match(self, parts: Sequence[str]) -> Found | None:
        """Join as many of the lowest lines as form a name. The lines above them are the name of a group, a sex or a
        year.
        """
        words = [title(part) for part in parts]
        for start in range(len(words)):
            whole = "".join(words[start:])
            if _is_figure(whole) and whole not in self.known:
                continue
            match = self._one(whole)
            if match is None and (bare := undressed(whole)) != whole:
                match = self._one(bare)
            if match and not (start and match.header == VALUE and any(match.group)):
                return self._grouped(match, parts[:start])
        return None

    def _grouped(self, match: Match, groups: Sequence[str]) -> Found | None:
        left: list[str] = []
        for group in groups:
            words = title(group)
            if match.header not in self.figures:
                continue  # 地区 over the columns of codes and names
            if added := self.groups.get(words):
                match = match._replace(**added)
            elif year := YEAR.fullmatch(words):
                match = match._replace(year=year[1])
            elif words in self.codes.comparisons["previous"]:
                match = match._replace(year=PREVIOUS)
            elif any(word in words for word in self.codes.comparisons["changes"]):
                return None  # how much it grew is another figure
            elif words not in self.codes.comparisons["this"]:
                left.append(group)
        return Found(match, tuple(left))

    @cached_property
    def figures(self) -> set[str]:
        """The headers under which figures stand."""
        return {*self.dataset.measures.values(), self.dataset.roles.get("value", VALUE), VALUE}

    def _one(self, words: str) -> Match | None:
        base, bracket = bracketed(words)
        stated = not bracket or bracket in self.groups or self.codes.is_unit(bracket)
        year = YEAR.fullmatch(bracket) if bracket else None
        of_year = year[1] if year else self._compared(bracket, base)
        # Other words in brackets (农村, 预计) make it another figure.
        plain = base if stated or of_year is not None else words
        if header := self.known.get(words) or self.known.get(plain) or self.others.get(plain):
            of_year = of_year or "" if header in self.figures and words not in self.known else ""
            return Match(header, year=of_year)._replace(**self.groups.get(bracket, {}))
        if (grouped := self._of_group(words)) or (stated and base != words and (grouped := self._of_group(base))):
            return grouped
        year = YEAR.fullmatch(base) if stated else None
        if year and (value := self.dataset.roles.get("value") or (VALUE if self.dataset.measures else "")):
            return Match(value, "", year[1])
        return None

    def _compared(self, bracket: str, base: str) -> str | None:
        """The year that 活产数（本年） or （上年） names beside a figure; None if it names none."""
        if (self.known.get(base) or self.others.get(base)) in self.figures:
            if bracket in self.codes.comparisons["this"]:
                return ""
            if bracket in self.codes.comparisons["previous"]:
                return PREVIOUS
        return None

    def _of_group(self, words: str, other: str = "") -> Match | None:
        """受访人数（女）, 女受访人数, 受访人数-女, 农村受访人数, 农村女性受访人数; 女 alone over figures that a column of names
        explains. `other` is the kind of group that has been found already.
        """
        if not self._names_a_group(words):
            return None
        for word, added in self._longest_first:
            if other in added:
                continue
            if words == word:
                # 女, 农村 over the figures of a form of ready-made values, or over those that a column of names explains
                return None if other else Match(self.dataset.roles.get("value", VALUE))._replace(**added)
            for rest in (words.removeprefix(word), words.removesuffix(word), words.removesuffix(f"({word})")):
                if rest == words:
                    continue
                rest = rest.strip(LINKS).removeprefix(OF_WHICH).removesuffix(OF_WHICH).strip(LINKS)
                base, bracket = bracketed(rest)
                header = self.known.get(rest) or (self.known.get(base) if self.codes.is_unit(bracket) else None)
                if header in self.dataset.measures.values():
                    return Match(str(header))._replace(**added)
                if not other and len(added) == 1 and (inner := self._of_group(rest, next(iter(added)))):
                    return inner._replace(**added)
        return None

    def nearest(self, parts: Sequence[str]) -> str | None:
        near = get_close_matches(title(parts[-1]), self.known, 1)
        return self.known[near[0]] if near else None

    def meant(self, words: str, among: Set[str]) -> list[str]:
        """Which of some headers a title may mean: the nearest, and those that are as near to it."""
        known = {word: header for word, header in self.known.items() if header in among}
        near = {
            word: SequenceMatcher(None, word, title(words)).ratio()
            for word in get_close_matches(title(words), known, FEW)
        }
        return list(dict.fromkeys(known[word] for word, ratio in near.items() if ratio > max(near.values()) - AS_NEAR))


def _is_figure(words: str) -> bool:
    """Digits that are no year: the cells below a header, which are most of the cells that are asked."""
    return words.isdigit() and words.isascii() and len(words) != 4


def locate(views: Iterable[View], names: Names, year: int) -> tuple[View, Layout]:
    """The worksheet or text view, and the lines in it, where most headers of a dataset are found; the first of equals.

    If several worksheets hold the dataset, a visible one is preferred, then the one of the data year. Raises
    `UnreadableError` if two are left.
    """
    ranked: list[tuple[int, View, Layout]] = []
    for view in views:
        score, layout = best(Top(view), names)
        ranked.append((score, view, layout))
        if score >= names.whole and not view.sheet:
            break  # another separator cannot do better
    seen = [r for r in ranked if r[1].visible and r[0] > 1] or ranked
    score, view, layout = max(seen, key=lambda found: found[0])
    rivals = [(v, its) for s, v, its in seen if s == score > 1 and v.sheet and _has_rows(v, its)]
    if len(rivals) > 1:
        rivals = [r for r in rivals if _is_of(*r, year)] or rivals
    if len(rivals) == 1:  # an empty form beside the data is no rival
        view, layout = rivals[0]
    if len(rivals) > 1:
        listed = "、".join(f"“{v.sheet}”" for v, _ in rivals)
        raise WorksheetsError(describe("worksheets/several", listed=listed))
    return view, layout


def _has_rows(view: View, layout: Layout) -> bool:
    return next(islice(view.rows(), layout.start + len(layout.head), None), None) is not None


def _is_of(view: View, layout: Layout, year: int) -> bool:
    """Whether the first rows of a worksheet name the year; its own name is asked where the rows name none."""
    column = next((use.position for use in layout.uses if use.match.header == layout.year_header), None)
    start = layout.start + len(layout.head)
    written = {even(cell(row, column))[:4] for row in islice(view.rows(), start, start + FEW)} - {""}
    return (written or {even(view.sheet)[:4]}) == {str(year)}


class Top:
    """The rows of a table in which a header may stand, and the titles of every header that they may be.

    They are read once, however many forms they are compared with.
    """

    def __init__(self, view: View) -> None:
        self.rows: list[TextRow] = []
        try:
            for row in islice(view.rows(), HEAD_ROWS + DEPTH):
                self.rows.append(row)
        except UnreadableError:  # reported when the whole file is read
            pass
        self.texts = [dict.fromkeys(text for text in row.cells if text) for row in self.rows]
        """The different texts of each row."""
        self.words = [[text for text in texts if not _is_figure(title(text))] for texts in self.texts]
        """Those of them that are no figures."""
        self._titles: dict[tuple[int, int], list[list[str]]] = {}

    def titles(self, start: int, depth: int) -> list[list[str]]:
        """For each column, its titles in `depth` rows from `start` on, from top to bottom."""
        if (start, depth) not in self._titles:
            head = self.rows[start : start + depth]
            self._titles[start, depth] = [_parts(head, p) for p in range(max(len(row.cells) for row in head))]
        return self._titles[start, depth]


def best(top: Top, names: Names) -> tuple[int, Layout]:
    """How many of a dataset's headers are found in the first rows of a table, and where."""
    rows = top.rows
    best = (0, Layout(0, (rows[0] if rows else TextRow(1, []),), (), (), False))
    asked = top.texts if names.in_figures else top.words
    known = [any(names.match([text]) for text in texts) for texts in asked]
    for depth in range(1, DEPTH + 1):
        for start in range(min(HEAD_ROWS, len(rows) - depth + 1)):
            if not any(known[start : start + depth]):
                continue
            titles = top.titles(start, depth)
            found = [(p, parts, f) for p, parts in enumerate(titles) if parts and (f := names.match(parts))]
            if len(found) <= best[0]:
                continue
            layout = _layout(start, rows[start : start + depth], titles, found, names)
            score = len({use.match for use in layout.uses})
            best = (score, layout) if score > best[0] else best
            if score >= names.whole:
                return best
    return best


def _layout(
    start: int,
    head: Sequence[TextRow],
    titles: Sequence[Sequence[str]],
    found: Sequence[tuple[int, Sequence[str], Found]],
    names: Names,
) -> Layout:
    measures = set(names.dataset.measures.values())
    headers = {f.match.header for _, _, f in found}
    by_items = not headers & measures and ITEM in headers
    of_parts = any(f.match.part for *_, f in found) and not any(f.match.sex in _SEXES for *_, f in found)
    uses = tuple(
        Use(p, _of_whole(f.match) if of_parts else f.match, _printed(parts), _stated(parts), f.group)
        for p, parts, f in found
        if by_items or f.match.header not in (ITEM, VALUE, ITEM_UNIT)
    )
    named = {p: title(parts[-1]) for p, parts in enumerate(titles) if parts and p not in {u.position for u in uses}}
    codes = names.codes
    remarks = tuple(p for p, words in named.items() if words in codes.remarks)
    unit_column = next((p for p, words in named.items() if words in codes.item_units), None)
    printed, year = tuple(map(_printed, titles)), names.dataset.roles.get("year", "")
    return Layout(start, tuple(head), printed, uses, by_items, year, remarks, unit_column)


_SEXES = (Sex.FEMALE, Sex.MALE)


def _of_whole(match: Match) -> Match:
    """Beside columns of 城市 and 农村 and none of 女 and 男, 合计 is the total of the parts."""
    return match._replace(sex="", part=WHOLE) if match.sex == Sex.TOTAL else match


def _parts(head: Sequence[TextRow], position: int) -> list[str]:
    """The titles above a column, from top to bottom. A group's name covers the columns beside it that have names below
    it.
    """
    parts: list[str] = []
    for upper, row in enumerate(head):
        text = cell(row, position).strip()
        if not text and any(cell(below, position).strip() for below in head[upper + 1 :]):
            left = (p for p in range(position - 1, -1, -1) if cell(row, p).strip())
            owner = next(left, None)
            text = cell(row, owner).strip() if owner is not None and cell(head[upper + 1], owner).strip() else ""
        if text and (text := re.sub(r"\s*[\r\n]+\s*", "", text)) not in parts:  # a title folded within its cell
            parts.append(text)
    return parts


def _printed(parts: Sequence[str]) -> str:
    return " / ".join(parts)


def _stated(parts: Sequence[str]) -> str:
    return next((unit for part in reversed(parts) if (unit := bracketed(title(part))[1])), "")


# --- what is missing, doubled or unknown -----------------------------------------------------------------------------


def check(layout: Layout, names: Names, year: int) -> list[Defect]:
    """Columns that the form does not have, as warnings. Raises `UnreadableError` if the header cannot be used."""
    _check_doubled(layout, year)
    unknown, missing = list(_unknown(layout, names, year)), lacking(layout, names)
    of_others = _of_other_years(layout, names, year)
    if not year and (years(layout) or of_others):
        raise UnreadableError(describe("year", line=layout.line))
    if of_others:
        listed = "、".join(f"“{use.printed}”" for use in layout.uses if use.match.year)
        extra = "、".join(f"“{d.column}”" for d in unknown if d.rule == "unknown_column" and d.column)
        kind = "missing_column/year_and_more" if extra else "missing_column/year"
        raise UnreadableError(describe(kind, line=layout.line, column=listed, year=year, extra=extra))
    if missing:
        listed = "、".join(f"“{h}”" for h in missing)
        more = [str(d.column) for d in unknown if d.rule == "unknown_column" and d.column]
        extra = "、".join(f"“{words}”{_meant(names, words, {*missing})}" for words in more)
        kind = "missing_column/header_and_more" if extra else "missing_column/header"
        raise UnreadableError(describe(kind, line=layout.line, column=missing[0], listed=listed, extra=extra))
    return unknown


def years(layout: Layout) -> set[int]:
    """The years that columns name by their digits; 上年 says none."""
    return {int(use.match.year) for use in layout.uses if use.match.year not in ("", PREVIOUS)}


def _of_other_years(layout: Layout, names: Names, year: int) -> set[str]:
    """The figures of which all columns are of other years: what names no year is the data year's, also beside 上年."""
    figures = [use.match for use in layout.uses if use.match.header in names.figures]
    return {match.header for match in figures} - {m.header for m in figures if m.year in ("", str(year))}


def _meant(names: Names, words: str, missing: Set[str]) -> str:
    """Which of the missing columns a column may be, in words; empty if none is like it. What stands in brackets makes it another
    (受访人数（农村）).
    """
    near = [] if bracketed(title(words))[1] else names.meant(words, missing)
    return (
        say("messages/near/column", words=say("messages/near/or").join(f"“{header}”" for header in near))
        if near
        else ""
    )


def lacking(layout: Layout, names: Names) -> list[str]:
    """The columns of the form that a header does not have and may not leave out."""
    dataset, found = names.dataset, {use.match.header for use in layout.uses}
    given = with_codes(role for role, header in dataset.roles.items() if header in found)
    given |= {"sex"} if any(use.match.sex for use in layout.uses) else set()
    given |= {PART} if any(use.match.part for use in layout.uses) else set()
    given |= {"year"} if years(layout) else set()
    missing = [header for role, header in dataset.roles.items() if role not in given and role not in OPTIONAL]
    if layout.by_items:
        missing += [] if VALUE in found else [names.codes.values[0]]
    else:
        missing += [header for header in dataset.measures.values() if header not in found]
    return missing + _unsplit(layout, names)


def _unsplit(layout: Layout, names: Names) -> list[str]:
    """Columns of figures that are not given for each sex or part, in a file that gives other columns for each of them."""
    given = {(u.match.header, *u.match.group) for u in layout.uses}
    sexes: list[Sex | None] = [sex for sex in (Sex.FEMALE, Sex.MALE) if any(of == sex for _, of, _ in given)]
    words = {part: known[0] for part, known in names.codes.parts.get(str(names.dataset.dimension), {}).items()}
    parts = [part for part in words if any(of == part for *_, of in given)]
    return [
        f"{header}（{words.get(part, '')}{sex.word if sex else ''}）"
        for header in names.dataset.measures.values()
        if not layout.by_items and any(h == header for h, *_ in given)
        for part in parts or [""]
        for sex in sexes or [None]
        if (sex or part) and (header, sex or "", part) not in given
    ]


def _check_doubled(layout: Layout, year: int) -> None:
    """Raises `UnreadableError` if two columns hold the same figure. Those of another year are not used, however many there are."""
    seen: dict[Match, str] = {}
    for use in layout.uses:
        if use.match.year not in ("", str(year)):
            continue
        if (first := seen.get(use.match)) is not None:
            told = "duplicate_column/same" if first == use.printed else "duplicate_column/alike"
            place = use.position + 1
            raise UnreadableError(describe(told, line=layout.line, column=use.printed, position=place, first=first))
        seen[use.match] = use.printed


def _unused(layout: Layout) -> list[int]:
    """The columns that have a title and are not used."""
    used = {use.position for use in layout.uses}
    return [p for p, words in enumerate(layout.titles) if p not in used and even(words)]


def strays(layout: Layout, names: Names) -> list[int]:
    """The columns that have a title and that the form does not have."""
    known = names.codes.numbering
    return [p for p in _unused(layout) if p not in layout.remarks and title(layout.titles[p]) not in known]


def _unknown(layout: Layout, names: Names, year: int) -> Iterator[Defect]:
    for use in layout.uses:
        if use.match.year not in ("", str(year)):
            yield describe(
                "other_year/column",
                line=layout.line,
                column=use.printed,
                severity="info",
                position=use.position + 1,
                year=year,
            )
    unused = _unused(layout)
    numbering = [p for p in unused if title(layout.titles[p]) in names.codes.numbering]
    for position in numbering:
        yield describe(
            "numbering_column/named",
            line=layout.line,
            column=layout.titles[position],
            severity="info",
            position=position + 1,
        )
    compared = [p for p in unused if any(w in title(layout.titles[p]) for w in names.codes.comparisons["changes"])]
    for position in compared if any(use.match.year for use in layout.uses) else []:
        yield describe(
            "other_year/compared",
            line=layout.line,
            column=layout.titles[position],
            severity="info",
            position=position + 1,
            year=year,
        )
    numbering += compared if any(use.match.year for use in layout.uses) else []
    unknown = [p for p in unused if p not in numbering and p not in layout.remarks and p != layout.unit_column]
    absent = {*names.dataset.columns} - {use.match.header for use in layout.uses}
    for position in unknown[:FEW] if len(unknown) > 2 * FEW else unknown:
        words = layout.titles[position]
        near = say("messages/near/or").join(f"“{header}”" for header in names.meant(words, absent))
        yield describe(
            "unknown_column/near" if near else "unknown_column/one",
            line=layout.line,
            column=words,
            severity="warning",
            position=position + 1,
            near=near,
        )
    if len(unknown) > 2 * FEW:
        yield describe(
            "unknown_column/more",
            line=layout.line,
            severity="warning",
            position=unknown[FEW] + 1,
            number=len(unknown) - FEW,
        )


# --- units -----------------------------------------------------------------------------------------------------------


class Conversion(NamedTuple):
    """One unit written for another."""

    unit: str
    agreed: str
    factor: Decimal
    general: bool = False
    """Whether the unit was stated for the whole table and not for this column."""


def conversions(layout: Layout, general: Sequence[str], dataset: Dataset, codes: Codes) -> dict[int, Conversion]:
    """Column position → how its figures are converted: from the unit in the header, else from the unit of the whole
    table.

    Raises `UnreadableError` if a stated unit measures something other than the agreed unit.
    """
    found = {}
    for use in layout.uses:
        column = dataset.columns.get(use.match.header)
        if column is None or column.measure is None or column.unit is None:
            continue
        if codes.is_unit(use.unit):
            found[use.position] = convert(use.unit, column.unit, use.printed, layout.line, use.position, codes)
        elif fitting := fitting_unit(general, column.unit, codes):
            conversion = convert(fitting, column.unit, use.printed, layout.line, use.position, codes)
            found[use.position] = conversion._replace(general=True)
    return found


def fitting_unit(general: Sequence[str], agreed: str, codes: Codes) -> str:
    """The one unit stated for the whole table that this column can have; empty if none of them fits, or
    more than one.
    """
    fitting = [unit for unit in general if codes.loosely(unit, agreed) is not None]
    return "" if agreed in general or len(fitting) != 1 else fitting[0]


SPACED = re.compile(r"(?:计\s*量\s*)?单\s*位")
STATED = re.compile(
    r"(?<!填报)(?<!填表)(?<!报送)(?<!编制)(?<!制表)(?<!主管)(?<!事业)(?<!上报)(?<!负责)单位(?:人数|名称|分别)?\s*([:为是]*)\s*:?([^;。]*)"
)
TAKEN = re.compile(r"以\s*([^\s以为]{1,4})\s*为\s*(?:计量)?单位")
SENDER = re.compile(
    r".*(局|委|办|部|会|院|校|所|站|处|科|室|中心|公司|集团|学校|医院|街道|镇|乡|村|社区|省|市|区|县|州|盟|旗)$"
)


OF_WHAT = re.compile(r"^[\u4e00-\u9fff]{2,6}:")
"""金额：元, 单位：元: what is measured before its unit."""


class StatedUnit(NamedTuple):
    """A unit that the words around a table state for its figures."""

    line: int
    unit: str
    known: bool
    plain: bool
    """Whether it stands as 单位：万人, the usual form; not in the brackets of a title, nor alone in a cell."""


def general_units(rows: Iterable[TextRow], codes: Codes) -> list[StatedUnit]:
    """Find 单位：万人、% around a table, cell by cell. The units may stand in the next cell, or in the
    brackets of a title.
    """
    found = []
    for row in rows:
        texts = list(dict.fromkeys(SPACED.sub("单位", text) for text in map(even, row.cells) if text))
        for text, after in zip(texts, [*texts[1:], ""], strict=False):
            if (taken := TAKEN.search(text)) and codes.is_unit(taken[1]):
                found.append(StatedUnit(row.line, taken[1], True, True))
            elif stated := STATED.search(text):
                before = text[: stated.start()]
                words = stated[2].partition(")")[0] if before.count("(") > before.count(")") else stated[2]
                listed = re.split(r"[,、;\s和及()]+", words or after)
                units = [word.strip(".。：:") for word in listed if word.strip(".。：:")]
                known = [word for word in units if codes.is_unit(word)]
                if known and (stated[1] or len(known) == len(units)):
                    found += [StatedUnit(row.line, word, word in known, True) for word in units]
                elif stated[1]:
                    # 单位：区卫生健康委 names the sender; 单位：包 is a unit that nobody knows.
                    found += [
                        StatedUnit(row.line, w, False, True) for w in units if len(w) <= 4 and not SENDER.match(w)
                    ]
            else:
                inside = [*re.findall(r"\(([^()]{1,12})\)", text), text.strip("()")]
                inside = [OF_WHAT.sub("", words) for words in inside]
                found += [StatedUnit(row.line, w, True, False) for w in dict.fromkeys(inside) if codes.is_unit(w)]
    return found


def convert(unit: str, agreed: str, printed: str, line: int, position: int, codes: Codes) -> Conversion:
    factor = codes.loosely(unit, agreed)
    if factor is None:
        raise UnreadableError(
            describe(
                "unit/unlike",
                line=line,
                column=printed,
                value=unit,
                position=position + 1,
                printed=printed,
                unit=unit,
                agreed=agreed,
            )
        )
    return Conversion(unit, agreed, factor)
