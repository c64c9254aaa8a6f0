"""Where the mouse pointer is in a picture: the arrow that browsers and systems draw, black or white, in usual sizes."""

from __future__ import annotations

from functools import cache
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw
from scipy import ndimage

_OUTLINE: Final = ((1, 1), (1, 19), (5.2, 15.2), (8, 22), (11, 20.8), (8.2, 14), (14, 14))
_GRID: Final = (26, 42)
"""Shapes are compared at this size."""
_SMALLEST, _LARGEST = 12, 64
"""How tall an arrow is, pixels."""
_SLIMMEST, _WIDEST = 0.45, 0.85
"""How wide, for its height."""
_ALIKE: Final = 0.7
"""Of the two shapes' area, so much is in both."""

Mask = NDArray[np.bool_]


@cache
def _arrows() -> tuple[Mask, ...]:
    """The whole arrow, and what its rim leaves of it where only the inside stands out."""
    scale = 16
    drawn = Image.new("1", (15 * scale, 23 * scale))
    ImageDraw.Draw(drawn).polygon([(x * scale, y * scale) for x, y in _OUTLINE], fill=1)
    whole = np.asarray(drawn)
    rims = (0, 8, 12)
    return tuple(_on_grid(ndimage.binary_erosion(whole, iterations=rim) if rim else whole) for rim in rims)


def _on_grid(shape: Mask) -> Mask:
    rows, columns = np.flatnonzero(shape.any(1)), np.flatnonzero(shape.any(0))
    cut = shape[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]
    image = Image.fromarray((cut * 255).astype(np.uint8)).resize(_GRID, Image.Resampling.BOX)
    return np.asarray(np.asarray(image) > 127)


def find_pointer(gray: NDArray[np.uint8]) -> tuple[int, int] | None:
    """Give the arrow's tip, in pixels from the left and the top; None where no shape is clearly one."""
    best, place = _ALIKE, None
    for mask in (gray < 120, gray < 150, gray > 200, gray > 170):
        labels, _ = ndimage.label(mask)
        for number, where in enumerate(ndimage.find_objects(labels), 1):
            if not _could_be(where):
                continue
            shape = ndimage.binary_fill_holes(labels[where] == number)
            likeness = _likeness(shape)
            if likeness > best:
                best, place = likeness, (int(where[1].start), int(where[0].start))
    return place


def _could_be(where: Any) -> bool:
    height, width = where[0].stop - where[0].start, where[1].stop - where[1].start
    return bool(_SMALLEST <= height <= _LARGEST and _SLIMMEST <= width / height <= _WIDEST)


def _likeness(shape: Mask) -> float:
    seen = _on_grid(shape)
    return max(float((arrow & seen).sum() / (arrow | seen).sum()) for arrow in _arrows())
