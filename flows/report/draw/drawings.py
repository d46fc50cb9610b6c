"""Draws the charts of an edition from its facts: each has its file, its caption and a description in words."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from itertools import pairwise
from pathlib import Path
from typing import Any, NamedTuple

from expectations.records import Area, Domain, Indicator
from expectations.requirement import kind, plain
from expectations.vocabulary import ATTAINED, SHORT, Reason, Sex, Verdict
from flows import kept
from flows.press.numbers import Figure, figure
from flows.report.draw import charts
from flows.report.draw.charts import Bar, Dot, Fan, Line, Pair, Spark, Tile, Trend
from flows.report.facts import Facts, portraits
from flows.report.facts.items import Item, alike, breaks_of
from flows.report.facts.portraits import AreaFigure, Portrait
from flows.report.write import tables
from flows.report.write.divided import Divided
from flows.wording import period, read, say

PANELS_LEADING, PANELS_MORE, PANELS_BY_SEX, PAIRS = 2, 6, 3, 14
"""Most indicators of one chart."""
PAST = 6
"""Most indicators of an area's chart: two rows of it, so that a page holds the table as well."""
SPARK = (110.0, 24.0)
"""A small panel by itself: its width, and the height of its plot."""
STANDINGS = {
    "attained": (say("labels/chart/attained", mark=Verdict.MET.mark), ATTAINED),
    "on_course": (f"{Verdict.ON_COURSE.mark}{Verdict.ON_COURSE.word}", (Verdict.ON_COURSE,)),
    "behind": (f"{Verdict.BEHIND.mark}{Verdict.BEHIND.word}", (Verdict.BEHIND,)),
    "short": (say("labels/chart/short", mark=Verdict.MISSED.mark), (Verdict.AWAY, Verdict.MISSED_YEAR, Verdict.MISSED)),
    "unknown": (f"{Verdict.UNKNOWN.mark}{Verdict.UNKNOWN.word}", (Verdict.UNKNOWN,)),
    "suppressed": (Verdict.SUPPRESSED.word, (Verdict.SUPPRESSED,)),
}
"""Verdicts that a bar shows as one."""

Chart = dict[str, str]


@dataclass(frozen=True)
class _Picture:
    """A chart before it is drawn."""

    draw: Callable[..., bytes]
    told: str
    """Its numbers and texts in the order in which they are drawn: two pictures of the same are one."""
    drawn: Sequence[object] = field(compare=False)


@lru_cache(maxsize=1000)
def _svg(picture: _Picture) -> bytes:
    """The chart; that of the internal edition serves the public one too, unless it keeps a figure back."""
    return picture.draw(*picture.drawn)


class Drawings:
    """Draws into the staging folder; a chart is `file`, `caption` and `alt`."""

    def __init__(self, staging: Path, audience: str = "") -> None:
        self.folder, self.audience = staging / "charts", audience
        self.folder.mkdir()

    def _put(
        self, name: str, draw: Callable[..., bytes], drawn: Sequence[object], caption: str, alternative: str
    ) -> Chart:
        """Draw what is `drawn`; a chart that an earlier run has drawn of the same is taken over."""
        path = self.folder / f"{name}.svg"
        key, picture = f"{self.audience}/{name}", _Picture(draw, repr(drawn), drawn)

        def parts() -> kept.Parts:
            return {"figures": kept.digest(picture.told)}

        path.write_bytes(kept.kept("chart", key, parts, caption.partition("（")[0], lambda: _svg(picture)))
        return {"file": f"charts/{path.name}", "caption": caption, "alt": alternative}

    def leading(self, facts: Facts, plan: str, domain: Domain, items: Sequence[Item]) -> Iterator[Chart]:
        """The first of a domain's indicators, larger: for the page that tells of the domain."""
        yield from self._trends(
            facts, plan, domain, _among(items, shares(facts)[plan, domain.domain].leading), "leading"
        )

    def others(self, facts: Facts, plan: str, domain: Domain, items: Sequence[Item]) -> Iterator[Chart]:
        """What follows on those that `leading` draws: for the data volume, of which two charts fill a page."""
        left = _among(items, shares(facts)[plan, domain.domain].others)
        for start, end in _even(len(left), PANELS_MORE):
            yield from self._trends(facts, plan, domain, left[start:end], f"others-{start}")

    def _trends(self, facts: Facts, plan: str, domain: Domain, chosen: Sequence[Item], name: str) -> Iterator[Chart]:
        if not chosen:
            return
        first = min(y for i in chosen for y in i.series)
        years = range(first, max(facts.year, chosen[0].promise.plan.head.end) + 1)
        panels = [trend(facts, item, years) for item in chosen]
        title = say("labels/chart/domain" if name == "leading" else "labels/chart/domain_more", title=domain.title)
        signs = {sign: area.called_whole for sign, area in _signs(facts)}
        yield self._panels(f"{plan}-{domain.domain}-{name}", panels, years, title, facts.year, signs)

    def _panels(
        self,
        name: str,
        panels: Sequence[Trend],
        years: range,
        title: str,
        until: int,
        signs: Mapping[str, str] | None = None,
    ) -> Chart:
        scale, compared = charts.scales(panels)
        span = period(years[0], until)
        around = say("labels/chart/interval") if any(line.intervals for p in panels for line in p.lines) else ""
        cut = say("labels/chart/cut") if any(map(charts.is_cut, panels, scale)) else ""
        drawn = {
            sign
            for panel, own in zip(panels, scale, strict=True)
            for sign, _, _ in charts.marks_beside(panel, years, own)
        }
        named = [say("labels/above/chart", sign=s, called=called) for s, called in (signs or {}).items() if s in drawn]
        caption = f"{title}（{'，'.join(filter(None, (span, compared, around, cut, *named)))}）"
        return self._put(name, charts.trends, (panels, years, scale), caption, "".join(told(p) for p in panels))

    def areas(self, facts: Facts, plan: str, domain: Domain, items: Sequence[Item]) -> Iterator[Chart]:
        """Areas, with the number that each of them must reach."""
        for item in items:
            target, table = item.promise.target, _of_areas(facts, item)
            known = [(str(name), value) for name, value in table if isinstance(value, Figure)]
            if not known:
                continue
            limit, unit = float(target.value or 0), item.promise.unit
            known.sort(key=lambda pair: pair[1].value)
            short = _short([name for name, _ in known])
            dots = [Dot(short[name], float(v.value), v.text, target.reached_by(v.value)) for name, v in known]
            label = _required(item)
            without = "、".join(f"{name}（{word}）" for name, word in table if not isinstance(word, Figure))
            note = say("labels/chart/without", listed=without) if without else ""
            below = "、".join(name for name, v in known if not target.reached_by(v.value))
            is_below = target.rule.way(target.value) > 0 and not target.rule.strict
            form = "none_below" if not below else "below" if is_below else "not_reached"
            areas = kind(facts.catalog, target.each)
            named = {"year": facts.year, "areas": areas, "name": item.promise.name}
            values = "，".join(f"{short[name]}{v}{unit}" for name, v in known)
            yield self._put(
                f"{plan}-{domain.domain}-{target.indicator}",
                charts.dots,
                (dots, limit, label, item.unit, note),
                say("labels/chart/areas", **named),
                say(
                    "labels/described/areas",
                    number=len(dots),
                    values=values,
                    label=label,
                    below=say(f"labels/described/{form}", listed=below, **named),
                    note=f"{note}。" if note else "",
                    **named,
                ),
            )

    def tiles(self, facts: Facts, items: Sequence[Item]) -> Iterator[Chart]:
        """The same on a tile map, for each number that every area must reach; nothing without places on a grid."""
        for item in items:
            target = item.promise.target
            if target.each != "area" or not facts.catalog.district.is_mapped(facts.year):
                continue
            areas = facts.catalog.district.areas_of(facts.year)
            _, table = tables.by_area(facts, [str(target.indicator)])
            told = {}
            for area, (_, value) in zip(areas, table, strict=True):
                if not isinstance(value, Figure):
                    told[area.code] = (str(value), "unknown")
                    continue
                shade = "clear" if target.reached_by(value.value) else "dark"
                told[area.code] = (f"{value}{item.unit}", shade)
            if all(shade == "unknown" for _, shade in told.values()):
                continue
            required = _required(item)
            words = {shade: say(f"labels/tiles/{shade}", required=required) for shade in ("clear", "dark", "unknown")}
            named = {"year": facts.year, "areas": facts.catalog.district.areas_called, "name": item.promise.name}
            name = f"{item.promise.plan.id}-{target.indicator}"
            yield self._tiles(facts, name, told, words, say("labels/tiles/caption", **named))

    def _tiles(
        self, facts: Facts, name: str, told: Mapping[str, tuple[str, str]], words: Mapping[str, str], caption: str
    ) -> Chart:
        """A tile map: area → what stands on its tile, and its shade; `words` says what each shade means."""
        areas = facts.catalog.district.areas_of(facts.year)
        placed = sorted((*(area.grid or (0, 0)), area.name, *told[area.code]) for area in areas)
        drawn = [Tile(called, row, column, label, shade) for row, column, called, label, shade in placed]
        legend = {shade: word for shade, word in words.items() if any(t.shade == shade for t in drawn)}
        listed = "".join(
            say(
                "labels/described/tile",
                meaning=word,
                listed="、".join(f"{t.name}{t.label}" for t in drawn if t.shade == s),
            )
            for s, word in legend.items()
        )
        return self._put(f"tiles-{name}", charts.tiles, (drawn, legend), caption, listed)

    def pressing(self, facts: Facts, listed: Sequence[Portrait]) -> Chart | None:
        """On a tile map, how many indicators of each area somebody should look at."""
        known = {p.area.code: len(p.pressing) for p in listed if any(isinstance(s.value, Figure) for s in p.standings)}
        return self._numbers(facts, "pressing", known, read("labels")["pressing"])

    def unmet(self, facts: Facts, listed: Sequence[Portrait], named: int) -> Chart | None:
        """On a tile map, how many of the numbers that every area must reach each does not; nothing where the text, which has
        room for so many areas (`named`), names them all: a map of three places says less than their names.
        """
        known = {p.area.code: len(p.unmet) for p in listed if any(s.met is not None for s in p.demanded)}
        many = sum(number > 0 for number in known.values()) > named
        return self._numbers(facts, "unmet", known, read("labels")["unmet"]) if many else None

    def _numbers(self, facts: Facts, name: str, known: Mapping[str, int], words: Mapping[str, str]) -> Chart | None:
        """A tile map of numbers, the highest darkest."""
        if not known or not facts.catalog.district.is_mapped(facts.year):
            return None
        shades = ("clear", "light", "middle", "dark")
        told = {area.code: ("", "unknown") for area in facts.catalog.district.areas_of(facts.year)}
        for code, number in known.items():
            told[code] = (words["number"].format(number=number), shades[min(number, len(shades) - 1)])
        legend = {shade: words[shade] for shade in (*shades, "unknown")}
        caption = words["caption"].format(year=facts.year, areas=facts.catalog.district.areas_called)
        return self._tiles(facts, name, told, legend, caption)

    def past(self, facts: Facts, one: Portrait, order: Sequence[AreaFigure]) -> Chart | None:
        """The past of an area, for the first of `order` that have one."""
        panels, years = [], range(facts.base, facts.year + 1)
        for standing in order:
            own, whole = portraits.past(facts, standing, one.area.code)
            if len(own) < 2 or standing.indicator.kind == "count":  # one or two persons are no curve
                continue
            demanded = standing.demanded
            panels.append(
                Spark(
                    standing.name,
                    standing.indicator.unit,
                    {y: float(v.value) for y, v in own.items()},
                    {y: v.text for y, v in own.items()},
                    {y: float(v.value) for y, v in whole.items()},
                    None if demanded is None else float(demanded.promise.target.value or 0),
                )
            )
            if len(panels) == PAST:
                break
        if not panels:
            return None
        called = facts.catalog.district.called_whole
        alternative = "".join(_spark_told(panel, called) for panel in panels)
        drawn = [
            "own" if any(charts.is_line(panel.own) for panel in panels) else "apart",
            *(["whole"] if any(charts.is_line(panel.whole) for panel in panels) else []),
            *(["target"] if any(panel.target is not None for panel in panels) else []),
        ]
        signs = "，".join(say(f"labels/past/drawn/{sign}", whole=called) for sign in drawn)
        caption = say("labels/past/caption", area=one.area.name, years=period(facts.base, facts.year), drawn=signs)
        return self._put(f"area-{one.area.code}", charts.sparks, (panels, years), caption, alternative)

    def spark(self, facts: Facts, item: Item) -> Chart:
        """A target's series in a small panel, with the number to reach if it is always the same; of the present caliber alone."""
        head = item.promise.plan.head
        caliber = item.point(facts.year).get("caliber")
        known = {
            y: p["value"]
            for y, p in sorted(item.series.items())
            if p["value"] is not None and y <= facts.year and p["caliber"] == caliber
        }
        years = range(min(head.baseline, *known), facts.year + 1)
        levels = {value for line in _targets(item, years) for value in line.values()}
        panel = Spark(
            item.name,
            item.unit,
            {y: float(v) for y, v in known.items()},
            {y: str(item.at(y)) for y in known},
            {},
            levels.pop() if len(levels) == 1 and not item.promise.target.rule.relative else None,
        )
        caption = say("labels/spark", name=item.name)
        return self._put(f"spark-{item.anchor}", charts.spark, (panel, years, *SPARK), caption, _spark_told(panel, ""))

    def sexes(self, table: Sequence[Mapping[str, Any]]) -> Chart | None:
        """The largest distances between women and men among percentages. What is told to be no distance is left out."""
        able = sorted(apart(table), key=lambda r: -abs(r["gap"].value))
        pairs = [
            Pair(r["name"], float(r["female"].value), float(r["male"].value), str(r["female"]), str(r["male"]))
            for r in able[:PAIRS]
        ]
        if not pairs:
            return None
        alternative = "".join(
            say("labels/described/pair", name=p.name, female=p.female_label, male=p.male_label) for p in pairs
        )
        scale = charts.pairs_scale(pairs, "%")
        cut = say("labels/chart/cut") if any(charts.is_pair_cut(p, scale) for p in pairs) else ""
        caption = say("labels/chart/gaps" if len(able) > len(pairs) else "labels/chart/gaps_all")
        return self._put(
            "sexes", charts.pairs, (pairs, "%", scale), f"{caption}（{cut}）" if cut else caption, alternative
        )

    def sexes_by_year(self, facts: Facts, table: Sequence[Mapping[str, Any]]) -> Chart | None:
        """Women and men over the years, for the largest distances in percent; growing distances first."""
        ordered = sorted(apart(table), key=lambda r: (r["trend"].sense != "widened", -abs(r["gap"].value)))
        keys = {id(indicator): key for key, indicator in facts.catalog.indicators.items()}
        listed = (
            (r["indicator"], [_line(facts, keys[id(r["indicator"])], s, "", s.word) for s in (Sex.FEMALE, Sex.MALE)])
            for r in ordered
        )
        return self._sides("sexes-years", facts, listed, "gaps_by_year")

    def parts_by_year(self, facts: Facts, table: Divided) -> Chart | None:
        """The two parts of a dimension over the years, for the largest distances in percent."""
        if not table.paired:
            return None
        indicators, catalog = facts.catalog.indicators, facts.catalog
        able = [
            (r.gap.value, r)
            for r in table.rows
            if r.unit == "%" and isinstance(r.gap, Figure)
            if not alike(r.gap.value, indicators[r.key].decimals, r.unit, catalog)
        ]
        parts = [(part, words.name) for part, words in reversed(table.dimension.parts.items())]
        listed = (
            (indicators[r.key], [_line(facts, r.key, Sex.TOTAL, part, name) for part, name in parts])
            for _, r in sorted(able, key=lambda one: -abs(one[0]))
        )
        return self._sides(f"parts-{table.key}", facts, listed, "parts_by_year", dimension=table.dimension.name)

    def _sides(
        self, name: str, facts: Facts, ordered: Iterable[tuple[Indicator, list[Line]]], title: str, **named: object
    ) -> Chart | None:
        """Two groups over the years, a panel for each of the first indicators. An indicator that is known for one year only has no
        panel. The years begin with the first figure; what was missing before is not told.
        """
        roads = [one for one in ordered if any(len(line.values) > 1 for line in one[1])]
        if not (listed := roads[:PANELS_BY_SEX]):
            return None
        years = range(min(y for _, lines in listed for line in lines for y in line.values), facts.year + 1)
        panels = [
            Trend(i.name, i.unit, [_within(line, years) for line in lines], breaks=_breaks(facts, i, None, years))
            for i, lines in listed
        ]
        caption = say(f"labels/chart/{title}{'' if len(roads) > len(listed) else '_all'}", **named)
        return self._panels(name, panels, years, caption, facts.year)

    def standing(self, facts: Facts) -> Chart | None:
        """How many targets had which verdict, plan by plan and year by year, from the first year in which one had any: before it
        nobody may have been asked.
        """
        bars, known = [], [i.history for i in facts.items if i.quantitative]
        begins = min((plan.head.start for plan in facts.plans), default=facts.year)
        judged = {y for years in known for y, row in years.items() if row["verdict"] != Verdict.UNKNOWN}
        first = min((y for y in judged if y >= begins), default=facts.year)
        for plan in facts.plans:
            items = [i for i in facts.of_plan(plan) if i.quantitative]
            for year in range(max(plan.head.start, first), facts.year + 1):
                verdicts = Counter(i.history[year]["verdict"] for i in items if year in i.history)
                counts = {key: sum(verdicts[v] for v in covered) for key, (_, covered) in STANDINGS.items()}
                bars.append(Bar(plan.head.short, period(year, year), counts))
        return self.bars(
            "standing",
            say("labels/chart/standing", years=period(first, facts.year)),
            bars,
            {key: word for key, (word, _) in STANDINGS.items()},
        )

    def bars(self, name: str, caption: str, bars: Sequence[Bar], kinds: Mapping[str, str]) -> Chart | None:
        """Counts by kind, bar below bar; None if there is nothing to count."""
        counted = [b for b in bars if sum(b.counts.values())]
        if not counted:
            return None
        alternative = "".join(_counts_told(bar, kinds) for bar in counted)
        return self._put(name, charts.bars, (counted, kinds), caption, alternative)


def apart(table: Sequence[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    """Percentages of which women and men are apart, of the table of all indicators by sex."""
    return [r for r in table if r["unit"] == "%" and isinstance(r["gap"], Figure) and not r["even"]]


class Share(NamedTuple):
    """What is drawn of one domain: large in the report, small in the data volume."""

    leading: list[Item]
    others: list[Item]


def shares(facts: Facts) -> dict[tuple[str, int], Share]:
    """The share of each domain (plan, number). What two domains ask alike is drawn once in an edition: in the report if
    one of them leads there, in the first of them.
    """
    known: set[tuple[object, ...]] = set()
    able = {(p.id, d.domain): ranked(facts.of_domain(p, d)) for p in facts.plans for d in p.domains}

    def first(items: Sequence[Item], most: int) -> list[Item]:
        found = [item for item in items if item.promise.asked not in known][:most]
        known.update(item.promise.asked for item in found)
        return found

    leading = {key: first(items, PANELS_LEADING) for key, items in able.items()}
    return {key: Share(leading[key], first(items, len(items))) for key, items in able.items()}


def _even(number: int, most: int) -> Iterator[tuple[int, int]]:
    """From where to where a number of things goes in as few parts as hold at most so many, none much smaller than the others."""
    parts = -(-number // most)
    edges = [number * n // max(parts, 1) for n in range(parts + 1)]
    yield from pairwise(edges)


def _among(items: Sequence[Item], share: Sequence[Item]) -> list[Item]:
    wanted = {item.id for item in items}
    return [item for item in share if item.id in wanted]


def ranked(items: Sequence[Item]) -> list[Item]:
    """The indicators that can be drawn, each once: numbers that are not reached first, then goals, those in trouble before the
    others, numbers before directions, and what is most at stake first. Targets of one or two persons in each area or body
    are left out: they make no curve.
    """

    def rank(item: Item) -> tuple[object, ...]:
        directional = item.promise.target.rule.directional
        short = item.verdict in SHORT
        return (
            not short or directional,
            item.promise.clause_kind != "goal",
            not short,
            directional,
            item.row["priority"],
        )

    able = [
        i
        for i in items
        if sum(p["value"] is not None for p in i.series.values()) > 1 and not (i.promise.target.each and not i.decimals)
    ]
    distinct = {i.promise.target.indicator: i for i in sorted(able, key=rank, reverse=True)}
    return sorted(distinct.values(), key=rank)


def _counts_told(bar: Bar, kinds: Mapping[str, str]) -> str:
    listed = [
        say("labels/described/count", word=word, number=bar.counts[k]) for k, word in kinds.items() if bar.counts.get(k)
    ]
    return say("labels/described/bar", name=f"{bar.group}{bar.name}", counts="，".join(listed))


def areas_drawn(facts: Facts, item: Item) -> bool:
    """Whether a target has a chart of its areas."""
    return any(isinstance(value, Figure) for _, value in _of_areas(facts, item))


def _of_areas(facts: Facts, item: Item) -> list[tuple[Any, Any]]:
    """Each area with its figure, or the word for why there is none, for a target that asks for a number of each."""
    target = item.promise.target
    if target.each != "area" or item.decimals == 0:
        return []
    return [(row[0], row[1]) for row in tables.by_area(facts, [str(target.indicator)])[1]]


def _required(item: Item) -> str:
    target = item.promise.target
    number = f"{plain(target.value)}{item.promise.unit}"
    return say("labels/chart/goal", required=target.rule.bound.format(number=number))


def _spark_told(panel: Spark, whole: str) -> str:
    own = "，".join(f"{period(y, y)}{panel.labels[y]}" for y in sorted(panel.own))
    compared = [y for y in (min(panel.own), max(panel.own)) if y in panel.whole]
    beside = "，".join(f"{period(y, y)}{_like(panel.labels[y], panel.whole[y])}" for y in compared)
    form = "spark" if beside else "spark_alone"
    return say(f"labels/described/{form}", title=panel.title, unit=panel.unit, own=own, whole=whole, beside=beside)


def trend(facts: Facts, item: Item, years: range) -> Trend:
    """A target's series and what was demanded, with what the model expects for the plan's last year."""
    rule, head = item.promise.target.rule, item.promise.plan.head
    known = {y: float(p["value"]) for y, p in item.series.items() if p["value"] is not None and y <= facts.year}
    line = Line(
        known,
        {y: str(item.at(y)) for y in known},
        {y: str(item.at(y)) for y in years if y <= facts.year and y not in known},
        _intervals(facts, item) if item.rare else {},
    )
    fan, row = None, item.row
    if row["outlook_low"] is not None and not (rule.relative or rule.limit == "band") and facts.year < head.end:
        low, high = (str(item.number(f)) for f in ("outlook_low", "outlook_high"))
        fan = Fan(head.end, row["outlook_low"], row["outlook"], row["outlook_high"], f"{low}—{high}")
    targets = _targets(item, years)
    named = item.unit != "%" and item.promise.unit == item.unit  # the panel's title says it
    required = item.required.removesuffix(item.unit) if named else str(item.required)
    return Trend(
        str(item.name),
        item.unit,
        [line],
        head.baseline,
        targets,
        say("labels/chart/goal", required=required) if targets else "",
        "" if targets else say("labels/chart/required", required=item.required),
        _breaks(facts, item.promise.indicator, item.promise.target.each, years),
        fan,
        not line.intervals,
        _beside(facts, item),
    )


def _signs(facts: Facts) -> list[tuple[str, Area]]:
    """The signs of the areas above the district: the last of its file is the highest."""
    return list(zip(charts.SIGNS, reversed(facts.catalog.district.references), strict=False))


def _beside(facts: Facts, item: Item) -> dict[str, dict[int, float]]:
    """Sign → the figures of an area above the district that have the district's definition."""
    target = item.promise.target
    if not target.rule.own or target.sex != "total" or target.part:
        return {}
    return {
        sign: {
            year: told.value
            for year, told in facts.above.years(str(target.indicator), area).items()
            if not told.agreement and year >= item.promise.plan.head.baseline
        }
        for sign, area in _signs(facts)
    }


def _targets(item: Item, years: range) -> list[dict[int, float]]:
    """The lines to reach: level if the number is always the same, from year to year if it changes; two lines for a
    band.
    """
    target = item.promise.target
    if target.rule.directional:
        return []
    if target.band:
        return [{y: float(edge) for y in years} for edge in target.band]
    moving = {y: r["threshold"] for y, r in sorted(item.history.items()) if y in years and r["threshold"] is not None}
    if not moving:
        return []
    return [dict.fromkeys(years, next(iter(moving.values())))] if len(set(moving.values())) == 1 else [moving]


def _breaks(facts: Facts, indicator: Any, each: str | None, years: range) -> list[int]:
    """The years in a panel since which values are of another caliber. Values are drawn as they were, also where a factor would make
    them comparable.
    """
    since = breaks_of(facts.catalog, indicator, each, facts.year) | {v.since for v in indicator.calibers}
    return sorted(year for year in since if year in years[1:])


def _intervals(facts: Facts, item: Item) -> dict[int, tuple[float, float]]:
    target = item.promise.target
    return {
        y: (r["lower"], r["upper"])
        for y, r in facts.figures.years(target.indicator, target.sex, target.part).items()
        if r["lower"] is not None and r["value"] is not None and item.promise.plan.head.baseline <= y <= facts.year
    }


def _line(facts: Facts, key: str, sex: str, part: str, name: str) -> Line:
    """The district's series of an indicator for a sex and a part."""
    decimals, place = facts.catalog.indicators[key].decimals, f"{part}/{sex}" if part else sex
    own = [r for y, r in facts.figures.years(key, sex, part).items() if facts.base <= y <= facts.year]
    values = {r["year"]: r["value"] for r in own if r["value"] is not None}
    labels = {y: str(figure(v, decimals, f"{key}/{y}/{place}")) for y, v in values.items()}
    absent = {r["year"]: Reason.of(r["state"]).word for r in own if r["value"] is None}
    return Line(values, labels, absent, name=name)


def _within(line: Line, years: range) -> Line:
    """A line whose absent figures are those of the years of its panel."""
    return line._replace(absent={year: word for year, word in line.absent.items() if year in years})


def _short(areas: Sequence[str]) -> dict[str, str]:
    """The names of areas without what they end on (海滨 for 海滨街道), but whole if one of them would be a single letter."""
    short = {}
    for area in areas:
        short[area] = area
        for suffix in read("labels")["chart"]["suffixes"]:
            short[area] = short[area].removesuffix(suffix)
    return short if all(len(name) > 1 for name in short.values()) else {area: area for area in areas}


def told(panel: Trend) -> str:
    """A panel in sentences: every value, why others are not there, what was demanded, and what may come."""
    sentences = []
    for line in panel.lines:
        named = {
            y: say("labels/described/base", year=y) if y == panel.baseline else period(y, y)
            for y in {*line.labels, *line.absent}
        }
        said = {y: f"{named[y]}{text}" for y, text in {**line.absent, **line.labels}.items()}
        sentences.append(f"{line.name and line.name + '：'}{'，'.join(said[y] for y in sorted(said))}")
    if panel.target_label or panel.note:
        sentences.append(panel.target_label or panel.note)
    for line in panel.lines:
        if line.intervals:
            spans = (
                period(y, y) + "—".join(_like(line.labels[y], end) for end in ends)
                for y, ends in line.intervals.items()
            )
            sentences.append(say("labels/described/intervals", listed="，".join(spans)))
    sentences += [say("labels/described/break", year=year) for year in panel.breaks]
    if panel.fan:
        sentences.append(say("labels/described/fan", year=panel.fan.year, label=panel.fan.label))
    return f"{panel.title}（{panel.unit}）：{'；'.join(sentences)}。"


def _like(label: str, value: float) -> str:
    """A value with as many decimals as a printed one."""
    return figure(value, len(label.partition(".")[2]), "interval").text
