"""A turn of Gemini Live that its vendor does not report is paid for all the same, and no turn twice."""

from __future__ import annotations

from typing import Any, cast

import pytest
from google.genai import types
from livekit import rtc
from livekit.agents import llm

from tests.tiers.metering.test_gemini_ear import REPORT, SOUND
from tiers.catalogue import STACKS
from tiers.metering.bookings import Bookings
from tiers.metering.gemini import GeminiSpeakingWatch
from tiers.usage import Usage

pytestmark = pytest.mark.unit

OVER = types.LiveServerMessage(server_content=types.LiveServerContent(turn_complete=True))
NOTHING = types.LiveServerMessage(
    server_content=types.LiveServerContent(turn_complete=True),
    usage_metadata=types.UsageMetadata(prompt_token_count=0, response_token_count=0),
)
BEGINS = (
    types.LiveClientRealtimeInput(activity_start=types.ActivityStart()),
    types.LiveClientContent(turns=[], turn_complete=True),
    types.LiveClientToolResponse(function_responses=[]),
)


class Turns:
    """A session of the plugin's, and what is booked of it."""

    def __init__(self) -> None:
        self.used: list[Usage] = []
        self._session = rtc.EventEmitter[str]()
        self.watch = GeminiSpeakingWatch(
            Bookings("gemini", "s1", self.used.append),
            cast("llm.RealtimeSession[Any]", self._session),
            STACKS["gemini"].parts["speech_to_speech"],
        )

    def says(self, *messages: types.LiveServerMessage) -> None:
        for message in messages:
            self._session.emit("gemini_server_event", message)

    def hears(self, event: Any) -> None:
        self._session.emit("gemini_client_event", event)

    @property
    def certainties(self) -> list[str]:
        return [usage.certainty for usage in self.used]


@pytest.mark.parametrize("over", [OVER, NOTHING])
@pytest.mark.parametrize("begins", BEGINS)
def test_a_turn_without_a_report_is_estimated_when_the_next_begins(
    over: types.LiveServerMessage, begins: Any
) -> None:
    turns = Turns()
    turns.says(SOUND, over)
    turns.hears(begins)
    assert [(usage.certainty, usage.outcome) for usage in turns.used] == [("estimated", "ok")]
    assert turns.used[0].units["audio_output_tokens"] == 25
    turns.says(SOUND, OVER, REPORT)
    turns.hears(BEGINS[0])
    turns.watch.flush()
    assert turns.certainties == ["estimated", "actual"]
    assert turns.used[1].replaces is None


def test_a_turn_without_a_report_is_estimated_at_the_end_of_the_call() -> None:
    turns = Turns()
    turns.says(SOUND, OVER)
    turns.watch.flush()
    assert turns.certainties == ["estimated"]


def test_a_report_behind_the_end_of_its_turn_is_in_time() -> None:
    turns = Turns()
    turns.says(SOUND, OVER, REPORT)
    turns.hears(BEGINS[0])
    assert turns.certainties == ["actual"]


def test_a_report_that_comes_in_the_next_turn_takes_the_place_of_the_estimate() -> None:
    turns = Turns()
    turns.says(SOUND, OVER)
    turns.hears(BEGINS[0])
    turns.says(REPORT)
    assert turns.certainties == ["estimated", "actual"]
    assert turns.used[1].replaces == turns.used[0].event_id
    turns.says(SOUND, OVER, REPORT)
    assert turns.used[2].replaces is None


def test_an_answer_that_is_interrupted_is_not_over_before_the_vendor_says_so() -> None:
    turns = Turns()
    turns.says(SOUND)
    turns.hears(BEGINS[0])
    assert turns.used == []
    turns.says(
        types.LiveServerMessage(server_content=types.LiveServerContent(interrupted=True)), OVER, REPORT
    )
    assert [(usage.certainty, usage.outcome) for usage in turns.used] == [("actual", "cancelled")]
