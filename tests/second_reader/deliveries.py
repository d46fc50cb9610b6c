"""The delivered CSV files, read anew: for every year and measure, each place and sex has a number, or a word for why
not.
"""

from __future__ import annotations

import csv
import io
import re
import unicodedata
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from fractions import Fraction
from pathlib import Path
from typing import Any

from tests.second_reader.catalogue import Catalogue, load

ZEROS = {"十": 1, "百": 2, "千": 3, "万": 4, "亿": 8}
NUMBER = re.compile(r"[+-]?\d+(\.\d+)?")
THOUSANDS = re.compile(r"[+-]?\d{1,3}(,\d{3})+(\.\d+)?")

Place = tuple[str, str, str, str]
"""Area, institution ('' where none), sex, part of a dimension ('' for all)."""


@dataclass
class Read:
    """What one data year has delivered."""

    values: dict[str, dict[Place, Fraction | str]] = field(default_factory=dict)
    """Measure → place → number, or not_received, not_applicable."""
    rejected: dict[str, list[tuple[str | None, str | None, str | None, str | None]]] = field(default_factory=dict)
    """Measure → (area, institution, sex, part) of cells that came and cannot be used; None where the row does not tell which."""
    ready: dict[tuple[str, Place], Fraction | str] = field(default_factory=dict)
    """Figures of an indicator that come ready-made."""
    refused: set[tuple[str, Place]] = field(default_factory=set)
    """Those that came and cannot be used; the place of one that cannot be read is empty, its sex the total."""
    stated: dict[str, Fraction] = field(default_factory=dict)
    """Indicator → the change since the baseline year that its publisher prints, in its unit or in %: the
    sign counts.
    """
    stray: dict[str, list[tuple[str, str | None, str | None, Fraction | None]]] = field(default_factory=dict)
    """Measure → (area or the district, sex, part, figure) in rows of no place of that year: nobody knows whose they are."""
    loose: dict[str, list[tuple[str, str, str | None, str | None]]] = field(default_factory=dict)
    """Measure → (area, institution, sex, part) of figures that cannot be used, of persons whose sex is not stated, or in rows
    whose sex or part cannot be read (None).
    """
    whole: dict[str, dict[tuple[str, str], Fraction | str]] = field(default_factory=dict)
    """Measure → sex and part → what the file itself says of the whole district."""
    above: dict[tuple[str, str], tuple[Fraction, str]] = field(default_factory=dict)
    """Indicator and area above the district → its figure, and what the row says of its definition."""
    stages: dict[tuple[str, str], str] = field(default_factory=dict)
    """(plan's short name, clause) and department → the stage it names, as written."""
    left: list[str] = field(default_factory=list)
    """What this reader does not understand; then it says so and its figures are not compared."""


def read(catalogue: Catalogue, raw: Path, year: int) -> Read | None:
    """One data year; None where it has no register."""
    folder = raw / catalogue.code / str(year)
    if not (folder / "deliveries.yml").is_file():
        return None
    found = Read()
    entries: dict[tuple[str, str], list[dict[str, Any]]] = {}
    for entry in load(folder / "deliveries.yml").get("deliveries") or []:
        entries.setdefault((entry["dataset"], entry.get("department", "")), []).append(entry)
    for (name, department), versions in entries.items():
        replaced = {v.get("replaces") for v in versions}
        newest = [v for v in versions if v["file"] not in replaced]
        if name in catalogue.above:
            for version in newest:
                _beside(catalogue, found, folder / version["file"])
            continue
        _take(catalogue, found, year, name, department, [folder / v["file"] for v in newest])
    return found


def _beside(catalogue: Catalogue, found: Read, path: Path) -> None:
    """What a bulletin says of the areas above the district, each figure in its indicator's unit already."""
    names = {w: k for k, i in catalogue.indicators.items() for w in (i["name"], *i.get("aliases", []))}
    areas = {str(a["name"]): str(a["code"]) for a in catalogue.district.get("references", [])}
    with path.open(encoding="utf-8-sig", newline="") as file:
        for row in csv.DictReader(file):
            key = names.get(row["指标"])
            if key is None or catalogue.indicators[key]["unit"] != row["计量单位"]:
                found.left.append(f"{path.name} {row['指标']}（{row['计量单位']}）")
                continue
            found.above[key, areas[row["地区"]]] = Fraction(row["数值"]), row["口径"]


def _take(catalogue: Catalogue, found: Read, year: int, name: str, department: str, files: list[Path]) -> None:
    dataset = catalogue.datasets[name]
    columns = {
        header: spec
        for header, spec in dataset["columns"].items()
        if int(spec.get("since", 0)) <= year <= int(spec.get("until", 9999))
    }
    if len(files) != 1:  # two files and neither replaces the other: choosing one would be a guess
        _refuse(found, columns)
        return
    if not files[0].is_file():
        return
    if files[0].suffix != ".csv":
        found.left.append(f"{year} {files[0].name}：不是CSV")
        return
    rows = list(_table(files[0], columns))
    if not rows:
        found.left.append(f"{year} {files[0].name}：没有找到表头")
        return
    records = [r for r in (_record(catalogue, dataset, columns, year, row) for row in rows) if r is not None]
    told = [cell for r in records for cell in (*r.values.values(), *([r.ready[1]] if r.ready else []))]
    spoiled = any(r.unusable or r.refused for r in records)
    if "not_received" in told and not spoiled and not any(isinstance(cell, Fraction) for cell in told):
        return  # without one figure nothing has come, whatever does not apply
    keys = Counter(r.key for r in records if r.sound)
    bad = sum(1 for r in records if not r.sound or r.unusable)
    many = bad >= int(catalogue.policy["refuse_rows"]) and 100 * bad >= int(catalogue.policy["refuse_from"]) * len(rows)
    if any(n > 1 for n in keys.values()) or many:
        _refuse(found, columns)
        for record in records:
            record.refuse(found)
        return
    for record in records:
        record.into(found, department)
        if record.homeless:
            _lose(catalogue, found, record, year)
    for record in records:
        record.loosen(catalogue, dataset, found)


def _lose(catalogue: Catalogue, found: Read, record: Record, year: int) -> None:
    """Figures of an area that is not there: they may be in the figures of those that have its ground, or in none."""
    for measure, value in (*record.values.items(), *((measure, None) for measure in record.unusable)):
        if value is None or (isinstance(value, Fraction) and value):
            for area in (catalogue.code, *catalogue.ground(record.area or "", year)):
                found.stray.setdefault(measure, []).append((area, record.sex, record.part, value))


def _refuse(found: Read, columns: dict[str, Any]) -> None:
    for spec in columns.values():
        if "measure" in spec:
            found.rejected.setdefault(spec["measure"], []).append((None, None, None, None))


def _table(path: Path, columns: dict[str, Any]) -> Iterator[dict[str, str]]:
    """The rows under the header, by the record's names; what a spreadsheet puts above and below is passed over."""
    data = path.read_bytes()
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError:
        text = data.decode("gb18030")
    names = {_even(alias): header for header, spec in columns.items() for alias in (header, *spec.get("aliases", []))}
    positions: dict[int, str] = {}
    for cells in csv.reader(io.StringIO(text)):
        if not positions:
            known = {i: names[_even(cell)] for i, cell in enumerate(cells) if _even(cell) in names}
            if len(known) > len(columns) / 2:
                positions = known
            continue
        row = {header: cells[i].strip() if i < len(cells) else "" for i, header in positions.items()}
        first = next((h for h in row if columns[h].get("is") == "year"), None)
        if first is not None and NUMBER.fullmatch(_even(row[first])):
            yield row


def _even(text: str) -> str:
    return "".join(unicodedata.normalize("NFKC", text).split())


@dataclass
class Record:
    """One row: where it belongs, its figures, and what of it cannot be used."""

    key: tuple[str, ...]
    sound: bool
    area: str | None
    institution: str
    sex: str | None
    part: str | None
    values: dict[str, Fraction | str] = field(default_factory=dict)
    unusable: list[str] = field(default_factory=list)
    ready: tuple[str, Fraction | str] | None = None
    refused: str | None = None
    """The indicator of a ready-made figure that cannot be read."""
    stated: Fraction | None = None
    statement: tuple[str, str, str] | None = None
    homeless: bool = False
    """Of no place, or of one that is not there in the data year."""
    of_year: bool = True
    """Of the data year that it was delivered for."""
    total: bool = False
    """A row of the whole district in a file by area."""

    def into(self, found: Read, department: str) -> None:
        place = (self.area or "", self.institution, self.sex or "", self.part or "")
        if self.statement and self.sound:
            found.stages[f"{self.statement[0]} {self.statement[1]}", department] = self.statement[2]
        if not self.sound:
            self.refuse(found)
        if self.ready and self.sound:
            found.ready[self.ready[0], place] = self.ready[1]
            if self.stated is not None and isinstance(self.ready[1], Fraction):
                found.stated[self.ready[0]] = self.stated
        for measure, value in self.values.items():
            if self.total:
                found.whole.setdefault(measure, {})[self.sex or "", self.part or ""] = value
            elif not self.sound:
                found.rejected.setdefault(measure, []).append((self.area, self.institution, self.sex, self.part))
            else:
                found.values.setdefault(measure, {})[place] = value
        for measure in self.unusable if not self.total else ():
            found.rejected.setdefault(measure, []).append((self.area, self.institution, self.sex, self.part))

    def refuse(self, found: Read) -> None:
        """Keep that a ready-made figure came and cannot be used."""
        key = self.refused or (self.ready[0] if self.ready and isinstance(self.ready[1], Fraction) else None)
        if key:
            found.refused.add((key, (self.area or "", self.institution, self.sex or "total", self.part or "")))

    def loosen(self, catalogue: Catalogue, dataset: dict[str, Any], found: Read) -> None:
        """Keep what is of this row's place and of nobody known. Once all rows are read: one that sums the others is of none."""
        if self.area is None or not self.of_year or self._sums(catalogue, dataset, found):
            return
        for measure, value in (*self.values.items(), *((measure, None) for measure in self.unusable)):
            told = value is None or (not self.sound and isinstance(value, Fraction) and value != 0)
            if told and (self.sex in (None, "not_stated") or self.part is None):
                found.loose.setdefault(measure, []).append((self.area, self.institution, self.sex, self.part))

    def _sums(self, catalogue: Catalogue, dataset: dict[str, Any], found: Read) -> bool:
        """Whether each of its figures is the sum of the rows of its place, and one of them of two that are not 0: a total in a
        word that is not known.
        """
        used = catalogue.used & {*self.unusable, *(m for m, v in self.values.items() if isinstance(v, Fraction) and v)}
        if self.sound or (self.sex and self.part is not None) or not used or used & {*self.unusable}:
            return False
        by_sex = any(spec.get("is") == "sex" for spec in dataset["columns"].values())
        due = (
            ({"female", "male"} if by_sex else {"total"})
            if self.sex in (None, "total")
            else {self.sex} - {"not_stated"}
        )
        also = {"not_stated"} if by_sex and self.sex in (None, "total", "not_stated") else set()
        dimension = next((catalogue.dimensions[s["is"]] for s in dataset["columns"].values()
                          if s.get("is") in catalogue.dimensions), None)  # fmt: skip
        all_parts = set(dimension["parts"]) if dimension and dimension["exhaustive"] else {""}
        parts = all_parts if self.part is None else {self.part}
        several = False
        for measure in used:
            have = found.values.get(measure, {})
            cells = [have.get((self.area or "", self.institution, sex, part)) for sex in due for part in parts]
            if any(cell in (None, "not_received") for cell in cells):
                return False
            cells += [have.get((self.area or "", self.institution, sex, part)) for sex in also for part in parts]
            people = [cell for cell in cells if isinstance(cell, Fraction) and cell]
            if sum(people) != self.values[measure]:
                return False
            several |= len(people) > 1
        return several


def _record(
    catalogue: Catalogue, dataset: dict[str, Any], columns: dict[str, Any], year: int, row: dict[str, str]
) -> Record | None:
    """A row read; None for one that sums both sexes, which is compared with them and never added."""
    named = {spec["is"]: row.get(header, "") for header, spec in columns.items() if "is" in spec}
    area: str | None = catalogue.code
    sound = _even(named.get("year", "")) == str(year)
    homeless = total = False
    if "area" in named:
        known = {c: c for c in (*catalogue.areas, *catalogue.references)}
        area = known.get(_even(named["area"]))
        names = {
            str(a["name"]): str(a["code"])
            for a in (*catalogue.district.get("areas", []), *catalogue.district.get("references", []))
        }
        told = named.get("area_name", "")
        whole = {*_whole(catalogue), catalogue.code}
        total = bool({_even(named["area"]), _even(told)} & whole)
        if total:
            area = catalogue.code
        elif area is None or (told and names.get(told) != area):
            sound, area, homeless = False, None, True
        elif area not in catalogue.there(year):
            sound, homeless = False, area not in catalogue.references
    institution = ""
    if "institution" in named:
        members = catalogue.district["institutions"][dataset["institution_kind"]]["members"]
        called = {w: str(m["id"]) for m in members for w in (m["id"], m["name"], *m.get("aliases", []))}
        name = named.get("institution_name", "")
        word = named["institution"] or name
        institution = called.get(word, "")
        homes = dict(catalogue.institutions(dataset["institution_kind"]))
        whole = _whole(catalogue)
        total = not institution and _even(word) in whole
        homeless = not institution and not total
        coded = {str(m["id"]) for m in members}  # a code where the name belongs is no name
        contradicted = name and (
            _even(name) not in whole
            if total
            else bool(institution) and (name in coded or called.get(name) != institution)
        )
        sound, area = (
            sound and not homeless and not contradicted,
            None if homeless else homes.get(institution, catalogue.code),
        )
    sex: str | None = "total"
    if "sex" in named:
        forms = {_even(str(w)): s for s, ws in catalogue.codes["sexes"].items() for w in ws}
        blank = next((spec.get("blank") for spec in columns.values() if spec.get("is") == "sex"), None)
        sex = blank if blank and not _even(named["sex"]) else forms.get(_even(named["sex"]))
        if sex == "total" and "value" not in named:
            return None
        sound = sound and sex is not None
    part: str | None = ""
    for header, spec in columns.items():
        if spec.get("is") in catalogue.dimensions:
            dimension = catalogue.dimensions[spec["is"]]
            part = _part(catalogue, dimension, spec, row.get(header, ""))
            if part == "" and dimension["exhaustive"]:
                return None
            sound = sound and part is not None
    key = (str(area), institution, str(sex), str(part), *_words(named))
    record = Record(key, sound, area, institution, sex, part, homeless=homeless, total=total)
    record.of_year = _even(named.get("year", "")) == str(year)
    for header, spec in columns.items():
        if "measure" in spec and header in row:
            value = _number(catalogue, row[header], spec)
            if value is None:
                record.unusable.append(spec["measure"])
            else:
                record.values[spec["measure"]] = value
    if "indicator" in named:
        record.ready = _ready(catalogue, columns, row, named)
        record.refused = None if record.ready else _indicator(catalogue, named)
        record.sound = record.sound and record.ready is not None
        if (area, institution, sex, part) == (catalogue.code, "", "total", ""):
            record.stated = _change(row.get(dataset.get("stated", {}).get("baseline", ""), ""))
    if "stage" in named:
        record.statement = (named["plan"], named["clause"], named["stage"])
    return record


def _part(catalogue: Catalogue, dimension: dict[str, Any], spec: dict[str, Any], text: str) -> str | None:
    """The part that a row is of; empty if it is of all, None if its word is not known."""
    whole = {_even(str(word)) for word in catalogue.codes["sexes"]["total"]}
    if _even(text) in whole or (not text and spec.get("blank") == "total"):
        return ""
    words = {
        _even(str(w)): key for key, part in dimension["parts"].items() for w in (part["name"], *part.get("words", []))
    }
    return words.get(_even(text))


def _whole(catalogue: Catalogue) -> set[str]:
    """What a row of totals is called: 合计, 全区, 全区合计."""
    home = "全" + str(catalogue.district["name"])[-1]
    words = [_even(str(word)) for word in catalogue.codes["whole"]]
    return {*words, home, *(home + word for word in words)}


def _words(named: dict[str, str]) -> tuple[str, ...]:
    return tuple(named[k] for k in ("plan", "clause", "indicator") if k in named)


def _number(catalogue: Catalogue, text: str, spec: dict[str, Any]) -> Fraction | str | None:
    """A figure in base units, a word for nothing, or None for what cannot be used."""
    plain = _even(text)
    for state, forms in catalogue.codes["nothing"].items():
        if plain in {_even(str(f)) for f in forms}:
            return str(state)
    if THOUSANDS.fullmatch(plain):
        plain = plain.replace(",", "")
    if not NUMBER.fullmatch(plain) or len(plain.partition(".")[2]) > int(spec.get("decimals", 0)):
        return None
    value = Fraction(plain)
    if value < Fraction(str(spec.get("min", 0))) or ("max" in spec and value > Fraction(str(spec["max"]))):
        return None
    return value * Fraction(10) ** single(str(spec.get("unit")))[1]


def single(unit: str) -> tuple[str, int]:
    """The unit of which another is a multiple, and how many zeros it has: 万人 → 人, 4."""
    own = unit.lstrip("".join(ZEROS))
    return own, sum(ZEROS[letter] for letter in unit.removesuffix(own))


def _change(text: str) -> Fraction | None:
    """A change as it was printed; None for 基本持平, which has no size, and where there is none."""
    plain = _even(text).replace("−", "-").removesuffix("%")
    if plain == "持平":
        return Fraction()
    return Fraction(plain) if NUMBER.fullmatch(plain) else None


COUNTED = {"人", "名", "例", "起", "个", "张", "册"}
"""Units of what is there in whole numbers, where the indicator has no decimals."""


def _ready(
    catalogue: Catalogue, columns: dict[str, Any], row: dict[str, str], named: dict[str, str]
) -> tuple[str, Fraction | str] | None:
    header, spec = next((h, s) for h, s in columns.items() if s.get("is") == "value")
    rates = {"%": 100, "‰": 1000, "/万": 10000, "/10万": 100000}
    if (key := _indicator(catalogue, named)) is None:
        return None
    value, indicator = _number(catalogue, row[header], {**spec, "unit": None}), catalogue.indicators[key]
    here = indicator["unit"]
    there = named.get("value_unit") or spec.get("unit") or here
    if isinstance(value, Fraction) and there != here:
        value = value * rates[here] / rates[there] if {there, here} <= rates.keys() else None
    if isinstance(value, Fraction) and here in COUNTED and not indicator["decimals"] and value.denominator > 1:
        return None  # half a person: no figure
    return None if value is None else (key, value)


def _indicator(catalogue: Catalogue, named: dict[str, str]) -> str | None:
    word = _even(named["indicator"])
    called = {key: (one["name"], *one.get("aliases", [])) for key, one in catalogue.indicators.items()}
    return next((key for key, words in called.items() if word in map(_even, words)), None)
