"""What a model is still sent of a long conversation."""

from collections.abc import Sequence

import pytest
from livekit.agents import llm

from agent.history import LONGEST_MESSAGES, TURNS_AT_ONCE, shortened

pytestmark = pytest.mark.unit

INSTRUCTIONS = llm.ChatMessage(
    id="lk.agent_task.instructions", role="system", content=["You keep a task list."]
)


def turn(number: int, *, tool: bool = True) -> list[llm.ChatItem]:
    """The caller asks, a tool runs, we answer."""
    call = llm.FunctionCall(call_id=f"call{number}", name="create_task", arguments="{}")
    output = llm.FunctionCallOutput(call_id=f"call{number}", name="create_task", output="{}", is_error=False)
    return [
        llm.ChatMessage(role="user", content=[f"Add thing {number}."]),
        *([call, output] if tool else []),
        llm.ChatMessage(role="assistant", content=[f"I've added thing {number}."]),
    ]


def talk(turns: int) -> list[llm.ChatItem]:
    return [INSTRUCTIONS, *(item for number in range(turns) for item in turn(number))]


def words(items: Sequence[llm.ChatItem]) -> list[str | None]:
    return [item.text_content for item in items if isinstance(item, llm.ChatMessage)]


def again(items: list[llm.ChatItem], turns: range) -> list[llm.ChatItem]:
    """The conversation goes on from a history; it is shortened wherever that pays."""
    for number in turns:
        items = items + turn(number)
        items = shortened(items) or items
    return items


def test_a_short_conversation_is_left_alone() -> None:
    assert shortened([]) is None
    assert shortened(talk(TURNS_AT_ONCE)) is None


def test_every_word_of_both_sides_stays() -> None:
    before = talk(TURNS_AT_ONCE + 1)
    after = shortened(before)
    assert after is not None
    assert words(after) == words(before)


def test_old_turns_lose_their_sound_and_what_tools_answered_and_the_last_one_keeps_both() -> None:
    before = talk(TURNS_AT_ONCE + 1)
    after = shortened(before)
    assert after is not None
    assert after[0] is INSTRUCTIONS
    assert after[-4:] == before[-4:]
    old_ids = {item.id for item in before}
    assert not old_ids & {item.id for item in after[1:-4]}
    assert {type(item) for item in after[:-4]} == {llm.ChatMessage}
    assert all(len(item.id) <= 32 for item in after)  # the longest id that the realtime vendor takes


def test_what_was_shortened_before_keeps_its_ids_so_that_it_stays_cached() -> None:
    once = again(talk(TURNS_AT_ONCE + 1), range(TURNS_AT_ONCE + 1, TURNS_AT_ONCE + 2))
    twice = again(once, range(100, 100 + TURNS_AT_ONCE))
    before = [item.id for item in once[: 1 + 2 * TURNS_AT_ONCE]]
    assert [item.id for item in twice[: len(before)]] == before
    assert words(twice)[1:3] == ["Add thing 0.", "I've added thing 0."]


def test_it_changes_once_in_many_turns_since_every_change_uncaches_what_follows() -> None:
    items, changes = talk(0), 0
    for number in range(80):
        items = items + turn(number)
        if (shorter := shortened(items)) is not None:
            items, changes = shorter, changes + 1
    assert changes == 80 // TURNS_AT_ONCE - 1


def test_a_sound_that_nobody_understood_is_not_kept_as_an_empty_line() -> None:
    before = talk(TURNS_AT_ONCE + 1)
    before.insert(1, llm.ChatMessage(role="user", content=[]))
    after = shortened(before)
    assert after is not None
    assert None not in words(after)
    assert "" not in words(after)


def test_an_interruption_is_remembered() -> None:
    before = talk(TURNS_AT_ONCE + 1)
    answer = before[4]
    assert isinstance(answer, llm.ChatMessage)
    answer.interrupted = True
    after = shortened(before)
    assert after is not None
    assert [item.interrupted for item in after if isinstance(item, llm.ChatMessage)].count(True) == 1


def test_a_call_that_never_ends_is_bounded() -> None:
    items = again(talk(1), range(1, 2 * LONGEST_MESSAGES))
    assert len(items) <= LONGEST_MESSAGES + 4 * (TURNS_AT_ONCE + 1)
    assert words(items)[-1] == f"I've added thing {2 * LONGEST_MESSAGES - 1}."
