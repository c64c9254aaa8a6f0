"""What a speech-to-speech session's events tell of its vendor."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

import pytest
from openai.types.realtime import ConversationItemCreateEvent

from tiers.realtime_watch import RealtimeWatch
from tiers.watch import Failure, VendorPatience, Watch

pytestmark = pytest.mark.unit

PATIENCE = VendorPatience(generation=0.2, acknowledgement=0.2)


def sent(item: str) -> ConversationItemCreateEvent:
    return ConversationItemCreateEvent.model_validate(
        {
            "type": "conversation.item.create",
            "item": {"id": item, "type": "function_call_output", "call_id": "c1", "output": "done"},
        }
    )


def added(item: str) -> dict[str, object]:
    return {"type": "conversation.item.added", "item": {"id": item}}


async def watched(events: Callable[[RealtimeWatch], None]) -> list[Failure]:
    """What is told of a vendor, some time after these events."""
    told: list[Failure] = []
    watch = Watch(told.append, PATIENCE)
    events(RealtimeWatch(watch, "openai-realtime"))
    for _ in range(20):
        await asyncio.sleep(PATIENCE.generation / 10)
        if told:
            break
    watch.close()
    return told


async def test_a_tools_result_that_nobody_acknowledges_shows_a_silent_vendor() -> None:
    [failure] = await watched(lambda events: events.client_event(sent("i1")))
    assert (failure.service, failure.what) == ("openai-realtime", "no_acknowledgement")


async def test_each_item_has_to_be_acknowledged() -> None:
    def one_of_two(events: RealtimeWatch) -> None:
        events.client_event(sent("i1"))
        events.client_event(sent("i2"))
        events.server_event(added("i1"))

    def both(events: RealtimeWatch) -> None:
        one_of_two(events)
        events.server_event(added("i2"))

    assert [failure.what for failure in await watched(one_of_two)] == ["no_acknowledgement"]
    assert await watched(both) == []


async def test_an_item_that_the_vendor_refuses_is_no_silence() -> None:
    def refused(events: RealtimeWatch) -> None:
        events.client_event(sent("i1"))
        events.server_event({"type": "error", "error": {"code": "item_create_duplicate_item_id"}})

    assert await watched(refused) == []


async def test_items_of_the_vendors_own_acknowledge_nothing() -> None:
    def its_own(events: RealtimeWatch) -> None:
        events.client_event(sent("i1"))
        events.server_event(added("another"))

    assert len(await watched(its_own)) == 1


COMMIT = {"type": "input_audio_buffer.commit"}


async def test_a_turn_that_nobody_acknowledges_shows_a_silent_vendor() -> None:
    [failure] = await watched(lambda events: events.client_event(COMMIT))
    assert (failure.service, failure.what) == ("openai-realtime", "no_commitment")


async def test_a_turn_that_was_taken_or_refused_is_no_silence() -> None:
    def taken(events: RealtimeWatch) -> None:
        events.client_event(COMMIT)
        events.server_event({"type": "input_audio_buffer.committed", "item_id": "i1"})

    def refused(events: RealtimeWatch) -> None:
        events.client_event(COMMIT)
        events.server_event({"type": "error", "error": {"code": "input_audio_buffer_commit_empty"}})

    assert await watched(taken) == []
    assert await watched(refused) == []
