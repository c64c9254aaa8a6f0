"""What a speech-to-speech session's events tell of its vendor."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

import pytest
from openai.types.realtime import ConversationItemCreateEvent

from tiers.faults import Fault
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


# -- errors of the vendor's ------------------------------------------------------------------------------------


def error(**fields: object) -> dict[str, object]:
    said = {"type": "invalid_request_error", "code": None, "message": "No.", "param": None, "event_id": None}
    return {"type": "error", "error": said | fields}


@pytest.mark.parametrize(
    "refusal",
    [
        {"message": "Audio content of 13600ms is already shorter than 55960ms"},
        {"code": "invalid_value"},
        {"code": "string_above_max_length"},
        {"code": "invalid_tool_call_id", "event_id": "item_1"},
    ],
)
async def test_an_event_that_the_vendor_will_not_take_does_not_speak_against_it(
    refusal: dict[str, object],
) -> None:
    def refused(events: RealtimeWatch) -> None:
        events.server_event({"type": "session.created"})
        events.server_event(error(**refusal))

    assert await watched(refused) == []


async def test_a_reply_that_does_not_come_since_it_was_refused_is_noticed_all_the_same() -> None:
    def refused(events: RealtimeWatch) -> None:
        events.server_event({"type": "session.created"})
        events.client_event({"type": "response.create"})
        events.server_event(error(code="invalid_value"))

    assert [failure.what for failure in await watched(refused)] == ["no_generation"]


@pytest.mark.parametrize(
    ("told", "fault", "again"),
    [
        (error(code="session_expired"), Fault.EXPIRED, False),
        (error(code="invalid_api_key"), Fault.BAD_KEY, False),
        (error(code="model_not_found"), Fault.VENDOR_DOWN, False),
        (error(code="rate_limit_exceeded"), Fault.VENDOR_BUSY, True),
        (error(type="server_error"), Fault.VENDOR_DOWN, False),
        # Nobody may talk to a model that has not got its orders.
        (error(code="unknown_parameter", event_id="set-up"), Fault.VENDOR_DOWN, False),
        (error(code="invalid_value", param="session.tools"), Fault.VENDOR_DOWN, False),
    ],
)
async def test_an_error_that_ends_what_the_session_is_for_is_told(
    told: dict[str, object], fault: Fault, *, again: bool
) -> None:
    def failed(events: RealtimeWatch) -> None:
        events.server_event({"type": "session.created"})
        events.client_event({"type": "session.update", "event_id": "set-up"})
        events.server_event(told)

    [failure] = await watched(failed)
    assert (failure.fault, failure.again) == (fault, again)


async def test_replies_that_are_refused_for_a_rate_limit_are_asked_for_once_more_and_then_the_vendor_is_left() -> (
    None
):
    told: list[Failure] = []
    watch = Watch(told.append, PATIENCE)
    events = RealtimeWatch(watch, "openai-realtime")

    def refused() -> bool:
        """Ask for a reply that is refused; whether it is to be asked for once more."""
        events.client_event({"type": "response.create"})
        events.server_event(error(code="rate_limit_exceeded", event_id="reply"))
        return told[-1].again

    assert refused()
    events.client_event({"type": "response.create"})
    events.server_event({"type": "response.created", "response": {"id": "r1"}})
    events.server_event({"type": "response.done", "response": {"id": "r1", "status": "completed"}})
    assert refused(), "one that came to its end lies between"
    assert not refused()
    assert told[-1].fault is Fault.VENDOR_BUSY
    watch.close()


async def test_a_session_that_is_refused_before_it_is_open_is_told() -> None:
    [failure] = await watched(lambda events: events.server_event(error(code="invalid_value")))
    assert failure.fault is Fault.VENDOR_DOWN
