"""Pictures of what was measured: the package that draws them is an extra, and a file may not be writable."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from matplotlib.figure import Figure


class NoPlotError(RuntimeError):
    """The picture cannot be drawn or kept; the message says why."""


@contextmanager
def picture(path: Path, *, inches: tuple[float, float], dpi: int = 110) -> Iterator[Figure]:
    """A figure to draw on, so many inches wide and high; at the end it is written as the kind that the path's ending names.

    Raises NoPlotError.
    """
    try:
        from matplotlib.figure import Figure
    except ImportError as error:
        raise NoPlotError(
            "the picture needs matplotlib, which comes with the extra «plots»: uv sync --inexact --extra plots"
        ) from error
    figure = Figure(figsize=inches, dpi=dpi, layout="constrained")
    yield figure
    try:
        figure.savefig(path)
    except (OSError, ValueError) as error:
        raise NoPlotError(f"the picture could not be written to {path}: {error}") from error
