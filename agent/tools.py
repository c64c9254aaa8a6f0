"""The tools that a model sees: the servers' own, run by the call.

The call owns the clients, so a tool runs to its end whatever happens to the session that asked for it, and its
operation id makes a repeat return the first answer. Tools that change what cannot be seen coming pass the gate.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import logging
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any, Final

from livekit.agents import llm, utils

from agent import persona
from agent.called import Called
from agent.effects import LIST, Done, Tally, effects_of
from agent.filler import Says
from agent.gate import Action, Gate
from agent.known_tasks import KnownTasks, Task
from agent.metrics.call_metrics import CallMetrics
from agent.model_calls import UNDO, ModelCalls
from agent.own_changes import OwnChanges
from agent.promised_calls import PromisedCalls
from agent.released import Released
from agent.requests import Requests
from agent.seen import Seen
from agent.task_events import TaskEvents
from agent.tool_server import ToolServer, error_output
from agent.tracing import tool_span
from mcp_tasks.client import TaskServerUnavailable, ToolOutcome
from routing.outcomes import Outcomes

log = logging.getLogger("agent.tools")

_TOLD_BEFORE_LOOKING: Final = frozenset(["unauthorized", "rate_limited", "unavailable"])
"""With these the task server refuses without having looked whether the request was carried out already."""

_IS_OTHERWISE: Final = frozenset(["conflict", "not_found"])
"""With these it says that the task is not as it was told of last."""

TWINS_SECONDS: Final = 1.0
"""How long a question about a task waits for what tells it from others."""


class Toolbox:
    """The tools of one call: the task server's, and those of other servers.

    `on_stuck` is told when a model cannot get a call right and the caller has to be asked; `on_change` when a model's
    call that changes something begins; `outcomes` hears what becomes of tasks; what would make a task of something
    `seen` on a screen waits for a yes; `say` says a line while a tool takes its time; `promises`: the calls that the
    person can be promised, none without.
    """

    def __init__(
        self,
        server: ToolServer,
        gate: Gate,
        *,
        call_id: str,
        turn: Callable[[], int],
        on_stuck: Callable[[], None] = lambda: None,
        on_change: Callable[[], None] = lambda: None,
        say: Says = lambda _line: None,
        completes_at_once: bool = False,
        outcomes: Outcomes | None = None,
        metrics: CallMetrics | None = None,
        seen: Seen | None = None,
        promises: PromisedCalls | None = None,
    ) -> None:
        self._tasks = server
        self.requests = Requests(call_id)
        self._turn = turn
        self._on_change = on_change
        self._outcomes = outcomes
        self._task_events = TaskEvents()
        self._metrics = metrics
        self._promises = promises
        self._of: dict[str, ToolServer] = {}
        self._models = ModelCalls(
            self,
            gate,
            turn=turn,
            on_stuck=on_stuck,
            say=say,
            completes_at_once=completes_at_once,
            seen=seen or Seen(),
            promises=promises,
        )
        self.known = KnownTasks()
        self.changes = OwnChanges()
        self._tallies: dict[int, Tally] = {}
        """By turn."""
        self._running: set[asyncio.Task[Any]] = set()
        self._released: Released | None = None
        """What the newest yes released."""
        self.is_closed = False
        """Another worker answers: what a model calls is run no more."""
        self._called = Called(turn, self._told)
        self._runs: dict[str, asyncio.Task[ToolOutcome]] = {}
        """Changes at other servers, by operation id."""

    async def load(self) -> list[llm.Tool]:
        """Fetch the task server's tools and wrap each for the model. Raises TaskServerUnavailable."""
        return await self.add(self._tasks)

    async def add(self, server: ToolServer) -> list[llm.Tool]:
        """Fetch a server's tools and wrap those whose names are free. Raises TaskServerUnavailable."""
        await server.load()
        names = [name for name in server.tools if self._of.setdefault(name, server) is server]
        return [self._models.wrap(server, name) for name in names]

    def may_correct(self, name: str) -> bool:
        """Hear that a call gave an error; whether the model is asked again. livekit by itself refuses a tool that is not there."""
        return name in self._of or self._models.may_correct("unknown_tool")

    def done_in(self, turn: int) -> Done:
        """What tools that were run in a turn did, what they did not do, and what lists a model was shown."""
        return self._tallies[turn].done if turn in self._tallies else Done()

    def refused(self, tool: str, arguments: Mapping[str, Any] | None) -> None:
        """A model's call was not carried out. `arguments`: None where they could not be read."""
        self._tally(self._turn()).failed(tool, arguments)

    def _tally(self, turn: int) -> Tally:
        if turn not in self._tallies:  # of those long before nothing more is said
            self._tallies = {each: tally for each, tally in self._tallies.items() if each >= turn - 1}
            self._tallies[turn] = Tally()
        return self._tallies[turn]

    @property
    def is_running(self) -> bool:
        """Whether a tool runs now."""
        return bool(self._running)

    @property
    def runs_for_model(self) -> bool:
        """Whether something runs still that a model called in this turn."""
        return self._called.is_running

    def close(self) -> None:
        """Run no more of what a model calls: another worker answers, and would have it done twice."""
        self.is_closed = True

    async def unfinished(self) -> list[llm.ChatItem]:
        """Wait for what a model called in this turn; the calls and outputs as a history holds them."""
        return await self._called.unfinished()

    def done(self) -> list[llm.ChatItem]:
        """What was done of that which a model called in this turn, without what still runs."""
        return self._called.done()

    def done_earlier(self) -> list[llm.ChatItem]:
        """The same of earlier turns, of the last 30 s: the caller may have talked on before a model heard of it."""
        return self._called.done_earlier()

    def _told(self, tool: str, task: asyncio.Task[ToolOutcome]) -> tuple[str, bool]:
        """What a model reads of a run that is over, and whether it failed."""
        server, error = self._of[tool], task.exception()
        if error is None:
            return server.output(tool, task.result()), task.result().is_error
        if not isinstance(error, TaskServerUnavailable):  # nobody knows how far it came
            error = TaskServerUnavailable(type(error).__name__, may_have_happened=not server.reads(tool))
        return error_output("unavailable", self.unavailable(tool, error)), True

    async def run(
        self,
        tool: str,
        arguments: Mapping[str, Any],
        *,
        turn: int,
        call: llm.FunctionCall | None = None,
        expects: int | None = None,
    ) -> ToolOutcome:
        """Run a tool to its end, even when the caller of this function is cancelled meanwhile.

        `expects`: the version that the task must have still. It is no part of the request, which sent again meets the
        version after it.

        Raises TaskServerUnavailable when the server could not be reached.
        """
        server = self._of[tool]
        operation = None if server.reads(tool) else self._operation(tool, arguments, turn, call)
        task = self._runs.get(operation or "") if server.is_foreign else None
        if task is None:  # no server but ours knows a request that comes twice
            task = asyncio.create_task(self._call(server, tool, arguments, operation, turn, expects))
            self._running.add(task)
            task.add_done_callback(self._running.discard)
        if call is not None:
            self._called.add(call, task, turn=turn)
            if operation is not None:
                self._on_change()
        if operation and server.is_foreign:
            self._runs[operation] = task
        started = time.monotonic()
        try:
            outcome = await asyncio.shield(task)
        except TaskServerUnavailable:
            log.warning("tool.unavailable", extra={"tool": tool})
            self._tell_ran(tool, turn, "unavailable", started)
            raise
        if call is not None and tool == LIST and not server.is_foreign and not outcome.is_error:
            self._tally(turn).listed(outcome.structured)
        self._tell_ran(tool, turn, outcome.code or ("error" if outcome.is_error else "ok"), started)
        return outcome

    def carry_out(self, actions: Sequence[Action], *, turn: int) -> Released:
        """Begin what a yes released. All of it runs to its end, whoever waits for it."""
        self._released = Released(self, actions, turn=turn)
        self._running.add(self._released.task)
        self._released.task.add_done_callback(self._running.discard)
        return self._released

    def untold(self) -> list[llm.ChatItem]:
        """What the newest yes released, for another worker's model, where no session of ours knows of it."""
        return self._released.for_successor() if self._released is not None else []

    def _operation(
        self, tool: str, arguments: Mapping[str, Any], turn: int, call: llm.FunctionCall | None
    ) -> str:
        if tool != UNDO:
            return self.requests.operation(tool, arguments, turn)
        return self.requests.undo(turn, call=call.call_id if call is not None else "")

    def _tell_ran(self, tool: str, turn: int, outcome: str, started: float) -> None:
        milliseconds = round(1000 * (time.monotonic() - started))
        if outcome != "unavailable":
            log.info("tool.ran", extra={"tool": tool, "outcome": outcome, "ms": milliseconds})
        if self._outcomes is not None:
            told = {"tool": tool[:64], "turn": turn, "outcome": outcome[:32], "ms": milliseconds}
            self._outcomes.happenings.tell("tool", since_ms=milliseconds, **told)

    def unavailable(self, tool: str, error: TaskServerUnavailable) -> str:
        """Say that a tool's server was not there, and no more of what became of the request than is known."""
        server = self._of[tool]
        if error.may_have_happened:
            return persona.UNSURE.format(what=server.title)
        return persona.SERVER_DOWN.format(what=server.title) if server.is_foreign else persona.TASKS_DOWN

    def as_history(self, runs: Sequence[tuple[Action, ToolOutcome]]) -> list[llm.ChatItem]:
        """Give confirmed runs as the call-and-output pairs that a model's history must hold."""
        items: list[llm.ChatItem] = []
        for action, outcome in runs:
            call_id = utils.shortuuid("call_")
            output = self._of[action.tool].output(action.tool, outcome)
            arguments = json.dumps(dict(action.arguments))
            items += [
                llm.FunctionCall(call_id=call_id, name=action.tool, arguments=arguments),
                llm.FunctionCallOutput(
                    name=action.tool, call_id=call_id, output=output, is_error=outcome.is_error
                ),
            ]
        return items

    async def finish(self, *, within: float) -> None:
        """Wait, for a bounded time in seconds, for tools that still run."""
        if self._running:
            await asyncio.wait(self._running, timeout=within)

    # -- what is known of earlier runs ---------------------------------------------------------------------

    async def _call(
        self,
        server: ToolServer,
        tool: str,
        arguments: Mapping[str, Any],
        operation: str | None,
        turn: int,
        expects: int | None,
    ) -> ToolOutcome:
        """Call and remember, to the end: who waits for it may be cancelled in between."""
        was_unsure = self.requests.is_unsure(operation)
        if operation:
            # Before it is sent: whoever asks again while nobody knows how it went means this request.
            self.requests.sent(tool, arguments, operation, turn, is_unsure=not server.is_foreign)
        # One wish, though it is answered turns later: it counts where it was asked for.
        asked = self.requests.first_asked(operation, turn)
        sent = arguments if expects is None else {**arguments, "expected_version": expects}
        try:
            with tool_span(tool, foreign=server.is_foreign) as span:
                outcome = await server.call(tool, sent, operation_id=operation)
                span.set_attribute(
                    "voicetasks.outcome", outcome.code or ("error" if outcome.is_error else "ok")
                )
        except TaskServerUnavailable as error:
            if not server.is_foreign:
                self._tally(turn).failed(tool, arguments)
            if self._metrics is not None:
                self._metrics.unavailable(tool, turn=asked, foreign=server.is_foreign)
            if self._outcomes is not None and tool == "create_task":
                self._outcomes.task("refused", "", turn=asked)
            # That this try did not arrive tells nothing of the one before.
            error.may_have_happened = error.may_have_happened or was_unsure
            if operation and error.may_have_happened:
                self.requests.sent(tool, arguments, operation, turn, is_unsure=not server.is_foreign)
            else:
                self._forget(tool, arguments, operation)
            raise
        if not outcome.is_error:
            outcome = self._with_calls(server, tool, outcome)
            self.requests.answered(tool, arguments)
        elif not (was_unsure and outcome.code in _TOLD_BEFORE_LOOKING):
            self._forget(tool, arguments, operation)
        self._note(server, tool, arguments, outcome, operation, turn)
        if self._metrics is not None:
            self._metrics.ran(tool, outcome, turn=asked, foreign=server.is_foreign)
        event = None if server.is_foreign else self._task_events.of(tool, outcome)
        if self._outcomes is not None and event is not None:
            self._outcomes.task(*event, turn=asked)
        return outcome

    def _with_calls(self, server: ToolServer, tool: str, outcome: ToolOutcome) -> ToolOutcome:
        """What was answered, with when each call comes: the task server knows no telephones."""
        if self._promises is None or server.is_foreign or _is_gone(tool, outcome.structured):
            return outcome
        return replace(outcome, structured=self._promises.told(outcome.structured))

    def _forget(self, tool: str, arguments: Mapping[str, Any], operation: str | None) -> None:
        """It certainly did not happen: the next one is a new request."""
        self.requests.forget(tool, arguments)
        self._runs.pop(operation or "", None)

    def _note(
        self,
        server: ToolServer,
        tool: str,
        arguments: Mapping[str, Any],
        outcome: ToolOutcome,
        operation: str | None,
        turn: int,
    ) -> None:
        """Remember what later calls need to know of this one."""
        if server.is_foreign:
            if operation and not outcome.is_error:
                self._tally(turn).succeeded(tool, arguments, frozenset({"other"}))
                self.requests.changed(turn)
            return
        effects = effects_of(tool, outcome.structured)
        if outcome.is_error:
            self._tally(turn).failed(tool, arguments)
        else:
            self._tally(turn).succeeded(tool, arguments, effects)
        if effects and not outcome.structured.get("repeated"):
            self.requests.changed(turn)
        result = outcome.structured
        if operation and not outcome.is_error:
            self.changes.note(tool, operation, result)
            if "undone" in result:
                self.requests.undone(operation)
        self.known.note(result)
        if outcome.code in _IS_OTHERWISE:
            self.known.forget(str(arguments.get("task_id")))
        if _is_gone(tool, result) and isinstance(result.get("task"), dict):
            self.known.forget(str(result["task"]["id"]))

    async def look_for_twins(self, task: Task) -> None:
        """Learn of the tasks that sound like one, which need not have been told of in this call."""
        # The question can be put without, and is not to be waited for in silence.
        with contextlib.suppress(TaskServerUnavailable, TimeoutError):
            async with asyncio.timeout(TWINS_SECONDS):
                await self.run(LIST, {"view": "all", "query": str(task["title"])}, turn=self._turn())

    async def task(self, task_id: object) -> Task | None:
        """A task of which a model has the id; None where there is none. Raises TaskServerUnavailable."""
        if task_id and self.known.get(task_id) is None:
            await self.run("list_tasks", {"view": "all"}, turn=self._turn())
        return self.known.get(task_id)


def _is_gone(tool: str, result: Mapping[str, Any]) -> bool:
    """Whether the task that a result tells of is there no longer."""
    return tool == "delete_task" or result.get("undone") == "create"
