"""The tools that a model sees: the task server's own, run by the call.

The call owns the client, so a tool runs to its end whatever happens to the session that asked for it, and its
operation id makes a repeat return the first answer. Tools that change what cannot be seen coming pass the gate.
"""

from __future__ import annotations

import asyncio
import json
import logging
import time
from collections.abc import Callable, Mapping, Sequence
from hashlib import sha256
from typing import Any, Final

from livekit.agents import RunContext, ToolError, function_tool, llm
from livekit.agents.llm import RawFunctionTool, ToolResult
from mcp.types import Tool

from agent.claims import is_change
from agent.gate import Action, Gate
from agent.persona import TASKS_DOWN
from agent.persona import question as spoken_question
from mcp_tasks.client import NOT_FOR_MODELS, TaskClient, TaskServerUnavailable, ToolOutcome

log = logging.getLogger("agent.tools")

FILLER: Final = "One moment."
FILLER_AFTER_SECONDS: Final = 1.5
"""Silence of the caller's and ours, while a tool runs, that is broken by a word."""


class Toolbox:
    """The task server's tools for one call."""

    def __init__(self, client: TaskClient, gate: Gate, *, call_id: str, turn: Callable[[], int]) -> None:
        self._client = client
        self._gate = gate
        self._call_id = call_id
        self._turn = turn
        self._served: dict[str, Tool] = {}
        self._titles: dict[str, str] = {}
        self.last_change_in: int | None = None
        """The turn in which a tool last changed something."""
        self._running: set[asyncio.Task[ToolOutcome]] = set()

    async def load(self) -> list[llm.Tool]:
        """Fetch the server's tools and wrap each for the model. Raises TaskServerUnavailable."""
        self._served = {tool.name: tool for tool in await self._client.list_tools()}
        return [self._wrap(tool) for tool in self._served.values()]

    async def run(self, tool: str, arguments: Mapping[str, Any], *, turn: int) -> ToolOutcome:
        """Run a tool to its end, even when the caller of this function is cancelled meanwhile.

        Raises TaskServerUnavailable when the server could not be reached.
        """
        operation = None if self._reads(tool) else operation_id(self._call_id, turn, tool, arguments)
        task = asyncio.create_task(self._client.call(tool, dict(arguments), operation_id=operation))
        self._running.add(task)
        task.add_done_callback(self._running.discard)
        started = time.monotonic()
        try:
            outcome = await asyncio.shield(task)
        except TaskServerUnavailable:
            log.warning("tool.unavailable", extra={"tool": tool})
            raise
        log.info(
            "tool.ran",
            extra={
                "tool": tool,
                "outcome": outcome.code or ("error" if outcome.is_error else "ok"),
                "ms": round(1000 * (time.monotonic() - started)),
            },
        )
        if is_change(outcome.structured):
            self.last_change_in = turn
        self._remember(outcome.structured)
        return outcome

    async def finish(self, *, within: float) -> None:
        """Wait, for a bounded time in seconds, for tools that still run."""
        if self._running:
            await asyncio.wait(self._running, timeout=within)

    def _wrap(self, tool: Tool) -> RawFunctionTool[..., Any]:
        schema = {
            "name": tool.name,
            "description": tool.description or tool.title or tool.name,
            "parameters": _without_hidden(tool.input_schema),
        }

        async def ask_the_server(raw_arguments: dict[str, object], ctx: RunContext[Any]) -> Any:
            arguments = _strict(ctx.function_call.arguments)
            try:
                if self._needs_yes(tool):
                    return await self._hold(tool.name, arguments)
                async with ctx.with_filler(FILLER, delay=FILLER_AFTER_SECONDS):
                    outcome = await self.run(tool.name, arguments, turn=self._turn())
            except TaskServerUnavailable:
                raise ToolError(_error("unavailable", TASKS_DOWN)) from None
            if outcome.is_error:
                raise ToolError(outcome.text)
            return json.dumps(outcome.structured)

        return function_tool(ask_the_server, raw_schema=schema)

    async def _hold(self, tool: str, arguments: dict[str, Any]) -> ToolResult:
        title = await self._title(str(arguments.get("task_id", "")))
        if title is None:
            raise ToolError(
                _error("not_found", "There is no such task. List the tasks and use an id from there.")
            )
        pending = self._gate.ask(Action(tool, arguments, (title,)), turn=self._turn())
        waiting = {"status": "waiting_for_confirmation", "question": spoken_question(pending.actions)}
        return ToolResult(json.dumps(waiting), reply_required=False)

    async def _title(self, task_id: str) -> str | None:
        if task_id and task_id not in self._titles:
            await self.run("list_tasks", {"view": "all"}, turn=self._turn())
        return self._titles.get(task_id)

    def _remember(self, result: Mapping[str, Any]) -> None:
        tasks = [
            *result.get("tasks", []),
            *([result["task"]] if isinstance(result.get("task"), dict) else []),
        ]
        for task in tasks:
            self._titles[str(task["id"])] = str(task["title"])

    def _reads(self, name: str) -> bool:
        tool = self._served.get(name)
        return bool(tool and tool.annotations and tool.annotations.read_only_hint)

    def _needs_yes(self, tool: Tool) -> bool:
        """Destructive by its own account, or silent about it and not read-only (the MCP specification's default)."""
        hints = tool.annotations
        if hints is None:
            return True
        if hints.read_only_hint:
            return False
        return hints.destructive_hint is not False


def operation_id(call_id: str, turn: int, tool: str, arguments: Mapping[str, Any]) -> str:
    """One id for one request: the same turn, tool and arguments are the same request, however often it is sent."""
    canonical = json.dumps([call_id, turn, tool, arguments], sort_keys=True, separators=(",", ":"))
    return sha256(canonical.encode()).hexdigest()[:40]


def as_history(runs: Sequence[tuple[Action, ToolOutcome]]) -> list[llm.ChatItem]:
    """Confirmed runs as the call-and-output pairs that a model's history must hold."""
    items: list[llm.ChatItem] = []
    for action, outcome in runs:
        call = llm.FunctionCall(
            call_id=f"call_{sha256(repr(action).encode()).hexdigest()[:16]}_{len(items)}",
            name=action.tool,
            arguments=json.dumps(dict(action.arguments)),
        )
        items.append(call)
        items.append(
            llm.FunctionCallOutput(
                name=action.tool,
                call_id=call.call_id,
                output=outcome.text if outcome.is_error else json.dumps(outcome.structured),
                is_error=outcome.is_error,
            )
        )
    return items


def _strict(raw: str) -> dict[str, Any]:
    """The arguments exactly as the model sent them. Livekit repairs broken JSON; a repaired id is a wrong id."""
    try:
        arguments = json.loads(raw or "{}")
    except ValueError:
        arguments = None
    if not isinstance(arguments, dict):
        raise ToolError(
            _error("invalid", "The arguments were not one complete JSON object. Send them again.")
        )
    return arguments


def _without_hidden(schema: Mapping[str, Any]) -> dict[str, Any]:
    properties = {
        name: value for name, value in schema.get("properties", {}).items() if name not in NOT_FOR_MODELS
    }
    return {**schema, "properties": properties}


def _error(code: str, message: str) -> str:
    return json.dumps({"error": {"code": code, "message": message}})
