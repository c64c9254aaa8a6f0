"""What the stand-ins charge: a price list of the sandbox's own, so that meter and invoice check each other.

Facts are those of adr/0009 (2026-11). A price is micro-dollars for one unit; dollars per
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


def _realtime(audio: tuple[str, str, str], text: tuple[str, str, str]) -> dict[str, Fraction]:
    """Prices of input, cached input and output."""
    return {
        f"{cached}{kind}_{direction}_tokens": Fraction(price)
        for kind, prices in (("audio", audio), ("text", text))
        for (cached, direction), price in zip(
            (("", "input"), ("cached_", "input"), ("", "output")), prices, strict=True
        )
    }


_GEMINI_LIVE = {
    "text_input_tokens": Fraction("0.75"),
    "audio_input_tokens": Fraction(3),
    "image_input_tokens": Fraction(1),
    "text_output_tokens": Fraction("4.5"),
    "audio_output_tokens": Fraction(12),
}

_REALTIME_MINI = _realtime(audio=("10", "0.30", "20"), text=("0.60", "0.06", "2.40"))

PRICES: dict[tuple[str, str], dict[str, Fraction]] = {
    ("openai", "gpt-4o-mini"): _tokens("0.15", "0.075", "0.60"),
    ("openai", "gpt-4o"): _tokens("2.50", "1.25", "10"),
    ("openai", "gpt-5.6-luna"): _tokens("0.20", "0.02", "1.20"),
    ("openai", "gpt-realtime"): _realtime(audio=("32", "0.40", "64"), text=("4", "0.40", "16")),
    ("openai", "gpt-realtime-2.1"): _realtime(audio=("32", "0.40", "64"), text=("4", "0.40", "24")),
    ("openai", "gpt-realtime-mini"): _REALTIME_MINI,
    ("openai", "gpt-realtime-2.1-mini"): _REALTIME_MINI,
    # What writes down the caller's words of a realtime session: by the minute, or by the token.
    ("openai", "gpt-realtime-whisper"): {"audio_seconds": _dollars("0.017") / _MINUTE},
    ("openai", "gpt-4o-mini-transcribe"): {
        "audio_input_tokens": Fraction("1.25"),
        "text_input_tokens": Fraction("1.25"),
        "text_output_tokens": Fraction(5),
    },
    ("deepgram", "nova-3"): {"audio_seconds": _dollars("0.0077") / _MINUTE},
    ("deepgram", "aura-2"): {"characters": _dollars("0.030") / _THOUSAND},
    # One credit a character; the dearer end of the plans' range, which is what a small account pays.
    ("cartesia", "sonic"): {"characters": _dollars("0.00005")},
    ("google", "gemini-3.1-flash-live-preview"): _GEMINI_LIVE,
    ("google", "gemini-3.8-live"): _GEMINI_LIVE,
    # The dearer end of the plans, again.
    ("elevenlabs", "eleven_flash_v2_5"): {"characters": _dollars("0.05") / _THOUSAND},
}

_CACHED = "cached_"
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

    Cached tokens are a part of the tokens that they name (`cached_audio_input_tokens` of `audio_input_tokens`) and are
    charged at their own price instead.
    """
    prices = prices_of(vendor, model)
    counted = dict(units)
    for unit, cached in units.items():
        if unit.startswith(_CACHED):
            whole = unit.removeprefix(_CACHED)
            counted[whole] = counted.get(whole, 0) - cached
            if counted[whole] < 0:
                raise ValueError(f"more cached {whole} than {whole}")
    total = Fraction(0)
    for unit, amount in counted.items():
        if amount < 0:
            raise ValueError(f"a negative number of {unit}")
        if unit not in prices:
            raise UnpricedError(f"no price for {unit} of {vendor} {model}")
        total += prices[unit] * Fraction(amount)
    return int(total + Fraction(1, 2))
