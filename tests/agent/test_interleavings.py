"""However turns, calls, interruptions and retries fall: one effect for one request, none without its confirmation."""

from __future__ import annotations

import asyncio
import contextlib
import tempfile
import time
from itertools import count
from pathlib import Path
from typing import Any, ClassVar

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from agent.gate import LIFETIME_SECONDS, Step
from agent.requests import SAME_REQUEST_SECONDS
from mcp_tasks.client import TaskServerUnavailable
from tests.agent.rig import Rig, rig, task_server

pytestmark = pytest.mark.system

TITLES = ("Buy milk", "Call Ann", "Pay the rent")
AGREES = ("Yes.", "Yes, please.", "Go ahead.", "Mhm.")
DOES_NOT = (
    "No.",
    "Wait.",
    "Yeah, no.",
    "Sure, but keep the milk.",
    "What?",
    "What do I have today?",
    "Thanks.",
    "",
)


class Conversation(RuleBasedStateMachine):
    """A model that calls what it likes and a caller who says what they like, on the product's task server."""

    numbers: ClassVar[Any] = count()

    def __init__(self) -> None:
        super().__init__()
        self._runner = asyncio.Runner()
        self._stack = contextlib.AsyncExitStack()
        self._folder = tempfile.TemporaryDirectory()
        self.late = 0.0
        """By so many seconds the clocks are ahead."""
        self.rig: Rig = self._runner.run(self._open())
        self.rig.gate._clock = lambda: time.monotonic() + self.late
        self.rig.toolbox.requests._clock = lambda: time.time() + self.late
        self.calls = count()
        self.asked: set[tuple[int, str]] = set()
        self.unknown: set[str] = set()
        """Titles of which nobody knows whether they were added: to ask again is the same request."""
        self.taken_back = 0
        self.agreed: set[tuple[str, str]] = set()
        self.ids: list[str] = []
        self.released: list[tuple[Any, int]] = []
        self.playing = ""
        self.heard: dict[str, list[Any]] = {}

    async def _open(self) -> Rig:
        port = await self._stack.enter_async_context(task_server(Path(self._folder.name)))
        return await self._stack.enter_async_context(rig(port, f"user{next(self.numbers)}"))

    def teardown(self) -> None:
        self._runner.run(self._stack.aclose())
        self._runner.close()
        self._folder.cleanup()

    # -- the model

    @rule(title=st.sampled_from(TITLES), times=st.integers(1, 3))
    def model_creates(self, title: str, times: int) -> None:
        """The same call, perhaps delivered more than once at the same time."""
        if title not in self.unknown:
            self.asked.add((self.rig.turn, title))
        self.unknown.discard(title)

        async def all_at_once() -> None:
            calls = [self.rig.model_calls("create_task", {"title": title}) for _ in range(times)]
            for answer in await asyncio.gather(*calls):
                if answer["task"]["id"] not in self.ids:
                    self.ids.append(answer["task"]["id"])

        self._runner.run(all_at_once())

    @rule(title=st.sampled_from(TITLES), arrives=st.booleans())
    def model_creates_and_the_answer_is_lost(self, title: str, arrives: bool) -> None:
        if title not in self.unknown:
            self.asked.add((self.rig.turn, title))
        self.unknown.add(title)
        server = self.rig.toolbox._tasks
        call = server.call

        async def is_lost(*asked: Any, **more: Any) -> Any:
            if arrives:
                await call(*asked, **more)
            raise TaskServerUnavailable("its answer was lost", may_have_happened=True)

        server.call = is_lost  # type: ignore[method-assign]
        answer = self._runner.run(self.rig.model_calls("create_task", {"title": title}))
        server.call = call  # type: ignore[method-assign]
        assert "Nothing was changed" not in str(answer)

    @rule()
    def time_passes(self) -> None:
        """The same words are a new wish, and a question is no longer open."""
        self.late += SAME_REQUEST_SECONDS + LIFETIME_SECONDS
        assert self.rig.gate.pending is None

    @rule()
    def model_undoes(self) -> None:
        number = next(self.calls)
        answer = self._runner.run(self.rig.model_calls("undo", {}, f"undo {number}", reply=f"reply {number}"))
        self.taken_back += answer.get("undone") == "create"

    @precondition(lambda self: self.ids)
    @rule(
        which=st.integers(0, 50),
        tool=st.sampled_from(["delete_task", "complete_task"]),
        extra=st.sampled_from([{}, {"confirm": True}, {"operation_id": "x"}, {"expected_version": 1}]),
    )
    def model_wants_to(self, which: int, tool: str, extra: dict[str, Any]) -> None:
        task_id = self.ids[which % len(self.ids)]
        self._runner.run(self.rig.model_calls(tool, {"task_id": task_id, **extra}))

    # -- the caller

    @precondition(lambda self: self.rig.gate.pending is not None)
    @rule()
    def question_is_put(self) -> None:
        pending = self.rig.gate.pending
        assert pending is not None
        pending.asked = True
        self.playing = pending.id

    @precondition(lambda self: self.playing)
    @rule(whole=st.booleans())
    def question_is_played(self, whole: bool) -> None:
        """To its end, or interrupted before that; by then it may be another question."""
        if whole:
            self.rig.gate.played(self.playing)
            self.heard[self.playing] = list(self.rig.gate.pending.actions) if self.rig.gate.pending else []
        self.playing = ""

    @precondition(lambda self: self.rig.gate.pending is not None)
    @rule()
    def session_is_swapped(self) -> None:
        """What was being played is heard by nobody, and what was heard was perhaps, too."""
        pending = self.rig.gate.pending
        assert pending is not None
        pending.heard = pending.shown = False
        self.playing = ""

    @rule(said=st.sampled_from(AGREES + DOES_NOT))
    def caller_says(self, said: str) -> None:
        self.rig.turn += 1
        before = self.rig.gate.pending
        heard = before is not None and before.heard and before.turn < self.rig.turn
        step, released = self.rig.gate.read(said, turn=self.rig.turn, by="voice")
        assert (step is Step.RUN) == (heard and said in AGREES)
        assert not released or (before is not None and released == self.heard[before.id])
        self._carry_out(released)

    @rule(key=st.sampled_from(["yes", "no"]))
    def caller_presses(self, key: Any) -> None:
        before = self.rig.gate.pending
        released = self.rig.gate.press(key, by="key") or []
        assert bool(released) == (before is not None and before.heard and key == "yes")
        self.rig.turn += 1
        self._carry_out(released)

    @precondition(lambda self: self.released)
    @rule(which=st.integers(0, 50))
    def what_was_released_is_delivered_again(self, which: int) -> None:
        action, turn = self.released[which % len(self.released)]
        self._runner.run(self.rig.toolbox.run(action.tool, action.arguments, turn=turn))

    def _carry_out(self, released: list[Any]) -> None:
        for action in released:
            self.agreed.add((action.tool, str(action.arguments.get("task_id"))))
            self.released.append((action, self.rig.turn))
            outcome = self._runner.run(
                self.rig.toolbox.run(action.tool, action.arguments, turn=self.rig.turn)
            )
            self.taken_back += outcome.structured.get("undone") == "create"

    # -- what holds

    @invariant()
    def only_what_was_asked_and_agreed_happened(self) -> None:
        open_titles = self._runner.run(self.rig.titles())
        done_titles = self._runner.run(self.rig.titles("done"))
        deletions = sum(tool == "delete_task" for tool, _ in self.agreed)
        completions = sum(tool == "complete_task" for tool, _ in self.agreed)
        assert len(done_titles) <= completions
        assert len(self.ids) - len(open_titles) - len(done_titles) <= deletions + self.taken_back
        for title in TITLES:
            assert sum(each == title for each in open_titles + done_titles) <= sum(
                each == title for _, each in self.asked
            )


Conversation.TestCase.settings = settings(
    max_examples=10, stateful_step_count=20, deadline=None, suppress_health_check=list(HealthCheck)
)

TestInterleavings = Conversation.TestCase
