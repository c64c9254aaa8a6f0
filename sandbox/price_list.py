"""What the stand-ins charge: a price list of the sandbox's own, so that meter and invoice check each other.

Facts are those of DESIGN.md, «Vendor facts» (2026-11). A price is micro-dollars for one unit; dollars per
million tokens are micro-dollars per token.
"""

import re
from collections.abc import Mapping
from fractions import Fraction

_MINUTE = 60
_THOUSAND = 1000


def _dollars(amount: str) -> Fraction:
    return Fraction(amount) * 1_000_000


def _tokens(text_in: str, cached: str, text_out: str) -> dict[str, Fraction]:
    return {
        "input_tokens": Fraction(text_in),
        "cached_input_tokens": Fraction(cached),
        "output_tokens": Fraction(text_out),
    }


PRICES: dict[tuple[str, str], dict[str, Fraction]] = {
    ("openai", "gpt-4o-mini"): _tokens("0.15", "0.075", "0.60"),
    ("openai", "gpt-4o"): _tokens("2.50", "1.25", "10"),
    ("openai", "gpt-5.6-luna"): _tokens("0.20", "0.02", "1.20"),
    ("deepgram", "nova-3"): {"audio_seconds": _dollars("0.0077") / _MINUTE},
    ("deepgram", "aura-2"): {"characters": _dollars("0.030") / _THOUSAND},
    # One credit a character; the dearer end of the plans' range, which is what a small account pays.
    ("cartesia", "sonic"): {"characters": _dollars("0.00005")},
}

_DATED = re.compile(r"-\d{4}-\d{2}-\d{2}$")
_FAMILIES = {
    "deepgram": re.compile(r"^(nova-3|aura-2)(?:-[a-z0-9-]+)?$"),
    "cartesia": re.compile(r"^(sonic)(?:-[a-z0-9.-]+)?$"),
}


class UnpricedError(LookupError):
    """The price list has no such vendor, model or unit: ours to fix, never billed as zero."""


def prices_of(vendor: str, model: str) -> Mapping[str, Fraction]:
    """The prices of a model by unit. Dated snapshots and voices of a family cost what the family costs."""
    family = _FAMILIES.get(vendor)
    found = family.match(model) if family else None
    name = found.group(1) if found else _DATED.sub("", model)
    try:
        return PRICES[vendor, name]
    except KeyError:
        raise UnpricedError(f"no price for {vendor} {model}") from None


def microdollars(vendor: str, model: str, units: Mapping[str, float]) -> int:
    """The price of `units` in whole µ$, rounded half up once, for the sum.

    `cached_input_tokens` are a part of `input_tokens` and are charged at their own price instead.
    """
    prices = prices_of(vendor, model)
    counted = dict(units)
    cached = counted.get("cached_input_tokens", 0)
    if cached > counted.get("input_tokens", 0):
        raise ValueError("more cached input tokens than input tokens")
    if cached:
        counted["input_tokens"] -= cached
    total = Fraction(0)
    for unit, amount in counted.items():
        if amount < 0:
            raise ValueError(f"a negative number of {unit}")
        if unit not in prices:
            raise UnpricedError(f"no price for {unit} of {vendor} {model}")
        total += prices[unit] * Fraction(amount)
    return int(total + Fraction(1, 2))
