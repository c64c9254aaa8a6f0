"""A server of tools as a call uses it: the task server, and whatever others are configured.

Names of others' tools carry their server's name, their results are handed on as data, and what they read is kept for
a while: a list that is said to be old is better than none.
"""

from __future__ import annotations

import json
import re
import time
from collections import OrderedDict
from collections.abc import Mapping
from typing import Any, Final

from mcp.types import Tool

from agent.spoken_titles import with_spoken_titles
from mcp_tasks.client import TaskClient, TaskServerUnavailable, ToolOutcome

MOST_TOOLS: Final = 64
LONGEST_NAME: Final = 64
"""Characters; the shorter of what OpenAI and Gemini take."""
LONGEST_TITLE: Final = 80
LONGEST_DESCRIPTION: Final = 1_000
"""Characters; a description is read by the model with every reply, whoever wrote it."""
LONGEST_ANSWER: Final = 8_000
"""Characters of a foreign answer: it is paid again with every reply until it is old."""
LONGEST_SCHEMA: Final = 4_000
_KEPT_ANSWERS: Final = 20
_NOT_IN_NAMES: Final = re.compile(r"[^A-Za-z0-9_-]")


class ToolServer:
    """One MCP server, for one person. `name` is empty for the task server, whose tools keep their names.

    `title` is what the caller hears it called.
    """

    def __init__(self, client: TaskClient, *, name: str = "", title: str = "your task list") -> None:
        self.client = client
        self.name = name
        self.title = title
        self.tools: dict[str, Tool] = {}
        """By the name that the model sees."""
        self._read: OrderedDict[str, tuple[float, ToolOutcome]] = OrderedDict()

    @property
    def is_foreign(self) -> bool:
        """Whether it is another server than the product's own."""
        return bool(self.name)

    async def load(self) -> None:
        """Fetch the tools. Raises TaskServerUnavailable."""
        served = (await self.client.list_tools())[:MOST_TOOLS]
        self.tools = {
            self._name_of(tool): tool for tool in served if not self.is_foreign or _can_be_offered(tool)
        }

    def reads(self, name: str) -> bool:
        """Whether a tool only reads, by its own account."""
        hints = self.tools[name].annotations
        return bool(hints and hints.read_only_hint)

    def needs_yes(self, name: str) -> bool:
        """Destructive by its own account, or silent about it and not read-only (the MCP specification's default)."""
        hints = self.tools[name].annotations
        if hints is None:
            return True
        return not hints.read_only_hint and hints.destructive_hint is not False

    def takes(self, name: str, argument: str) -> bool:
        """Whether a tool knows an argument."""
        return argument in self.tools[name].input_schema.get("properties", {})

    def describe(self, name: str) -> str:
        """Give what a model is told of a tool."""
        tool = self.tools[name]
        told = (tool.description or self.title_of(name))[:LONGEST_DESCRIPTION]
        return f"{told} (from {self.title})" if self.is_foreign else told

    def title_of(self, name: str) -> str:
        """Give a tool's name as it is spoken."""
        tool = self.tools[name]
        title = tool.title or (tool.annotations.title if tool.annotations else None)
        return (title or tool.name.replace("_", " ").replace("-", " "))[:LONGEST_TITLE]

    async def call(self, name: str, arguments: Mapping[str, Any], *, operation_id: str | None) -> ToolOutcome:
        """Call a tool. What was read before stands in, marked as old, while the server is away.

        Raises TaskServerUnavailable when there is nothing to stand in.
        """
        # Another server's argument of that name is its own affair.
        known = None if self.is_foreign or not self.takes(name, "operation_id") else operation_id
        key = json.dumps([name, arguments], sort_keys=True)
        try:
            outcome = await self.client.call(self.tools[name].name, dict(arguments), operation_id=known)
        except TaskServerUnavailable:
            if not self.reads(name) or (old := self._read.get(key)) is None:
                raise
            return _as_old(old[1], seconds=time.monotonic() - old[0])
        if self.reads(name) and not outcome.is_error:
            self._read[key] = time.monotonic(), outcome
            while len(self._read) > _KEPT_ANSWERS:
                self._read.popitem(last=False)
        return outcome

    def for_model(self, name: str, outcome: ToolOutcome) -> str:
        """Give an outcome as a model reads it."""
        if not self.is_foreign:
            return json.dumps(with_spoken_titles(outcome.structured))
        data = json.dumps(outcome.structured) if outcome.structured else outcome.text
        answer = {"from": self.title, "data": data[:LONGEST_ANSWER], "changed": not self.reads(name)}
        return json.dumps(answer if len(data) <= LONGEST_ANSWER else answer | {"cut": True})

    def error_for_model(self, outcome: ToolOutcome) -> str:
        """Give a refusal as a model reads it."""
        if not self.is_foreign:
            return outcome.text
        said = outcome.text[:LONGEST_DESCRIPTION]
        return json.dumps({"error": {"code": "refused", "from": self.title, "message": said}})

    def output(self, name: str, outcome: ToolOutcome) -> str:
        """Give what came of a call as a model reads it, whichever it is."""
        return self.error_for_model(outcome) if outcome.is_error else self.for_model(name, outcome)

    def _name_of(self, tool: Tool) -> str:
        if not self.is_foreign:
            return tool.name
        return _NOT_IN_NAMES.sub("_", f"{self.name}_{tool.name}")[:LONGEST_NAME]


def error_output(code: str, message: str) -> str:
    """An error of ours as a model reads those of the task server."""
    return json.dumps({"error": {"code": code, "message": message}})


def _can_be_offered(tool: Tool) -> bool:
    """Whether a vendor would take a tool's schema: one that it refuses would take every other tool along."""
    schema = tool.input_schema
    return (
        schema.get("type", "object") == "object"
        and isinstance(schema.get("properties", {}), dict)
        and len(json.dumps(schema)) <= LONGEST_SCHEMA
    )


def _as_old(outcome: ToolOutcome, *, seconds: float) -> ToolOutcome:
    minutes = round(seconds / 60)
    age = "less than a minute" if minutes < 1 else "a minute" if minutes == 1 else f"{minutes} minutes"
    known = outcome.structured or {"text": outcome.text}
    structured = {**known, "old": f"The server cannot be reached. This is how it was {age} ago."}
    return ToolOutcome(structured, is_error=False, code=None, text=json.dumps(structured))
