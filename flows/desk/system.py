"""The statistical reporting system (统计报表制度) of a data year as one PDF: general rules, list of forms, each form, and the
indicators with their definitions.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import count
from pathlib import Path

from expectations.records import Catalog, Indicator
from flows.desk.forms import Form, columns_told
from flows.places import TEMPLATES
from flows.wording import day, read, say

SHOWN = 12
"""The number of rows of a form that are printed; the forms that are sent have all."""
WIDE = 9
"""A form with more columns is printed across the page."""


@dataclass(frozen=True)
class PrintedForm:
    """One form as it is printed: the same for all departments that send it."""

    form: Form
    senders: Sequence[str]

    @property
    def title(self) -> str:
        return self.form.record.title

    @property
    def scope(self) -> str:
        """What its rows are: 各街镇, 各乡镇卫生院, 全区 or the clauses that are asked about."""
        district, record = self.form.catalog.district, self.form.record
        if "clause" in record.roles:
            return say("letters/system/clauses")
        if record.by_institution:
            return say("letters/system/each", name=district.institutions[str(record.institution_kind)].name)
        return say("letters/system/each", name=district.areas_called) if record.by_area else district.called_whole

    @property
    def sent(self) -> str:
        return say("letters/system/several") if len(self.senders) > 1 else self.senders[0]

    @property
    def due(self) -> str:
        return self.form.due

    @property
    def due_yearly(self) -> str:
        """次年3月15日: as a system says it that holds for several years."""
        due = self.form.record.due_for(self.form.year)
        return say("letters/system/due", month=due.month, day=due.day)

    @property
    def is_wide(self) -> bool:
        return len(self.form.headers) > WIDE

    @property
    def codes(self) -> list[str]:
        """甲, 乙 of what is given and 1, 2 of what is filled in, below the headings."""
        given, asked = iter(read("letters")["system"]["stems"]), count(1)
        columns = self.form.record.columns.values()
        return [str(next(asked)) if self.form.asked_for(c) else next(given) for c in columns]

    @property
    def rows(self) -> list[list[str]]:
        return self.form.rows()[:SHOWN]

    @property
    def more(self) -> int:
        """The rows that are not printed."""
        return max(0, len(self.form.lines) - SHOWN)

    @property
    def columns(self) -> list[tuple[str, str]]:
        """Each column with what it asks for."""
        return columns_told(self.form)


def write(catalog: Catalog, year: int, folder: Path) -> Path:
    """Write `统计报表制度-<year>.pdf`: every form that is owed for a data year. It bears the last day of that year: nothing reads
    the clock.
    """
    from flows.press import pdf

    district = catalog.district
    forms = list(_forms(catalog, year))
    keys = {m for one in forms for m in one.form.record.measures}
    context = {
        "district": district,
        "year": year,
        "maker": (district.statute and district.statute.maker) or district.issuers[0],
        "until": day(district.statute.until) if district.statute else "",
        "forms": forms,
        "rules": [
            (title, text.format(**_facts(catalog, year, forms))) for title, text in read("letters")["system"]["rules"]
        ],
        "signatures": read("letters")["form"]["signatures"],
        "indicators": _indicators(catalog, year, keys),
        "templates": TEMPLATES.resolve().as_uri(),
    }
    name = say("letters/system/name")
    path = folder / f"{name}-{year}.pdf"
    folder.mkdir(parents=True, exist_ok=True)
    return pdf.write(pdf.html(TEMPLATES, "system.html", context), path, [TEMPLATES], date(year, 12, 31))


def _forms(catalog: Catalog, year: int) -> Iterator[PrintedForm]:
    """Every form that is owed, in the catalogue's order, with all of its senders."""
    for name, senders in catalog.owed(year).items():
        forms = [form for key in senders if (form := Form(catalog, name, year, key)).lines]
        if forms and not catalog.datasets[name].released:
            yield PrintedForm(forms[0], [form.sender for form in forms])


def _facts(catalog: Catalog, year: int, forms: Sequence[PrintedForm]) -> dict[str, object]:
    plans = [plan for plan in catalog.plans if plan.head.baseline <= year <= plan.head.end]
    named = say("labels/and").join(f"《{plan.head.title}》" for plan in plans)
    return {
        "district": catalog.district.name,
        "plans": named,
        "issuer": catalog.district.issuers[0],
        "year": year,
        "forms": len(forms),
        "departments": len({sender for one in forms for sender in one.senders}),
        "areas": catalog.district.areas_called,
        "whole": catalog.district.called_whole,
    }


@dataclass(frozen=True)
class Explained:
    """An indicator with its definition and formula."""

    name: str
    unit: str
    lead: str
    definition: str
    formula: str


def _indicators(catalog: Catalog, year: int, measures: set[str]) -> list[Explained]:
    """The indicators that the plans name and that the forms serve, in the catalogue's order."""
    named = {key for p in catalog.promises(year) for key in p.target.indicators}
    titles = {m: header for d in catalog.forms.values() for m, header in d.measures.items()}
    return [
        Explained(i.name, i.unit, catalog.department(i.lead), i.definition, _formula(i, year, titles))
        for key, i in catalog.indicators.items()
        if key in named and (i.measures_of(year) & measures or i.kind == "published")
    ]


def _formula(indicator: Indicator, year: int, titles: dict[str, str]) -> str:
    """How it is computed, in the words of the forms."""
    _, above, below = indicator.caliber(year)
    top, bottom = ("＋".join(titles.get(m, m) for m in side) for side in (above, below))
    forms = read("letters")["system"]["formula"]
    factor = "" if indicator.per == 1 else forms["times"].format(per=f"{indicator.per:f}")
    return str(forms[indicator.kind]).format(above=top, below=bottom, factor=factor)
