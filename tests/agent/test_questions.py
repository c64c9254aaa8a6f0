"""What is said of actions that the caller released while a server goes away, or the session that serves."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from typing import Any

import pytest
from livekit.agents import llm

from agent.gate import MAX_REPEATS, Action, By, Gate
from agent.persona import DECLINED, REST_NOT_DONE
from agent.questions import Questions
from tests.agent.asked import Asked, Session, Tools

pytestmark = pytest.mark.unit

TITLES = ("Buy milk", "Buy bread", "Buy eggs")


async def said_when_away(at: int) -> str:
    """What the caller hears when the server goes away before the nth of three deletions."""
    gate, session = Gate(), Session()

    def spawn(work: Coroutine[Any, Any, Any], _name: str) -> None:
        work.close()

    tools: Any = Tools(at)
    room: Any = None
    questions = Questions(
        room,
        gate,
        tools,
        caller_identity="caller",
        session=lambda: session,  # type: ignore[arg-type, return-value]
        begin_turn=lambda _by: 2,
        spawn=spawn,
    )
    for title in TITLES:
        pending = gate.ask(Action("delete_task", {"task_id": title}, (title,)), turn=1)
    gate.played(pending.id)
    assert await questions.take_turn("Yes.", turn=2, by="voice")
    (said,) = session.said
    return said


async def test_what_was_done_before_is_said_and_so_is_that_the_rest_was_not() -> None:
    assert await said_when_away(1) == f'I\'ve deleted "Buy milk". It is away. {REST_NOT_DONE}'


async def test_where_nothing_is_left_no_rest_is_spoken_of() -> None:
    assert await said_when_away(2) == 'I\'ve deleted "Buy milk" and "Buy bread". It is away.'


@pytest.fixture
async def asked() -> Asked:
    return Asked()


async def test_what_waits_for_an_answer_is_held_and_then_no_more() -> None:
    asked = Asked()
    asked.gate.ask(Action("delete_task", {"task_id": "t1"}, ("Buy milk",)), turn=1)
    asked.gate.ask(Action("complete_task", {"task_id": "t2"}, ("Buy bread",)), turn=1)
    assert asked.questions.held == {"deleted", "completed"}
    asked.gate.press("no", by="key")
    assert asked.questions.held == frozenset()
    await asyncio.gather(*asked.work)


async def test_what_was_done_while_the_session_was_replaced_is_told_and_known_by_its_successor(
    asked: Asked,
) -> None:
    asked.tools.on_run = asked.replace
    asked.gate.played(asked.pending.id)
    assert await asked.questions.take_turn("Yes.", turn=2, by="voice")
    assert asked.session.said == []
    asked.session.serves = True
    await asked.done()
    assert asked.session.said == ['I\'ve deleted "Buy milk".']
    assert asked.remembered() == ["1"]


async def test_what_a_session_had_remembered_before_it_was_left_is_told_once_and_known_once(
    asked: Asked,
) -> None:
    left = asked.session

    async def is_left_meanwhile(*items: llm.ChatItem) -> None:
        left.history.items.extend(items)
        asked.replace()
        asked.session.history = left.history.copy()

    left.remember = is_left_meanwhile  # type: ignore[method-assign]
    asked.gate.played(asked.pending.id)
    assert await asked.questions.take_turn("Yes.", turn=2, by="voice")
    asked.session.serves = True
    await asked.done()
    assert (left.said, asked.session.said) == ([], ['I\'ve deleted "Buy milk".'])
    assert asked.remembered() == ["1"]


@pytest.mark.parametrize(("by", "taken"), [("voice", [1]), ("text", [0])])
async def test_a_spoken_yes_is_settled_before_what_it_releases_begins(
    asked: Asked, by: By, taken: list[int]
) -> None:
    found: list[int] = []
    asked.tools.on_run = lambda: found.append(asked.session.turns_taken)
    asked.gate.played(asked.pending.id)
    assert await asked.questions.take_turn("Yes.", turn=2, by=by)
    assert found == taken


async def test_what_leads_away_from_the_question_is_the_models_turn(asked: Asked) -> None:
    asked.gate.played(asked.pending.id)
    assert not await asked.questions.take_turn("What do I have today?", turn=2, by="voice")
    assert asked.session.turns_taken == 0


async def test_a_typed_yes_is_carried_out_though_the_vendors_socket_is_dead(asked: Asked) -> None:
    asked.session.takes_history = False
    asked.gate.played(asked.pending.id)
    assert await asked.questions.take_turn("Yes.", turn=2, by="text")
    assert asked.tools.ran == 1
    assert asked.session.said == ['I\'ve deleted "Buy milk".']


async def test_a_key_is_an_answer_though_the_session_has_ended(asked: Asked) -> None:
    asked.gate.played(asked.pending.id)
    asked.session.serves = False
    asked.tools.on_run = lambda: setattr(asked, "session", Session())
    assert asked.questions.press_key("yes")
    await asked.done()
    assert asked.session.said == ['I\'ve deleted "Buy milk".']


async def begun(asked: Asked, number: int) -> None:
    """Wait until the question is being said for the nth time."""
    async with asyncio.timeout(5):
        while len(asked.session.speeches) < number:
            await asyncio.sleep(0)


async def test_a_one_that_is_keyed_into_the_question_has_it_put_again_at_once_and_counts_behind_it(
    asked: Asked,
) -> None:
    asked.questions.ask_if_needed()
    await begun(asked, 1)
    assert asked.questions.press_key("yes")
    await begun(asked, 2)
    first, second = asked.session.speeches
    assert first.interrupted
    assert (asked.tools.ran, asked.pending.heard) == (0, False)
    second.over.set()
    await asked.done()
    assert asked.questions.press_key("yes")
    await asked.done()
    assert asked.tools.ran == 1


async def test_who_keys_a_one_into_the_question_each_time_hears_its_end_at_last(asked: Asked) -> None:
    asked.questions.ask_if_needed()
    for number in range(1, MAX_REPEATS + 2):
        await begun(asked, number)
        assert asked.questions.press_key("yes")
    last = asked.session.speeches[-1]
    assert not last.interrupted
    last.over.set()
    await asked.done()
    assert (asked.pending.heard, len(asked.session.speeches)) == (True, MAX_REPEATS + 1)


async def test_a_one_after_a_question_that_was_cut_off_has_it_put_again_however_often(asked: Asked) -> None:
    asked.questions.ask_if_needed()
    for number in range(1, MAX_REPEATS + 3):
        await begun(asked, number)
        await asked.session.hush()
        await asked.done()
        assert asked.questions.press_key("yes")
    await begun(asked, MAX_REPEATS + 3)
    await asked.session.hush()
    await asked.done()


async def test_a_two_that_is_keyed_into_the_question_is_a_no(asked: Asked) -> None:
    asked.questions.ask_if_needed()
    await begun(asked, 1)
    assert asked.questions.press_key("no")
    await asyncio.wait_for(asked.closed.wait(), 5)
    await begun(asked, 2)
    asked.session.speeches[-1].over.set()
    await asked.done()
    assert (asked.session.said[-1], asked.tools.ran) == (DECLINED, 0)


async def test_a_one_before_the_question_is_on_its_way_is_none_to_it(asked: Asked) -> None:
    assert not asked.questions.press_key("yes")
    assert asked.session.said == []


async def test_a_question_that_was_begun_while_the_caller_was_away_is_not_heard_when_it_ends(
    asked: Asked,
) -> None:
    asked.questions.ask_if_needed()
    await asyncio.sleep(0)
    asked.questions.unheard()
    asked.questions.put_again()
    await asyncio.sleep(0)
    first, second = asked.session.speeches
    first.over.set()
    await asked.work[0]
    assert not asked.pending.heard
    second.over.set()
    await asked.done()
    assert asked.pending.heard
