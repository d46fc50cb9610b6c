"""Draws SVG charts from records of values, always with the same bytes; what it draws on stands in `svg`."""

from __future__ import annotations

import re
import warnings
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from functools import cache
from itertools import pairwise
from math import ceil, floor, log10
from typing import Any, NamedTuple

import numpy as np
from matplotlib.figure import Figure
from matplotlib.font_manager import FontProperties
from matplotlib.lines import Line2D
from matplotlib.patches import Polygon
from matplotlib.text import Text
from matplotlib.textpath import text_to_path
from matplotlib.transforms import IdentityTransform

from expectations.vocabulary import Reason
from flows.report.draw.svg import Renderer
from flows.wording import read, say

FACE = "Noto Sans CJK SC"
INK, GREY, PALE, ACCENT = "#1a1a1a", "#666666", "#cccccc", "#9c2f1f"
WIDTH = 156 / 25.4 * 72
"""The width of a column of text, 156 mm; all lengths here are in points."""
TITLE, LABEL, SMALL = 8.0, 7.5, 7.0
"""Sizes of type, none of which is smaller than the small print of a table."""
LINE, GUTTER, PAD = 10.0, 16.0, 10.5
PLOT = {2: 100.0, 3: 80.0}
"""Height of a panel's plot by the number of panels in a row."""
POINTS_SHOWN = 5.0
SHARE_SHOWN = 0.2
SMALL_SHOWN = 0.5
"""The least span of a scale: so many percentage points, or this share of the largest value; of small percentages a
larger share: what rises from 3.5 % to 4.4 % is no level line.
"""
BEYOND = 1.0
"""Intervals and outlooks enlarge a scale by no more than this share of what values and targets fill; where they go on, an
arrow stands in the place of their end.
"""
SLACK = 0.02
"""The share of a step by which a value may go beyond the outermost steps."""
READABLE = 0.4
"""A panel can be read on a common scale if its own scale would be at least this share of it."""
PRESSED = 0.1
"""Rows that fill less than this share of their scale cannot be read on it."""
COMPARED: Sequence[str] = read("labels")["chart"]["scales"]
AREAS_A_ROW = 48
IDENTITY = IdentityTransform()
FINE, APART = 1.5, 2.0
"""The steps in which places for a label are tried, and the room between labels on one line."""
TALLER, MOST_TALLER = 24.0, 12
"""By how much plots grow at a time until each label has a place, and how often at most."""


class CrowdedError(Exception):
    """There is no free place for a label."""


class Line(NamedTuple):
    """One series: the values by year as numbers and as printed, and the words for values that are not there."""

    values: Mapping[int, float]
    labels: Mapping[int, str]
    absent: Mapping[int, str] = {}
    intervals: Mapping[int, tuple[float, float]] = {}
    name: str = ""


class Fan(NamedTuple):
    """The range in which the value of a later year may be."""

    year: int
    low: float
    middle: float
    high: float
    label: str


class Trend(NamedTuple):
    """One panel: a series, or women and men, with the line of what was demanded."""

    title: str
    unit: str
    lines: Sequence[Line]
    baseline: int | None = None
    targets: Sequence[Mapping[int, float]] = ()
    """The lines to reach, or to stay between, year by year."""
    target_label: str = ""
    note: str = ""
    breaks: Sequence[int] = ()
    """First years of another caliber."""
    fan: Fan | None = None
    joined: bool = True
    """False if single events make the values: a line through them would show chance as a trend."""
    beside: Mapping[str, Mapping[int, float]] = {}
    """Sign of an area above the district (`SIGNS`) → its figures; those beyond the scale are not drawn."""


SIGNS = {"◇": "D", "△": "^"}
"""The signs of areas above the district, from the highest."""


class Pair(NamedTuple):
    name: str
    female: float
    male: float
    female_label: str
    male_label: str


class Dot(NamedTuple):
    name: str
    value: float
    label: str
    good: bool


class Bar(NamedTuple):
    """The number of each kind, as one bar; bars of one group stand under the group's name."""

    group: str
    name: str
    counts: Mapping[str, int]


class Tile(NamedTuple):
    """An area on a tile map: its place, what is told of it, and how dark it is."""

    name: str
    row: int
    column: int
    label: str
    shade: str
    """One of `SHADES`."""


class Spark(NamedTuple):
    """A small panel: one area's series beside the district's, and the number that the area must reach."""

    title: str
    unit: str
    own: Mapping[int, float]
    labels: Mapping[int, str]
    whole: Mapping[int, float]
    target: float | None = None


class Scale(NamedTuple):
    low: float
    high: float
    step: float


Box = tuple[float, float, float, float]


class Canvas:
    """A canvas in points that remembers what was drawn, so that labels do not cover it."""

    def __init__(self, height: float, width: float = WIDTH) -> None:
        self.width, self.height = width, height
        self.figure = Figure(figsize=(width / 72, height / 72), dpi=72)
        self.drawn: list[tuple[float, float, float]] = []
        self.boxes: list[Box] = []

    def line(self, xs: Sequence[float], ys: Sequence[float], weight: float = 1.0, **style: Any) -> None:
        """Draw a line; `weight` is how bad it is for a label to stand on it."""
        plain: dict[str, Any] = {"color": INK, "linewidth": 0.6, "solid_capstyle": "butt"}
        self._add(Line2D(xs, ys, **plain | style))
        for (x0, y0), (x1, y1) in pairwise(zip(xs, ys, strict=True)):
            steps = max(1, ceil(max(abs(x1 - x0), abs(y1 - y0)) / 2)) if weight else 0
            self.drawn += [
                (x0 + (x1 - x0) * n / steps, y0 + (y1 - y0) * n / steps, weight) for n in range(steps and steps + 1)
            ]

    def mark(self, x: float, y: float, marker: str = "o", size: float = 3.6, **style: Any) -> None:
        plain: dict[str, Any] = {"color": INK, "markeredgewidth": 0.9}
        self._add(Line2D([x], [y], linestyle="", marker=marker, markersize=size, zorder=4, **plain | style))
        r = size / 2 + 0.6
        self.drawn += [(x + r * i, y + r * j, 40.0) for i in (-1, 0, 1) for j in (-1, 0, 1)]

    def area(self, corners: Sequence[tuple[float, float]], **style: Any) -> None:
        self._add(Polygon(corners, closed=True, hatch_linewidth=0.5, **style))

    def _add(self, artist: Any) -> None:
        artist.set_transform(IDENTITY)
        self.figure.add_artist(artist)

    def text(
        self,
        x: float,
        y: float,
        text: str,
        size: float = LABEL,
        color: str = INK,
        align: str = "left",
        halo: bool = False,
        **more: Any,
    ) -> None:
        """Write a text whose baseline begins, lies centred or ends at x, y; with a halo it hides what is behind it."""
        wide = text_width(text, size)
        left = x - {"left": 0, "center": wide / 2, "right": wide}[align]
        self._add(Text(left, y, text, family=FACE, fontsize=size, color=color, zorder=6, **more))
        low, right, high = y - 0.2 * size, left + wide, y + 0.9 * size
        self.boxes.append((left, low, right, high))
        if halo:
            corners = [(left - 0.4, low), (right + 0.4, low), (right + 0.4, high), (left - 0.4, high)]
            self.area(corners, facecolor="white", linewidth=0, zorder=5)

    def label(
        self, text: str, anchors: Sequence[tuple[float, float]], inside: Box, color: str = INK, size: float = LABEL
    ) -> None:
        """Write a text in the nearest free place to one of its anchors; with a thin leader if that is far away.

        Raises `CrowdedError` if every place inside has a text already.
        """
        lines = _wrap(text, (inside[2] - inside[0]) * 0.9, size)
        wide, tall = max(text_width(t, size) for t in lines), size * (1.2 * len(lines) - 0.1)
        left, low, (x, y), is_far = self._free(wide, tall, anchors, inside)
        right, high = left + wide, low + tall
        if is_far:
            foot = (min(max(x, left), right), low if low > y else high)
            self.line([x, foot[0]], [y, foot[1]], 3, color=GREY, linewidth=0.4)
        for n, line in enumerate(lines):
            self.text(left, high - size * (0.9 + 1.2 * n), line, size, color, halo=True)

    def _free(
        self, wide: float, tall: float, anchors: Sequence[tuple[float, float]], inside: Box
    ) -> tuple[float, float, tuple[float, float], bool]:
        """Where a box of that size is nearest to an anchor, covers least of what is drawn and no other text: its left and
        lower edge, the anchor, and whether it needs a leader.
        """
        lefts = np.arange(inside[0], inside[2] - wide + 0.01, FINE)
        lows = np.arange(inside[1], inside[3] - tall + 0.01, FINE)
        taken = np.zeros((len(lows), len(lefts)), bool)
        for left, low, right, high in self.boxes:
            beside = (lefts < right + APART) & (lefts + wide > left - APART)
            taken |= ((lows < high) & (lows + tall > low))[:, None] & beside
        if taken.all():
            raise CrowdedError
        cost = np.where(taken, np.inf, self._ink(lefts, lows, wide, tall, inside))
        found = []
        for x, y in anchors:
            across = np.maximum(np.maximum(lefts - x, x - lefts - wide), 0)
            up = np.maximum(np.maximum(lows - y, y - lows - tall), 0)
            far = np.hypot(up[:, None], across)
            whole = cost + far + np.where(lows < y, 0.6, 0.0)[:, None] + abs(lefts + wide / 2 - x) * 0.1
            best = int(np.argmin(np.round(whole, 6)))
            row, column = divmod(best, len(lefts))
            found.append((float(whole[row, column]), float(lefts[column]), float(lows[row]), float(far[row, column])))
        n = min(range(len(found)), key=lambda k: round(found[k][0], 6))
        _, left, low, distance = found[n]
        return left, low, anchors[n], distance > LINE

    def _ink(self, lefts: Any, lows: Any, wide: float, tall: float, inside: Box) -> Any:
        """How much of what is drawn a box would cover, for each of its left and lower edges: sums over cells of a point."""
        x0, y0 = inside[0] - 2, inside[1] - 2
        size = (ceil(inside[3] - y0) + 3, ceil(inside[2] - x0) + 3)
        cells = np.zeros(size)
        if self.drawn:
            at = np.array(self.drawn)
            column, row = (at[:, 0] - x0).astype(int), (at[:, 1] - y0).astype(int)
            near = (column >= 0) & (column < size[1] - 1) & (row >= 0) & (row < size[0] - 1)
            np.add.at(cells, (row[near] + 1, column[near] + 1), at[near, 2])
        sums = cells.cumsum(0).cumsum(1)
        left, right = ((side - x0).astype(int) for side in (lefts - 1, lefts + wide + 2))
        low, high = ((side - y0).astype(int)[:, None] for side in (lows - 0.5, lows + tall + 1.5))
        return sums[high, right] - sums[low, right] - sums[high, left] + sums[low, left]

    def begin(self) -> None:
        """Begin another panel: what was drawn elsewhere is not in the way of its labels."""
        self.drawn, self.boxes = [], []

    def svg(self) -> bytes:
        drawn = Renderer(self.width, self.height, FACE)
        self.figure.draw(drawn)
        return drawn.svg().encode()


def text_width(text: str, size: float) -> float:
    """The width of a text in points."""
    return sum(_advance(character) for character in text) * size / 100


@cache
def _advance(character: str) -> float:
    with warnings.catch_warnings():
        warnings.simplefilter("error")  # a missing glyph is an error
        wide: float = text_to_path.get_text_width_height_descent(
            character, FontProperties(family=FACE, size=100), False
        )[0]
    return wide


def _wrap(text: str, width: float, size: float) -> list[str]:
    """Lines that are not wider than allowed; numbers are not broken, and no line begins with a closing mark."""
    if "\n" in text:
        return [line for part in text.split("\n") for line in _wrap(part, width, size)]
    pieces = re.findall(r"（[^（）]{1,8}）|[（“]*(?:[\d.,%‰/A-Za-z≥≤＞＜−—]+|.)[）”、，。；：]*", text)
    lines = [""]
    for piece in (p for whole in pieces for p in ([whole] if text_width(whole, size) <= width else whole)):
        if lines[-1] and text_width(lines[-1] + piece, size) > width:
            lines.append("")
        lines[-1] += piece
    return lines


# --- scales ---


def scales(panels: Sequence[Trend]) -> tuple[list[Scale], str]:
    """A scale for each panel, and what a reader must know to compare the panels.

    Panels of one unit share a scale if each of them can be read on it. Otherwise a step has the same height in all of
    them and only their starts differ. If that does not work either, each has a scale of its own.
    """
    found: dict[int, Scale] = {}
    told = set()
    for unit in dict.fromkeys(p.unit for p in panels):
        numbers = [n for n, p in enumerate(panels) if p.unit == unit]
        extents = [_extent(panels[n]) for n in numbers]
        whole = (min(low for low, _ in extents), max(high for _, high in extents))
        least = 0 if any("." in t for n in numbers for line in panels[n].lines for t in line.labels.values()) else 1
        shared, aligned = _aligned([whole], unit, least) * len(numbers), _aligned(extents, unit, least)
        own = [scale for extent in extents for scale in _aligned([extent], unit, least)]
        room = min(scale.high - scale.low for scale in own) / READABLE
        chosen, word = next(
            (scales_, word)
            for scales_, word in zip((shared, aligned, own), COMPARED, strict=True)
            if word == COMPARED[-1] or max(s.high - s.low for s in scales_) <= room
        )
        found |= dict(zip(numbers, chosen, strict=True))
        if len(numbers) > 1:
            told.add(word)
    return [found[n] for n in range(len(panels))], next((w for w in reversed(COMPARED) if w in told), "")


def _extent(panel: Trend) -> tuple[float, float]:
    """The lowest and the highest drawn value; from zero if the values fill more than half of that height anyway."""
    values = [v for line in panel.lines for v in line.values.values()]
    values += [v for target in panel.targets for v in target.values()]
    if panel.fan:
        values.append(panel.fan.middle)
    low, high = min(values, default=0.0), max(values, default=0.0)
    around = _ranges(panel)
    room = BEYOND * ((high - min(low, 0.0)) or max(around, default=0.0))
    high = max(high, min(max(around, default=high), high + room))
    low = min(low, max(min(around, default=low), low - room))
    return (0.0, high) if 0 < low < high / 2 else (low, high)


def _ranges(panel: Trend) -> list[float]:
    """The ends of intervals and of the outlook."""
    ends = [v for line in panel.lines for pair in line.intervals.values() for v in pair]
    return ends + ([panel.fan.low, panel.fan.high] if panel.fan else [])


def is_cut(panel: Trend, scale: Scale) -> bool:
    """Whether an interval or the outlook goes on beyond the scale."""
    return any(_is_beyond(end, scale) for end in _ranges(panel))


def marks_beside(panel: Trend, years: Sequence[int], scale: Scale) -> Iterator[tuple[str, int, float]]:
    """Sign, year and value of what is drawn of the areas above the district: a caption names no other sign."""
    for sign, values in panel.beside.items():
        for year, value in values.items():
            if year in years and not _is_beyond(value, scale):
                yield sign, year, value


def _is_beyond(value: float, scale: Scale) -> bool:
    slack = SLACK * scale.step
    return not scale.low - slack <= value <= scale.high + slack


def _aligned(extents: Sequence[tuple[float, float]], unit: str, finest: float = 0) -> list[Scale]:
    """The same step and number of steps for all panels; a percentage between 0 and 100 is not drawn beyond them."""
    spans = []
    for low, high in extents:
        largest = max(abs(low), abs(high))
        least = min(POINTS_SHOWN, largest * SMALL_SHOWN) if unit == "%" else largest * SHARE_SHOWN
        least = least or 1.0
        spans.append(max(high - low, least))
    step = max(_round_up(max(spans) / 3), finest)
    needed = [ceil(high / step - SLACK) - floor(low / step + SLACK) for low, high in extents]
    steps = max(*needed, ceil(max(spans) / step - SLACK))
    result = []
    for (low, high), own in zip(extents, needed, strict=True):
        start = floor(low / step + SLACK) - (steps - own) // 2
        if unit == "%" and high <= 100:
            start = min(start, round(100 / step) - steps)
        if low >= -SLACK * step:
            start = max(start, 0)
        result.append(Scale(start * step, (start + steps) * step, step))
    return result


def _round_up(size: float) -> float:
    """The next of 1, 2, 5, 10 …"""
    power = 10.0 ** floor(log10(size))
    return next(m * power for m in (1, 2, 5, 10) if m * power >= size * (1 - 1e-9))


def _ticks(scale: Scale) -> list[tuple[float, str]]:
    decimals = max(0, -floor(log10(scale.step) + 1e-9))
    count = round((scale.high - scale.low) / scale.step)
    values = [scale.low + n * scale.step for n in range(count + 1)]
    return [(v, f"{v + 0.0:.{decimals}f}".replace("-", "−")) for v in values]


# --- trends ---


def trends(panels: Sequence[Trend], years: Sequence[int], scale: Sequence[Scale]) -> bytes:
    """Small charts, two or three in a row, over the same years; `scale` as `scales` returns it."""
    return _roomy(lambda more: _trends(panels, years, scale, more)).svg()


def _roomy(drawing: Callable[[float], Canvas]) -> Canvas:
    """What `drawing` draws, with plots so many points taller that each label has a place of its own."""
    for taller in range(MOST_TALLER):
        try:
            return drawing(taller * TALLER)
        except CrowdedError:
            continue
    raise CrowdedError


def _trends(panels: Sequence[Trend], years: Sequence[int], scale: Sequence[Scale], taller: float) -> Canvas:
    columns = 2 if len(panels) in {1, 2, 4} else 3
    width, plot = (WIDTH - GUTTER * (columns - 1)) / columns, PLOT[columns] + taller
    aside = (WIDTH - width) / 2 if len(panels) == 1 else 0.0
    heads = [_wrap(f"{p.title}（{p.unit}）", width, TITLE) for p in panels]
    notes = [_wrap(p.note, width, LABEL) if p.note else [] for p in panels]
    starts = range(0, len(panels), columns)
    tall = [
        max(len(h) + len(n) for h, n in zip(heads[s : s + columns], notes[s : s + columns], strict=True))
        for s in starts
    ]
    sheet = Canvas(sum(LINE * t + plot + LINE + 8 for t in tall))
    top = sheet.height
    for start, lines in zip(starts, tall, strict=True):
        floor_ = top - LINE * lines - plot
        for n in range(start, min(start + columns, len(panels))):
            left = aside + (n - start) * (width + GUTTER)
            for row, line in enumerate(heads[n]):
                sheet.text(left, top - 8 - LINE * row, line, TITLE)
            for row, line in enumerate(notes[n], len(heads[n])):
                sheet.text(left, top - 8 - LINE * row, line, LABEL, GREY)
            _panel(sheet, panels[n], years, scale[n], (left, floor_, left + width, floor_ + plot))
        top = floor_ - LINE - 8
    return sheet


def _panel(sheet: Canvas, panel: Trend, years: Sequence[int], scale: Scale, box: Box) -> None:
    sheet.begin()
    ticks = _ticks(scale)
    left, bottom, right, top = box[0] + max(text_width(t, SMALL) for _, t in ticks) + 4, *box[1:]
    ends = max(
        (text_width(f"{line.name}{t}", LABEL) for line in panel.lines for t in line.labels.values() if line.name),
        default=0,
    )
    inset = min(14.0, (right - left) / 10)
    pitch = (right - ends - left - 2 * inset) / max(len(years) - 1, 1)

    def x(year: float) -> float:
        return left + inset + (year - years[0]) * pitch

    def y(value: float) -> float:
        shown = min(max(value, scale.low), scale.high)
        return bottom + PAD + (shown - scale.low) / (scale.high - scale.low) * (top - bottom - 2 * PAD)

    for value, word in ticks:
        sheet.line([left, right], [y(value)] * 2, 0.1, color=PALE, linewidth=0.4, zorder=0)
        sheet.text(left - 3, y(value) - SMALL * 0.36, word, SMALL, GREY, "right", label="axis")
    sheet.line([left, right], [bottom] * 2, 0)
    every = ceil((text_width("2020", SMALL) + 3) / pitch) if pitch else 1
    for year in years:
        named = (year - years[0]) % every == 0
        sheet.line([x(year)] * 2, [bottom, bottom - (2.5 if named else 1.5)], 0)
        if named:
            sheet.text(x(year), bottom - 9.5, str(year), SMALL, GREY, "center", label="axis")
    inside = (left + 1, bottom + 1, right, top - 1)

    for target in panel.targets:
        demanded = sorted(target)
        dashes: dict[str, Any] = {"linestyle": (0, (4, 2)), "color": ACCENT, "linewidth": 1.0, "zorder": 3}
        if len(demanded) == 1:
            sheet.line([x(demanded[0]) - 6, x(demanded[0]) + 6], [y(target[demanded[0]])] * 2, **dashes)
        sheet.line([x(t) for t in demanded], [y(target[t]) for t in demanded], 2, **dashes)
    for year in panel.breaks:
        sheet.line([x(year - 0.5)] * 2, [bottom, top], color=GREY, linewidth=0.6, linestyle=(0, (1, 1.5)))
    if panel.fan and panel.lines[0].values:
        _fan(sheet, panel, x, y, scale)
    for sign, year, value in marks_beside(panel, years, scale):
        sheet.mark(x(year), y(value), SIGNS[sign], 3.4, color=GREY, markerfacecolor="white", markeredgewidth=0.7)
    for n, series in enumerate(panel.lines):
        _series(sheet, series, panel, x, y, scale, hollow=n > 0)

    for series in panel.lines:
        _values(sheet, series, panel, x, y, inside)
    for year in panel.breaks:
        sheet.label(Reason.BREAK.word, [(x(year - 0.5), top - 6), (x(year - 0.5), bottom + 6)], inside, GREY, SMALL)
    if panel.targets:
        spots = [(x(t), y(line[t])) for line in panel.targets for t in _ends(sorted(line))]
        sheet.label(panel.target_label, spots, inside, ACCENT)
    if panel.fan:
        ends_at = [(x(panel.fan.year), y(v)) for v in (panel.fan.high, panel.fan.low, panel.fan.middle)]
        parted = "" if panel.joined else "\n"
        sheet.label(say("labels/chart/possible") + parted + panel.fan.label, ends_at, inside, GREY, SMALL)


def _ends(years: Sequence[int]) -> tuple[int, int, int]:
    return years[0], years[len(years) // 2], years[-1]


def _end(sheet: Canvas, x: float, y: float, end: float, scale: Scale) -> None:
    """The end of a range: a short stroke, or an arrow where it goes on beyond the scale."""
    if _is_beyond(end, scale):
        sheet.mark(x, y, "^" if end > scale.high else "v", 4.0, color=GREY)
    else:
        sheet.line([x - 2, x + 2], [y] * 2, 2, color=GREY, linewidth=0.7)


def _fan(sheet: Canvas, panel: Trend, x: Any, y: Any, scale: Scale) -> None:
    """A wedge from the last value; a bar if single events make the values."""
    fan = panel.fan
    assert fan
    last = max(panel.lines[0].values)
    right, low, middle, high = x(fan.year), y(fan.low), y(fan.middle), y(fan.high)
    look = {"facecolor": "#e6e6e6", "linewidth": 0.0, "zorder": 1}
    if panel.joined:
        tip = (x(last), y(panel.lines[0].values[last]))
        sheet.area([tip, (right, low), (right, high)], **look)
        for end in (low, high):
            sheet.line([tip[0], right], [tip[1], end], 1, color=GREY, linewidth=0.4)
        sheet.line([tip[0], right], [tip[1], middle], 0.5, linewidth=0.9, linestyle=(0, (1, 1.2)))
    else:
        sheet.area([(right - 4, low), (right + 4, low), (right + 4, high), (right - 4, high)], **look)
        for side in (right - 4, right + 4):
            sheet.line([side] * 2, [low, high], 4, color=GREY, linewidth=0.4)
        sheet.line([right - 4, right + 4], [middle] * 2, 0.5, linewidth=0.9, linestyle=(0, (1, 1.2)))
        for end in (fan.low, fan.high):
            if _is_beyond(end, scale):
                _end(sheet, right, y(end), end, scale)
    sheet.line([right] * 2, [low, high], 2, linewidth=0)


def _series(sheet: Canvas, series: Line, panel: Trend, x: Any, y: Any, scale: Scale, hollow: bool) -> None:
    known = sorted(series.values)
    colour = INK if hollow or not series.name else ACCENT
    for year, (low, high) in sorted(series.intervals.items()):
        sheet.line([x(year)] * 2, [y(low), y(high)], 4, color=GREY, linewidth=0.7)
        for end in (low, high):
            _end(sheet, x(year), y(end), end, scale)
    for before, after in pairwise(known):
        if not panel.joined or any(before < b <= after for b in panel.breaks):
            continue
        between = range(before + 1, after)
        if any(series.absent.get(t) for t in between if t in series.absent):
            continue  # a figure that should be there and is not: a gap
        look = {"linewidth": 0.8, "linestyle": (0, (1, 2))} if between else {"linewidth": 1.3}
        sheet.line([x(before), x(after)], [y(series.values[before]), y(series.values[after])], 4, color=colour, **look)
    for year in known:
        fill = "white" if year == panel.baseline or hollow else colour
        size = 4.6 if year == panel.baseline else 3.6
        sheet.mark(x(year), y(series.values[year]), "s" if hollow else "o", size, color=colour, markerfacecolor=fill)


def _values(sheet: Canvas, series: Line, panel: Trend, x: Any, y: Any, inside: Box) -> None:
    """Write the values of the baseline and the last year, and why other values are not there."""
    known = sorted(series.values)
    spots = {t: (x(t), y(series.values[t])) for t in known}
    if known and series.name:
        colour = ACCENT if series is panel.lines[0] else INK
        text = series.name + series.labels[known[-1]]
        at, height = spots[known[-1]]
        sheet.label(text, [(at + 4 + text_width(text, LABEL) / 2, height)], inside, colour)
    elif known:
        for year in [t for t in reversed(known) if t in {known[0], known[-1], panel.baseline}]:
            sheet.label(_based(series.labels[year], year == panel.baseline), [spots[year]], inside)
    for word, run in _runs(series.absent):
        middle = (run[0] + run[-1]) / 2
        sheet.label(word, [(x(middle), inside[1] + 5)], inside, GREY, SMALL)


def _based(label: str, is_baseline: bool) -> str:
    return say("labels/chart/base", value=label) if is_baseline else label


def _runs(absent: Mapping[int, str]) -> list[tuple[str, list[int]]]:
    """Neighbouring years with the same word, together."""
    runs: list[tuple[str, list[int]]] = []
    for year in sorted(absent):
        if runs and runs[-1][0] == absent[year] and runs[-1][1][-1] == year - 1:
            runs[-1][1].append(year)
        else:
            runs.append((absent[year], [year]))
    return runs


# --- an area's past ---

SPARKS_A_ROW = 3
SPARK = 34.0
"""Height of the plot of a small panel."""


def sparks(panels: Sequence[Spark], years: Sequence[int]) -> bytes:
    """Small panels over the same years, three in a row: the area's values as a line with circles, the district's dashed; the
    first and the last value of the area are written.
    """
    width = (WIDTH - GUTTER * (SPARKS_A_ROW - 1)) / SPARKS_A_ROW
    heads = [_wrap(f"{p.title}（{p.unit}）", width, LABEL) for p in panels]
    starts = range(0, len(panels), SPARKS_A_ROW)
    tall = [max(len(h) for h in heads[s : s + SPARKS_A_ROW]) for s in starts]
    sheet = Canvas(sum(LINE * t + SPARK + LINE + 6 for t in tall) - 3)
    top = sheet.height
    for start, lines in zip(starts, tall, strict=True):
        floor_ = top - LINE * lines - SPARK - 2
        for n in range(start, min(start + SPARKS_A_ROW, len(panels))):
            left = (n - start) * (width + GUTTER)
            for row, line in enumerate(heads[n]):
                sheet.text(left, top - 7 - LINE * row, line, LABEL)
            _spark(sheet, panels[n], years, (left, floor_, left + width, floor_ + SPARK))
        top = floor_ - LINE - 4
    return sheet.svg()


def spark(panel: Spark, years: Sequence[int], width: float, plot: float) -> bytes:
    """One such panel by itself, without its title."""
    sheet = Canvas(plot + LINE + 4, width)
    _spark(sheet, panel, years, (0, LINE + 2, width, LINE + 2 + plot))
    return sheet.svg()


def is_line(values: Collection[int]) -> bool:
    """Whether years follow each other: only between such a line is drawn, and a caption names none that is not there."""
    return any(year + 1 in values for year in values)


def _spark(sheet: Canvas, panel: Spark, years: Sequence[int], box: Box) -> None:
    left, bottom, right, top = box
    values = [*panel.own.values(), *panel.whole.values(), *([] if panel.target is None else [panel.target])]
    (scale,) = _aligned([(min(values), max(values))], panel.unit)
    first, last = min(panel.own), max(panel.own)
    room = [text_width(panel.labels[year], LABEL) + 6 for year in (first, last)]
    pitch = (right - left - sum(room)) / max(len(years) - 1, 1)

    def x(year: int) -> float:
        return left + room[0] + (year - years[0]) * pitch

    def y(value: float) -> float:
        return bottom + 3 + (value - scale.low) / (scale.high - scale.low) * (top - bottom - 6)

    sheet.line([left, right], [bottom] * 2, 0)
    for year in {years[0], years[-1]}:
        sheet.line([x(year)] * 2, [bottom, bottom - 2], 0)
        sheet.text(x(year), bottom - 9, str(year), SMALL, GREY, "center", label="axis")
    if panel.target is not None:
        sheet.line(
            [x(years[0]) - 3, x(years[-1]) + 3],
            [y(panel.target)] * 2,
            0,
            color=ACCENT,
            linewidth=0.9,
            linestyle=(0, (4, 2)),
        )
    for before, after in pairwise(sorted(panel.whole)):
        if after == before + 1:
            ends = [y(panel.whole[before]), y(panel.whole[after])]
            sheet.line([x(before), x(after)], ends, 0, color=GREY, linewidth=0.9, linestyle=(0, (1, 1.2)))
    for before, after in pairwise(sorted(panel.own)):
        if after == before + 1:
            sheet.line([x(before), x(after)], [y(panel.own[before]), y(panel.own[after])], 0, linewidth=1.3)
    for year, value in panel.own.items():
        sheet.mark(x(year), y(value), "o", 3.0, markerfacecolor="white" if year == first else INK)
    height = {year: min(max(y(panel.own[year]) - 2.5, bottom + 1), top - 6) for year in (first, last)}
    if last > first:
        sheet.text(x(first) - 4, height[first], panel.labels[first], LABEL, align="right")
    sheet.text(x(last) + 4, height[last], panel.labels[last], LABEL)


# --- women against men ---


def pairs_scale(rows: Sequence[Pair], unit: str) -> Scale:
    """One scale for all rows. A row that would press all others together (`PRESSED`) does not stretch it: its values lie beyond."""

    def extent(some: Sequence[Pair]) -> tuple[float, float]:
        values = [v for r in some for v in (r.female, r.male)]
        return min(values), max(values)

    def span(some: Sequence[Pair]) -> float:
        low, high = extent(some)
        return high - low

    kept = list(rows)
    while len(kept) > 1:
        without = min((kept[:n] + kept[n + 1 :] for n in range(len(kept))), key=span)
        if span(without) >= PRESSED * span(kept):
            break
        kept = without
    (scale,) = _aligned([extent(kept)], unit)
    return scale


def is_pair_cut(row: Pair, scale: Scale) -> bool:
    """Whether a value of a row lies beyond the scale."""
    return _is_beyond(row.female, scale) or _is_beyond(row.male, scale)


def pairs(rows: Sequence[Pair], unit: str, scale: Scale) -> bytes:
    """Women and men, one row for each indicator: a full circle and a hollow square, each with its value; `scale` as `pairs_scale`
    returns it.
    """
    room = (
        max(text_width(say("labels/chart/woman", value=t), LABEL) for r in rows for t in (r.female_label, r.male_label))
        + 7
    )
    column = min(max(text_width(r.name, LABEL + 0.5) for r in rows), WIDTH * 0.4)
    names = [_wrap(r.name, column + 1, LABEL + 0.5) for r in rows]
    left, right = column + 8 + room, WIDTH - room
    tall = [max(14.0, 9.5 * len(n) + 4) for n in names]
    sheet = Canvas(sum(tall) + 20)

    def x(value: float) -> float:
        shown = min(max(value, scale.low), scale.high)
        return left + (shown - scale.low) / (scale.high - scale.low) * (right - left)

    def mark(value: float, middle: float, marker: str, size: float, **look: Any) -> None:
        """The sign of a value, or an arrow where it lies beyond the scale."""
        beyond = _is_beyond(value, scale) and (">" if value > scale.high else "<")
        sheet.mark(x(value), middle, beyond or marker, size, **look)

    top = sum(tall) + 18
    for value, word in _ticks(scale):
        sheet.line([x(value)] * 2, [16, top], 0, color=PALE, linewidth=0.4, zorder=0)
        sheet.text(x(value), 5, f"{word}{unit}", SMALL, GREY, "center", label="axis")
    for row, name, height in zip(rows, names, tall, strict=True):
        middle = top - height / 2
        for n, line in enumerate(name):
            sheet.text(column, middle - 2.7 + 9.5 * ((len(name) - 1) / 2 - n), line, LABEL + 0.5, align="right")
        sheet.line([x(row.female), x(row.male)], [middle] * 2, color=GREY, linewidth=1.0, zorder=1)
        mark(row.male, middle, "s", 5.4, markerfacecolor="white")
        mark(row.female, middle, "o", 4.2, color=ACCENT)
        women = (row.female, say("labels/chart/woman", value=row.female_label), ACCENT)
        men = (row.male, say("labels/chart/man", value=row.male_label), INK)
        lower, higher = (men, women) if row.male < row.female else (women, men)
        sheet.text(x(lower[0]) - 5, middle - 2.5, lower[1], LABEL, lower[2], "right")
        sheet.text(x(higher[0]) + 5, middle - 2.5, higher[1], LABEL, higher[2])
        top -= height
    return sheet.svg()


# --- areas ---


def dots(rows: Sequence[Dot], target: float, target_label: str, unit: str, note: str = "") -> bytes:
    """Areas in order, with the target; areas below it are full, named in colour and given with their value."""
    return _roomy(lambda more: _dots(rows, target, target_label, unit, note, more)).svg()


def _dots(rows: Sequence[Dot], target: float, target_label: str, unit: str, note: str, taller: float) -> Canvas:
    strips = -(-len(rows) // AREAS_A_ROW)
    size = -(-len(rows) // strips)
    values = [*(r.value for r in rows), target]
    (scale,) = _aligned([(min(values), max(values))], unit)
    ticks = _ticks(scale)
    names = max(len(r.name) for r in rows) * 7.2
    foot = _wrap(note, WIDTH, LABEL) if note else []
    plot = 96.0 + taller
    strip = plot + names + 14
    sheet = Canvas(strip * strips + LINE * len(foot) + 2)
    left = max(text_width(t, SMALL) for _, t in ticks) + text_width(unit, SMALL) + 4
    right = WIDTH - 4
    pitch = (right - left) / size
    for n in range(strips):
        sheet.begin()
        part = rows[n * size : (n + 1) * size]
        bottom = strip * (strips - n - 1) + LINE * len(foot) + names + 6
        top = bottom + plot

        def y(value: float, bottom: float = bottom) -> float:
            return bottom + 14 + (value - scale.low) / (scale.high - scale.low) * (plot - 24)

        for value, word in ticks:
            sheet.line([left, right], [y(value)] * 2, 0.1, color=PALE, linewidth=0.4, zorder=0)
            sheet.text(left - 3, y(value) - 2.3, f"{word}{unit}", SMALL, GREY, "right", label="axis")
        sheet.line([left, right], [bottom] * 2, 0)
        sheet.line([left, right], [y(target)] * 2, color=ACCENT, linewidth=1.0, linestyle=(0, (4, 2)))
        spots = [(left + pitch * (i + 0.5), y(r.value)) for i, r in enumerate(part)]
        for (at, height), row in zip(spots, part, strict=True):
            colour = INK if row.good else ACCENT
            sheet.line([at] * 2, [height, y(target)], 0.2, color=GREY, linewidth=0.4, zorder=0)
            sheet.mark(at, height, "o", 4.6, color=colour, markerfacecolor="white" if row.good else colour)
            for k, character in enumerate(row.name):
                weight: dict[str, Any] = {} if row.good else {"fontweight": "bold"}
                sheet.text(at, bottom - 8.5 - 7.2 * k, character, SMALL, colour, "center", **weight)
        inside = (left + 1, bottom + 1, right, top + 2)
        sheet.label(target_label, [(right - 24, y(target)), (left + 24, y(target))], inside, ACCENT)
        for spot, row in zip(spots, part, strict=True):
            if not row.good:
                sheet.label(row.label, [spot], inside, ACCENT, SMALL)
    for n, line in enumerate(foot):
        sheet.text(0, LINE * (len(foot) - n) - 7, line, LABEL, GREY)
    return sheet


# --- tile map ---

SHADES = {
    "clear": ({"facecolor": "white"}, INK),
    "light": ({"facecolor": "#f1e3df"}, INK),
    "middle": ({"facecolor": "#d3a195"}, INK),
    "dark": ({"facecolor": ACCENT}, "white"),
    "unknown": ({"facecolor": "white", "hatch": "////"}, INK),
}
"""From nothing to be done to most: darker step by step in grey, too; what is not known is hatched. With the colour of letters."""
TILE = (100.0, 31.0)
"""The largest width and the least height of a tile."""


def tiles(areas: Sequence[Tile], legend: Mapping[str, str]) -> bytes:
    """Areas as tiles of one size, roughly where they lie; `legend` says what each shade means (shade → words)."""
    rows, columns = [a.row for a in areas], [a.column for a in areas]
    across = max(columns) - min(columns) + 1
    wide = min(TILE[0], (WIDTH - 2) / across)
    size = TITLE if all(text_width(a.name, TITLE) <= wide - 3 for a in areas) else SMALL
    written = [(a, [*_wrap(a.name, wide - 3, size), *_wrap(a.label, wide - 3, size)]) for a in areas]
    pitch = size * 1.4
    tall = max(TILE[1], pitch * max(len(lines) for _, lines in written) + 5)
    keys = _legend_lines(legend)
    sheet = Canvas(tall * (max(rows) - min(rows) + 1) + 12.0 * len(keys) + 6)
    left = (WIDTH - wide * across) / 2
    for area, lines in written:
        x, top = left + (area.column - min(columns)) * wide, sheet.height - 1 - (area.row - min(rows)) * tall
        look, colour = SHADES[area.shade]
        sheet.area(_box(x, top, wide, tall), edgecolor=GREY, linewidth=0.6, **look)
        first = top - tall / 2 + pitch * (len(lines) / 2 - 0.5) - size * 0.36
        for n, line in enumerate(lines):
            sheet.text(x + wide / 2, first - pitch * n, line, size, colour, "center", "hatch" in look)
    for n, key in enumerate(keys):
        x, y = (WIDTH - sum(_legend_width(word) for _, word in key)) / 2, 12.0 * (len(keys) - n) - 10
        for shade, word in key:
            sheet.area(_box(x, y + 7, 12, 8), edgecolor=GREY, linewidth=0.6, **SHADES[shade][0])
            sheet.text(x + 16, y + 0.5, word, LABEL)
            x += _legend_width(word)
    return sheet.svg()


def _box(left: float, top: float, wide: float, tall: float) -> list[tuple[float, float]]:
    return [(left, top), (left + wide, top), (left + wide, top - tall), (left, top - tall)]


def _legend_width(word: str) -> float:
    return 16 + text_width(word, LABEL) + 12


def _legend_lines(legend: Mapping[str, str]) -> list[list[tuple[str, str]]]:
    lines: list[list[tuple[str, str]]] = [[]]
    for shade, word in legend.items():
        if lines[-1] and sum(_legend_width(w) for _, w in lines[-1]) + _legend_width(word) > WIDTH:
            lines.append([])
        lines[-1].append((shade, word))
    return lines


# --- status ---

LOOKS: Mapping[str, Mapping[str, Any]] = {
    "best": {"facecolor": "#dde4ea"},
    "good": {"facecolor": "#b4bfca"},
    "poor": {"facecolor": "#8f8f8f"},
    "worst": {"facecolor": ACCENT},
    "untold": {"facecolor": "white"},
    "blank": {"facecolor": "white", "hatch": "...."},
    "hidden": {"facecolor": "white", "hatch": "////"},
}
"""From "reached", the lightest, to "missed", the darkest, on a printer of black ink too; nothing of what is not known."""
LOOK_OF = {
    "attained": "best", "early": "best", "met": "good", "on_course": "good", "steady": "good",
    "nearly": "poor", "behind": "poor", "short": "worst", "missed": "worst", "suppressed": "hidden", "no_data": "blank",
}  # fmt: skip
"""Kinds of bars → how they look; any other is not known."""
HEAD = 15.0
BAR = {False: 16.0, True: 24.0}
"""The height of a bar with the room beneath it: more where a part is too narrow for its number."""


def bars(rows: Sequence[Bar], kinds: Mapping[str, str]) -> bytes:
    """The number of each kind, bar below bar on one scale; a kind (key → printed name) is named where it
    first occurs.
    """
    column = max(text_width(r.name, LABEL) for r in rows) + 6
    unit = (WIDTH - column - 1) / max(sum(r.counts.values()) for r in rows)
    named: dict[str, set[str]] = {}
    heads = []
    for row in rows:
        group = named.setdefault(row.group, set())
        heads.append([k for k in kinds if row.counts.get(k) and k not in group])
        group.update(heads[-1])
    narrow = [any(n * unit < text_width(str(n), LABEL) + 3 for n in row.counts.values() if n) for row in rows]
    sheet = Canvas(
        sum(BAR[one] for one in narrow) + 13.0 * len([g for g in named if g]) + HEAD * len([h for h in heads if h]) + 2
    )
    top, group_before = sheet.height, ""
    for row, head, own in zip(rows, heads, narrow, strict=True):
        if row.group != group_before:
            sheet.text(0, top - 10, row.group, TITLE)
            top, group_before = top - 13, row.group
        spans, x = {}, column
        for kind in kinds:
            if row.counts.get(kind):
                spans[kind] = (x, x := x + row.counts[kind] * unit)
        if head:
            _heads(sheet, [(kinds[k], sum(spans[k]) / 2) for k in head], column, top)
            top -= HEAD
        sheet.text(0, top - 9, row.name, LABEL)
        tight: list[tuple[float, str, str]] = []
        for kind, (left, right) in spans.items():
            look = LOOK_OF.get(kind, "untold")
            corners = [(left, top), (right, top), (right, top - 12), (left, top - 12)]
            sheet.area(corners, linewidth=0, edgecolor=PALE, **LOOKS[look])
            closed = [*corners, corners[0]]
            sheet.line([at for at, _ in closed], [height for _, height in closed], 0, linewidth=0.5)
            word, colour = str(row.counts[kind]), "white" if look == "worst" else INK
            if right - left < text_width(word, LABEL) + 3:
                tight.append(((left + right) / 2, _mark(kinds[kind]), word))
            else:
                sheet.text((left + right) / 2, top - 8.6, word, LABEL, colour, "center", "hatch" in LOOKS[look])
        widths = [text_width(mark + word, SMALL) + 4 for _, mark, word in tight]
        beneath = _spread([middle for middle, _, _ in tight], widths, column)
        for at, wide, (middle, mark, word) in zip(beneath, widths, tight, strict=True):
            left = at - wide / 2 + 2
            sheet.text(left, top - 20.5, mark, SMALL)
            sheet.text(left + text_width(mark, SMALL), top - 20.5, word, SMALL)
            sheet.line([middle, at], [top - 12, top - 14.5], 0, color=GREY, linewidth=0.4)
        top -= BAR[own]
    return sheet.svg()


def _mark(word: str) -> str:
    """The mark that a printed name begins with (●已达标), if it has one."""
    return "" if word[0].isalnum() else word[0]


def _heads(sheet: Canvas, words: Sequence[tuple[str, float]], column: float, top: float) -> None:
    """Write names above the parts of a bar, moved apart if the parts are narrow, each with a line down to its part."""
    widths = [text_width(word, LABEL) + 6 for word, _ in words]
    for at, (word, middle), wide in zip(_spread([m for _, m in words], widths, column), words, widths, strict=True):
        sheet.text(at, top - 8, word, LABEL, align="center")
        foot = min(max(middle, at - wide / 2 + 6), at + wide / 2 - 6)
        sheet.line([foot, middle], [top - 10, top - HEAD], 0, color=GREY, linewidth=0.4)


def _spread(middles: Sequence[float], widths: Sequence[float], left: float) -> list[float]:
    """Move middles as little as possible, so that neighbours do not overlap and all stay on the sheet."""
    placed = []
    edge = left
    for middle, width in zip(middles, widths, strict=True):
        placed.append(max(middle, edge + width / 2))
        edge = placed[-1] + width / 2
    edge = WIDTH
    for n in reversed(range(len(placed))):
        placed[n] = min(placed[n], edge - widths[n] / 2)
        edge = placed[n] - widths[n] / 2
    return placed
