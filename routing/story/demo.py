"""How calls that were made up are told from calls that there were."""

from __future__ import annotations

from typing import Final

PREFIX: Final = "demo-"
"""Begins the ids of calls, experiments and subjects that are made up; a real call's id never does."""


def is_demo(name: str) -> bool:
    """Whether a call was made up."""
    return name.startswith(PREFIX)
