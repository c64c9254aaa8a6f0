"""When a speech-to-speech vendor counts as working, and with it when one that greets everybody is given up."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable
from functools import partial
from typing import Any

import pytest
from google.genai import types

from routing.health import BreakerRules, Health
from tiers.gemini_watch import GeminiWatch
from tiers.realtime_watch import RealtimeWatch
from tiers.watch import Failure, Watch

pytestmark = pytest.mark.unit

Talk = Callable[[Callable[[Failure], None], Callable[[], None]], None]

GREETED = {"type": "session.created"}
BEGUN = {"type": "response.created", "response": {"id": "r1"}}
SERVER_ERROR = {"status": "failed", "status_details": {"error": {"code": "server_error"}}}


def openai(events: Iterable[dict[str, Any]]) -> Talk:
    """A session with OpenAI in which the vendor sends these events."""

    def talk(failed: Callable[[Failure], None], worked: Callable[[], None]) -> None:
        watch = Watch(failed)
        session = RealtimeWatch(watch, "openai-realtime", worked)
        for event in events:
            session.server_event(event)
        watch.close()

    return talk


def gemini(contents: Iterable[dict[str, Any]], *, error: Exception | None = None) -> Talk:
    """A session with Gemini that is set up, in which the vendor sends these messages, and fails maybe."""

    def talk(failed: Callable[[Failure], None], worked: Callable[[], None]) -> None:
        watch = Watch(failed)
        session = GeminiWatch(watch, "gemini-live", worked)
        session.connected()
        for content in contents:
            session.server_event(types.LiveServerMessage.model_validate(content))
        if error is not None:
            session.failed(error)
        watch.close()

    return talk


async def worked(talk: Talk) -> int:
    """How often it is told that the vendor works."""
    told: list[str] = []
    talk(lambda _failure: None, lambda: told.append("worked"))
    await asyncio.sleep(0)
    return len(told)


SOUND = {"type": "response.output_audio.delta", "delta": "AAAA"}
DONE = {"type": "response.done", "response": {"status": "completed"}}
CANCELLED = {"type": "response.done", "response": {"status": "cancelled"}}
SPEAKS = {"server_content": {"model_turn": {"parts": [{"text": "Hi."}]}}}
CALLS = {"tool_call": {"function_calls": [{"id": "c1", "name": "list_tasks", "args": {}}]}}


@pytest.mark.parametrize(
    "talk",
    [
        openai([GREETED]),
        openai([GREETED, {"type": "input_audio_buffer.committed", "item_id": "i1"}, BEGUN]),
        openai([GREETED, BEGUN, CANCELLED]),
        openai([GREETED, BEGUN, {"type": "response.done", "response": SERVER_ERROR}]),
        gemini([]),
        gemini([{"server_content": {"turn_complete": True}}]),
    ],
    ids=["greets", "begins", "cancelled", "fails", "gemini greets", "gemini says nothing"],
)
async def test_a_greeting_shows_nothing_of_a_vendor_that_answers_nobody(talk: Talk) -> None:
    assert await worked(talk) == 0


@pytest.mark.parametrize(
    "talk",
    [
        openai([GREETED, BEGUN, SOUND, SOUND, DONE, BEGUN, SOUND, DONE]),
        openai([GREETED, BEGUN, DONE]),
        openai([GREETED, BEGUN, {"type": "response.function_call_arguments.delta", "delta": "{"}]),
        gemini([SPEAKS, SPEAKS]),
        gemini([CALLS, SPEAKS]),
    ],
    ids=["sound", "a reply to its end", "a tool", "gemini speaks", "gemini's tool"],
)
async def test_the_first_of_an_answer_shows_once_that_a_connection_works(talk: Talk) -> None:
    assert await worked(talk) == 1


async def test_each_new_connection_has_to_show_it_for_itself() -> None:
    assert await worked(openai([GREETED, BEGUN, SOUND, DONE, GREETED])) == 1
    assert await worked(openai([GREETED, BEGUN, SOUND, DONE, GREETED, BEGUN, SOUND])) == 2


@pytest.mark.parametrize(
    "talk",
    [
        openai([GREETED, *2 * [BEGUN, {"type": "response.done", "response": SERVER_ERROR}]]),
        gemini([], error=ConnectionError("gone")),
    ],
    ids=["openai", "gemini"],
)
@pytest.mark.parametrize("every_ms", [4_000, 6_000, 9_000])
async def test_a_vendor_that_greets_each_call_and_fails_it_is_given_up_within_three_calls(
    talk: Talk, every_ms: int
) -> None:
    rules, health, now = BreakerRules(), Health(), 1_000_000
    for _ in range(3):
        told: list[Failure | None] = []
        talk(told.append, partial(told.append, None))
        for failure in told:
            if failure is None:
                health = health.worked(now)
            elif not failure.again:
                health = health.failed(now, failure.fault, rules, f"call at {now}")
        now += every_ms
    assert health.is_open
