"""What an edition says against what it says elsewhere: one fact one word, counts and lists, ranges and orders.

Nothing is worked out anew here; the edition is only held against itself. Each finding is a line that begins with its
kind.
"""

from __future__ import annotations

import csv
import itertools
import json
import re
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

SAME = {"same": "flat", "not_available": "none", "None": "none"}
"""Senses that are one thing said by two names."""
BESIDE = {"worse", "count"}
"""Senses that are said beside a verdict, not in its place: worse than the year before, what a figure counts."""
GAPS = {"narrowed": "缩小", "widened": "扩大", "turned": "反转", "flat": "持平"}
BEGIN, END = "\ue000", "\ue001"
"""Around a name in running text, so that the 、 within it does not part a list; a part of it may be kept on one line (7—9岁)."""
LIST = r"(?:\ue000[^\ue001]*\ue001(?:（(?!\ue000)[^（）]*(?:（[^（）]*）[^（）]*)*）)?)"
LISTED = rf"({LIST}(?:、{LIST})*)"


@dataclass(frozen=True)
class Said:
    """One bound figure or word, with the paragraph and the chapter that it stands in."""

    fact: str
    sense: str
    value: str
    text: str
    paragraph: int
    section: str


class _Reader(HTMLParser):
    """Everything bound, and every paragraph as text with its names marked."""

    BLOCKS = frozenset({"p", "li", "td", "th", "h1", "h2", "h3", "h4", "caption", "figcaption", "div", "tr", "section"})

    def __init__(self) -> None:
        super().__init__()
        self.said: list[Said] = []
        self.paragraphs: list[str] = [""]
        self.section = ""
        self.open: list[tuple[str, dict[str, str]]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        own = {k: v or "" for k, v in attrs}
        if tag in self.BLOCKS:
            self.paragraphs.append("")
        if tag == "section" and own.get("id"):
            self.section = own["id"]
        if tag in {"data", "span", "style", "script"}:
            self.open.append((tag, own))
            self.paragraphs[-1] += BEGIN if "data-name" in own else ""

    def handle_endtag(self, tag: str) -> None:
        if tag in self.BLOCKS:
            self.paragraphs.append("")
        if tag in {"data", "span", "style", "script"} and self.open:
            _, own = self.open.pop()
            self.paragraphs[-1] += END if "data-name" in own else ""

    def handle_data(self, data: str) -> None:
        if any(tag in {"style", "script"} for tag, _ in self.open):
            return
        own = next((attrs for _, attrs in reversed(self.open) if attrs), {})
        text = "".join(data.split())
        self.paragraphs[-1] += text
        if "data-fact" in own and text:
            place = len(self.paragraphs) - 1
            self.said.append(
                Said(own["data-fact"], own.get("data-sense", ""), own.get("value", ""), text, place, self.section)
            )


@dataclass(frozen=True)
class Edition:
    """What one edition's folder says."""

    folder: Path
    said: Sequence[Said]
    paragraphs: Sequence[str]
    report: Mapping[str, Any]

    def rows(self, name: str) -> list[dict[str, str]]:
        path = self.folder / f"{name}.csv"
        if not path.is_file():
            return []
        with path.open(encoding="utf-8-sig", newline="") as file:
            return list(csv.DictReader(file))

    @property
    def year(self) -> int:
        return int(self.report["head"]["year"])


def read(folder: Path) -> Edition:
    reader = _Reader()
    reader.feed((folder / "report.html").read_text(encoding="utf-8"))
    return Edition(
        folder, reader.said, reader.paragraphs, json.loads((folder / "report.json").read_text(encoding="utf-8"))
    )


def edition(folder: Path) -> tuple[Counter[str], list[str]]:
    """How many things of each kind were looked at in one edition, and every contradiction."""
    here = read(folder)
    counts: Counter[str] = Counter()
    found: list[str] = []
    for check in CHECKS:
        for kind, finding in check(here):
            counts[kind] += 1
            if finding:
                found.append(f"{kind}：{finding}")
    return counts, list(dict.fromkeys(found))


Findings = Iterator[tuple[str, str]]
"""Kind, and what contradicts; empty where nothing does."""


# --- one fact, one word ---


def words(here: Edition) -> Findings:
    """A fact has one sense, in text, tables and charts alike, and it is that of report.json."""
    senses: dict[str, dict[str, str]] = defaultdict(dict)
    for said in here.said:
        if said.sense and said.sense not in BESIDE and "+" not in said.fact:
            senses[said.fact].setdefault(SAME.get(said.sense, said.sense), said.text)
    for fact, told in senses.items():
        if fact in {"sexes/gap_change", "final/sexes/gap_change"}:  # names for what the columns of a table say
            continue
        yield "一事一词", f"{fact} 既为{'又为'.join(told.values())}" if len(told) > 1 else ""
    codes = {(t["id"], int(y)): row["verdict"] for t in here.report["targets"] for y, row in t["verdicts"].items()}
    for fact, told in senses.items():
        subject, _, rest = fact.partition("/")
        # the list of what moved since the edition before names its facts by that edition first
        if re.fullmatch(r"\d{4}/verdict", rest) and (code := codes.get((subject, int(rest[:4])))):
            yield "文表评价", "" if code in told else f"{fact} 文中为{'、'.join(told.values())}，report.json 为{code}"


def figures(here: Edition) -> Findings:
    """A fact has one size, and wherever it is printed with as many decimals, it reads the same."""
    values: dict[str, list[Decimal]] = defaultdict(list)
    texts: dict[tuple[str, int], set[str]] = defaultdict(set)
    for said in here.said:
        if (
            said.sense
            or said.fact == "policy/annex"
            or not re.fullmatch(r"-?\d+(\.\d+)?(e-?\d+)?", said.value, re.IGNORECASE)
        ):
            continue
        values[said.fact].append(abs(Decimal(said.value)))
        texts[said.fact, len(said.text.partition(".")[2])].add(said.text.lstrip("−-"))
    for fact, sizes in values.items():
        apart = max(sizes) - min(sizes) > Decimal("1e-9") * max(Decimal(1), *sizes)
        yield "一事一数", f"{fact} 既为{min(sizes)}又为{max(sizes)}" if apart else ""
    for (fact, _), printed in texts.items():
        yield "一数一形", f"{fact} 印作{'、'.join(sorted(printed))}" if len(printed) > 1 else ""


def tables(here: Edition) -> Findings:
    """The verdict on one target is one word in every table."""
    told: dict[tuple[str, str, str], dict[str, str]] = defaultdict(dict)
    for name, column in (("targets", "评价"), ("outlook", "评价"), ("warnings", "评价"), ("outcomes", "结果")):
        for row in here.rows(name):
            word = re.split("[（，]", row[column])[0]
            if row["指标"] != "（定性目标）" and word not in {"—", ""}:
                told[row["条目"], row["指标"], row["规划要求"]].setdefault(word, name)
    for key, found in told.items():
        yield "各表评价", f"{' '.join(key)} {found}" if len(found) > 1 else ""


def gaps(here: Edition) -> Findings:
    """缩小、扩大、反转、持平 of one indicator are one word in text and tables, and true of the figures beside it."""
    column = "与基期比差距" if here.rows("sexes") else "两性差距"
    rows = here.rows("sexes") or here.rows("sexes_change")
    names = {record["name"]: key for key, record in here.report["indicators"].items()}
    table = {names[row["指标"]]: row[column] for row in rows}
    for said in here.said:
        parts = said.fact.split("/")
        if parts[-1] == "gap_change" and len(parts) == 3 and SAME.get(said.sense, said.sense) in GAPS:
            key = next((p for p in parts if p in table), None)
            word = GAPS[SAME.get(said.sense, said.sense)]
            if key is not None:
                yield "差距用语", "" if word == table[key] else f"{said.fact} 文中{word}，表中{table[key]}"
    plain = "".join(here.paragraphs).replace("\ue000", "").replace("\ue001", "")
    for word in ("缩小", "扩大", "反转", "持平"):
        number = sum(1 for w in table.values() if w == word)
        for count in re.findall(rf"(?<=两性差距){word}的?(\d+)项|(?<=[，、]){word}的(\d+)项", plain):
            shown = int(next(filter(None, count)))
            yield "差距计数", "" if shown == number else f"{word}：文中{shown}项，表中{number}项"
    for row in here.rows("sexes_change"):
        before, after = (_number(v) for k, v in row.items() if k.endswith("年差距"))
        if before is not None and after is not None and row[column] in {"缩小", "扩大"}:
            right = (abs(after) < abs(before)) == (row[column] == "缩小") and abs(after) != abs(before)
            yield "差距与数值", "" if right else f"{row['指标']} {before}到{after}，称{row[column]}"


def shortfalls(here: Edition) -> Findings:
    """What is named as a gap or as not finished was missed, and no more is counted than was."""
    rows = here.rows("outcomes")
    missed = [r for r in rows if re.split("[（，]", r["结果"])[0] == "未达标" and r["指标"] != "（定性目标）"]
    for paragraph in here.paragraphs if rows else ():
        for domain, listed, number in re.findall(
            rf"(?:(\w+)领域[^。]*?，|主要差距：){LISTED}(?:等(\d+)项)?[^。]*?(?:没有如期完成|未达标)", paragraph
        ):
            here_missed = [r["指标"] for r in missed if domain in ("", r["领域"])]
            names = re.findall("\ue000([^\ue001]*)\ue001", listed)
            tabled = [
                re.sub("的(?=[^的]*差距$)", "（", name) for name in names
            ]  # 工资的两性差距, in a table 工资（两性差距）
            wrong = [n for n in tabled if not any(m.startswith(n) for m in here_missed)]
            yield "未达标名单", f"{'、'.join(wrong)}没有未达标：{_short(_plain(paragraph))}" if wrong else ""
            if domain:
                told = int(number) if number else len(names)
                yield (
                    "未达标名单",
                    "" if told == len(here_missed) else f"{domain} 印作{told}项，表中{len(here_missed)}项",
                )


def _plain(paragraph: str) -> str:
    return paragraph.replace("\ue000", "").replace("\ue001", "")


def _number(text: str) -> Decimal | None:
    try:
        return Decimal(text.replace("−", "-"))
    except ArithmeticError:
        return None


def audiences(internal: Path) -> list[str]:
    """What the public part says otherwise than the internal one of the same run; what it keeps back is
    not said at all.
    """
    if not (internal / "public" / "report.html").is_file():
        return []
    inside, outside = read(internal), read(internal / "public")
    known: dict[tuple[str, bool], set[str]] = defaultdict(set)
    for said in inside.said:
        known[said.fact, bool(said.sense)].add(SAME.get(said.sense, said.sense) or _size(said.value))
    found = []
    for said in outside.said:
        about = (said.fact, bool(said.sense))
        told = SAME.get(said.sense, said.sense) or _size(said.value)
        counts = said.fact.startswith(
            (
                "tally/",
                "final/",
                "count/",
                "warnings/",
                "problems/",
                "changed/",
                "changes/",
                "sexes/",
                "track/",
                "policy/",
                "methods/",  # how many targets each decided: what is kept back is not counted
            )
        )
        counts |= re.fullmatch(r"\d+/above/(all|even|ahead|after)", said.fact) is not None  # of figures that are told
        whole = told == "met" and "early" in known[about] and said.fact.endswith("/outcome")  # who is early is met, too
        if about in known and told not in known[about] and told != "suppressed" and not counts and not whole:
            found.append(f"公开版与内部版：{said.fact} 公开版{said.text}，内部版{'、'.join(sorted(known[about]))}")
    rows = {_line(r): r for r in inside.rows("outcomes")}
    for row in outside.rows("outcomes"):
        other = rows[_line(row)]
        same = (row["结果"], row["说明"]) == (other["结果"], other["说明"])
        if not same and row["结果"] != "数据保护" and "数据保护" not in row["说明"] and _denies(row, other):
            found.append(
                f"公开版与内部版：{row['条目']} {row['指标']} 公开版{row['结果']}{row['说明']}，内部版{other['结果']}{other['说明']}"
            )
    return list(dict.fromkeys(found))


def _line(row: Mapping[str, str]) -> tuple[str, ...]:
    """What a line of a printed table speaks of; a table without 规划 has the clauses of both plans."""
    return tuple(row.get(column, "") for column in ("规划", "条目", "目标", "指标", "规划要求"))


def _denies(outside: Mapping[str, str], inside: Mapping[str, str]) -> bool:
    """Whether the public line says what the internal one does not: another outcome, or an earlier year since when."""
    since = [re.search(r"(\d{4})年起", row["说明"]) for row in (outside, inside)]
    if since[0] and since[1]:
        return since[0].group(1) < since[1].group(1)
    untold = "是否提前不予公布" in outside["说明"] and (outside["结果"], inside["结果"]) == ("达标", "提前达标")
    return bool(since[0]) or (outside["结果"] != inside["结果"] and not untold)


def _size(value: str) -> str:
    number = _number(value)
    return value if number is None else f"{abs(number):.9g}"


# --- counts and lists ---


def lists(here: Edition) -> Findings:
    """A list has as many names as its count says; one that is shortened says 等, and how many there are."""
    for paragraph in here.paragraphs:
        plain = _plain(paragraph)
        for number, listed, more in re.findall(rf"(\d+)项（{LISTED}(等?)）", paragraph):
            yield _length(plain, int(number), listed, bool(more))
        for number, listed, more in re.findall(rf"(\d+)项：{LISTED}(等?)[。；，]", paragraph):
            yield _length(plain, int(number), listed, bool(more))
        for listed, number in re.findall(rf"{LISTED}等(\d+)项", paragraph):
            if len(re.findall(LIST, listed)) > 1:
                yield _length(plain, int(number), listed, True)
        for listed in re.findall(rf"{LISTED}等(?![\d级同\ue000])", paragraph):
            if len(re.findall(LIST, listed)) > 1 and not re.search(
                r"\d+项（[^（）]*(?:（[^（）]*）[^（）]*)*$", _before(plain, listed)
            ):
                counted = re.search(r"\d+项[：（]", _before(plain, listed).rpartition("。")[2])
                yield "列举未写项数", "" if counted else _short(plain)


def _before(plain: str, listed: str) -> str:
    return plain.partition(listed.replace("\ue000", "").replace("\ue001", ""))[0]


def _length(plain: str, number: int, listed: str, more: bool) -> tuple[str, str]:
    length = len(re.findall(LIST, listed))
    right = length < number if more else length == number
    return "列举与项数", "" if right else f"{number}项，列出{length}项{'，写“等”' if more else ''}：{_short(plain)}"


def _short(text: str) -> str:
    return text if len(text) < 90 else f"{text[:88]}…"


def tallies(here: Edition) -> Findings:
    """A count of verdicts is the length of the list of targets that bear them."""
    groups: dict[str, list[Mapping[str, Any]]] = {"all": list(here.report["targets"])}
    for target in here.report["targets"]:
        groups.setdefault(target["plan"], []).append(target)
        groups.setdefault(f"{target['plan']}/{target['domain']}", []).append(target)
    for said in here.said:
        parts = re.fullmatch(rf"tally/(.+)/{here.year}/count/(.+)", said.fact)
        if parts is None or said.sense or parts.group(1) not in groups:
            continue
        listed, wanted = groups[parts.group(1)], set(parts.group(2).split("+"))
        if wanted in ({"quantitative"}, {"evidence"}):
            number = sum(1 for t in listed if (t["rule"] == "evidence") == (wanted == {"evidence"}))
        else:
            number = sum(1 for t in listed if t["verdict"] in wanted and (t["rule"] != "evidence" or wanted & EVIDENCE))
        shown = int(Decimal(said.value))
        yield "计数与名单", "" if shown == number else f"{said.fact} 印作{shown}，名单{number}项"
    yield from _directions(here)
    yield from _outcomes(here)
    columns = {"female": "女性", "male": "男性"}
    moved = {"improved": "改善", "flat": "持平", "worse": "退步", "narrowed": "缩小", "widened": "扩大", "same": "持平"}
    for said in here.said:
        parts = re.fullmatch(r"final/sexes/(?:(female|male)/)?(\w+)", said.fact)
        if parts is not None and not said.sense and parts.group(2) in moved:
            column = columns.get(parts.group(1), "两性差距")
            number = sum(1 for r in here.rows("sexes_change") if r[column] == moved[parts.group(2)])
            yield "分性别计数", "" if Decimal(said.value) == number else f"{said.fact} 印作{said.text}，表中{number}项"


def _outcomes(here: Edition) -> Findings:
    """The final evaluation's counts are the lengths of its lists, and its words those of its table."""
    rows = here.rows("outcomes")
    words = {
        "early": "提前达标",
        "met": "达标",
        "nearly": "基本达标",
        "missed": "未达标",
        "no_data": "无数据",
        "unknown": "无法判断",
        "suppressed": "数据保护",
    }
    result = [re.split("[（，]", r["结果"])[0].removeprefix("期末") for r in rows]
    for said in here.said:
        parts = re.fullmatch(r"final/(all|[^/]+)(?:/(\d+))?/count/(\w+)", said.fact)
        if parts is None or said.sense or parts.group(3) not in words:
            continue
        plan = next((p for p in here.report["plans"] if p["id"] == parts.group(1)), None)
        domain = plan["domains"].get(parts.group(2)) if plan and parts.group(2) else None
        number = sum(
            1
            for row, word in zip(rows, result, strict=True)
            if word == words[parts.group(3)]
            and (plan is None or row["规划"] == plan["short"])
            and (domain is None or row["领域"] == domain)
        )
        yield "结果计数", "" if Decimal(said.value) == number else f"{said.fact} 印作{said.text}，表中{number}项"
    table = {(r["条目"], r["指标"], r["规划要求"]): w for r, w in zip(rows, result, strict=True)}
    targets = {t["id"]: (t["clause"], t["name"], t["required"]) for t in here.report["targets"]}
    for said in here.said:
        subject, _, rest = said.fact.partition("/")
        if (
            rest.endswith("/outcome")
            and said.sense in words
            and (word := table.get(targets.get(subject, ("", "", ""))))
        ):
            yield "文表结果", "" if word == words[said.sense] else f"{said.fact} 文中{said.text}，表中{word}"


EVIDENCE = {"carried_out", "in_progress", "not_started"}
DIRECTIONS = {"increase", "decrease", "hold", "narrow_gap", "slow_increase", "near_balance"}
FINE = {"met_early", "met_year", "met", "on_course"}


def _directions(here: Edition) -> Findings:
    """方向性目标中 … 等17项 of a domain are as many as its tables list (a target with a number is none, its twin is)."""
    shorts = {p["id"]: p for p in here.report["plans"]}
    domains = [(p, int(n), title) for p, plan in shorts.items() for n, title in plan["domains"].items()]
    told = [p.replace("\ue000", "").replace("\ue001", "") for p in here.paragraphs if p.startswith("方向性目标中")]
    numbers = [int(n) for n in re.findall(r"等(\d+)项(?:走势)?符合", "".join(told))]
    own = [
        sum(
            1
            for t in here.report["targets"]
            if (t["plan"], t["domain"]) == (plan, number) and t["rule"] in DIRECTIONS and t["verdict"] in FINE
        )
        for plan, number, _ in domains
    ]
    left = Counter(numbers) - Counter(own)
    for number in numbers:
        yield "方向性目标项数", f"文中{number}项，各领域名单为{own}" if number in left else ""


# --- what a figure may be ---


def ranges(here: Edition) -> Findings:
    """A range lies in the indicator's domain and says the same as the probability beside it.

    A projection lies there, too, unless the page says that it is mere arithmetic and may not.
    """
    bounds = {"%": (0.0, 100.0)}
    arithmetic = any("线性外推是算术结果，可能超出指标的上下限" in p for p in here.paragraphs)
    open_ended = {key for key, i in here.report["indicators"].items() if _beyond(i)}
    for target in here.report["targets"]:
        low, middle, high = (target.get(k) for k in ("outlook_low", "outlook", "outlook_high"))
        what = f"{target['clause']} {target['name']} {target['required']}"
        limits = bounds.get(target["unit"], (0.0, float("inf")))
        limits = (0.0, float("inf")) if target["indicator"] in open_ended else limits
        if target.get("projection") is not None and target["projection"] != target["value"]:
            inside = limits[0] - 1e-9 <= target["projection"] <= limits[1] + 1e-9 or arithmetic
            yield "外推超出可能范围", "" if inside else f"{what} 外推{target['projection']:.2f}"
        if low is None or high is None:
            continue
        inside = limits[0] - 1e-9 <= low <= high <= limits[1] + 1e-9
        yield "可能值超出范围", "" if inside else f"{what} {low:.2f}—{high:.2f}"
        if middle is not None:
            yield "可能值不含中值", "" if low - 1e-9 <= middle <= high + 1e-9 else f"{what} {low}—{high}：{middle}"
        yield from _likely(target, what, low, high)


def _beyond(record: Mapping[str, Any]) -> bool:
    """Whether a value above 100 % has been reported: a gross rate."""
    return record["unit"] == "%" and any(v["value"] is not None and v["value"] > 100 for v in record["values"])


def _likely(target: Mapping[str, Any], what: str, low: float, high: float) -> Findings:
    """Eight in ten lie in the range: what is likely reaches into it, what is unlikely does not fill it.

    Two and a half times the tenth that lies beyond either end is let pass: the range is of the level, the chance also
    of the count.
    """
    chance, asked = target["probability"], target["threshold"]
    rising = target["rule"] in {"at_least", "above", "every_place_at_least", "increase"}
    falling = target["rule"] in {"at_most", "below", "decrease"}
    if chance is None or asked is None or not (rising or falling):
        return
    edge, best = (low, high) if rising else (high, low)
    reaches = best >= asked - 1e-9 if rising else best <= asked + 1e-9
    keeps = edge >= asked - 1e-9 if rising else edge <= asked + 1e-9
    wrong = (chance > 0.25 and not reaches) or (
        chance < 0.75 and keeps and target["rule"] not in {"increase", "decrease"}
    )
    yield "概率与可能值", f"{what} 概率{chance:.0%}，{low:.2f}—{high:.2f}，要求{asked}" if wrong else ""


def chances(here: Edition) -> Findings:
    """No line says that a target can be expected to be met and that it hardly will."""
    for row in here.rows("outlook"):
        chance = row["达标概率（%）"]
        denied = (row["评价"].startswith("预期可达标") and chance in {"＜1", "可能性较小"}) or (
            row["评价"].startswith(("背离目标", "达标困难")) and chance in {"＞99", "可能性较大"}
        )
        yield "评价与概率", f"{row['条目']} {row['指标']} {row['评价']}，概率{chance}" if denied else ""


# --- orders ---


def orders(here: Edition) -> Findings:
    """Ranks stand in their stated order, and who is warned of at the highest level is among the problems."""
    ranks = ["一级", "二级", "三级"]
    for kind in dict.fromkeys(row["类型"] for row in here.rows("warnings")):
        places = [ranks.index(r["级别"]) for r in here.rows("warnings") if r["类型"] == kind]
        yield "预警次序", "" if places == sorted(places) else f"{kind}没有按级别排列"
    problems = here.rows("problems")
    yield "问题次序", "" if [int(r["次序"]) for r in problems] == [*range(1, len(problems) + 1)] else "次序不连续"
    for a, b in itertools.pairwise(problems):
        levels = ["一级", "二级", "三级", "—"]
        order = [(levels.index(r["级别"]), "一二三".index(r["类别"][0])) for r in (a, b)]
        yield "问题级别", "" if order == sorted(order) else f"{a['条目']} {a['指标']} 排在 {b['指标']} 前"
        years = any("每年" in r["规划要求"] for r in (a, b))  # printed of another year, or of the change
        same = order[0] == order[1] and not years
        far, near = _number(a["距要求（%）"]), _number(b["距要求（%）"])
        if same and far is not None and near is not None:
            yield "问题距离", "" if far >= near else f"{a['条目']} {a['指标']} {far} 排在 {b['指标']} {near} 前"
    listed = list(dict.fromkeys(s.fact.partition("/")[0] for s in here.said if s.section == "problems"))
    listed = [one for one in listed if re.match(r"[a-z]+\.[gm]\d", one)]
    warned = {w["target"]: w["level"] for w in here.report["warnings"] if w["kind"] == "miss"}
    if not here.rows("warnings"):  # the final evaluation warns of nothing
        return
    serious = {t for t, level in warned.items() if level == "serious"}
    lesser = [t for t in listed if warned.get(t) in {"moderate", "light"}]
    alike = {t["id"]: (t["indicator"], t["sex"], t["threshold"], t["rule"]) for t in here.report["targets"]}
    told = {alike[one] for one in listed if one in alike}  # what two plans promise alike is one place in the list
    for target in sorted(serious if listed else ()):
        gone = alike[target] not in told and bool(lesser)
        yield "级别与问题", f"一级预警 {target} 不在问题之列，较轻的 {lesser[0]} 在" if gone else ""


# --- words ---


def requirements(here: Edition) -> Findings:
    """No word stands twice in a row, and a reason is the word that stands in the cell."""
    for target in here.report["targets"]:
        twice = re.search(r"([\u4e00-\u9fff]{2,4})\1", target["required"])
        yield "用语重复", f"{target['clause']} {target['required']}" if twice else ""
    for paragraph in here.paragraphs:
        if twice := re.search(r"(每年|比上年|相比)\1", paragraph):
            yield "用语重复", f"{twice.group()}：{_short(paragraph)}"
    reasons = {"未报送", "未公布", "核查未通过", "不适用", "数据保护", "本表未收录"}
    for name in ("targets", "outcomes"):
        for row in here.rows(name):
            cell = row.get(f"{here.year}年", "")
            told = next((r for r in reasons if r in row["说明"] and "年" not in row["说明"]), None)
            if cell in reasons and told is not None:
                yield "缺数原因", "" if cell == told else f"{row['条目']} {row['指标']} 表中{cell}，说明{told}"


def punctuality(here: Edition) -> Findings:
    """A correction of what came in time is not late."""
    first: dict[tuple[str, str], str] = {}
    for row in here.rows("deliveries"):
        key = (row["部门"], row["报表"])
        late = row["是否按时"] == "迟报" and first.get(key) == "按时"
        first.setdefault(key, row["是否按时"])
        yield "更正作迟报", f"{row['报表']} {row['版本']}" if late else ""


def differences(here: Edition) -> Findings:
    """Where a sentence prints two figures and their difference, it is that of the printed ones, rounded to its
    decimals.
    """
    by: dict[int, dict[tuple[str, str], Said]] = defaultdict(dict)
    for said in here.said:
        if not said.sense:
            subject, _, what = said.fact.rpartition("/")
            by[said.paragraph].setdefault((subject, what), said)
    for paragraph, told in by.items():
        for (subject, what), one in told.items():
            if what == "gap":  # of a dimension: 农村 and 城市 beside each other
                home = subject.rpartition("/")[0]
                sides = [s for (other, w), s in told.items() if w == "total" and other.rpartition("/")[0] == home]
                if home.count("/") == 1 and len(sides) == 2 and (subject, "female") not in told:
                    yield _minus(here, paragraph, sides[0], sides[1], one)
            if what == "female" and (subject, "male") in told and (subject, "gap") in told:
                yield _minus(here, paragraph, one, told[subject, "male"], told[subject, "gap"])
            year = subject.rpartition("/")[2]
            for word, earlier in (("change_previous", 1), ("change_baseline", None)):
                if what != "value" or (subject, word) not in told or not year.isdigit():
                    continue
                home = subject.rpartition("/")[0]
                before = [
                    s for (other, w), s in told.items()
                    if w == "value" and other.rpartition("/")[0] == home and other != subject
                    and (earlier is None or other.endswith(f"/{int(year) - earlier}"))
                ]  # fmt: skip
                if len(before) == 1:
                    yield _minus(here, paragraph, one, before[0], told[subject, word])


def _minus(here: Edition, paragraph: int, one: Said, other: Said, apart: Said) -> tuple[str, str]:
    a, b, c = (_number(s.text) for s in (one, other, apart))
    if a is None or b is None or c is None:
        return "相减", ""
    right = abs(abs(abs(a) - abs(b)) - abs(c)) <= Decimal(5).scaleb(-len(apart.text.partition(".")[2]) - 1)
    plain = here.paragraphs[paragraph].replace("\ue000", "").replace("\ue001", "")
    return "相减", "" if right else f"{one.text}、{other.text}，差{apart.text}：{_short(plain)}"


def judgements(here: Edition) -> Findings:
    """Nothing is said of how all do where fewer than half of them, or of a domain's, could be judged: the method says
    so.
    """
    domains = {title: (p["id"], int(n)) for p in here.report["plans"] for n, title in p["domains"].items()}
    for paragraph in map(_plain, here.paragraphs):
        whole = re.search(
            "实施进展总体顺利|部分目标与规划要求仍有差距|较多目标与规划要求|(?:绝大)?多数如期实现", paragraph
        )
        domain = re.match(r"(\w+)领域(?:可评价|\d+项).*?(均达到或预期可以|进展总体良好|进展不平衡|进展滞后)", paragraph)
        if not whole and (domain is None or domain.group(1) not in domains):
            continue
        place = None if whole or domain is None else domains[domain.group(1)]
        of = [
            t for t in here.report["targets"]
            if t["rule"] != "evidence" and place in (None, (t["plan"], t["domain"]))
        ]  # fmt: skip
        judged = sum(1 for t in of if t["verdict"] not in {"unknown", "suppressed"})
        few = 2 * judged < len(of)
        yield "总评依据", f"{len(of)}项中可评价{judged}项：{_short(paragraph)}" if few else ""


def moves(here: Edition) -> Findings:
    """A direction is kept or broken by a change that is printed: nobody is 背离目标 by 0.00."""
    judged = {"increase", "decrease", "narrow_gap"}
    for target in here.report["targets"]:
        change, decided = target.get("change_baseline"), target.get("method") in {"direction", "end"}
        if target["rule"] not in judged or change is None or not decided or here.year - target["baseline_year"] > 5:
            continue
        none = round(abs(Decimal(repr(change))), target["decimals"]) == 0
        moved = target["verdict"] in {"on_course", "away", "met"}
        what = f"{target['clause']} {target['name']} 比基期变动{change}，评为{target['verdict']}"
        yield "方向与变动", what if none and moved else ""


CHECKS = (
    judgements, moves, words, figures, tables, gaps, shortfalls, lists, tallies, ranges, chances, orders, requirements,
    punctuality, differences,
)  # fmt: skip
