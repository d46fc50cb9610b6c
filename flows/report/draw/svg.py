"""A drawing of matplotlib in, SVG of few and plain elements out.

A chart is drawn four times: by matplotlib, in two papers and in a browser. What that costs goes by the number of elements and of style
attributes, so lines of one look that follow each other are one path, nothing stands in a group, and what all share is said once.
"""

from __future__ import annotations

from hashlib import sha256
from typing import Any
from xml.sax.saxutils import escape, quoteattr

import numpy as np
from matplotlib.backend_bases import GraphicsContextBase, RendererBase
from matplotlib.colors import to_hex
from matplotlib.font_manager import FontProperties
from matplotlib.path import Path
from matplotlib.transforms import Affine2D, Transform

COMMANDS = {Path.MOVETO: "M", Path.LINETO: "L", Path.CURVE3: "Q", Path.CURVE4: "C"}
DECIMALS = 2
"""Of coordinates, in points: four thousandths of a millimetre."""
HATCH = 72
"""The side of the square that a hatch repeats, in points."""
BOLD = "700"


class Renderer(RendererBase):
    """What matplotlib's figures draw on: knows paths and texts, lengths in points."""

    def __init__(self, width: float, height: float, face: str) -> None:
        super().__init__()
        self.width, self.height, self.face = width, height, face
        self.flipped = Affine2D().scale(1, -1).translate(0, height)
        self.elements: list[str] = []
        self.hatches: dict[str, str] = {}
        self.line: tuple[str, list[str]] = ("", [])
        """The look of the lines that were drawn last, and each of them."""

    def flipy(self) -> bool:
        return True

    def get_canvas_width_height(self) -> tuple[float, float]:
        return self.width, self.height

    def draw_path(
        self,
        gc: GraphicsContextBase,
        path: Path,
        transform: Transform,
        rgbFace: Any = None,  # noqa: N803
    ) -> None:
        look = self._look(gc, rgbFace)
        if "fill" not in look and "stroke" not in look:
            return
        drawn, told = _commands(path, transform + self.flipped), _attributes({"fill": "none", **look})
        if "fill" in look:
            self._end_line()
            self.elements.append(f'<path d="{drawn}"{told}/>')
            return
        if told != self.line[0]:
            self._end_line()
            self.line = (told, [])
        self.line[1].append(drawn)

    def draw_markers(
        self,
        gc: GraphicsContextBase,
        marker_path: Path,
        marker_trans: Transform,
        path: Path,
        trans: Transform,
        rgbFace: Any = None,  # noqa: N803
    ) -> None:
        if marker_path is not Path.unit_circle():
            super().draw_markers(gc, marker_path, marker_trans, path, trans, rgbFace)
            return
        self._end_line()
        told = _attributes(self._look(gc, rgbFace))
        size = f"{np.asarray(marker_trans.transform((1, 0)))[0]:.{DECIMALS}f}"
        for x, y in _corners(path, trans + self.flipped):
            self.elements.append(f'<circle cx="{x:g}" cy="{y:g}" r="{size}"{told}/>')

    def get_text_width_height_descent(self, s: str, prop: FontProperties, ismath: Any) -> tuple[float, float, float]:
        """What a text takes up moves none: each begins where it is told to, at the left end of its base line. matplotlib would measure
        all of them, which takes as long as all the rest; whoever places texts has measured them before (`charts.measure`).
        """
        return 0.0, prop.get_size(), 0.0

    def draw_text(
        self,
        gc: GraphicsContextBase,
        x: float,
        y: float,
        s: str,
        prop: FontProperties,
        angle: float,
        ismath: Any = False,
        mtext: Any = None,
    ) -> None:
        assert angle == 0, "charts are read from left to right"
        self._end_line()
        look = {
            "x": f"{x:.{DECIMALS}f}",
            "y": f"{y:.{DECIMALS}f}",
            "font-size": f"{prop.get_size():g}",
            "fill": to_hex(gc.get_rgb()),
        }
        if prop.get_weight() == "bold":
            look["font-weight"] = BOLD
        self.elements.append(f"<text{_attributes(look)}>{escape(s)}</text>")

    def _end_line(self) -> None:
        """Lines of one look are one path: they differ only in where they are."""
        told, drawn = self.line
        if drawn:
            self.elements.append(f'<path d="{"".join(drawn)}"{told}/>')
        self.line = ("", [])

    def _look(self, gc: GraphicsContextBase, face: Any) -> dict[str, str]:
        """How a path is filled and stroked; the joins and ends of strokes are round and flat unless told otherwise."""
        look = {}
        if gc.get_hatch() is not None:
            look["fill"] = f"url(#{self._hatch(gc, face)})"
        elif face is not None:
            look["fill"] = to_hex(face)
        if gc.get_linewidth():
            look |= {"stroke": to_hex(gc.get_rgb()), "stroke-width": f"{gc.get_linewidth():g}"}
            offset, dashes = gc.get_dashes()
            if dashes is not None:
                look["stroke-dasharray"] = " ".join(f"{length:g}" for length in np.asarray(dashes, float))
                if offset:
                    look["stroke-dashoffset"] = f"{offset:g}"
            if gc.get_joinstyle() != "round":
                look["stroke-linejoin"] = gc.get_joinstyle()
            if gc.get_capstyle() != "butt":
                look["stroke-linecap"] = {"projecting": "square"}.get(gc.get_capstyle(), gc.get_capstyle())
        return look

    def _hatch(self, gc: GraphicsContextBase, face: Any) -> str:
        """The name of a pattern."""
        drawn = _commands(gc.get_hatch_path(), Affine2D().scale(HATCH, -HATCH).translate(0, HATCH))
        colour = to_hex(gc.get_hatch_color())
        ink = {
            "fill": colour,
            "stroke": colour,
            "stroke-width": f"{gc.get_hatch_linewidth():g}",
            "stroke-linejoin": "miter",
        }
        ground = {"width": str(HATCH + 1), "height": str(HATCH + 1), "fill": "none" if face is None else to_hex(face)}
        inside = f'<rect{_attributes(ground)}/><path d="{drawn}"{_attributes(ink)}/>'
        name = f"hatch-{sha256(inside.encode()).hexdigest()[:8]}"
        size = {"patternUnits": "userSpaceOnUse", "width": str(HATCH), "height": str(HATCH)}
        self.hatches[name] = f'<pattern id="{name}"{_attributes(size)}>{inside}</pattern>'
        return name

    def svg(self) -> str:
        """The whole drawing."""
        self._end_line()
        defined = f"<defs>{''.join(self.hatches.values())}</defs>\n" if self.hatches else ""
        wide, tall = f"{self.width:.6g}", f"{self.height:.6g}"
        shared = {"font-family": f"'{self.face}'", "stroke-linejoin": "round"}
        head = f'width="{wide}pt" height="{tall}pt" viewBox="0 0 {wide} {tall}"{_attributes(shared)}'
        drawn = "\n".join(self.elements)
        return f'<svg xmlns="http://www.w3.org/2000/svg" {head}>\n{defined}{drawn}\n</svg>\n'


def _commands(path: Path, transform: Transform) -> str:
    """A path in the words of SVG; a command that follows itself is not said again."""
    corners = _corners(path, transform)
    codes = (
        [Path.MOVETO, *[Path.LINETO] * (len(corners) - 1)]
        if path.codes is None
        else np.asarray(path.codes, int).tolist()
    )
    found, before = [], None
    for (x, y), code in zip(corners, codes, strict=True):
        if code == Path.CLOSEPOLY:
            found.append("Z")
        else:
            found.append(f"{' ' if code == before != Path.MOVETO else COMMANDS[code]}{x:g} {y:g}")
        before = code
    return "".join(found)


def _corners(path: Path, transform: Transform) -> list[tuple[float, float]]:
    """The points that a path is told by, rounded; none is −0."""
    found: list[tuple[float, float]] = (
        np.asarray(transform.transform(path.vertices), float).round(DECIMALS) + 0.0
    ).tolist()
    return found


def _attributes(look: dict[str, str]) -> str:
    return "".join(f" {name}={quoteattr(value)}" for name, value in look.items())
