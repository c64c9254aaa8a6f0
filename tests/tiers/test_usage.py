"""A usage holds only what a vendor can have counted, and goes through JSON unchanged."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from tiers.usage import BadUsageError, Usage

pytestmark = pytest.mark.unit


def usage(**changes: Any) -> Usage:
    fields: dict[str, Any] = {
        "event_id": "s1:req_1",
        "vendor": "deepgram",
        "model": "nova-3",
        "part": "stt",
        "stack": "economy",
        "units": {"audio_ms": 1500},
        "certainty": "actual",
        "outcome": "ok",
    }
    return Usage(**fields | changes)


@given(
    units=st.dictionaries(st.text(min_size=1).filter(lambda unit: not unit.startswith("cached_")), st.integers(0, 10**12), min_size=1),
    event_id=st.text(),
    replaces=st.none() | st.text(),
    heard=st.booleans(),
)  # fmt: skip
def test_it_goes_through_json_unchanged(
    units: dict[str, int], event_id: str, replaces: str | None, heard: bool
) -> None:
    made = usage(units=units, event_id=event_id, replaces=replaces, heard=heard)
    text = made.to_json()
    assert Usage.from_json(text) == made
    assert "\n" not in text


@pytest.mark.parametrize(
    "units",
    [
        {},
        {"audio_ms": -1},
        {"audio_ms": 1.5},
        {"audio_ms": True},
        {"input_tokens": 5, "cached_input_tokens": 6},
        {"cached_input_tokens": 1},
    ],
)
def test_units_that_nobody_can_have_counted_are_refused(units: Any) -> None:
    with pytest.raises(BadUsageError):
        usage(units=units)


@pytest.mark.parametrize(
    "change",
    [
        {"units": None},
        {"units": {"audio_ms": "1"}},
        {"certainty": "guessed"},
        {"part": "coffee"},
        {"words": "hello"},
    ],
)
def test_json_of_anything_else_is_refused(change: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        Usage.from_json(json.dumps(json.loads(usage().to_json()) | change))


def test_its_units_are_its_own() -> None:
    units = {"audio_ms": 1}
    made = usage(units=units)
    units["audio_ms"] = 2
    assert made.units == {"audio_ms": 1}


def test_cached_tokens_are_taken_out_of_what_they_are_a_part_of() -> None:
    units = {"text_input_tokens": 10, "cached_text_input_tokens": 4, "text_output_tokens": 3}
    assert dict(usage(units=units).uncached()) == {
        "text_input_tokens": 6,
        "cached_text_input_tokens": 4,
        "text_output_tokens": 3,
    }
