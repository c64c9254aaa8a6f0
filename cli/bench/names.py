"""Several of a kind in one option, as the benches take them: «economy,premium»."""

from __future__ import annotations

from enum import StrEnum
from typing import TypeVar

import typer

Name = TypeVar("Name", bound=StrEnum)


def names(text: str, kind: type[Name]) -> list[Name]:
    """Names with commas between them. Raises typer.BadParameter for an unknown one."""
    try:
        return [kind(name.strip()) for name in text.split(",")]
    except ValueError:
        allowed = ", ".join(kind)
        raise typer.BadParameter(f"{text!r} is not made of {allowed}") from None
