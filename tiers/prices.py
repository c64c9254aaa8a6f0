"""What usage costs: dated prices with their sources, in exact fractions until the one rounding of an event.

Token models are priced by the `genai-prices` package (pinned; it never asks the network here), everything else by
`prices.toml`. What has no price is an error, never free: see `refuse_unpriced`.
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from decimal import Decimal
from fractions import Fraction
from functools import cache
from pathlib import Path
from types import MappingProxyType
from typing import Annotated, Final, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, PositiveInt, TypeAdapter

from tiers import catalogue
from tiers.catalogue import MODELS, Model, Stack
from tiers.usage import Usage

BUNDLED: Final = Path(__file__).with_name("prices.toml")

_MICRO: Final = 1_000_000
_CHAT: Final = {
    "input_tokens": "input_mtok",
    "cached_input_tokens": "cache_read_mtok",
    "output_tokens": "output_mtok",
}
_REALTIME: Final = {
    "text_input_tokens": "input_mtok",
    "cached_text_input_tokens": "cache_read_mtok",
    "audio_input_tokens": "input_audio_mtok",
    "cached_audio_input_tokens": "cache_audio_read_mtok",
    "image_input_tokens": "input_image_mtok",
    "cached_image_input_tokens": "cache_image_read_mtok",
    "text_output_tokens": "output_mtok",
    "audio_output_tokens": "output_audio_mtok",
}
_MINUTES: Final = {"audio_ms": "audio_hours"}
_KINDS: Final = {
    "chat": (_CHAT, 1_000_000),
    "realtime": (_REALTIME, 1_000_000),
    "minutes": (_MINUTES, 3_600_000),
}

NEEDS: Final[Mapping[catalogue.Part, tuple[frozenset[str], ...]]] = MappingProxyType(
    {
        "stt": (frozenset({"audio_ms"}),),
        "llm": (frozenset(_CHAT),),
        "tts": (frozenset({"characters"}),),
        "speech_to_speech": (frozenset(_REALTIME),),
        "transcription": (
            frozenset({"audio_ms"}),
            frozenset({"audio_input_tokens", "text_input_tokens", "text_output_tokens"}),
        ),
    }
)
"""The units that a part of a stack is billed by: one of these sets must be priced."""


class UnpricedModelError(LookupError):
    """The table has no prices for a model, or not all that its part of a stack needs."""


class UnpricedUnitError(LookupError):
    """The table prices the model, but not by this unit."""


@dataclass(frozen=True, slots=True)
class Rate:
    """The price of one unit in µ$. `above` has dearer ones: (input tokens, price) for requests with more than those."""

    microdollars: Fraction
    above: tuple[tuple[int, Fraction], ...] = ()

    def of(self, input_tokens: int) -> Fraction:
        """The price of a unit in a request with so many input tokens."""
        return next(
            (price for start, price in reversed(self.above) if input_tokens > start), self.microdollars
        )


class PriceTable:
    """The prices of every model, one version of them."""

    def __init__(self, version: str, rates: Mapping[tuple[str, str], Mapping[str, Rate]]) -> None:
        self.version: Final = version
        """The date of our own prices, and the version of the package's: the journal keeps it with each charge."""
        self.all: Final = MappingProxyType(
            {key: MappingProxyType(dict(units)) for key, units in rates.items()}
        )
        """Rates by vendor and model, then by unit; a model that ends in `*` stands for all that begin so."""

    @classmethod
    def load(cls, path: Path = BUNDLED) -> PriceTable:
        """Read prices from a file like the bundled one. Raises for what is not such a file or not in the package."""
        data = TypeAdapter(_File).validate_python(tomllib.loads(path.read_text(encoding="utf-8")))
        rates: dict[tuple[str, str], dict[str, Rate]] = {}
        for listed in data.library:
            rates[listed.vendor, listed.model] = _from_library(listed, data.as_of)
        for row in data.price:
            price = Rate(Fraction(row.dollars) * _MICRO / row.per)
            for unit in row.unit:
                rates.setdefault((row.vendor, row.model), {})[unit] = price
        import genai_prices

        return cls(f"{data.version}+genai-prices-{genai_prices.__version__}", rates)

    def rates(self, vendor: str, model: str) -> Mapping[str, Rate]:
        """The rates of a model by unit. Raises UnpricedModelError."""
        found = self.all.get((vendor, model))
        if found is not None:
            return found
        for (listed, pattern), rates in self.all.items():
            if listed == vendor and pattern.endswith("*") and model.startswith(pattern[:-1]):
                return rates
        raise UnpricedModelError(f"{vendor} {model} has no price")

    def price(self, usage: Usage) -> int:
        """What a usage costs in whole µ$, rounded half up once. Cached tokens are charged once, at their own price.

        Raises UnpricedModelError and UnpricedUnitError.
        """
        rates = self.rates(usage.vendor, usage.model)
        given = sum(
            count
            for unit, count in usage.units.items()
            if unit.endswith("input_tokens") and "cached" not in unit
        )
        total = Fraction(0)
        for unit, count in usage.uncached():
            if unit not in rates:
                raise UnpricedUnitError(f"{usage.vendor} {usage.model} has no price for {unit}")
            total += rates[unit].of(given) * count
        return int(total + Fraction(1, 2))


@cache
def bundled() -> PriceTable:
    """The prices that come with this version of the product."""
    return PriceTable.load()


def refuse_unpriced(stacks: Iterable[Stack], table: PriceTable | None = None) -> None:
    """Raise UnpricedModelError unless every model of the stacks, and every successor, has all prices that its part needs."""
    prices = table or bundled()
    missing: list[str] = []
    for stack in stacks:
        for part, model in stack.models:
            for each in _with_successors(model):
                if reason := _unpriced(prices, part, each):
                    missing.append(f"{reason} ({part} of the stack {stack.name})")
    if missing:
        raise UnpricedModelError(
            f"{'; '.join(dict.fromkeys(missing))}. Add the prices with their source and date to "
            f"{BUNDLED.parent.name}/{BUNDLED.name}, or take the stack out of the catalogue."
        )


def _with_successors(model: Model) -> Iterable[Model]:
    seen: set[str] = set()
    while model.name not in seen:
        seen.add(model.name)
        yield model
        if model.successor is None:
            return
        model = MODELS.get(model.successor, Model(model.vendor, model.successor))


def _unpriced(prices: PriceTable, part: catalogue.Part, model: Model) -> str | None:
    try:
        priced = prices.rates(model.vendor, model.name).keys()
    except UnpricedModelError as error:
        return str(error)
    if any(needed <= priced for needed in NEEDS[part]):
        return None
    return f"{model.vendor} {model.name} has no price for {', '.join(sorted(NEEDS[part][0] - priced))}"


# The file


class _Listed(BaseModel):
    model_config = ConfigDict(extra="forbid")
    vendor: str
    model: str
    units: Literal["chat", "realtime", "minutes"]


class _Row(BaseModel):
    model_config = ConfigDict(extra="forbid")
    vendor: str
    model: str
    unit: Annotated[list[str], BeforeValidator(lambda unit: [unit] if isinstance(unit, str) else unit)]
    dollars: Decimal
    per: PositiveInt
    source: str
    date: date


class _File(BaseModel):
    model_config = ConfigDict(extra="forbid")
    version: str
    as_of: date
    library: list[_Listed]
    price: list[_Row]


def _from_library(listed: _Listed, day: date) -> dict[str, Rate]:
    """A model's rates from genai-prices, as they are on a day. Raises UnpricedModelError."""
    # It takes half a second and some megabytes, and not every process prices anything.
    from genai_prices import Usage as NoUsage
    from genai_prices import calc_price

    at = datetime.combine(day, time(), UTC)
    try:
        prices = calc_price(
            NoUsage(), listed.model, provider_id=listed.vendor, genai_request_timestamp=at
        ).model_price
    except LookupError as error:
        raise UnpricedModelError(f"genai-prices does not know {listed.vendor} {listed.model}") from error
    units, per = _KINDS[listed.units]
    rates: dict[str, Rate] = {}
    for unit, key in units.items():
        price = getattr(prices, key, None)
        if price is None:
            continue
        rates[unit] = _rate(price, per)
    return rates


def _rate(price: object, per: int) -> Rate:
    def micro(dollars: Decimal) -> Fraction:
        return Fraction(dollars) * _MICRO / per

    if isinstance(price, Decimal):
        return Rate(micro(price))
    from genai_prices.types import TieredPrices

    if not isinstance(price, TieredPrices):
        raise TypeError(f"a price of an unknown kind: {price!r}")
    tiers = sorted(price.tiers, key=lambda tier: tier.start)
    return Rate(micro(price.base), tuple((tier.start, micro(tier.price)) for tier in tiers))
