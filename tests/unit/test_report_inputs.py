"""Odd input of the annual report: the pages still stand, and say what there is."""

import re
from collections.abc import Callable, Iterator, Mapping, Set
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import pikepdf
import pytest
from pydantic import BaseModel

from expectations.catalog import load
from expectations.records import Catalog, Plan, Target
from expectations.records.record import _named
from expectations.rules import RULES
from flows import assess, report, wording
from flows.places import TEMPLATES
from flows.press import binding, document, pdf
from flows.report import papers
from flows.report.facts import Facts
from flows.report.kinds import KINDS
from tests.fixtures.printed import Printed, strays, text
from tests.fixtures.warehouses import changed

pytestmark = pytest.mark.usefixtures("shelf")

Alter = Callable[[Catalog], Catalog]
DAY = date(2023, 7, 15)


def composed(golden: Path, folder: Path, change: str = "", alter: Alter = lambda catalog: catalog) -> str:
    """The golden report from figures and a catalogue that were changed, judged anew; nothing in it may be unbound."""
    catalog = alter(load("990101", golden / "expectations"))
    before, _, after = change.partition("-- judged --")
    with changed(golden, "delete from out_assessments; delete from out_warnings; delete from out_track", before) as con:
        assess.targets(con, catalog, 2022)
        con.execute(after)
        html = dict(report.compose(KINDS["annual"].of(Facts(con, catalog, 2022)), folder))["report"]
    assert list(binding.read(html, wording.read("wording"), catalog.titles).problems) == []
    assert not re.search(r"\b(None|nan|inf|unknown|not_received|not_applicable)\b", re.sub(r"<[^>]+>", "", html))
    return html


def targets(change: Callable[[Target], Target]) -> Alter:
    """Every target of the plan that is a number, changed."""

    def alter(catalog: Catalog) -> Catalog:
        plan = catalog.plans[0]
        domains = []
        for domain in plan.domains:
            goals = {
                n: g.model_copy(update={"targets": tuple(change(t) if t.indicator else t for t in g.targets)})
                for n, g in domain.goals.items()
            }
            domains.append(domain.model_copy(update={"goals": goals}))
        return replace(catalog, plans=(replace(plan, domains=tuple(domains)),))

    return alter


def direction(target: Target) -> Target:
    return target.model_copy(
        update={"rule": RULES["increase"], "value": None, "each": None, "than": None, "every_year": False}
    )


def easy(target: Target) -> Target:
    return target.model_copy(
        update={
            "rule": RULES["at_least"],
            "value": Decimal(0),
            "sex": "total",
            "each": None,
            "than": None,
            "every_year": True,
        }
    )


def without_towns(catalog: Catalog) -> Catalog:
    plan = catalog.plans[0]
    health = plan.domains[0]
    second = health.goals[2].model_copy(update={"targets": health.goals[2].targets[:1]})  # not: in every town
    health = health.model_copy(update={"goals": health.goals | {2: second}})
    district = catalog.district.model_copy(update={"areas": ()})
    return replace(catalog, district=district, plans=(replace(plan, domains=(health, *plan.domains[1:])),))


def long(words: str) -> str:
    return (words * 40)[:40]


def renamed(catalog: Catalog) -> Catalog:
    """Every name of the catalogue has forty characters."""
    plan = catalog.plans[0]

    def called(records: Any, field: str) -> Any:
        return {k: r.model_copy(update={field: long(getattr(r, field))}) for k, r in records.items()}

    domains = tuple(
        d.model_copy(update={"title": long(d.title), "goals": called(d.goals, "title"),
        "actions": called(d.actions, "title")})
        for d in plan.domains
    )  # fmt: skip
    areas = tuple(a.model_copy(update={"name": long(a.name)}) for a in catalog.district.areas)
    district = catalog.district.model_copy(
        update={"areas": areas, "departments": called(catalog.district.departments, "name")}
    )
    return replace(
        catalog, district=district, plans=(replace(plan, domains=domains),),
        indicators=called(catalog.indicators, "name"), datasets=called(catalog.datasets, "title"),
    )  # fmt: skip


def retitled(value: Any, titles: Set[str], called: Callable[[str], str]) -> Any:
    """A part of the catalogue with other names."""
    if isinstance(value, str):
        return called(value) if value in titles else value
    if isinstance(value, tuple):
        return tuple(retitled(each, titles, called) for each in value)
    if isinstance(value, Mapping):
        return {key: retitled(each, titles, called) for key, each in value.items()}
    if isinstance(value, Plan):
        return Plan(value.id, *(retitled(part, titles, called) for part in (value.head, value.domains)))
    if isinstance(value, BaseModel):
        fields = {key: retitled(getattr(value, key), titles, called) for key in type(value).model_fields}
        return type(value).model_construct(**fields)
    return value


def numbered(catalog: Catalog) -> Catalog:
    """Every name has a numeral and a word that judges."""
    parts = {part: getattr(catalog, part) for part in ("district", "plans", "indicators", "datasets", "dimensions")}
    titles = catalog.titles - {catalog.district.areas_called}  # a word that has no numerals, and is a heading, too
    changed = {part: retitled(value, titles, "{}达标9号".format) for part, value in parts.items()}
    return replace(catalog, **changed)


@pytest.mark.parametrize("kind", ["annual", "final"])
def test_names_with_numerals_stand_in_every_paper(golden: Path, tmp_path: Path, kind: str) -> None:
    """婴幼儿照护（0—3岁）, 3号街道, 区第2人民医院: a name is no figure, wherever it is printed, and no less a name than before."""
    plain = load("990101", golden / "expectations")
    for catalog in (plain, numbered(plain)):
        folder = tmp_path / str(catalog is plain)
        folder.mkdir()
        with changed(golden) as con:
            made = KINDS[kind].of(Facts(con, catalog, 2022))
            pages = dict(report.compose(made, folder))
        for name, page in papers.bound({name: document.read(html) for name, html in pages.items()}).items():
            found = binding.read(page, made.words, catalog.titles)
            assert list(found.problems) == [], name
            assert ("达标9号" in "".join(found.nodes)) is (catalog is not plain), name


def titled(record: object) -> Iterator[str]:
    """The value of every field of some records that is a name."""
    if isinstance(record, BaseModel):
        for key, field in type(record).model_fields.items():
            value = getattr(record, key)
            if any(getattr(found, "func", None) is _named for found in field.metadata) and value is not None:
                yield value
            yield from titled(value)
    elif isinstance(record, Mapping | tuple):
        for each in record.values() if isinstance(record, Mapping) else record:
            yield from titled(each)
    elif isinstance(record, Plan):
        yield from titled((record.head, record.domains))


def test_no_name_of_the_catalogue_is_forgotten() -> None:
    catalog = load("120115")
    district = catalog.district.model_copy(
        update={"recipients": (), "statute": None, "contact": None}
    )  # told in letters
    parts = (district, catalog.plans, catalog.indicators, catalog.datasets, catalog.dimensions)
    found = set(titled(parts))
    assert len(found) > 300
    assert found - catalog.titles == set()


def many(number: int) -> Alter:
    """So many targets that the second domain cannot meet."""

    def alter(catalog: Catalog) -> Catalog:
        plan = catalog.plans[0]
        goal = plan.domains[1].goals[1]
        [target] = goal.targets
        goals = {
            n: goal.model_copy(
                update={
                    "targets": (
                        target.model_copy(update={"id": f"demo_women_2021.g2.{n}.t", "value": Decimal(100 + n)}),
                    )
                }
            )
            for n in range(1, number + 1)
        }
        domain = plan.domains[1].model_copy(update={"goals": goals})
        return replace(catalog, plans=(replace(plan, domains=(plan.domains[0], domain)),))

    return alter


def value(indicator: str, number: float) -> str:
    return (
        f"update out_indicators set value = {number}, numerator = denominator * {number} / 100 "
        f"where indicator = '{indicator}' and year = 2022 and sex = 'total';"
    )


CADRES = "('women_party_members', 'women_delegates')"
NEVER_SENT = f"""
delete from out_indicators where indicator in {CADRES};
delete from core_observations where delivery like '%/cadres/%';
update meta_deliveries set status = 'missing', received = null, version = null, rows_in = 0, cells_in = 0, observations = 0,
rejections = 0 where dataset = 'cadres';
"""
ONE_YEAR = "".join(
    f"delete from {table} where year < 2022;"
    for table in ("out_indicators", "meta_register", "meta_deliveries", "core_statements", "out_findings")
)
NO_TOWNS = "delete from out_indicators where length(area) > 6;"
TINY = (
    "update out_indicators set numerator = 1, denominator = 25000000, value = 0.004, lower = 0.0001, upper = 0.0223 "
    "where indicator = 'maternal_mortality' and year = 2022;"
)


@dataclass(frozen=True)
class Odd:
    change: str = ""
    alter: Alter = lambda catalog: catalog
    said: tuple[str, ...] = ()
    unsaid: tuple[str, ...] = ()


ODD = {
    "a domain without any delivery": Odd(
        NEVER_SENT,
        said=("妇女参与决策和管理领域各项目标尚不具备评价条件", "《党员和代表情况表》未报送",
              "目标2.1\t女党员比例\t%\t未报送\t未报送\t未报送\t≥35%\t？ 无法判断（未报送）"),
        unsaid=("以定性目标为主",),
    ),
    "a single year": Odd(ONE_YEAR, said=("孕产妇死亡率\t/10万\t未布置\t未布置\t125.0", "缺基期数据")),
    "targets without value": Odd(alter=targets(direction), said=("女党员比例\t%\t30.0\t31.0\t33.0\t提高\t○ 预期可达标",)),
    "no warnings": Odd(
        alter=targets(easy), said=("预计达标困难0项；波动较大0项", "均达到或预期可以达到规划要求"), unsaid=("预计达标困难的指标",)
    ),
    "a district without towns": Odd(NO_TOWNS, without_towns, ("附件1　全部目标",), ("西镇", "各街镇主要指标", "每个街镇")),
    "above 100 %": Odd(value("women_party_members", 123.94), said=("女党员比例\t%\t30.0\t31.0\t123.9\t≥35%\t● 提前达标",)),
    "hardly anything": Odd(TINY, said=("0.004/10万", "发生1例", "\t0.0001\t0.02\t"), unsaid=("0.0/10万",)),
    "names of forty characters": Odd(alter=renamed, said=(long("女党员比例"), long("区卫生健康委"), long("西镇"))),
    "200 warnings": Odd(alter=many(200), said=("预计达标困难202项", "（目标2.200）")),
}  # fmt: skip


@pytest.mark.parametrize("odd", ODD.values(), ids=ODD)
def test_the_report_stands_and_says_what_there_is(odd: Odd, golden: Path, tmp_path: Path) -> None:
    said = text(composed(golden, tmp_path, odd.change, odd.alter))
    assert [words for words in odd.said if words not in said] == []
    assert [words for words in odd.unsaid if words in said] == []


# --- on paper ---

EVERY_ONE_SERIOUS = """-- judged --
update out_warnings set level = 'serious', reason = 'away';
update out_assessments set verdict = 'on_course', reason = null, method = 'path' where year = 2021 and target like '%.t';
update out_assessments set verdict = 'away', reason = null, method = 'path' where year = 2022 and target like '%.t';
update out_assessments set verdict = 'missed_year', reason = null, method = 'kept' where year = 2021 and target like 'demo_women_2021.g1%';
update out_assessments set verdict = 'met_year', met = true, reason = null, method = 'kept' where year = 2022 and target like 'demo_women_2021.g1%';
"""


def in_turn(*alterations: Alter) -> Alter:
    def alter(catalog: Catalog) -> Catalog:
        for change in alterations:
            catalog = change(catalog)
        return catalog

    return alter


def named(catalog: Catalog) -> Catalog:
    """Indicators and domains of forty characters; departments and their forms keep their names."""
    called = renamed(catalog)
    return replace(called, district=catalog.district, datasets=catalog.datasets)


def test_the_summary_stays_one_page(golden: Path, tmp_path: Path) -> None:
    """200 warnings of the first level, names of forty characters, every target moved, nothing received."""
    change = f"update meta_deliveries set status = 'missing' where year = 2022; {EVERY_ONE_SERIOUS}"
    html = composed(golden, tmp_path, change, in_turn(many(200), named))
    assert "一级预警" in html
    head, summary = html.partition('<section class="summary"')[::2]
    summary = re.sub(r' href="#[^"]*"', "", summary.partition("</section>")[0])  # what they lead to is not set
    page = binding.unbound(f'{head}<section class="summary"{summary}</section></body></html>')
    path = pdf.write(page, tmp_path / "report.pdf", [TEMPLATES], DAY)
    with pikepdf.open(path) as document:
        assert len(document.pages) == 2  # the cover and the summary


def test_all_at_once_on_paper(golden: Path, tmp_path: Path) -> None:
    """Long names, many warnings, far values, nothing received: no layout warning, and no text outside the type area."""
    change = (
        value("cervical_screening", 123.94) + TINY + "update meta_deliveries set status = 'missing' where year = 2022;"
    )
    html = composed(golden, tmp_path, change, in_turn(many(5), renamed))
    bound = papers.bound({"report": document.read(html)})
    binding.prove(bound, wording.read("wording"), (), tmp_path)
    for name, tree in bound.items():
        path = pdf.write(binding.unbound(tree), tmp_path / f"{name}.pdf", [TEMPLATES], DAY)
        with pikepdf.open(path) as file:
            printed = Printed(path, file)
            assert len(printed.words) > 500
            assert strays(printed) == {}
            assert file.check_pdf_syntax() == []
