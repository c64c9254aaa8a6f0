"""Prices are exact, complete for every stack, and do not move by a mistake."""

import subprocess
import sys
import tomllib
from dataclasses import replace
from datetime import date
from fractions import Fraction
from importlib.metadata import version
from pathlib import Path
from types import MappingProxyType
from typing import Any

import genai_prices
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tiers.catalogue import STACKS, Model, Part, Stack
from tiers.prices import (
    BUNDLED,
    PriceTable,
    Rate,
    UnpricedModelError,
    UnpricedUnitError,
    bundled,
    refuse_unpriced,
)
from tiers.usage import Usage

pytestmark = pytest.mark.unit


def usage(vendor: str, model: str, **units: int) -> Usage:
    return Usage(
        event_id="s1:1",
        vendor=vendor,
        model=model,
        part="llm",
        stack="economy",
        units=units,
        certainty="actual",
        outcome="ok",
    )


def price(vendor: str, model: str, **units: int) -> int:
    return bundled().price(usage(vendor, model, **units))


# What the vendors charge (November 2026): $ for a million tokens, a minute or a thousand characters

CHAT = {
    "gpt-4o-mini": (0.15, 0.075, 0.60),
    "gpt-4o": (2.50, 1.25, 10),
    "gpt-5.6-luna": (0.20, 0.02, 1.20),
}
AUDIO, MINI_AUDIO = (32, 0.40, 64), (10, 0.30, 20)
REALTIME = {
    "gpt-realtime": (*AUDIO, 4, 0.40, 16),
    "gpt-realtime-2": (*AUDIO, 4, 0.40, 24),
    "gpt-realtime-2.1": (*AUDIO, 4, 0.40, 24),
    "gpt-realtime-mini": (*MINI_AUDIO, 0.60, 0.06, 2.40),
    "gpt-realtime-2.1-mini": (*MINI_AUDIO, 0.60, 0.06, 2.40),
}
MILLION = 1_000_000


def dollars(model: str, **units: int) -> float:
    return price("openai", model, **units) / MILLION


@pytest.mark.parametrize(("model", "prices"), CHAT.items())
def test_chat_models_cost_what_their_vendor_says(model: str, prices: tuple[float, ...]) -> None:
    # A hundred thousand at a time: from 272,000 on luna is dearer.
    tenth = MILLION // 10
    assert (
        10 * dollars(model, input_tokens=tenth),
        10 * dollars(model, input_tokens=tenth, cached_input_tokens=tenth),
        10 * dollars(model, output_tokens=tenth),
    ) == pytest.approx(prices)


@pytest.mark.parametrize(("model", "prices"), REALTIME.items())
def test_speech_to_speech_models_cost_what_their_vendor_says(model: str, prices: tuple[float, ...]) -> None:
    said = [
        cost
        for kind in ("audio", "text")
        for cost in (
            dollars(model, **{f"{kind}_input_tokens": MILLION}),
            dollars(model, **{f"{kind}_input_tokens": MILLION, f"cached_{kind}_input_tokens": MILLION}),
            dollars(model, **{f"{kind}_output_tokens": MILLION}),
        )
    ]
    assert said == pytest.approx(prices)


@pytest.mark.parametrize(
    ("vendor", "model", "units", "micro"),
    [
        ("openai", "gpt-realtime-whisper", {"audio_ms": 60_000}, 17_000),
        ("deepgram", "nova-3", {"audio_ms": 60_000}, 7_700),
        ("deepgram", "aura-2-andromeda-en", {"characters": 1000}, 30_000),
        ("cartesia", "sonic-3", {"characters": 1}, 50),
        ("cartesia", "sonic-3-2026-01-12", {"characters": 1}, 50),
        ("elevenlabs", "eleven_flash_v2_5", {"characters": 1000}, 50_000),
        ("google", "gemini-3.1-flash-live-preview", {"audio_input_tokens": MILLION}, 3_000_000),
        ("google", "gemini-3.1-flash-live-preview", {"audio_output_tokens": MILLION}, 12_000_000),
        ("google", "gemini-3.1-flash-live-preview", {"text_input_tokens": MILLION}, 750_000),
        ("google", "gemini-3.1-flash-live-preview", {"text_output_tokens": MILLION}, 4_500_000),
        ("twilio", "trunk-inbound", {"phone_ms": 60_000}, 3_400),
        ("local", "whisper", {"audio_ms": 60_000}, 0),
        ("local", "piper", {"characters": 1000}, 0),
        ("ollama", "llama3.1", {"input_tokens": 1000, "output_tokens": 1000}, 0),
    ],
)
def test_everything_else_costs_what_its_vendor_says(
    vendor: str, model: str, units: dict[str, int], micro: int
) -> None:
    assert price(vendor, model, **units) == micro


VECTOR = {
    "text_input_tokens": 200,
    "audio_input_tokens": 800,
    "cached_text_input_tokens": 16,
    "cached_audio_input_tokens": 384,
    "text_output_tokens": 50,
    "audio_output_tokens": 250,
}


def test_a_reply_with_cached_text_and_sound_costs_31008() -> None:
    assert price("openai", "gpt-realtime", **VECTOR) == 31_008


def test_a_long_prompt_costs_what_long_prompts_cost() -> None:
    assert price("openai", "gpt-5.6-luna", input_tokens=272_000, output_tokens=100) == 54_520
    assert price("openai", "gpt-5.6-luna", input_tokens=300_000, output_tokens=100) == 120_180


# Against the package itself

LIBRARY = [(each["vendor"], each["model"], each["units"]) for each in tomllib.loads(BUNDLED.read_text())["library"]]  # fmt: skip
NAMES = {
    "input_tokens": ("input_tokens",),
    "cached_input_tokens": ("cache_read_tokens",),
    "output_tokens": ("output_tokens",),
    "text_input_tokens": ("input_tokens",),
    "audio_input_tokens": ("input_tokens", "input_audio_tokens"),
    "cached_text_input_tokens": ("cache_read_tokens",),
    "cached_audio_input_tokens": ("cache_read_tokens", "cache_audio_read_tokens"),
    "text_output_tokens": ("output_tokens",),
    "audio_output_tokens": ("output_tokens", "output_audio_tokens"),
}


@st.composite
def token_units(draw: st.DrawFn, kind: str) -> dict[str, int]:
    """What a request may have used: some of the input cached."""
    units: dict[str, int] = {}
    for each in ("",) if kind == "chat" else ("text_", "audio_"):
        given_tokens = draw(st.integers(0, 400_000))
        units[f"{each}input_tokens"] = given_tokens
        units[f"cached_{each}input_tokens"] = draw(st.integers(0, given_tokens))
        units[f"{each}output_tokens"] = draw(st.integers(0, 20_000))
    return units


@given(data=st.data())
@pytest.mark.parametrize(("vendor", "model", "kind"), [row for row in LIBRARY if row[2] != "minutes"])
def test_a_token_model_costs_what_the_package_itself_says(
    vendor: str, model: str, kind: str, data: st.DataObject
) -> None:
    units = data.draw(token_units(kind))
    theirs: dict[str, int] = {}
    for unit, count in units.items():
        for name in NAMES[unit]:
            theirs[name] = theirs.get(name, 0) + count
    said = genai_prices.calc_price(genai_prices.Usage(**theirs), model, provider_id=vendor)
    assert abs(price(vendor, model, **units) - Fraction(said.total_price) * MILLION) <= Fraction(1, 2)
    assert said.auto_update_timestamp is None


def test_the_package_is_the_one_whose_prices_were_compared() -> None:
    assert bundled().version == f"2026-11-25+genai-prices-{version('genai-prices')}"
    assert '"genai-prices==0.2.3"' in (BUNDLED.parent.parent / "pyproject.toml").read_text()


# What holds for all prices

EVERY = sorted({key for key in bundled().all if "*" not in key[1]})


@given(data=st.data(), units=token_units("realtime"))
def test_what_is_cached_never_costs_more(data: st.DataObject, units: dict[str, int]) -> None:
    model = data.draw(st.sampled_from(sorted(REALTIME)))
    uncached = {unit: 0 if unit.startswith("cached_") else count for unit, count in units.items()}
    assert price("openai", model, **units) <= price("openai", model, **uncached)


@given(
    key=st.sampled_from(EVERY), counts=st.lists(st.integers(0, 10_000), min_size=1, max_size=20), data=st.data()
)  # fmt: skip
def test_cutting_an_event_into_many_changes_each_by_less_than_a_microdollar(
    key: tuple[str, str], counts: list[int], data: st.DataObject
) -> None:
    priced = sorted(unit for unit in bundled().all[key] if not unit.startswith("cached_"))
    unit = data.draw(st.sampled_from(priced))
    parts = sum(price(*key, **{unit: count}) for count in counts)
    assert abs(parts - price(*key, **{unit: sum(counts)})) < len(counts) + 1


@pytest.mark.parametrize("key", EVERY)
def test_nothing_used_costs_nothing(key: tuple[str, str]) -> None:
    assert price(*key, **dict.fromkeys(bundled().all[key], 0)) == 0


def test_half_a_microdollar_is_rounded_up() -> None:
    table = PriceTable("x", {("v", "m"): {"characters": Rate(Fraction(1, 2))}})
    assert [table.price(usage("v", "m", characters=count)) for count in (1, 2, 3)] == [1, 1, 2]


# What has no price


def test_an_unknown_model_or_unit_is_an_error_and_never_free() -> None:
    with pytest.raises(UnpricedModelError, match="gpt-of-nobody"):
        price("openai", "gpt-of-nobody", input_tokens=1)
    with pytest.raises(UnpricedUnitError, match="characters"):
        price("openai", "gpt-4o-mini", characters=1)
    with pytest.raises(UnpricedModelError):  # a dated snapshot may cost something else
        price("openai", "gpt-4o-2024-05-13", input_tokens=1)


def stack(part: Part, model: Model) -> Stack:
    return Stack("odd", "economy", MappingProxyType({part: model}))


def test_every_stack_and_every_successor_is_priced() -> None:
    refuse_unpriced(STACKS.values())
    refuse_unpriced(each.on(date(2027, 6, 1)) for each in STACKS.values())


@pytest.mark.parametrize(
    ("part", "model", "says"),
    [
        ("llm", Model("openai", "gpt-9"), "openai gpt-9 has no price"),
        ("tts", Model("deepgram", "nova-3"), "deepgram nova-3 has no price for characters"),
        ("llm", Model("openai", "gpt-4o", date(2027, 1, 1), "gpt-10"), "openai gpt-10 has no price"),
        ("speech_to_speech", Model("openai", "gpt-4o"), "audio_input_tokens"),
    ],
)
def test_an_unpriced_model_is_refused_by_name_with_what_to_do(part: Part, model: Model, says: str) -> None:
    with pytest.raises(UnpricedModelError) as refused:
        refuse_unpriced([stack(part, model)])
    assert says in str(refused.value)
    assert "prices.toml" in str(refused.value)
    assert "odd" in str(refused.value)


def test_successors_that_go_round_in_a_circle_end() -> None:
    day = date(2027, 1, 1)
    refuse_unpriced([stack("llm", Model("openai", "gpt-4o", day, "gpt-4o"))])


def test_a_transcriber_may_be_billed_by_time_or_by_token() -> None:
    tokens = ("audio_input_tokens", "text_input_tokens", "text_output_tokens")
    table = PriceTable("x", {("v", "m"): dict.fromkeys(tokens, Rate(Fraction(1)))})
    refuse_unpriced([stack("transcription", Model("v", "m"))], table)


# The file


def test_every_price_has_a_source_and_a_date() -> None:
    rows = tomllib.loads(BUNDLED.read_text())["price"]
    assert all(row["source"] and row["date"] <= date(2026, 11, 25) for row in rows)


@pytest.mark.parametrize(
    ("text", "error"),
    [
        ('vendor = "openai"\nmodel = "gpt-9"\nunits = "chat"\n', UnpricedModelError),
        ('vendor = "openai"\nmodel = "gpt-4o"\nunits = "sheep"\n', ValueError),
    ],
)
def test_a_file_that_asks_for_what_is_not_there_is_refused(
    tmp_path: Path, text: str, error: type[Exception]
) -> None:
    path = tmp_path / "prices.toml"
    path.write_text(f'version = "x"\nas_of = 2026-11-25\nprice = []\n[[library]]\n{text}')
    with pytest.raises(error):
        PriceTable.load(path)


def test_another_date_may_have_another_price(tmp_path: Path) -> None:
    def luna(day: str) -> Any:
        path = tmp_path / f"{day}.toml"
        row = '[[library]]\nvendor = "openai"\nmodel = "gpt-5.6-luna"\nunits = "chat"\n'
        path.write_text(f'version = "x"\nas_of = {day}\nprice = []\n{row}')
        return PriceTable.load(path).price(usage("openai", "gpt-5.6-luna", input_tokens=1000))

    assert (luna("2026-07-29"), luna("2026-07-30")) == (1000, 200)


def test_money_is_counted_without_livekit_and_without_the_network() -> None:
    code = (
        "import socket, sys\n"
        "def refuse(*_): raise AssertionError('the network')\n"
        "socket.socket.connect = refuse\n"
        "import tiers.usage, tiers.prices\n"
        "tiers.prices.bundled()\n"
        "assert not [name for name in sys.modules if name.split('.')[0] == 'livekit']\n"
    )
    subprocess.run([sys.executable, "-c", code], check=True, cwd=BUNDLED.parent.parent, timeout=60)


def test_a_successor_is_priced_as_itself() -> None:
    served = STACKS["economy"].on(date(2027, 1, 1)).parts["llm"]
    assert replace(served, name="x") != served
    assert price("openai", served.name, input_tokens=1000) == 200
