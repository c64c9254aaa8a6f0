"""What every vendor's usage export comes down to: lines with a model, a time and an amount of money."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Final

from pydantic import ValidationError

from tiers.prices import PriceTable, UnpricedUnitError
from tiers.usage import CACHED

_SNAPSHOT: Final = re.compile(r"-\d{4}-\d{2}-\d{2}$")
_FAMILY: Final = re.compile(r"^[a-z]+-\d+")


class UnreadableExportError(ValueError):
    """The file is no export that can be read; the message says what is wrong and how to get a right one."""


@dataclass(frozen=True, slots=True)
class Line:
    """One line of an export: a request, or all requests of a model in a period."""

    vendor: str
    model: str
    """As `family` gives it."""
    starts_ms: int
    """Unix time in ms: the first of the period; a request's own time."""
    ends_ms: int
    """The first that is no longer of the period."""
    microdollars: int
    request_id: str = ""
    call_id: str = ""
    """The call that a request was tagged with."""


@dataclass(frozen=True, slots=True)
class Export:
    """What a vendor says was used."""

    form: str
    """Whose form it is, for people: `OpenAI usage`."""
    lines: tuple[Line, ...]
    by_request: bool
    """Each line is a request with an id; else it is a model's whole period."""
    sandbox: bool = False
    """The stand-ins wrote it: no real money."""
    left_out: tuple[str, ...] = field(default=())
    """What the file holds and could not be used, as sentences."""


def family(vendor: str, model: str) -> str:
    """Give the name under which a model is priced: without a snapshot's date, a voice or a language."""
    name = model.strip().lower()
    if vendor == "openai":
        return _SNAPSHOT.sub("", name)
    if vendor == "deepgram" and (found := _FAMILY.match(name)):
        return found.group()
    return name


def price_of_many(prices: PriceTable, vendor: str, model: str, units: Mapping[str, Fraction | int]) -> int:
    """Price the units of many requests together, in whole µ$, rounded half up once.

    Unlike a single request's, their number says nothing about long prompts, which cost more. Raises
    UnpricedModelError and UnpricedUnitError.
    """
    rates = prices.rates(vendor, model)
    total = Fraction(0)
    for unit, count in units.items():
        if not count:
            continue
        if unit not in rates:
            raise UnpricedUnitError(f"{vendor} {model} has no price for {unit}")
        total += rates[unit].microdollars * (count - units.get(f"{CACHED}{unit}", 0))
    return int(total + Fraction(1, 2))


def unreadable(form: str, error: ValidationError) -> UnreadableExportError:
    """Say where a file is not of its form."""
    first = error.errors(include_url=False, include_input=False)[0]
    where = ".".join(str(part) for part in first["loc"]) or "the file"
    return UnreadableExportError(f"this is not the {form} form: {where}: {first['msg']}")
