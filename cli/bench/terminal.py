"""Where a bench tells how far it is: stderr, wide enough for its tables."""

from __future__ import annotations

from typing import Final

from rich.console import Console

STOPPED: Final = 130
"""The exit code after Ctrl-C."""
WIDTH: Final = 150
"""Characters, where no terminal says how many: the widest table has thirteen columns."""


def wide_console() -> Console:
    """A terminal as it is, and WIDTH where there is none."""
    console = Console(stderr=True, highlight=False)
    return console if console.is_terminal else Console(stderr=True, highlight=False, width=WIDTH)
