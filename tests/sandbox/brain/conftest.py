"""A caller, the brain and the task server's tools in memory, talking to each other."""

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import pytest

from sandbox import brain

SCHEMAS = [
    {"name": name, "parameters": {"type": "object"}}
    for name in ("list_tasks", "create_task", "update_task", "complete_task", "delete_task", "undo")
]
TODAY = "2026-11-25"
SPOKEN = {
    "friday": ("2026-11-27", "Friday, November 27th"),
    "thursday": ("2026-11-26", "tomorrow"),
    "tomorrow": ("2026-11-26", "tomorrow"),
    "today": ("2026-11-25", "today"),
    "tomorrow at 5": ("2026-11-26T17:00:00", "tomorrow at 5 PM"),
    "the 30th": ("2026-11-30", "Monday, November 30th"),
    "monday": ("2026-11-30", "Monday, November 30th"),
    "next tuesday": ("2026-12-01", "Tuesday, December 1st"),
    "saturday": ("2026-11-28", "Saturday, November 28th"),
}
UNCLEAR = {
    "code": "bad_date",
    "message": "Do you mean November 30th or December 31st?",
    "candidates": [
        {"due": "2026-11-30", "spoken": "Monday, November 30th"},
        {"due": "2026-12-31", "spoken": "Thursday, December 31st"},
    ],
}


@dataclass
class FakeTools:
    """The task server's tools over a dictionary. With `gate`, complete and delete wait for the caller's yes."""

    gate: bool = False
    tasks: dict[str, dict[str, Any]] = field(default_factory=dict)
    ran: list[tuple[str, dict[str, Any]]] = field(default_factory=list)
    held: list[tuple[str, dict[str, Any]]] = field(default_factory=list)
    undo_stack: list[tuple[str, dict[str, Any]]] = field(default_factory=list)
    broken: bool = False
    summary: str | None = None
    """What the server says of a long list."""
    following: dict[str, Any] | None = None
    """What comes next of a task that is completed."""

    def add(self, title: str, due: str | None = None) -> str:
        number = str(len(self.tasks) + 1)
        iso, spoken = SPOKEN[due.casefold()] if due else (None, None)
        self.tasks[f"id{number}"] = {
            "id": f"id{number}",
            "title": title,
            "due": iso,
            "due_spoken": spoken,
            "status": "open",
            "created_at": f"2026-11-20T10:00:{int(number):02d}",
        }
        return f"id{number}"

    def open_titles(self) -> list[str]:
        return [task["title"] for task in self.tasks.values() if task["status"] == "open"]

    def due_of(self, title: str) -> str | None:
        return next(task["due"] for task in self.tasks.values() if task["title"] == title)

    def call(self, name: str, arguments: dict[str, Any], *, confirmed: bool = False) -> dict[str, Any]:
        if self.broken:
            return {"error": {"code": "unavailable", "message": "I can't reach your task list right now."}}
        if self.gate and name in {"complete_task", "delete_task"} and not confirmed:
            task = self.tasks[arguments["task_id"]]
            self.held.append((name, arguments))
            return {
                "status": "waiting_for_confirmation",
                "question": f'Shall I {name[:-5]} "{task["title"]}"?',
            }
        self.ran.append((name, arguments))
        result = getattr(self, f"_{name}")(**arguments)
        assert isinstance(result, dict)
        return result

    def _due(self, words: str | None, due: str | None) -> tuple[str | None, str | None] | None:
        if due:
            return due, {"2026-12-31": "Thursday, December 31st"}.get(due, "Monday, November 30th")
        if not words or words == "no date":
            return None, None
        plain = words.casefold().removeprefix("by ").removeprefix("for ").removeprefix("on ")
        return SPOKEN.get(plain)

    def _list_tasks(self, view: str = "all", query: str = "", limit: int = 50) -> dict[str, Any]:
        shown = [
            task for task in self.tasks.values() if task["status"] == ("done" if view == "done" else "open")
        ]
        if view == "today":
            shown = [task for task in shown if (task["due"] or "").startswith(TODAY)]
        if view == "week":
            shown = [task for task in shown if task["due"] and task["due"] < "2026-12-02"]
        if view == "overdue":
            shown = [task for task in shown if task["due"] and task["due"] < TODAY]
        listed = {"tasks": shown[:limit], "total": len(shown), "view": view, "today": TODAY}
        return listed | ({"summary": self.summary} if self.summary and view == "all" else {})

    def _create_task(self, title: str, due_words: str = "", due: str = "") -> dict[str, Any]:
        when = self._due(due_words, due)
        if when is None:
            return {"error": UNCLEAR}
        new = self.add(title)
        self.tasks[new] |= {"due": when[0], "due_spoken": when[1]}
        self.undo_stack.append(("create", dict(self.tasks[new])))
        return {"task": dict(self.tasks[new]), "changed": True, "repeated": False}

    def _update_task(
        self, task_id: str, title: str | None = None, due_words: str = "", due: str = ""
    ) -> dict[str, Any]:
        task = self.tasks[task_id]
        before = dict(task)
        if due_words or due:
            when = self._due(due_words, due)
            if when is None:
                return {"error": UNCLEAR}
            task |= {"due": when[0], "due_spoken": when[1]}
        if title:
            task["title"] = title
        self.undo_stack.append(("update", before))
        return {"task": dict(task), "changed": True, "repeated": False}

    def _complete_task(self, task_id: str) -> dict[str, Any]:
        self.undo_stack.append(("complete", dict(self.tasks[task_id])))
        self.tasks[task_id]["status"] = "done"
        answer = {"task": dict(self.tasks[task_id]), "changed": True, "repeated": False}
        return answer | ({"next": self.following} if self.following else {})

    def _delete_task(self, task_id: str) -> dict[str, Any]:
        task = self.tasks.pop(task_id)
        self.undo_stack.append(("delete", task))
        return {"task": task, "changed": True, "repeated": False}

    def _undo(self) -> dict[str, Any]:
        if not self.undo_stack:
            return {"error": {"code": "not_found", "message": "Nothing to undo."}}
        what, task = self.undo_stack.pop()
        if what == "create":
            del self.tasks[task["id"]]
        else:
            self.tasks[task["id"]] = task
        return {"undone": what, "task": task}


@dataclass
class Caller:
    """A caller on the line with the brain: `say` gives all that is answered, tools run until it has spoken."""

    tools: FakeTools
    messages: list[dict[str, Any]] = field(default_factory=list)
    parallel: bool = True
    _ids: int = 0

    def say(self, text: str) -> str:
        self.messages.append({"role": "user", "content": text})
        if self.tools.held and text.casefold().startswith("yes"):
            for name, arguments in self.tools.held:
                self._record(name, arguments, self.tools.call(name, arguments, confirmed=True))
            self.tools.held.clear()
        elif self.tools.held:
            self.tools.held.clear()
        return self.go_on()

    def go_on(self) -> str:
        said: list[str] = []
        for _ in range(8):
            reply = brain.reply(self.messages, tools=SCHEMAS, parallel=self.parallel)
            if reply.text:
                said.append(reply.text)
            if not reply.calls:
                self.messages.append({"role": "assistant", "content": reply.text or ""})
                return " ".join(said)
            results = [(call, self.tools.call(call.name, dict(call.arguments))) for call in reply.calls]
            calls = []
            for call, _ in results:
                self._ids += 1
                calls.append(self._call(call.name, dict(call.arguments)))
            self.messages.append({"role": "assistant", "content": reply.text or "", "tool_calls": calls})
            for entry, (_, result) in zip(calls, results, strict=True):
                self.messages.append(
                    {"role": "tool", "tool_call_id": entry["id"], "content": json.dumps(result)}
                )
        raise AssertionError("the brain never stops calling tools")

    def _call(self, name: str, arguments: dict[str, Any]) -> dict[str, Any]:
        self._ids += 1
        return {"id": f"call_{self._ids}", "function": {"name": name, "arguments": json.dumps(arguments)}}

    def _record(self, name: str, arguments: dict[str, Any], result: dict[str, Any]) -> None:
        call = self._call(name, arguments)
        self.messages.append({"role": "assistant", "content": "", "tool_calls": [call]})
        self.messages.append({"role": "tool", "tool_call_id": call["id"], "content": json.dumps(result)})


@pytest.fixture(scope="session")
def schemas() -> list[dict[str, Any]]:
    """The tools that a request offers."""
    return SCHEMAS


@pytest.fixture(scope="session")
def caller_with() -> Callable[..., Caller]:
    """Makes a caller whose list has some titles; a pair is a title and a due."""

    def make(
        *titles: str | tuple[str, str], gate: bool = False, after: Caller | None = None, parallel: bool = True
    ) -> Caller:
        if after:
            # Another server, which knows what the messages say and nothing else.
            return Caller(after.tools, messages=json.loads(json.dumps(after.messages)))
        tools = FakeTools(gate=gate)
        for title in titles:
            if isinstance(title, str):
                tools.add(title)
            else:
                tools.add(*title)
        return Caller(tools, parallel=parallel)

    return make


@pytest.fixture
def caller(caller_with: Callable[..., Caller]) -> Caller:
    """A caller without tasks."""
    return caller_with()
