"""What a model calls of the tools: it is run, held for the caller's yes, or refused."""

from __future__ import annotations

import asyncio
import json
import logging
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, Final

from livekit.agents import RunContext, StopResponse, ToolError, function_tool
from livekit.agents.llm import RawFunctionTool, ToolResult

from agent import persona
from agent.arguments import described
from agent.asked_first import Begun, clears, due_said, emptied
from agent.filler import Says, filled
from agent.fitting import misfit
from agent.gate import Action, Gate
from agent.known_tasks import Task, due_at
from agent.own_changes import can_be_undone
from agent.promised_calls import READ_BACK, PromisedCalls
from agent.seen import Seen
from agent.tool_server import ToolServer, error_output
from mcp_tasks.client import NOT_FOR_MODELS, TaskServerUnavailable, ToolOutcome
from mcp_tasks.counted_on import counts_on
from tiers.tool_arguments import strict

if TYPE_CHECKING:
    from agent.tools import Toolbox

log = logging.getLogger("agent.model_calls")

ARGUMENTS_NOT_WHOLE: Final = "The arguments were not one complete JSON object."
ONE_UNDO: Final = (
    "The caller is asked about one change. Only that is taken back: call undo again once they have answered."
)
MOST_CORRECTIONS: Final = 2
"""How often in one turn a model may put a refused call right before the caller is asked."""
BY_PHONE: Final = "by_phone"
UNDO: Final = "undo"
UPDATE: Final = "update_task"
COMPLETE: Final = "complete_task"
_MODELS_FAULT: Final = frozenset(["invalid", "not_found", "too_long"])


class ModelCalls:
    """The tools of one call as models have them.

    `on_stuck` is told when a model cannot get a call right and the caller has to be asked; what would make a task of
    something `seen` on a screen waits for a yes. `say`: while a tool takes its time. `promises`: the calls that the
    person can be promised.
    """

    def __init__(
        self,
        toolbox: Toolbox,
        gate: Gate,
        *,
        turn: Callable[[], int],
        on_stuck: Callable[[], None],
        say: Says,
        completes_at_once: bool,
        seen: Seen,
        promises: PromisedCalls | None,
    ) -> None:
        self._toolbox = toolbox
        self._gate = gate
        self._turn = turn
        self._on_stuck = on_stuck
        self._say = say
        self._completes_at_once = completes_at_once
        self._seen = seen
        # Who did not agree to be called is promised no call, and pays for no word about one.
        self._promises = promises
        self._hidden = NOT_FOR_MODELS if promises else NOT_FOR_MODELS | {BY_PHONE}
        self._begun = {UPDATE: Begun(), COMPLETE: Begun()}
        self._undoing = asyncio.Lock()
        """What is undone depends on what was undone before it."""
        self._undone: tuple[int, set[str]] = (0, set())
        """The turn of the newest undo, and the operations that were undoings in it."""
        self._asked_undo: tuple[int, str] | None = None
        """The turn and the operation of the last undo that was asked about."""
        self._corrections = (0, 0)

    def wrap(self, server: ToolServer, name: str) -> RawFunctionTool[..., Any]:
        """A server's tool as a model is given it."""
        schema = {
            "name": name,
            "description": self._described(server, name),
            "parameters": self._shown(server, name),
        }

        async def ask_the_server(raw_arguments: dict[str, object], ctx: RunContext[Any]) -> Any:
            if self._toolbox.is_closed:
                raise StopResponse
            arguments = strict(ctx.function_call.arguments)
            if arguments is None:
                self._toolbox.refused(name, None)
                return self._refuse("invalid", error_output("invalid", ARGUMENTS_NOT_WHOLE))
            if not server.is_foreign:
                arguments = {key: value for key, value in arguments.items() if key not in self._hidden}
            try:
                if self._is_asked_first(server, name, arguments):
                    return await self._hold(server, name, arguments)
                async with filled(ctx, self._say):
                    outcome = await self._run(server, name, arguments, ctx)
            except TaskServerUnavailable as error:
                self._toolbox.refused(name, arguments)
                raise ToolError(error_output("unavailable", self._toolbox.unavailable(name, error))) from None
            if isinstance(outcome, ToolResult):
                return outcome
            if outcome.is_error and name in self._begun:
                self._begun[name].failed(arguments.get("task_id"))
            if outcome.is_error and outcome.code in _MODELS_FAULT:
                return self._refuse(outcome.code, server.error_for_model(outcome))
            if outcome.is_error:
                raise ToolError(server.error_for_model(outcome))
            return server.for_model(name, outcome)

        return function_tool(ask_the_server, raw_schema=schema)

    def _described(self, server: ToolServer, name: str) -> str:
        """What a model is told of a tool; of calls only where one can be promised."""
        told = server.describe(name)
        rings = self._promises is not None and not server.is_foreign and server.takes(name, BY_PHONE)
        return f"{told} {READ_BACK}" if rings else told

    def _shown(self, server: ToolServer, name: str) -> dict[str, Any]:
        """A tool's schema without what is the call's own to fill in."""
        schema = server.tools[name].input_schema
        hidden = frozenset[str]() if server.is_foreign else self._hidden
        properties = {key: value for key, value in schema.get("properties", {}).items() if key not in hidden}
        return {**schema, "properties": properties}

    def _is_asked_first(self, server: ToolServer, tool: str, arguments: dict[str, Any]) -> bool:
        """Whether the caller is asked before a model's call is carried out."""
        if server.is_foreign:
            return server.needs_yes(tool)
        if server.needs_yes(tool) and not (self._completes_at_once and tool == COMPLETE):
            return True
        turn = self._turn()
        if tool in self._begun and self._begun[tool].is_another(arguments.get("task_id"), turn=turn):
            return True
        if self._moves_again(tool, arguments):
            return True
        return self._seen.concerns(tool, arguments, turn=turn)

    def _moves_again(self, tool: str, arguments: dict[str, Any]) -> bool:
        """Whether «an hour later» comes once more, in another turn: it may be one wish that was sent twice, or two."""
        if tool != UPDATE or not self._toolbox.requests.was_done(tool, arguments, self._turn()):
            return False
        return counts_on(due_said(arguments))

    async def _run(
        self, server: ToolServer, tool: str, arguments: dict[str, Any], ctx: RunContext[Any]
    ) -> ToolOutcome | ToolResult:
        """Run what a model calls; what turns out to need a yes becomes a question."""
        if tool == UNDO and not server.is_foreign:
            return await self._undo(server, arguments, ctx)
        if tool == UPDATE and not server.is_foreign and emptied(arguments):
            return await self._clear(server, arguments, ctx)
        return await self._toolbox.run(tool, arguments, turn=self._turn(), call=ctx.function_call)

    async def _clear(
        self, server: ToolServer, arguments: dict[str, Any], ctx: RunContext[Any]
    ) -> ToolOutcome | ToolResult:
        """Make an update that leaves something empty: unasked only where it is empty already, and is so still."""
        task = await self._toolbox.task(arguments.get("task_id"))
        if task is None or clears(arguments, task):
            return await self._hold(server, UPDATE, arguments)
        expects = int(task["version"]) if server.takes(UPDATE, "expected_version") else None
        return await self._toolbox.run(
            UPDATE, arguments, turn=self._turn(), call=ctx.function_call, expects=expects
        )

    async def _undo(
        self, server: ToolServer, arguments: dict[str, Any], ctx: RunContext[Any]
    ) -> ToolOutcome | ToolResult:
        """Take back what this call changed last. What another door has changed meanwhile is asked about first."""
        if (refused := self._misfits(server, UNDO, arguments)) is not None:
            return refused
        turn, call = self._turn(), ctx.function_call
        # Which one it is, before those that it may follow are over.
        operation = self._toolbox.requests.undo(turn, call=call.call_id, reply=ctx.speech_handle.id)
        async with self._undoing:
            listed = await self._toolbox.run("list_tasks", {"view": "changed", "limit": 1}, turn=turn)
            if listed.is_error:
                return listed
            if "old" in listed.structured:
                raise TaskServerUnavailable("What was changed last is not known.", may_have_happened=False)
            change = next(iter(listed.structured.get("changes") or []), None)
            if change is not None and can_be_undone(change):
                if server.takes(UNDO, "expected_at"):
                    arguments["expected_at"] = change["at"]
                is_own = self._toolbox.changes.is_newest(change, listed.structured["tasks"])
                if not is_own or self._deletes_one_more(change, operation, turn):
                    if self._asks_about_another(operation, turn):
                        return ToolResult(error_output("one_at_a_time", ONE_UNDO), reply_required=False)
                    self._asked_undo = (turn, operation)
                    action = Action(UNDO, arguments, (str(change["title"]),), undoes=str(change["kind"]))
                    return self._ask(action)
            outcome = await self._toolbox.run(UNDO, arguments, turn=turn, call=call)
            if not outcome.is_error:
                self._undone = (turn, {operation} | (self._undone[1] if self._undone[0] == turn else set()))
            return outcome

    def _asks_about_another(self, operation: str, turn: int) -> bool:
        """Whether another undo of this turn waits for a yes: it is of the newest change, and so would this one be."""
        if self._asked_undo is None or self._gate.pending is None:
            return False
        return self._asked_undo[0] == turn and self._asked_undo[1] != operation

    def _deletes_one_more(self, change: Mapping[str, Any], operation: str, turn: int) -> bool:
        """Whether an undo behind another one of its turn takes a task away: a model that miscounts deletes for good."""
        undone = self._undone[1] if self._undone[0] == turn else set()
        return change["kind"] == "create" and bool(undone - {operation}) and operation not in undone

    async def _hold(self, server: ToolServer, tool: str, arguments: dict[str, Any]) -> ToolResult:
        if (refused := self._misfits(server, tool, arguments)) is not None:
            return refused
        task_id = arguments.get("task_id")
        title = told_apart = calls_at = ""
        objects: tuple[str, ...]
        if not server.is_foreign and tool == "create_task":
            objects = (str(arguments.get("title") or ""),)
            calls_at = self._calls_at(arguments)
        elif server.is_foreign or not server.takes(tool, "task_id"):
            objects = described(arguments)
            title = f'"{server.title_of(tool)}" of {server.title}'
        elif isinstance(task_id, str) and (known := await self._known_now(task_id)) is not None:
            objects = (str(known["title"]),)
            told_apart = self._toolbox.known.told_apart(task_id)
            if self._moves_again(tool, arguments):
                told_apart = told_apart or due_at(known)
            calls_at = self._calls_at(arguments, known) if tool == UPDATE else ""
            if server.takes(tool, "expected_version"):
                # What was changed since it was last seen is not what the caller agrees to.
                arguments["expected_version"] = int(known["version"])
        else:
            self._toolbox.refused(tool, arguments)
            unknown = "There is no such task. List the tasks and use an id from there."
            return self._refuse("not_found", error_output("not_found", unknown))
        return self._ask(Action(tool, arguments, objects, title, told_apart, calls_at=calls_at))

    async def _known_now(self, task_id: str) -> Task | None:
        """A task as it is told of now, with those that sound alike; None where it is gone."""
        if (known := await self._toolbox.task(task_id)) is not None:
            await self._toolbox.look_for_twins(known)
        return self._toolbox.known.get(task_id)

    def _calls_at(self, arguments: dict[str, Any], task: Task | None = None) -> str:
        return "" if self._promises is None else self._promises.asked_for(arguments, task)

    def _ask(self, action: Action) -> ToolResult:
        pending = self._gate.ask(action, turn=self._turn())
        waiting = {"status": "waiting_for_confirmation", "question": persona.question(pending.actions)}
        return ToolResult(json.dumps(waiting), reply_required=False)

    def _misfits(self, server: ToolServer, tool: str, arguments: dict[str, Any]) -> ToolResult | None:
        """Refuse what the caller would agree to in vain: arguments that a tool does not take."""
        wrong = misfit(server.tools[tool].input_schema, arguments)
        if not wrong:
            return None
        self._toolbox.refused(tool, arguments)
        if tool in self._begun:
            self._begun[tool].failed(arguments.get("task_id"))
        return self._refuse("invalid", error_output("invalid", wrong))

    def _refuse(self, code: str, error: str) -> ToolResult:
        """Tell the model what was wrong with its call, and past the second time ask the caller instead."""
        if self.may_correct(code):
            raise ToolError(error)
        return ToolResult(error, reply_required=False)

    def may_correct(self, code: str) -> bool:
        """Count a call that was refused in this turn; whether the model may put it right, or the caller is asked."""
        turn, count = self._corrections
        count = count + 1 if turn == self._turn() else 1
        self._corrections = (self._turn(), count)
        if count <= MOST_CORRECTIONS:
            return True
        log.warning("tool.model_is_stuck", extra={"turn": self._turn(), "outcome": code})
        if count == MOST_CORRECTIONS + 1:
            self._on_stuck()
        return False
