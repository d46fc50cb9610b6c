"""What forms, indicators, dimensions and the district's exemptions say of each other."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from decimal import Decimal

from expectations.agreement.agreed import Agreed, Mistake
from expectations.records import (
    ANY,
    ROLES,
    Checks,
    Codes,
    Column,
    Correction,
    Dataset,
    Dimension,
    Exemptions,
    Indicator,
    Override,
)
from expectations.spelling import meant, unknown
from expectations.units import UNITS, base

CONCEPTS = frozenset({
    "STRUCTURE", "STRUCTURE_ID", "ACTION", "FREQ", "REF_AREA", "INSTITUTION", "INDICATOR", "SEX", "TIME_PERIOD",
    "OBS_VALUE", "UNIT_MEASURE", "UNIT_MULT", "DECIMALS", "OBS_STATUS", "CONF_STATUS", "COMMENT_OBS", "UNIT_NAME",
})  # fmt: skip
"""The columns that an SDMX file has in any case."""


def mistakes(agreed: Agreed) -> Iterator[Mistake]:
    """Everything that is wrong between forms, and between forms and indicators."""
    headers: dict[str, str] = {}
    for name, dataset in agreed.datasets.items():
        for place, told in _form(agreed, name, dataset, headers):
            yield Mistake("datasets", name, place, told)
        yield from _undelivered(agreed, name, dataset)
    for key, indicator in agreed.indicators.items():
        yield from _indicator(agreed, key, indicator)


def unknown_columns(agreed: Agreed) -> Iterator[Mistake]:
    """Columns that are neither a role nor of a dimension; what else is wrong with such a form follows from it."""
    for name, dataset in agreed.datasets.items():
        for header, column in dataset.columns.items():
            if column.dimension and column.dimension not in agreed.dimensions:
                told = unknown("这种列或分组（dimensions.yml）", column.dimension, (*ROLES, *agreed.dimensions))
                yield Mistake("datasets", name, ("columns", header, "is"), told)


def of_indicators(indicators: Mapping[str, Indicator]) -> Iterator[Mistake]:
    """A name means one indicator, whether a plan names it or not: the next plan may."""
    names: dict[str, str] = {}
    for key, indicator in sorted(indicators.items()):
        for word in sorted({indicator.name, *indicator.aliases}):
            if (other := names.setdefault(word, key)) != key:
                field = "name" if word == indicator.name else "aliases"
                told = f"{word!r} 也是指标 {other!r} 的名称；同一指标只写一次，不同的指标请写成不同的名称"
                yield Mistake("indicators", key, (field,), told)


def of_dimensions(dimensions: Mapping[str, Dimension], codes: Codes) -> Iterator[Mistake]:
    """A part and a word for it mean one thing: parts are named without their dimension in targets and tables."""
    taken = {*codes.whole, *(word for words in codes.sexes.values() for word in words)}
    parts: dict[str, str] = dict.fromkeys(codes.sexes, "sex")
    concepts = dict.fromkeys(CONCEPTS, "")
    for key, dimension in dimensions.items():
        if key in ROLES:
            yield Mistake("dimensions", key, (), f"{key} 是数据列已有的含义，请改用其他名称")
        if dimension.concept in concepts:
            other = concepts[dimension.concept] or "SDMX 文件"
            told = f"{dimension.concept!r} 已由 {other} 使用，应各不相同"
            yield Mistake("dimensions", key, ("concept",), told)
        concepts[dimension.concept] = key
        words, codes_of = dict.fromkeys(taken, "合计或性别"), {"_T": "合计"}
        for name, part in dimension.parts.items():
            path = ("parts", name)
            if name in parts:
                told = f"{name!r} 已是 {parts[name]} 的一组，各分组的组名不得重复"
                yield Mistake("dimensions", key, path, told)
            parts[name] = key
            for word in part.written:
                if word in words:
                    yield Mistake("dimensions", key, path, f"{word!r} 已表示{words[word]}，一个词只能表示一组")
                words[word] = part.name
            if part.sdmx in codes_of:
                told = f"{part.sdmx!r} 已表示{codes_of[part.sdmx]}，各组的代码应各不相同"
                yield Mistake("dimensions", key, (*path, "sdmx"), told)
            codes_of[part.sdmx] = part.name


def of_exemptions(checks: Checks, datasets: Mapping[str, Dataset], exemptions: Exemptions) -> Iterator[Mistake]:
    """Corrections and overrides name forms, columns and checks that there are."""
    for kind, listed in (("corrections", exemptions.corrections), ("overrides", exemptions.overrides)):
        for i, entry in enumerate(listed):
            dataset = datasets.get(entry.dataset)
            if dataset is None:
                yield Mistake("exemptions", "", (kind, i, "dataset"), unknown("报表", entry.dataset, datasets))
            elif entry.column is not None and not _has_column(dataset, entry.column, isinstance(entry, Correction)):
                told = f"报表 {entry.dataset} {unknown('列', entry.column, dataset.columns)}"
                yield Mistake("exemptions", "", (kind, i, "column"), told)
            elif isinstance(entry, Correction) and (odd := [h for h in entry.row if h not in dataset.roles.values()]):
                keys = [header for header in dataset.columns if header in dataset.roles.values()]
                yield Mistake("exemptions", "", (kind, i, "row", odd[0]), unknown("列", odd[0], keys))
            elif isinstance(entry, Override) and entry.rule not in checks:
                told = f"{unknown('规则', entry.rule, checks.root)}（见 checks.yml）"
                yield Mistake("exemptions", "", (kind, i, "rule"), told)
            elif isinstance(entry, Override) and checks.of(entry.rule).severity == "critical":
                told = f"{entry.rule} 的结果不能使用，不能免予说明；确有把握的请用 corrections"
                yield Mistake("exemptions", "", (kind, i, "rule"), told)


def _has_column(dataset: Dataset, named: str, as_printed: bool) -> bool:
    """Whether a form has a column: a correction may name it as its file does, with a sex or a unit beside the name."""
    known = (word for header, column in dataset.columns.items() for word in (header, *column.aliases))
    return any(word in named for word in known) if as_printed else named in dataset.columns


# --- forms -----------------------------------------------------------------------------------------------------------

Mistakes = Iterator[tuple[tuple[object, ...], str]]
"""Keys of the record, and what is wrong there."""


def _form(agreed: Agreed, name: str, dataset: Dataset, form_of: dict[str, str]) -> Mistakes:
    """One form beside those before it; `form_of` has measure → form of these, and gets its own."""
    for other, known in agreed.datasets.items():
        if other == name:
            break
        if (known.title, known.department) == (dataset.title, dataset.department):
            yield ("title",), f"与报表 {other!r} 同名，又由同一部门报送；文件名会相同，请写成不同的名称"
    headers: set[str] = set()
    for header, column in dataset.columns.items():
        for word in (header, *column.aliases):
            if word in headers:
                yield ("columns", header), f"列名 {word!r} 重复"
            headers.add(word)
        if column.measure:
            if column.measure in form_of:
                told = f"{column.measure!r} 已由 {form_of[column.measure]} 提供"
                yield ("columns", header, "measure"), told
            form_of[column.measure] = name
    if dataset.by_institution and dataset.institution_kind not in agreed.district.institutions:
        yield (
            ("institution_kind",),
            f"地区文件{unknown('单位类别', dataset.institution_kind, agreed.district.institutions)}",
        )
    if "year" not in dataset.roles:
        yield ("columns",), "须有年份列（is: year）"
    yield from _divided(dataset)
    yield from _ready_made(agreed, dataset)
    own = {c.measure: c for c in dataset.columns.values() if c.measure}
    for header, column in dataset.columns.items():
        if column.measure is not None:
            for key, told in _column(agreed, column, own):
                yield ("columns", header, key), told


def _divided(dataset: Dataset) -> Mistakes:
    """A form divides people by one dimension only beside their sex."""
    found = [(header, c.dimension) for header, c in dataset.columns.items() if c.dimension]
    if len({dimension for _, dimension in found}) > 1:
        listed = "、".join(header for header, _ in found)
        told = f"一份报表除性别外只能有一个分组，这里有 {listed}；请拆成几份报表"
        yield ("columns", found[1][0], "is"), told


def _ready_made(agreed: Agreed, dataset: Dataset) -> Mistakes:
    """A form of ready-made values says of which indicators they are, and does not call one like a column of another form."""
    for kind, header in dataset.stated.columns.items():
        if header not in dataset.columns or dataset.columns[header].is_ != "note":
            yield ("stated", kind), f"应为本报表的一个说明列（is: note），实为 {header!r}"
    if dataset.stated.columns and not dataset.ready_made:
        yield ("stated",), "只有现成数值（is: value）的报表可以写 stated"
    if (header := dataset.roles.get("value", "")) and not dataset.released:
        column, own = dataset.columns[header], _of_its_unit(agreed, dataset)
        yield from _negative(header, column, own) if own else _unlike(agreed, dataset, header)
        yield from _coarse(header, column, own)
    if dataset.ready_made and ("indicator" in dataset.roles) == (dataset.indicator is not None):
        told = "现成数值（is: value）是哪个指标，须由指标列（is: indicator）或 indicator 写明，二者取一"
        yield ("columns",), told
    if dataset.indicator is not None and dataset.indicator not in agreed.indicators:
        yield ("indicator",), unknown("指标", dataset.indicator, agreed.indicators)
    if dataset.indicators and "indicator" not in dataset.roles:
        told = "只有带指标列（is: indicator）的现成数值报表可以写 indicators；只有一个指标的请写 indicator"
        yield ("indicators",), told
    known = {*agreed.indicators, *agreed.shipped}
    for i, key in enumerate(dataset.indicators if dataset.indicators != ANY else ()):
        if key not in known:
            yield ("indicators", i), unknown("指标", key, known)
    if dataset.ready_made and "indicator" in dataset.roles and not dataset.indicators and agreed.form_of:
        told = (
            "本地区另有报送分子、分母的报表，须用 indicators 列出这张表报送哪些指标的现成数值，其余指标才能逐一核对；"
            '只作补充、没有指标靠它的，写 indicators: "*"'
        )
        yield ("columns",), told
    if dataset.indicator or dataset.indicators:
        for key in sorted(dataset.gives(agreed.indicators) & agreed.form_of.keys()):
            told = (
                f"指标 {key!r} 与 {agreed.form_of[key]} 的数据列同名，现成数值会与基础数据相混；请给其中之一换一个名称"
            )
            yield ("indicators" if dataset.indicators else "indicator",), told


OfItsUnit = Mapping[str, tuple[Indicator, Decimal]]


def _of_its_unit(agreed: Agreed, dataset: Dataset) -> OfItsUnit:
    """The indicators whose figures can stand in the column of a form, each with how many of its unit one of the column's is: one of
    another unit asks nothing of the column.
    """
    unit = dataset.columns[dataset.roles["value"]].unit
    given = {key: agreed.indicators[key] for key in dataset.gives(agreed.indicators)}
    factors = {key: agreed.codes.loosely(unit or one.unit, one.unit) for key, one in given.items()}
    return {key: (given[key], factor) for key, factor in factors.items() if factor is not None}


def _unlike(agreed: Agreed, dataset: Dataset, header: str) -> Mistakes:
    """A column whose figures can be of none of its indicators: each figure that says no unit of its own would be returned."""
    if given := sorted(dataset.gives(agreed.indicators)):
        unit, named = dataset.columns[header].unit, agreed.indicators[given[0]].unit
        told = f"本列的计量单位 {unit!r} 不能换算为指标 {given[0]!r} 的{named}；请改为{named}，或删去 unit"
        yield ("columns", header, "unit"), told


def _negative(header: str, column: Column, known: OfItsUnit) -> Mistakes:
    """A figure that may be less than nothing, as its indicator says, is not refused by the column in which it comes."""
    below = {key: one.range[0] / factor for key, (one, factor) in known.items() if one.range}
    lowest = min(below, key=lambda key: (below[key], key), default="")
    if lowest and below[lowest] < min(column.min, Decimal(0)):
        indicator, factor = known[lowest]
        least = f"{below[lowest].normalize():f}"
        told = (
            least
            if factor == 1
            else f"{(below[lowest] * factor).normalize():f}{indicator.unit}（{least}{column.unit}）"
        )
        told = f"指标 {lowest!r} 的下限（range）为{told}，低于它的 min（{column.min}），负数会被退回；请写 min: {least}"
        yield ("columns", header, "min"), told


def _coarse(header: str, column: Column, known: OfItsUnit) -> Mistakes:
    """A figure can be delivered with the decimals with which it is printed: a column that says nothing takes whole numbers only. Where it
    is written in another unit, it has other decimals.
    """
    alike = {key: one.decimals for key, (one, factor) in known.items() if factor == 1}
    finest = max(alike, key=lambda key: (alike[key], key), default="")
    if finest and column.decimals < alike[finest]:
        takes = f"最多填{column.decimals}位小数" if column.decimals else "只能填整数"
        told = f"指标 {finest!r} 印{alike[finest]}位小数，这一列{takes}；请写 decimals: {alike[finest]} 或更多"
        yield ("columns", header, "decimals"), told


def _column(agreed: Agreed, column: Column, own: Mapping[str, Column]) -> Iterator[tuple[str, str]]:
    """A column against those that it is part of, the sum of, or the same as; `own` are those of its form, by measure."""
    unit = str(column.unit)
    if not agreed.codes.is_unit(unit) or not base(unit):  # 万: ten thousand of what?
        yield "unit", f"{unknown('计量单位', unit, UNITS)}（见 GLOSSARY.md 和 expectations/codes.yml）"
    named = [("sum_of", m) for m in column.sum_of] + [("not_above", column.not_above)]
    for key, other in named:
        if other is None:
            continue
        if other == column.measure:
            yield key, f"{other!r} 是本列自己"
        elif key == "not_above" and other in own and own[other].not_above == column.measure:
            yield key, f"{other!r} 和本列互为对方的一部分；请只在部分一列写 not_above"
        elif other not in own:
            if other in agreed.columns:
                yield key, f"须是同一报表的数据列，实为 {other!r}{meant(other, own)}"
        elif not agreed.alike(unit, str(own[other].unit)):
            yield key, f"{other!r} 的计量单位是 {own[other].unit}，本列是 {unit}，不能相比"
    same = column.same_as
    if same is None:
        return
    if same == column.measure:
        yield "same_as", f"{same!r} 是本列自己"
    elif same in own:
        yield "same_as", f"{same!r} 是同一报表的数据列；应为另一报表的"
    elif same in agreed.columns and not agreed.alike(unit, str(agreed.columns[same][1].unit)):
        yield "same_as", f"{same!r} 的计量单位是 {agreed.columns[same][1].unit}，本列是 {unit}，不能相同"


def _undelivered(agreed: Agreed, name: str, dataset: Dataset) -> Iterator[Mistake]:
    """The other columns that a column is held against are delivered."""
    for header, column in dataset.columns.items():
        for field, other in (
            ("not_above", column.not_above),
            ("same_as", column.same_as),
            *(("sum_of", m) for m in column.sum_of),
        ):
            if other is not None and other not in agreed.form_of:
                yield agreed.undelivered("datasets", name, ("columns", header, field), other)


# --- indicators ------------------------------------------------------------------------------------------------------


def _indicator(agreed: Agreed, key: str, indicator: Indicator) -> Iterator[Mistake]:
    if not agreed.codes.is_unit(indicator.unit) and "/" not in indicator.unit[1:]:
        told = f"{unknown('计量单位', indicator.unit, UNITS)}（见 GLOSSARY.md）"
        yield Mistake("indicators", key, ("unit",), told)
    if indicator.lead not in agreed.district.departments:
        yield Mistake("indicators", key, ("lead",), agreed.no_department(indicator.lead))
    for i, department in enumerate(indicator.support):
        if department not in agreed.district.departments:
            yield Mistake("indicators", key, ("support", i), agreed.no_department(department))
    yield from _by(agreed, key, indicator)
    yield from _computed(agreed, key, indicator)


def _computed(agreed: Agreed, key: str, indicator: Indicator) -> Iterator[Mistake]:
    """Forms deliver what an indicator is computed from, by sex where it must be, or its ready-made value."""
    if indicator.kind == "published" and key not in agreed.given and not agreed.has_released:
        told = f"没有报表报送它的现成数值；请在一张有 is: value 列的报表中用 indicators（或 indicator）写明 {key}"
        yield Mistake("indicators", key, ("kind",), told)
    form_of = agreed.form_of
    if key in agreed.given and indicator.measures - form_of.keys():
        return  # its figures come ready-made; nothing to divide
    for measure in sorted(indicator.measures):
        if measure not in form_of:
            if not agreed.is_released(measure):
                field = "numerator" if measure in indicator.numerator else "denominator"
                field = field if measure in (*indicator.numerator, *indicator.denominator) else "calibers"
                yield agreed.undelivered("indicators", key, (field,), measure)
        elif (indicator.by_sex or indicator.kind == "share") and not agreed.datasets[form_of[measure]].by_sex:
            told = f"{measure!r} 所在报表 {form_of[measure]} 没有性别列"
            yield Mistake("indicators", key, ("by_sex",), told)


def _by(agreed: Agreed, key: str, indicator: Indicator) -> Iterator[Mistake]:
    """The dimension of an indicator is one that the forms of all its measures have, or a form that gives it ready-made."""
    by = indicator.by
    if by is None:
        return
    if by not in agreed.dimensions:
        yield Mistake("indicators", key, ("by",), unknown("分组（dimensions.yml）", by, agreed.dimensions))
        return
    name = agreed.dimensions[by].name
    for form, dataset in agreed.datasets.items():
        for measure in sorted(indicator.measures & dataset.measures.keys()):
            if dataset.dimension != by:
                told = f"{measure!r} 所在报表 {form} 没有{name}列（is: {by}）"
                yield Mistake("indicators", key, ("by",), told)
    giving = {form: dataset for form, dataset in agreed.datasets.items() if dataset.gives([key])}
    computed = any(indicator.measures & dataset.measures.keys() for dataset in agreed.datasets.values())
    if giving and not computed and all(dataset.dimension != by for dataset in giving.values()):
        told = f"给出它的报表 {'、'.join(giving)} 没有{name}列（is: {by}）"
        yield Mistake("indicators", key, ("by",), told)
