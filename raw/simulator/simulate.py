"""The catalogue and the behaviour of every measure in, the departmental files of each year with their register out.

    python -m raw.simulator.simulate            # writes raw/120115/2020 … 2025 anew
    python -m raw.simulator.simulate 2024       # one year

Running it again gives identical bytes: every random choice depends on the name of what is chosen.
"""

from __future__ import annotations

import argparse
import csv
import hashlib
import io
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from pathlib import Path

from expectations import catalog as catalogues
from expectations.records import PART, Catalog, Dataset
from raw.simulator.figures import YEARS, Cell, Simulation, behaviours, cells, dice
from raw.simulator.statements import statement

HERE = Path(__file__).parent
DISTRICT = "120115"
NOTE = "由种子模拟程序生成，仅供演示和测试，不是真实统计数据。"
SEXES = {"female": "女", "male": "男"}
ABOVE = HERE / "above.csv"
"""What bulletins say of city and nation: real figures, each with its source and the page where it was read."""


@dataclass(frozen=True)
class Sheet:
    """One file before it is written: its first row is the header."""

    dataset: str
    department: str
    file: str
    rows: tuple[tuple[str, ...], ...]
    received: date
    encoding: str = "utf-8"
    newline: str = "\n"
    replaces: str | None = None
    reason: str | None = None
    real: bool = False
    """Whether its figures are not simulated."""

    def bytes(self) -> bytes:
        text = io.StringIO()
        csv.writer(text, lineterminator=self.newline).writerows(self.rows)
        return text.getvalue().encode(self.encoding)


def simulate(catalog: Catalog, simulation: Simulation, year: int) -> list[Sheet]:
    """Every file of one data year, after the special cases."""
    sheets = list(_sheets(catalog, simulation, year))
    for case in CASES:
        if case.year == year:
            hit = [case.hits(sheet) for sheet in sheets]
            if not any(hit):
                raise ValueError(f"特例没有对应的报送：{case.year}年 {case.department} {case.dataset or ''}")
            sheets = [new for s, h in zip(sheets, hit, strict=True) for new in (case.happens(catalog, s) if h else [s])]
    return sheets


def write(folder: Path, catalog: Catalog, year: int, sheets: Iterable[Sheet]) -> None:
    """The files of one year and their register; whatever stood there before is gone."""
    folder.mkdir(parents=True, exist_ok=True)
    for old in folder.glob("*.csv"):
        old.unlink()
    register = [
        f'district: "{catalog.district.code}"',
        f"year: {year}",
        "simulated: true",
        f"note: {NOTE}",
        f"locked: {year + 1}-06-30",
        f"published: {year + 1}-07-15",
        "deliveries:",
    ]
    for sheet in sheets:
        data = sheet.bytes()
        (folder / sheet.file).write_bytes(data)
        register.append(f"  - dataset: {sheet.dataset}")
        if catalog.datasets[sheet.dataset].department == "*":
            register.append(f"    department: {sheet.department}")
        register += [
            f"    file: {sheet.file}",
            f"    received: {sheet.received}",
            f"    sha256: {hashlib.sha256(data).hexdigest()}",
        ]
        if sheet.real:
            register.append("    simulated: false")
        if sheet.replaces:
            register += [f"    replaces: {sheet.replaces}", f"    reason: {sheet.reason}"]
    (folder / "deliveries.yml").write_text("\n".join(register) + "\n", encoding="utf-8", newline="\n")


def _sheets(catalog: Catalog, simulation: Simulation, year: int) -> Iterator[Sheet]:
    for key, whole in catalog.datasets.items():
        if year < whole.since:
            continue
        dataset = whole.form(year)
        if dataset.above:
            yield from _above(catalog, key, dataset, year)
            continue
        for department in catalog.senders[key]:
            body = (
                _progress(catalog, dataset, department, year)
                if "text" in dataset.roles
                else _table(catalog, simulation, dataset, year)
            )
            file = f"{catalog.department(department)}-{dataset.title}.csv"
            header = tuple(dataset.columns)
            yield Sheet(key, department, file, (header, *body), _received(dataset, department, key, year))


def _above(catalog: Catalog, key: str, dataset: Dataset, year: int) -> Iterator[Sheet]:
    """What was published of a year, entered nine days after the last of it came out: first what was out before the year's
    report, then, as a new version, all of it; nothing if that is nothing.
    """
    with ABOVE.open(encoding="utf-8", newline="") as file:
        rows = [row for row in csv.DictReader(file) if row["年份"] == str(year)]
    issued, day = dataset.roles["issued"], timedelta(days=9)
    lock, file_name = date(year + 1, 6, 30), f"{catalog.department(dataset.department)}-{dataset.title}"
    early = [row for row in rows if date.fromisoformat(row[issued]) + day <= lock]
    before: str | None = None
    for name, known in ((f"{file_name}.csv", early), (f"{file_name}-补充.csv", rows if len(rows) > len(early) else [])):
        if not known:
            continue
        received = max(date.fromisoformat(row[issued]) for row in known) + day
        body = (tuple(row[header] for header in dataset.columns) for row in known)
        again = {"replaces": before, "reason": "补充以后公布的数值"} if before else {}
        table = (tuple(dataset.columns), *body)
        yield Sheet(key, dataset.department, name, table, received, real=True, **again)
        before = name


def _received(dataset: Dataset, department: str, key: str, year: int) -> date:
    """A working day in the three weeks before the file is due."""
    month, day = map(int, dataset.due.split("-"))
    received = date(year + 1, month, day) - timedelta(days=dice("received", key, department, year).randint(0, 20))
    return received - timedelta(days=max(0, received.weekday() - 4))


def _table(catalog: Catalog, simulation: Simulation, dataset: Dataset, year: int) -> Iterator[tuple[str, ...]]:
    names = {a.code: a.name for a in (*catalog.district.areas, *catalog.district.references)}
    institutions = catalog.district.members
    figures = {m: simulation.figures(m, year) or {} for m in dataset.measures}
    gone = {m.id for kind in catalog.district.institutions.values() for m in kind.members if not m.there(year)}
    gone |= {a.code for a in catalog.district.areas if not a.there(year)}
    places = [cell for cell in cells(catalog, dataset) if (cell.institution or cell.area) not in gone]
    asked = {promise.target.than for promise in catalog.promises() if promise.target.rule.limit == "area"}
    for area in (area for area in catalog.district.references if area.code in asked):
        known = {m: found for m in dataset.measures if (found := simulation.city(m, year)) is not None}
        if known:
            places.append(Cell(area.code, "", ""))
            figures = {m: figures[m] | {places[-1]: found} for m, found in known.items()}
    for cell in places:
        words = {
            "year": str(year),
            "area": cell.area,
            "area_name": names.get(cell.area, ""),
            "institution": cell.institution
            if "institution_name" in dataset.roles
            else institutions.get(cell.institution, ""),
            "institution_name": institutions.get(cell.institution, ""),
            "sex": SEXES.get(cell.sex, ""),
            PART: catalog.part_names.get(cell.part, ""),
        }
        yield tuple(
            _written(figures[column.measure].get(cell), column.decimals)
            if column.measure
            else words.get(str(column.role), "")
            for column in dataset.columns.values()
        )


def _written(grains: int | None, decimals: int) -> str:
    return "—" if grains is None else f"{grains / 10**decimals:.{decimals}f}"


def _progress(catalog: Catalog, dataset: Dataset, department: str, year: int) -> Iterator[tuple[str, ...]]:
    for promise in catalog.promises(year if catalog.in_force(year) else None):
        if not promise.target.rule.evidence or promise.lead != department:
            continue
        partners = [catalog.department(key) for key in promise.support]
        said = statement(promise, catalog.department(department), partners, len(catalog.district.areas_of(year)), year)
        words = {
            "year": str(year),
            "plan": promise.plan.head.short,
            "clause": promise.clause,
            "stage": said.stage,
            "text": said.text,
            "source": said.source,
        }
        yield tuple(words[str(column.is_)] for column in dataset.columns.values())


# --- what goes wrong, on purpose -------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Case:
    """Something that happens to the files of a department in one year."""

    year: int
    department: str
    dataset: str | None
    """None: to all of them."""
    happens: Callable[[Catalog, Sheet], list[Sheet]]

    def hits(self, sheet: Sheet) -> bool:
        return sheet.department == self.department and self.dataset in (None, sheet.dataset)


def absent(catalog: Catalog, sheet: Sheet) -> list[Sheet]:
    """Nothing came."""
    return []


def in_gb18030(catalog: Catalog, sheet: Sheet) -> list[Sheet]:
    """As an older office program saves it."""
    return [replace(sheet, encoding="gb18030")]


def late(catalog: Catalog, sheet: Sheet) -> list[Sheet]:
    """Five weeks late, yet before the data are locked."""
    month, day = map(int, catalog.datasets[sheet.dataset].due.split("-"))
    return [replace(sheet, received=date(sheet.received.year, month, day) + timedelta(days=35))]


def doubled(catalog: Catalog, sheet: Sheet) -> list[Sheet]:
    """One row stands there twice, with another figure the second time: the whole file is refused."""
    row = list(sheet.rows[7])
    row[-1] = str(int(row[-1]) + 1)
    return [replace(sheet, rows=(*sheet.rows[:8], tuple(row), *sheet.rows[8:]))]


def in_wide_digits(catalog: Catalog, sheet: Sheet) -> list[Sheet]:
    """Full-width digits in one column, thousands marks in the others."""
    wide = str.maketrans("0123456789", "０１２３４５６７８９")
    first = _first_figure(catalog, sheet)
    body = [
        (*row[:first], row[first].translate(wide), *(f"{int(cell):,}" for cell in row[first + 1 :]))
        for row in sheet.rows[1:]
    ]
    return [replace(sheet, rows=(sheet.rows[0], *body))]


def as_spreadsheet(catalog: Catalog, sheet: Sheet) -> list[Sheet]:
    """As a spreadsheet exports it: BOM, CRLF, title, sender, row of units, sum of all rows, footer."""
    dataset = catalog.datasets[sheet.dataset]
    columns = [dataset.columns[header] for header in sheet.rows[0]]
    width, first = len(columns), _first_figure(catalog, sheet)
    blank = ("",) * (width - 1)
    units = tuple(column.unit or "" for column in columns)
    sums = tuple(str(sum(int(row[i]) for row in sheet.rows[1:])) for i in range(first, width))
    total = tuple("合计" if column.role in {"sex", PART} else "" for column in columns)[1:first]
    year = sheet.rows[1][0]
    rows = (
        (f"{catalog.district.short}{year}年{dataset.title}", *blank),
        (f"填报单位：{catalog.department(sheet.department)}", *blank),
        sheet.rows[0],
        ("计量单位", *units[1:]),
        *sheet.rows[1:],
        (year, *total, *sums),
        ("注：本表按年末数填报，合计为女、男之和。", *blank),
    )
    return [replace(sheet, rows=rows, encoding="utf-8-sig", newline="\r\n")]


def corrected(catalog: Catalog, sheet: Sheet) -> list[Sheet]:
    """First with a figure too large by a digit, three weeks later sent again."""
    header = catalog.datasets[sheet.dataset].measures["students_myopic"]
    column, rows = sheet.rows[0].index(header), list(sheet.rows)
    rows[1] = (*rows[1][:column], f"{rows[1][column]}0", *rows[1][column + 1 :])
    again = replace(
        sheet,
        file=f"{sheet.file.removesuffix('.csv')}-更正.csv",
        received=sheet.received + timedelta(days=21),
        replaces=sheet.file,
        reason=f"更正女生{header}，原报数据多录一个0",
    )
    return [replace(sheet, rows=tuple(rows)), again]


def spoilt(catalog: Catalog, sheet: Sheet) -> list[Sheet]:
    """A guess, a misspelt town, a negative number and a sex in the wrong writing; the other rows can be used."""
    rows = [list(row) for row in sheet.rows]
    header = catalog.datasets[sheet.dataset].roles
    area, name, sex = (sheet.rows[0].index(header[role]) for role in ("area", "area_name", "sex"))
    rows[3][area] = rows[3][name] = "宝平街到"
    rows[12][-1] = "约30"
    rows[21][-2] = f"-{rows[21][-2]}"
    rows[31][sex] = "婦"
    return [replace(sheet, rows=tuple(tuple(row) for row in rows))]


def _first_figure(catalog: Catalog, sheet: Sheet) -> int:
    columns = catalog.datasets[sheet.dataset].columns
    return next(i for i, header in enumerate(sheet.rows[0]) if columns[header].measure)


CASES: Sequence[Case] = (
    Case(2022, "state_assets", None, absent),
    Case(2023, "agriculture", "rural_living", doubled),
    Case(2024, "sports", None, absent),
    Case(2024, "education", "student_health", corrected),
    Case(2024, "civil_affairs", None, in_gb18030),
    Case(2024, "human_resources", "talent_employment", as_spreadsheet),
    Case(2024, "medical_insurance", "medical_maternity_insurance", spoilt),
    Case(2024, "city_management", "public_toilet", late),
    Case(2024, "water", "rural_water", in_wide_digits),
)
"""Also told in README.md."""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("years", nargs="*", type=int, default=list(YEARS))
    parser.add_argument("--raw", type=Path, default=HERE.parent)
    given = parser.parse_args()
    try:
        catalog = catalogues.load(DISTRICT)
        simulation = Simulation(catalog, behaviours(HERE / "behaviour"))
        for year in given.years:
            write(given.raw / DISTRICT / str(year), catalog, year, simulate(catalog, simulation, year))
    except (catalogues.CatalogError, ValueError) as error:
        sys.exit(str(error))


if __name__ == "__main__":
    main()
