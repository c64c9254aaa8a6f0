"""What stands between a model and a destructive tool.

A model may ask for a destructive tool, and that is all it may do: the gate holds the action, the caller hears what
would be done, and only their own clear yes (a later turn of theirs, a key, a click) releases it. The call then runs
the tool itself. Nothing that a model, a title or a screen says confirms anything.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import Enum
from typing import Any, Final, Literal
from uuid import uuid4

from agent.answers import Answer, read_answer
from agent.asked_first import due_said

LIFETIME_SECONDS: Final = 60.0
"""A yes later than this is not an answer to the question."""

ON_THE_LAST_WORD_SECONDS: Final = 1.0
"""Somebody who answers may begin to speak so long before the question's end is known; earlier it was no answer to it."""

MAX_REPEATS: Final = 2
"""How often an unclear answer is met by the question again, before the matter is dropped."""

_OF_AN_UPDATE: Final = ("to the due date", "deadline", "notes", "note", "tags")
"""What a yes to a change may say of it: «yes, move it to Friday», «yes, clear the notes»."""

By = Literal["voice", "text", "key", "click"]
Outcome = Literal["confirmed", "declined", "expired", "void"]


class Step(Enum):
    """What the call does with a turn of the caller while something is pending."""

    RUN = "run"
    DECLINE = "decline"
    DECLINE_AND_GO_ON = "decline_and_go_on"
    ASK_AGAIN = "ask_again"
    GO_ON = "go_on"


@dataclass(frozen=True)
class Action:
    """One tool call that waits: exactly this tool with exactly these arguments."""

    tool: str
    arguments: Mapping[str, Any]
    objects: tuple[str, ...]
    """What it acts on, as the caller knows it: the titles."""
    title: str = ""
    """What the tool is called when it is none of ours, with the server that it belongs to."""
    told_apart: str = ""
    """What is said behind a title that another task has as well: «due Friday»."""
    undoes: str = ""
    """The kind of change that is taken back: create, update, complete or delete."""
    calls_at: str = ""
    """When its person is called about what a task becomes, where that is not the moment that it is due."""

    @property
    def asked_as(self) -> str:
        """The tool as an answer is read to it: an addition is taken back in other words than a deletion."""
        return "undo_create" if self.undoes == "create" else self.tool

    @property
    def words(self) -> tuple[str, ...]:
        """What the question says of it, and a yes may say again: its titles, and what it is to become."""
        if self.tool != "update_task":
            return (*self.objects, self.told_apart, self.calls_at)
        becomes = (str(self.arguments.get("title") or ""), due_said(self.arguments))
        return (*self.objects, self.told_apart, self.calls_at, *becomes, *_OF_AN_UPDATE)


@dataclass
class Pending:
    """A question that was put to the caller, and what a yes to it would do."""

    actions: list[Action]
    turn: int
    """The turn of the caller in which it was asked for; only a later one can answer."""
    expires_at: float
    """On the gate's clock, seconds."""
    id: str = field(default_factory=lambda: uuid4().hex)
    asked: bool = False
    """The question is on its way to the caller."""
    heard: bool = False
    """Action and object were played to the end of their words."""
    heard_at: float = 0.0
    """When that was, on the gate's clock."""
    shown: bool = False
    """The question reached the caller's page or terminal as text."""
    repeats: int = 0

    @property
    def objects(self) -> list[str]:
        """Everything that would be acted on, in the order in which it is named."""
        return [name for action in self.actions for name in action.objects]

    @property
    def tools(self) -> list[str]:
        """The tools that would run, each once."""
        return list(dict.fromkeys(action.tool for action in self.actions))


class Gate:
    """Holds at most one question at a time; it belongs to the call and outlives any tier session."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._pending: Pending | None = None
        self._on_close: Callable[[Pending, Outcome, By | None], None] = lambda *_: None
        self._on_time: Callable[[Pending], None] = lambda _: None

    def on_close(self, callback: Callable[[Pending, Outcome, By | None], None]) -> None:
        """Be told how each question ended."""
        self._on_close = callback

    def on_time(self, callback: Callable[[Pending], None]) -> None:
        """Be told each time that a question's time begins: somebody has to look when it is over."""
        self._on_time = callback

    def seconds_left(self, pending: Pending) -> float:
        """How long it can be answered still."""
        return pending.expires_at - self._clock()

    @property
    def pending(self) -> Pending | None:
        """The open question. One that ran out of time is closed by looking."""
        if self._pending is not None and self._clock() >= self._pending.expires_at:
            self._close("expired", None)
        return self._pending

    def ask(self, action: Action, *, turn: int) -> Pending:
        """Hold an action. Actions of one turn share a question; one of a later turn voids an older question."""
        pending = self.pending
        together = pending is not None and pending.turn == turn and not pending.heard
        if pending is not None and together and (action in pending.actions or not pending.asked):
            if action not in pending.actions:
                pending.actions.append(action)
            self._begin_time(pending)
            return pending
        # What is being asked already cannot grow: its words, its card and its id stand for less.
        actions = [*(pending.actions if pending is not None and together else []), action]
        if pending is not None:
            self._close("void", None)
        self._pending = Pending(actions, turn, self._clock())
        self._begin_time(self._pending)
        return self._pending

    def put(self, pending_id: str) -> None:
        """The question is put to the caller, perhaps once more: it does not run out while it is said."""
        if (pending := self.pending) is not None and pending.id == pending_id:
            pending.asked = True
            self._begin_time(pending)

    def played(self, pending_id: str) -> None:
        """The question was heard to the end of its words; its time starts now."""
        if (pending := self.pending) is not None and pending.id == pending_id:
            pending.heard = True
            pending.heard_at = self._clock()
            self._begin_time(pending)

    def shown(self, pending_id: str) -> None:
        """The question reached the caller as text."""
        if (pending := self.pending) is not None and pending.id == pending_id:
            pending.shown = True

    def read(
        self, text: str, *, turn: int, by: By, began_at: float | None = None
    ) -> tuple[Step, list[Action]]:
        """Decide what a turn of the caller means for the open question.

        `began_at`: when the caller began to speak, on the gate's clock. A «yes» to somebody else, said into the question
        and understood after its end, is none to it.
        """
        pending = self.pending
        if pending is None or turn <= pending.turn:
            return Step.GO_ON, []
        asked = {action.asked_as for action in pending.actions}
        things = [action.words for action in pending.actions]
        answer = read_answer(text, tool=asked.pop() if len(asked) == 1 else "", things=things)
        early = began_at is not None and began_at < pending.heard_at - ON_THE_LAST_WORD_SECONDS
        perceived = (pending.heard and not early) or (by != "voice" and pending.shown)
        if answer is Answer.YES and perceived:
            return Step.RUN, self._close("confirmed", by)
        if answer is Answer.NO:
            self._close("declined", by)
            return Step.DECLINE, []
        if answer is Answer.NO_AND_MORE:
            self._close("declined", by)
            return Step.DECLINE_AND_GO_ON, []
        if answer is Answer.OTHER or pending.repeats >= MAX_REPEATS:
            self._close("void", by)
            return Step.GO_ON, []
        pending.repeats += 1
        pending.heard = False
        return Step.ASK_AGAIN, []

    def press(
        self, answer: Literal["yes", "no"], *, by: By, pending_id: str | None = None
    ) -> list[Action] | None:
        """Answer by key or by click. Gives the released actions, or None when there was nothing to answer.

        A click names the question that it saw; a key answers the one that was heard, for a phone shows nothing.
        """
        pending = self.pending
        if pending is None or (pending_id is not None and pending.id != pending_id):
            return None
        if answer == "no":
            self._close("declined", by)
            return []
        if not (pending.heard or (by == "click" and pending.shown)):
            return None
        return self._close("confirmed", by)

    def drop(self) -> None:
        """Something else is asked now: a yes that comes is none to the question that was open."""
        self._close("void", None)

    def _begin_time(self, pending: Pending) -> None:
        pending.expires_at = self._clock() + LIFETIME_SECONDS
        self._on_time(pending)

    def _close(self, outcome: Outcome, by: By | None) -> list[Action]:
        pending, self._pending = self._pending, None
        if pending is None:
            return []
        self._on_close(pending, outcome, by)
        return pending.actions if outcome == "confirmed" else []
