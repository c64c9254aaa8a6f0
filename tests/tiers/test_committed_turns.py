"""The words of committed turns, whenever the vendor writes them down."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from tiers.committed_turns import CommittedTurns

pytestmark = pytest.mark.unit

LONG, SHORT = 5.0, 0.01


def _committed(item: str) -> dict[str, Any]:
    return {"type": "input_audio_buffer.committed", "item_id": item}


def _written(item: str, text: str) -> dict[str, Any]:
    return {
        "type": "conversation.item.input_audio_transcription.completed",
        "item_id": item,
        "transcript": text,
    }


def _turn(turns: CommittedTurns, *events: dict[str, Any], written: bool = True) -> dict[str, Any]:
    """A turn is over, its commit leaves or waits for a socket, and the vendor says something; gives the commit."""
    turns.over()
    commit = {"type": "input_audio_buffer.commit", "event_id": turns.commits()}
    if written:
        turns.client_event(commit)
    for event in events:
        turns.server_event(event)
    return commit


async def test_words_that_came_before_anybody_asked_are_given_at_once() -> None:
    turns = CommittedTurns()
    _turn(turns, _committed("a"), _written("a", "yes"))
    assert await turns.words(SHORT) == "yes"


async def test_words_that_come_later_are_waited_for() -> None:
    turns = CommittedTurns()
    _turn(turns)
    asking = asyncio.create_task(turns.words(LONG))
    await asyncio.sleep(0)
    turns.server_event(_committed("a"))
    turns.server_event(_written("a", "yes"))
    assert await asking == "yes"


async def test_late_words_of_an_earlier_turn_are_not_those_of_this_one() -> None:
    turns = CommittedTurns()
    _turn(turns, _committed("a"))
    _turn(turns, _written("a", "yes"))
    assert await turns.words(SHORT) == ""
    turns.server_event(_committed("b"))
    turns.server_event(_written("b", "no"))
    assert await turns.words(SHORT) == "no"


async def test_a_turn_of_which_nothing_was_sent_has_no_words_and_not_those_before_it() -> None:
    turns = CommittedTurns()
    _turn(turns, _committed("a"), _written("a", "yes"))
    turns.over()
    assert await turns.words(LONG) == ""


@pytest.mark.parametrize(
    "events",
    [
        (
            _committed("a"),
            {"type": "conversation.item.input_audio_transcription.failed", "item_id": "a"},
        ),
        ({"type": "error", "error": {"code": "input_audio_buffer_commit_empty"}},),
    ],
    ids=["failed", "empty"],
)
async def test_what_nobody_can_write_down_is_not_waited_for(events: tuple[dict[str, Any], ...]) -> None:
    turns = CommittedTurns()
    _turn(turns, *events)
    assert await turns.words(LONG) == ""
    _turn(turns, _committed("b"), _written("b", "no"))
    assert await turns.words(SHORT) == "no"


async def test_what_a_dead_connection_was_asked_is_not_waited_for_and_takes_nobodys_words() -> None:
    turns = CommittedTurns()
    _turn(turns)
    turns.reconnected()
    assert await turns.words(LONG) == ""
    _turn(turns, _committed("b"), _written("b", "no"))
    assert await turns.words(SHORT) == "no"


async def test_turns_that_end_while_the_socket_is_dialled_keep_their_own_words() -> None:
    turns = CommittedTurns()
    waiting = [_turn(turns, written=False) for _ in range(2)]
    turns.server_event({"type": "session.created"})
    turns.reconnected()
    for commit, item, text in zip(waiting, "ab", ("yes", "no"), strict=True):
        turns.client_event(commit)
        turns.server_event(_committed(item))
        turns.server_event(_written(item, text))
    assert await turns.words(SHORT) == "no"
    _turn(turns, _committed("c"))
    assert await turns.words(SHORT) == ""


async def test_a_long_call_keeps_few_turns() -> None:
    turns = CommittedTurns()
    for number in range(100):
        _turn(turns, _committed(str(number)), _written(str(number), f"turn {number}"))
        assert await turns.words(SHORT) == f"turn {number}"
    assert len(turns._texts) < 20
