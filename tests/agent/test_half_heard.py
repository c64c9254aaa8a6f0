"""Of a turn whose beginning was lost it is asked whether it was a wish; the answer is one to that question alone."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

from agent.consent import ConsentQuestion
from agent.gate import Action, Gate, Outcome
from agent.persona import HALF_HEARD
from agent.questions import Questions
from agent.turn_taking import TurnTaking

pytestmark = pytest.mark.unit


class Session:
    """Says things into a list."""

    keeps_spoken_turns = True

    def __init__(self) -> None:
        self.said: list[str] = []

    def say(self, text: str) -> None:
        self.said.append(text)

    def think_ahead(self, _allowed: bool) -> None: ...


class Caller:
    """Has been asked whether a task is to be deleted, and whether a transcript may be kept."""

    def __init__(self) -> None:
        self.session, self.gate, self.ran = Session(), Gate(), list[str]()
        self.closed: list[Outcome] = []
        self.allowed: list[bool] = []

        async def run(tool: str, *_: Any, **__: Any) -> Any:
            self.ran.append(tool)
            raise AssertionError("nothing may run")

        async def allow(wish: bool) -> bool:
            self.allowed.append(wish)
            return True

        def close(work: Any, _name: str) -> None:
            work.close()

        transcript: Any = SimpleNamespace(allow=allow, days=30, consent=None)
        nothing: Any = SimpleNamespace(open=False, take_turn=lambda _text: None)
        toolbox: Any = SimpleNamespace(run=run)
        session: Any = self.session
        room: Any = None
        self.consent = ConsentQuestion(transcript)
        self.questions = Questions(
            room,
            self.gate,
            toolbox,
            caller_identity="caller",
            session=lambda: session,
            begin_turn=lambda _by: 2,
            spawn=close,
            on_closed=lambda _pending, outcome, _by: self.closed.append(outcome),
        )
        self.turns = TurnTaking(
            self.consent,
            nothing,
            nothing,
            questions=lambda: self.questions,
            session=lambda: session,
            end=lambda _reason: None,
            spawn=close,
        )
        self.turns.number = 1
        pending = self.gate.ask(Action("delete_task", {"task_id": "a"}, ("Buy milk",)), turn=1)
        pending.asked = True
        self.gate.played(pending.id)


async def test_a_yes_to_what_was_half_heard_deletes_nothing_that_was_asked_about_before() -> None:
    caller = Caller()
    caller.turns.half_heard()
    assert await caller.turns.take("Add bread for Friday.", by="voice")
    assert caller.session.said == [HALF_HEARD.format(what="add bread for Friday")]
    assert caller.closed == ["void"]
    assert not await caller.turns.take("Yes.", by="voice"), "it is the model's, which has heard the question"
    assert caller.ran == []


async def test_a_yes_to_what_was_half_heard_agrees_to_no_transcript() -> None:
    caller = Caller()
    caller.consent.open = True
    caller.turns.half_heard()
    await caller.turns.take("Add bread for Friday.", by="voice")
    await caller.turns.take("Yes.", by="voice")
    assert caller.allowed == []
