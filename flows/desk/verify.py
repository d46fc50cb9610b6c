"""Checks a report's PDF: its attachments, every printed figure, its signature, its approval, and whether the same inputs
make the same bytes.
"""

from __future__ import annotations

import hashlib
import re
import subprocess
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from functools import partial
from itertools import accumulate
from pathlib import Path
from typing import TYPE_CHECKING

from expectations.vocabulary import Proof, Sex
from flows.edition import DIGITS, contents, figures, manifest
from flows.edition.contents import Contents
from flows.edition.figures import Printed
from flows.edition.manifest import Manifest
from flows.files.characters import as_drawn
from flows.journal import Journal
from flows.places import MendableError
from flows.report.papers import MAIN, PAPERS

if TYPE_CHECKING:
    from flows.press.pdf import Write

BESIDE = (manifest.NAME, figures.NAME, contents.NAME)
"""What a paper is held against beside its own text; the report carries all of it, other papers stand beside it."""
MADE_OF = frozenset(
    ("run", "kind", "district", "year", "draft", "audience", "catalogue", "code", "environment", "compared", "files")
)
"""What must be the same to make a report again."""
REBUILT = "重建"
"""The title of the check that makes a report again."""
MOST_TOLD = 5
"""The number of differences of one kind that are told one by one."""
NUMERAL = re.compile(r"\d+(?:\.\d+)?")


@dataclass(frozen=True)
class Verification:
    """One thing that was checked; `told` is the result in Chinese."""

    title: str
    state: Proof
    told: str


def verify(report: Path) -> Iterator[Verification]:
    """Check a paper against what it carries, or what stands beside it, and against its inputs if they are here.

    Raises `MendableError` if the file is no PDF or nothing is there to hold it against.
    """
    paper = report.stem if report.stem in PAPERS else MAIN
    attached = _attached(report, paper)
    told = _manifest(report, attached[manifest.NAME])
    yield _whole(attached, told)
    yield _text(report, attached[f"{paper}.txt"].decode())
    yield _figures(
        _printed(report, attached[figures.NAME], paper),
        contents.parse(attached[contents.NAME], f"{report} 附带的 {contents.NAME}"),
    )
    yield _signed(report)
    yield _approved(report, told)
    yield _rebuilt(report, told, paper)


def _attached(report: Path, paper: str) -> dict[str, bytes]:
    """The files that a paper carries. If it carries no files, those that stand beside it."""
    import pikepdf

    if not report.is_file():
        raise MendableError(f"没有文件 {report}")
    try:
        with pikepdf.open(report) as document:
            found = {name: spec.get_file().read_bytes() for name, spec in document.attachments.items()}
    except pikepdf.PdfError:
        raise MendableError(f"{report} 不是 PDF 文件，或已经损坏") from None
    needed = (*BESIDE, f"{paper}.txt")
    if not found:
        found = {name: path.read_bytes() for name in needed if (path := report.with_name(name)).is_file()}
    if absent := [name for name in needed if name not in found]:
        raise MendableError(f"{report} 没有附带 {'、'.join(absent)}，不是本系统编印的报告，无从核对")
    return found


def _manifest(report: Path, attached: bytes) -> Manifest:
    """What the report says of how it was made; raises `MendableError` if that cannot be read."""
    told = manifest.parse(attached)
    if told is None or not told.tells(MADE_OF):
        raise MendableError(f"{report} 附带的 manifest.json 读不出或不全，无从核对；请从 output 取原来的报告")
    return told


def _whole(attached: Mapping[str, bytes], told: Manifest) -> Verification:
    """Check that every attachment is the one that the manifest names."""
    title, wrong = "附件", []
    for name, expected in told.files.items():
        if name in attached and hashlib.sha256(attached[name]).hexdigest() != expected:
            wrong.append(f"{name} 与清单登记的散列值不符")
    if wrong:
        return Verification(title, Proof.WRONG, "；".join(wrong))
    return Verification(title, Proof.OK, f"{len(attached)}个附件与清单相符，运行编号{told.run[:DIGITS]}")


# --- the text ---


def _text(report: Path, text: str) -> Verification:
    """Check that the pages say what report.txt says, in its order, with only page numbers, repeated heads and charts
    beside it. Charts stand at the foot of a page: their captions have an order of their own, and a paragraph may go on
    behind them, at the head of the next page.
    """
    title, (head, *nodes) = "文字", text.splitlines()
    shown = _pages(report, [w for w in head.split("　") if w])
    told = {n for words in (*nodes, *_alternatives(report)) for n in NUMERAL.findall(words)}
    missed: list[str] = []
    added: list[str] = []
    position, charted, widest = 0, 0, (0, "")
    for node in nodes:
        if CAPTION.match(node):
            at = shown.text.find(as_drawn(node), charted)
            if at < 0:
                missed.append(node)
            else:
                charted = at + len(node)
            continue
        pieces = shown.found(as_drawn(node), position)
        if not pieces:
            if not missed and widest[1]:  # what was altered is skipped first, and all that stands after it is missed
                missed.append(widest[1])
            missed.append(node)
            continue
        if not missed:
            widest = max(widest, (pieces[0][0] - position, node))
        for start, end in pieces:
            added += [n for n in shown.numerals(position, start) if n not in told]
            position = end
    added += [n for n in shown.numerals(position, len(shown.text)) if n not in told]
    if missed or added:
        words = [f"应印“{node[:30]}”，页面上没有" for node in missed[:MOST_TOLD]]
        words += [f"页面上的“{n}”没有依据" for n in added[:MOST_TOLD]]
        return Verification(title, Proof.WRONG, f"{len(missed) + len(added)}处不符：{'；'.join(words)}")
    return Verification(title, Proof.OK, f"{len(nodes)}段文字与原文逐字相符")


CAPTION = re.compile(r"图\d")
REACH = 8000
"""A number of characters: the charts and repeated heads of a page have fewer between two pieces of text."""
SCALE = re.compile(r"^(?:[−-]?[\d.]+(?:[%‰]|/10?万)?\s*)+$", re.M)
"""A line of nothing but numbers and their unit is the scale of a chart; its numbers are no figures."""
CONTENTS = re.compile(r"…\s*\d+\s*$", re.M)
"""A page number that the pipeline puts at the end of a line of the contents."""


@dataclass(frozen=True)
class _Shown:
    """The text of all pages without white space, as the fonts draw it, and the place of each character in the text with
    it.
    """

    text: str
    raw: str
    places: Sequence[int]
    heads: Sequence[int]
    """Where pages begin in the text."""

    def found(self, words: str, position: int) -> list[tuple[int, int]]:
        """From where to where words stand behind a place: in one piece, or in two, the second at the head of a page.

        What follows directly comes first: the same words may stand whole a little later.
        """
        at = self.text.find(words, position, position + REACH + len(words))
        if at == position:
            return [(at, at + len(words))]
        parted = [*self._parted(words, position)]
        following = [pieces for pieces in parted if pieces[0][0] == position]
        whole = [[(at, at + len(words))]] if at >= 0 else []
        return next(iter([*following, *whole, *parted]), [])

    def _parted(self, words: str, position: int) -> Iterator[list[tuple[int, int]]]:
        """Where words stand in two pieces, the first before a page's head and the second at it."""
        for head in (head for head in self.heads if position < head <= position + REACH):
            for size in range(1, len(words)):
                if self.text.startswith(words[size:], head):
                    before = self.text.rfind(words[:size], position, head)
                    if self.text.startswith(words[:size], position):
                        before = position
                    if before >= 0:
                        yield [(before, before + size), (head, head + len(words) - size)]

    def numerals(self, start: int, end: int) -> list[str]:
        """The numerals between two places, without the scales of charts and the page numbers."""
        if start >= end:
            return []
        between = self.raw[self.places[start] : self.places[end - 1] + 1]
        return NUMERAL.findall(SCALE.sub("", CONTENTS.sub("", between)))


def _pages(report: Path, furniture: Sequence[str]) -> _Shown:
    """The text in reading order, without the margins of the pages."""
    command = ["pdftotext", "-raw", str(report), "-"]
    raw = subprocess.run(command, check=True, capture_output=True, text=True).stdout  # noqa: S603
    return _shown(as_drawn(raw), furniture)


def _shown(raw: str, furniture: Sequence[str] = ()) -> _Shown:
    """The same of the text of pages, each ended by a form feed."""
    repeated = [r"\s*".join(map(re.escape, as_drawn(words))) for words in furniture]
    repeated += [r"续(?:表|附件)\d+", r"—\s*\d+\s*—"]
    margin = re.compile(rf"(?:\s*(?:{'|'.join(repeated)}))+\s*$")
    pages = [margin.sub("\n", page) for page in raw.split("\f")]
    text = "".join(pages)
    places = [n for n, letter in enumerate(text) if not letter.isspace()]
    heads = [*accumulate(sum(not letter.isspace() for letter in page) for page in pages)]
    return _Shown("".join(text[n] for n in places), text, places, heads)


def _alternatives(report: Path) -> Iterator[str]:
    """The texts that describe the charts."""
    import pikepdf

    with pikepdf.open(report) as document:
        waiting = [document.Root.StructTreeRoot]
        while waiting:
            element = waiting.pop()
            if isinstance(element, pikepdf.Array):
                waiting += list(element)
            elif isinstance(element, pikepdf.Dictionary):
                if "/Alt" in element:
                    yield str(element.Alt)
                if "/K" in element:
                    waiting.append(element.K)


# --- the figures ---


def _printed(report: Path, attached: bytes, paper: str = MAIN) -> Sequence[Printed]:
    """What the report says that it prints; raises `MendableError` where it cannot be read."""
    try:
        return figures.parse(attached, paper)
    except ValueError:
        raise MendableError(f"{report} 附带的 {figures.NAME} 读不出，无从核对；请从 output 取原来的报告") from None


def _figures(printed: Sequence[Printed], data: Contents) -> Verification:
    """Check that each printed figure is the value of its fact in the attached data, rounded once."""
    from flows.press.numbers import rounded

    title, known, found, wrong = "数字", _facts(data), 0, []
    for number, one in enumerate(printed, 1):
        value = known.get(one.fact)
        if one.sense or value is None:
            continue
        found += 1
        shown = one.text.replace("−", "-")
        places = len(shown.partition(".")[2])
        if abs(rounded(value, places)) != abs(Decimal(shown)):
            wrong.append(f"第{number}个数字印{one.text}，数据为{value}（{one.fact}）")
    if wrong:
        return Verification(title, Proof.WRONG, f"{len(wrong)}个与所附数据不符：{'；'.join(wrong[:MOST_TOLD])}")
    counted = sum(not one.sense for one in printed)
    return Verification(title, Proof.OK, f"{counted}个数字中，{found}个直接取自所附数据，逐个相符；其余由这些数据算出")


def _facts(data: Contents) -> dict[str, float]:
    """The id of a fact → its value, for the facts whose values report.json has unchanged."""
    year, home = data.head.year, data.head.district
    found: dict[str, float | None] = {}
    for target in data.targets:
        for y, point in target.series.items():
            found[f"{target.id}/{y}/value"] = point.value
        for field in ("change_previous", "change_baseline", "projection", "trend", "outlook_low", "outlook_high"):
            found[f"{target.id}/{year}/{field}"] = getattr(target, field)
    for key, indicator in data.indicators.items():
        for row in indicator.values:
            if row.area == home and not row.institution and row.part:
                found[f"{key}/{row.year}/{row.part}/{row.sex}"] = row.value
            elif row.area == home and not row.institution and row.sex != Sex.TOTAL:
                found[f"{key}/{row.year}/{row.sex}"] = row.value
            elif row.area != home and not (row.institution or row.part) and row.sex == Sex.TOTAL:
                found[f"{key}/{row.year}/{row.area}"] = row.value
    return {fact: value for fact, value in found.items() if value is not None}


# --- the signature ---


def _signed(report: Path) -> Verification:
    """Check that the office signed these bytes: the pages may show something else than the text that they carry."""
    from flows.edition import signature
    from flows.places import places

    state, told = signature.check(report, places().keys)
    return Verification("签名", state, told)


# --- the approval ---


def _approved(report: Path, told: Manifest) -> Verification:
    """Check whether somebody approved these bytes: by the journal of this home, or by the approval.json beside the paper,
    which proves it with the signature of an office that the home accepts.
    """
    from flows.edition import approved, record, signature
    from flows.journal import journal
    from flows.places import places
    from flows.wording import day, say

    title, hashed = "审定", record.digest(report)
    if (found := approved.of_file(journal(told.district), hashed)) is not None:
        later = found.superseded_by
        form = "here" if later is None else "superseded"
        return Verification(title, Proof.OK, say(f"messages/verified/{form}", told=found.told, number=later))
    beside = next(
        (p for folder in (report.parent, report.parent.parent) if (p := folder / approved.NAME).is_file()), None
    )
    approval = approved.read(beside) if beside else None
    if beside is None or approval is None:
        return Verification(title, Proof.OPEN, say("messages/verified/none"))
    if hashed not in approval.files.values():
        return Verification(title, Proof.WRONG, say("messages/verified/other", file=beside))
    state, signed = signature.check(beside, places().keys)
    words = {"number": approval.number, "by": approval.approver.name, "day": day(approval.at.date())}
    version = say("messages/approved/version", **words)
    form = "beside" if state == Proof.OK else "unproved"
    return Verification(title, state, say(f"messages/verified/{form}", told=version, file=beside, signed=signed))


# --- the inputs ---


def _rebuilt(report: Path, told: Manifest, paper: str) -> Verification:
    """Check that the same inputs, catalogue and program make the same bytes."""
    from flows.edition import publish
    from flows.places import places

    title = REBUILT
    with publish.staging(places().output) as folder:
        try:
            again = _again(told, folder, paper)
        except _NotAtHandError as why:
            return Verification(title, Proof.OPEN, f"没有重建：{why}")
        same = again.read_bytes() == report.read_bytes()
    return Verification(
        title,
        Proof.OK if same else Proof.WRONG,
        "用原始报表重新编印，逐字节相同" if same else "用原始报表重新编印，字节不同",
    )


class _NotAtHandError(Exception):
    """Something that is needed to make the report again is not here; the message is in Chinese."""


def _again(told: Manifest, folder: Path, paper: str) -> Path:
    """Make the edition again, in memory and in `folder`, and set this one of its papers: returns its path. Raises
    `_NotAtHandError`.
    """
    from expectations.catalog import load
    from flows import edition, garbage, pipeline, report
    from flows.desk import trial
    from flows.edition import memory, program
    from flows.journal import journal
    from flows.places import places
    from flows.report.kinds import KINDS

    where, district, year, draft = places(), told.district, told.year, told.draft
    kind = KINDS.get(told.kind)
    if kind is None or told.code != program.program():
        raise _NotAtHandError("报告由另一版本的程序编印")
    if told.environment != program.environment():
        raise _NotAtHandError("程序库或字体的版本不同")
    catalog = load(district, where.expectations)
    if told.catalogue != catalog.digest:
        raise _NotAtHandError("指标和规划目录已有变动")
    history = journal(district)

    def before(_: str) -> Path | None:
        return None if told.compared is None else _edition(history, told.compared)

    garbage.look_rarely()
    wanted = (folder if told.audience == "internal" else folder / edition.PUBLIC) / f"{paper}.pdf"
    make = partial(
        report.make,
        kind,
        year=year,
        editions=memory.place(history),
        draft=draft,
        write=_only(wanted),
        later=_not_at_all,
    )
    with trial.made_again(catalog, where.raw, year, history, told.as_of) as con:
        catalog = kind.narrowed(catalog, year)
        make(con, catalog, staging=folder, previous=before)
        if edition.run(folder) != told.run:
            raise _NotAtHandError("原始报表与编印时不同")
        if told.audience == "internal":
            return wanted
        earlier = [_edition(history, run) for run in told.earlier]
        if why := pipeline.release(con, catalog, folder, earlier, make, before):
            raise _NotAtHandError(why)
    return wanted


def _only(wanted: Path) -> Write:
    """Sets one paper. Its bytes rest on the data of its edition, and on no other paper."""
    from flows.press import pdf

    def write(
        text: str,
        path: Path,
        roots: Sequence[Path],
        published: date,
        attachments: Mapping[str, str] | None = None,
        /,
    ) -> Path:
        return pdf.write(text, path, roots, published, attachments) if path == wanted else path

    return write


def _not_at_all(step: object) -> None:
    """Leaves out a step that no paper waits for: workbooks, Word documents."""


def _edition(history: Journal, run: str) -> Path:
    """The edition of the district with this run; raises `_NotAtHandError`."""
    from flows import edition
    from flows.edition import approved, memory, publish

    kept = [*publish.editions(memory.place(history)), *(one.folder for one in approved.listed(history))]
    found = next((folder for folder in kept if edition.run(folder) == run), None)
    if found is None:
        raise _NotAtHandError("用来比较的以前各版报告不在手边")
    return found
