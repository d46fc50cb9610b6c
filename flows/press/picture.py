"""Draws a page as a picture for a phone: PDF in, PNG out, always with the same bytes; the only module that uses Pillow."""

from __future__ import annotations

import io

import numpy as np
import pypdfium2
from PIL import Image

WIDE = 1080
"""The width of a picture in pixels: that of most phones' screens, or half as much again as they show."""
COLOURS = 64
"""As many as a page of two colours and grey needs, with the edges of its letters: a fifth of the bytes."""
MARGIN = 48
"""The pixels left below the last line: a page is as long as a style sheet says, a picture as long as its text."""


def drawn(pdf: bytes) -> bytes:
    """The first page, cut below its last line."""
    with pypdfium2.PdfDocument(pdf) as pages:
        page = pages[0]
        bitmap = page.render(scale=WIDE / page.get_width())
        image = bitmap.to_pil().convert("RGB")
    ink = np.flatnonzero((np.asarray(image) != 255).any(axis=(1, 2)))
    image = image.crop((0, 0, WIDE, min(int(ink[-1]) + MARGIN if len(ink) else MARGIN, image.height)))
    out = io.BytesIO()
    image.quantize(COLOURS, Image.Quantize.MEDIANCUT, dither=Image.Dither.NONE).save(out, "PNG", optimize=True)
    return out.getvalue()
