"""A vendor's report of whatever numbers: a reply that was given is never booked as nothing."""

from __future__ import annotations

import json
from typing import Any

import pytest
from google.genai import types
from hypothesis import given
from hypothesis import strategies as st
from livekit import rtc

from tests.tiers.metering.conftest import CANCELLED, Booked
from tests.tiers.metering.test_speaking import Session, watched
from tests.tiers.metering.test_thinking import body, chunk, watch_of, words
from tiers.catalogue import MODELS
from tiers.metering.bookings import Bookings
from tiers.metering.gemini import GeminiSpeakingWatch
from tiers.prices import bundled
from tiers.usage import BadUsageError, Usage

pytestmark = pytest.mark.unit

COUNTS = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-3, 3000),
    st.floats(-2, 3000),
    st.sampled_from([float("inf"), float("nan"), "12", "many", [], {}]),
)


def objects(*names: str, **inner: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    """JSON as a vendor may send it, each field there or not; now and then no object at all."""
    fields = {name: COUNTS for name in names} | inner
    return st.one_of(st.fixed_dictionaries({}, optional=fields), st.fixed_dictionaries(fields), COUNTS)


KINDS = ("text_tokens", "audio_tokens", "image_tokens")
CHAT = objects(
    "prompt_tokens", "completion_tokens", prompt_tokens_details=objects("cached_tokens", "audio_tokens")
)
RESPONSE = objects(
    "input_tokens",
    "output_tokens",
    input_token_details=objects(*KINDS, "cached_tokens", cached_tokens_details=objects(*KINDS)),
    output_token_details=objects(*KINDS),
)
TRANSCRIPTION = objects(
    "seconds",
    "input_tokens",
    "output_tokens",
    type=st.sampled_from(["duration", "tokens", "words", None]),
    input_token_details=objects(*KINDS),
)


def cost(booked: Booked) -> int:
    """What the one booking holds, in units: the price of a reply of one word rounds to nothing."""
    (usage,) = booked
    return sum(count for unit, count in usage.units.items() if not unit.startswith("cached_"))


def chat(usage: Any) -> Booked:
    booked = Booked()
    exchange = watch_of(booked).request(body("Hello there."))
    exchange.answered(200, "chatcmpl-1")
    exchange.data(words("All is well.") + chunk(choices=[], usage=usage) + b"data: [DONE]\n\n")
    exchange.ended(None)
    return booked


def session(booked: Booked) -> Session:
    made = watched(booked)
    made.server("session.created", session={"instructions": "You keep tasks.", "tools": []})
    return made


@given(CHAT)
def test_no_report_of_whatever_numbers_books_an_answer_as_nothing(usage: Any) -> None:
    assert cost(chat(usage)) > 0


@given(RESPONSE, st.sampled_from(["completed", "cancelled", "incomplete"]))
def test_no_report_of_whatever_numbers_books_a_spoken_reply_as_nothing(usage: Any, status: str) -> None:
    booked = Booked()
    made = session(booked)
    made.reply("resp_1", 40)
    made.done("resp_1", usage, status)
    assert cost(booked) > 0


@given(TRANSCRIPTION)
def test_no_report_of_whatever_numbers_books_what_was_written_down_as_nothing(usage: Any) -> None:
    booked = Booked()
    made = session(booked)
    made.speaks(2.0)
    made.commits("item_1")
    made.server(
        "conversation.item.input_audio_transcription.completed",
        item_id="item_1",
        transcript="x",
        usage=usage,
    )
    assert cost(booked) > 0


def test_more_cached_than_given_is_all_cached() -> None:
    (usage,) = chat(
        {"prompt_tokens": 20, "completion_tokens": 3, "prompt_tokens_details": {"cached_tokens": 64}}
    )
    assert usage.units == {"input_tokens": 20, "cached_input_tokens": 20, "output_tokens": 3}
    assert usage.certainty == "actual"


@pytest.mark.parametrize(
    "usage",
    [
        {"prompt_tokens": 20, "completion_tokens": -3},
        {"prompt_tokens": 0, "completion_tokens": 0},
        {"prompt_tokens": 20, "completion_tokens": 0},
        {"prompt_tokens": "many", "completion_tokens": 3},
        ["prompt_tokens"],
    ],
)
def test_an_answer_whose_report_cannot_be_right_is_estimated_by_what_went_and_came(usage: Any) -> None:
    (booked,) = chat(usage)
    assert booked.units == {"input_tokens": 10, "cached_input_tokens": 0, "output_tokens": 4}
    assert (booked.certainty, booked.outcome) == ("estimated", "ok")


def test_an_answer_that_came_whole_and_cannot_be_read_is_estimated(booked: Booked) -> None:
    exchange = watch_of(booked).request(body("Hello there."))
    exchange.answered(200, "chatcmpl-1")
    exchange.data(json.dumps({"choices": [{"message": {"content": "Hi."}}]}).encode()[:-4])
    exchange.ended(None)
    assert [(usage.certainty, usage.units["input_tokens"]) for usage in booked] == [("estimated", 10)]


def test_a_transcription_by_time_that_tells_no_seconds_is_estimated_by_what_was_sent(booked: Booked) -> None:
    made = session(booked)
    made.speaks(2.0)
    made.commits("item_1")
    done = "conversation.item.input_audio_transcription.completed"
    made.server(done, item_id="item_1", transcript="x", usage={"type": "duration"})
    assert [(usage.certainty, usage.units) for usage in booked] == [("estimated", {"audio_ms": 2000})]


def test_a_spoken_reply_whose_report_is_negative_is_estimated_by_its_sound(booked: Booked) -> None:
    made = session(booked)
    made.reply("resp_1", 40)
    details = {"text_tokens": 20, "audio_tokens": -80}
    made.done("resp_1", CANCELLED | {"output_token_details": details})
    (usage,) = booked
    assert (usage.certainty, usage.units["audio_output_tokens"]) == ("estimated", 40)
    assert bundled().price(usage) >= 40 * 64


def test_a_turn_of_gemini_whose_report_is_negative_is_estimated_by_its_sound(booked: Booked) -> None:
    class Model(rtc.EventEmitter[str]):
        """The plugin's session."""

    model = Model()
    GeminiSpeakingWatch(
        Bookings("gemini", "s1", booked.append),
        model,  # type: ignore[arg-type]
        MODELS["gemini-3.8-live"],
    )
    second = types.Part(inline_data=types.Blob(data=bytes(48_000), mime_type="audio/pcm"))
    said = types.LiveServerContent(model_turn=types.Content(parts=[second]))
    model.emit("gemini_server_event", types.LiveServerMessage(server_content=said))
    bad = types.UsageMetadata(prompt_token_count=300, response_token_count=20)
    bad.prompt_tokens_details = [types.ModalityTokenCount(modality="AUDIO", token_count=-5)]  # type: ignore[arg-type]
    model.emit("gemini_server_event", types.LiveServerMessage(usage_metadata=bad))
    assert [(usage.certainty, usage.units["audio_output_tokens"]) for usage in booked] == [("estimated", 25)]


def test_what_could_not_be_booked_can_be_estimated_afterwards(booked: Booked) -> None:
    bookings = Bookings("economy", "s1", booked.append)
    model = MODELS["gpt-4o-mini"]
    with pytest.raises(BadUsageError):
        bookings.book("a", model, "llm", {"input_tokens": -1})
    bookings.book("a", model, "llm", {"input_tokens": 10, "output_tokens": 2}, certainty="estimated")
    assert [(type(usage), usage.certainty) for usage in booked] == [(Usage, "estimated")]
