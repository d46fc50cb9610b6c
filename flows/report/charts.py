"""Figures in, deterministic SVG charts out: the only door to matplotlib."""

from __future__ import annotations

import io
import warnings
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import matplotlib as mpl

mpl.use("svg")

from matplotlib import pyplot as plt

STYLE = {
    "font.family": ["Noto Sans CJK SC"],
    "font.size": 8,
    "axes.unicode_minus": False,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.linewidth": 0.6,
    "xtick.major.width": 0.6,
    "ytick.major.width": 0.6,
    "svg.fonttype": "none",
    "svg.hashsalt": "plan-monitor",
}
INK, TARGET, PALE, WOMEN, MEN = "#1a1a1a", "#9c2f1f", "#8a8a8a", "#9c2f1f", "#1f4e79"
WIDTH = 6.1
"""Inches: the text column of 156 mm."""


class Trend(NamedTuple):
    """One small chart: values by year, the target line, the years where the caliber changes."""

    title: str
    unit: str
    values: Mapping[int, float]
    labels: Mapping[int, str]
    target: float | None
    target_label: str
    breaks: Sequence[int]


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


def trends(panels: Sequence[Trend], years: Sequence[int]) -> bytes:
    """Small multiples side by side; every value that matters is labelled, so no axis needs reading."""
    with mpl.rc_context(STYLE):
        figure, axes = plt.subplots(1, len(panels), figsize=(WIDTH, 2.05), layout="constrained", squeeze=False)
        for axis, panel in zip(axes[0], panels, strict=True):
            _trend(axis, panel, years)
        return _svg(figure)


def _trend(axis: Any, panel: Trend, years: Sequence[int]) -> None:
    known = sorted(panel.values)
    segments: list[list[int]] = [[]]
    for year in years:
        if year in panel.breaks:
            segments.append([])
        if year in panel.values:
            segments[-1].append(year)
    for segment in filter(None, segments):
        axis.plot(segment, [panel.values[y] for y in segment], color=INK, linewidth=1.3, marker="o", markersize=3)
    for year in panel.breaks:
        axis.axvline(year - 0.5, color=PALE, linewidth=0.6, linestyle=":")
        axis.text(year - 0.46, 0.98, "口径变化", transform=axis.get_xaxis_transform(), fontsize=6, color=PALE, va="top")
    low, high = min(panel.values.values()), max(panel.values.values())
    if panel.target is not None:
        low, high = min(low, panel.target), max(high, panel.target)
        axis.axhline(panel.target, color=TARGET, linewidth=0.9, linestyle=(0, (4, 2)))
        axis.text(years[0] - 0.4, panel.target, panel.target_label, color=TARGET, fontsize=7, va="bottom", ha="left")
    room = (high - low or abs(high) or 1) * 0.28
    axis.set_ylim(low - room, high + room)
    axis.set_xlim(years[0] - 0.5, years[-1] + 0.6)
    for year in dict.fromkeys((known[0], known[-1])):
        axis.annotate(
            panel.labels[year], (year, panel.values[year]), textcoords="offset points", xytext=(0, 5), ha="center",
            fontsize=7.5, bbox={"facecolor": "white", "edgecolor": "none", "pad": 0.5, "alpha": 0.8},
        )  # fmt: skip
    axis.set_title(f"{panel.title}（{panel.unit}）", fontsize=8, loc="left")
    axis.set_xticks(list(years), [str(y)[2:] if i else str(y) for i, y in enumerate(years)], fontsize=7)
    axis.set_yticks([])
    axis.spines["left"].set_visible(False)


def pairs(rows: Sequence[Pair], unit: str) -> bytes:
    """Women against men, one line an indicator, the widest gap on top."""
    with mpl.rc_context(STYLE):
        figure, axis = plt.subplots(figsize=(WIDTH, 0.55 + 0.27 * len(rows)), layout="constrained")
        for y, row in enumerate(reversed(rows)):
            axis.plot([row.female, row.male], [y, y], color=PALE, linewidth=1, zorder=1)
            axis.plot(row.female, y, "o", color=WOMEN, markersize=5, zorder=2)
            axis.plot(row.male, y, "s", color="white", markeredgecolor=MEN, markersize=5, zorder=2)
            left, right = sorted(((row.female, row.female_label), (row.male, row.male_label)))
            axis.annotate(
                left[1], (left[0], y), textcoords="offset points", xytext=(-6, 0), ha="right", va="center", fontsize=7
            )
            axis.annotate(
                right[1], (right[0], y), textcoords="offset points", xytext=(6, 0), ha="left", va="center", fontsize=7
            )
        top = rows[0]
        for x, word, color in ((top.female, "女", WOMEN), (top.male, "男", MEN)):
            axis.annotate(
                word,
                (x, len(rows) - 1),
                textcoords="offset points",
                xytext=(0, 6),
                ha="center",
                fontsize=8,
                color=color,
            )
        axis.set_yticks(range(len(rows)), [r.name for r in reversed(rows)], fontsize=7.5)
        axis.set_ylim(-0.6, len(rows) - 0.1)
        values = [v for r in rows for v in (r.female, r.male)]
        room = (max(values) - min(values)) * 0.12 or 1
        axis.set_xlim(min(values) - room, max(values) + room)
        axis.set_xlabel(unit, fontsize=7.5, loc="right")
        axis.tick_params(axis="x", labelsize=7)
        axis.tick_params(axis="y", length=0)
        axis.spines["left"].set_visible(False)
        return _svg(figure)


def dots(rows: Sequence[Dot], target: float, target_label: str, unit: str) -> bytes:
    """Areas in order against the target; those below are solid and named."""
    with mpl.rc_context(STYLE):
        figure, axis = plt.subplots(figsize=(WIDTH, 2.3), layout="constrained")
        for x, row in enumerate(rows):
            axis.plot(
                x,
                row.value,
                "o",
                markersize=4.5,
                color=INK if row.good else TARGET,
                fillstyle="none" if row.good else "full",
            )
            if not row.good:
                away = (0, -10 if x % 2 else 5)  # neighbours are labelled above and below in turn
                axis.annotate(
                    row.label, (x, row.value), textcoords="offset points", xytext=away, ha="center", fontsize=6.5
                )
        axis.axhline(target, color=TARGET, linewidth=0.9, linestyle=(0, (4, 2)))
        axis.text(len(rows) - 0.4, target, target_label, color=TARGET, fontsize=7, va="bottom", ha="left")
        axis.set_xticks(range(len(rows)), ["\n".join(r.name) for r in rows], fontsize=6.5)
        values = [*(r.value for r in rows), target]
        room = (max(values) - min(values)) * 0.15 or 1
        axis.set_ylim(min(values) - room, max(values) + room)
        axis.set_xlim(-0.7, len(rows) + 1.6)
        axis.set_ylabel(unit, fontsize=7.5, rotation=0, loc="top")
        axis.tick_params(axis="y", labelsize=7)
        axis.tick_params(axis="x", length=0)
        return _svg(figure)


def _svg(figure: Any) -> bytes:
    out = io.BytesIO()
    with warnings.catch_warnings():
        warnings.simplefilter("error")  # a missing glyph is an error
        figure.savefig(out, format="svg", metadata={"Date": None, "Creator": None})
    plt.close(figure)
    return out.getvalue()
