"""Dollars as people write them, and whole µ$ as they are counted."""

from __future__ import annotations

import re
from decimal import Decimal
from typing import Final, get_args

import typer

from routing.caps import Caps
from routing.scopes import ScopeKind

_DOLLARS: Final = re.compile(r"^\d{1,9}(\.\d{1,6})?$")
_CAP: Final = re.compile(r"^(\w+)\.(\w+)=(.*)$")
_MICRO: Final = 1_000_000
CAP_HELP: Final = "A cap in dollars, such as user_day.premium=4.00; again for another."


def microdollars(text: str) -> int:
    """Read dollars exactly. Raises typer.BadParameter."""
    if not text.isascii() or not _DOLLARS.match(text):
        raise typer.BadParameter(
            f"{text!r} is no amount: write dollars with a point, such as 4.00 or 0.000001"
        )
    return int(Decimal(text) * _MICRO)


def dollars(amount: int) -> str:
    """Show whole µ$ as dollars, exactly."""
    sign, (whole, micro) = "-" if amount < 0 else "", divmod(abs(amount), _MICRO)
    digits = f"{micro:06d}".rstrip("0").ljust(2, "0")
    return f"{sign}${whole:,}.{digits}"


def read_caps(texts: list[str]) -> dict[str, dict[str, int]]:
    """Read `SCOPE.TIER=DOLLARS` into a part of a policy's `caps`. Raises typer.BadParameter."""
    caps: dict[str, dict[str, int]] = {}
    for text in texts:
        found = _CAP.match(text)
        scope, tier = (found[1], found[2]) if found else ("", "")
        if found is None or scope not in get_args(ScopeKind) or tier not in ("premium", "total"):
            scopes = ", ".join(get_args(ScopeKind))
            raise typer.BadParameter(
                f"{text!r} is no cap: write SCOPE.TIER=DOLLARS, SCOPE one of {scopes}, TIER premium or total"
            )
        if tier in caps.setdefault(scope, {}):
            raise typer.BadParameter(f"{scope}.{tier} is given twice")
        caps[scope][tier] = microdollars(found[3])
    return caps


def shown_caps(caps: Caps) -> list[tuple[str, str, str]]:
    """Rows of scope, premium cap and total cap, for people."""
    return [
        (kind, dollars(caps.of(kind).premium), dollars(caps.of(kind).total)) for kind in get_args(ScopeKind)
    ]
