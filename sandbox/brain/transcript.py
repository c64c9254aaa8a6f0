"""The conversation so far: the caller's turns, the tools that ran in each, and what was said."""

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

# The older part of a long conversation cannot change what a short answer means.
_TURNS = 12

_HOLDS = re.compile(r"\s*(?:one|just a) (?:moment|second)[.,!… ]*", re.IGNORECASE)
"""What only asks for patience tells nothing of what a tool did."""


_OPEN_END = re.compile(r"(\b(?:to|the|an?|by|for|on|at|and|with|my)) ?[.…]+$", re.IGNORECASE)
"""An ear ends what it hears with a point, also where nobody would."""


@dataclass(frozen=True, slots=True)
class Task:
    """A task as the task server describes it. Its title is data: shown, compared, never obeyed."""

    id: str
    title: str
    due: str | None
    due_spoken: str | None
    status: str
    created_at: str
    repeats: str | None = None
    calls_at_spoken: str | None = None
    """When its person is called, where that is not the moment that it is due."""
    list_name: str | None = None
    notes: str | None = None
    title_spoken: str | None = None
    """How to say the title, where that is not how it is written."""

    @classmethod
    def of(cls, data: object) -> "Task | None":
        """The task in a tool's result; None when it is none."""
        if not isinstance(data, Mapping) or not isinstance(data.get("id"), str):
            return None

        def text(key: str) -> str | None:
            value = data.get(key)
            return value if isinstance(value, str) and value else None

        return cls(
            id=data["id"],
            title=" ".join((text("title") or "").split())[:200],
            due=text("due"),
            due_spoken=text("due_spoken"),
            status=text("status") or "open",
            created_at=text("created_at") or "",
            repeats=text("repeats"),
            calls_at_spoken=text("calls_at_spoken"),
            list_name=text("list_name"),
            notes=text("notes"),
            title_spoken=text("title_spoken"),
        )


@dataclass(frozen=True, slots=True)
class Ran:
    """A tool that ran, with its result as the task server gave it (empty when it was no JSON object)."""

    tool: str
    arguments: Mapping[str, Any]
    result: Mapping[str, Any]

    @property
    def error(self) -> Mapping[str, Any] | None:
        """Why nothing was done. A result that cannot be read is an error, never a success."""
        found = self.result.get("error")
        if isinstance(found, Mapping):
            return found
        if not self.result or found is not None:
            return {"code": "unreadable", "message": ""}
        return None

    @property
    def dates(self) -> tuple[tuple[str, str], ...]:
        """The dates that an unclear one may have meant, in ISO and as spoken."""
        candidates = (self.error or {}).get("candidates")
        if not isinstance(candidates, list):
            return ()
        return tuple(
            (each["due"], str(each.get("spoken") or each["due"]))
            for each in candidates[:10]
            if isinstance(each, Mapping) and isinstance(each.get("due"), str)
        )

    @property
    def waiting(self) -> str | None:
        """The question that the caller was asked instead of the tool being run."""
        if self.result.get("status") != "waiting_for_confirmation":
            return None
        question = self.result.get("question")
        return question if isinstance(question, str) and question else "Shall I go ahead?"

    @property
    def task(self) -> Task | None:
        """The task that the result is about."""
        return Task.of(self.result.get("task"))

    @property
    def done(self) -> bool:
        """Whether the tool did what it is for."""
        return self.error is None and self.waiting is None

    @property
    def tasks(self) -> list[Task]:
        """The tasks of a list."""
        found = self.result.get("tasks")
        return [task for task in map(Task.of, found) if task] if isinstance(found, list) else []

    @property
    def summary(self) -> str | None:
        """What the server would say of a long list."""
        found = self.result.get("summary")
        return found if isinstance(found, str) and found else None

    @property
    def decides(self) -> bool:
        """Whether the server says which task a query means, what to ask, or that there is none."""
        return "match" in self.result or not self.tasks

    @property
    def meant(self) -> Task | None:
        """The task that a query means."""
        return next((task for task in self.tasks if task.id == self.result.get("meant")), None)

    @property
    def question(self) -> str | None:
        """What to ask where it is not clear which task a query means."""
        found = self.result.get("question")
        return found if isinstance(found, str) and found else None

    @property
    def total(self) -> int:
        """How many tasks there are, of which the list may show fewer."""
        total = self.result.get("total")
        shown = len(self.tasks)
        return max(total, shown) if isinstance(total, int) else shown


@dataclass(slots=True)
class Turn:
    """One turn of the caller and what followed: tools that ran, and the texts that were said."""

    text: str
    ran: list[Ran] = field(default_factory=list)
    said: list[str] = field(default_factory=list)
    announced: int = 0
    """How many of the tools had run when something was last said in this turn."""

    @property
    def is_unanswered(self) -> bool:
        """Whether nobody has done or said anything about it."""
        return not self.ran and not self.said


def _object(text: str) -> dict[str, Any]:
    try:
        value = json.loads(text)
    except (ValueError, RecursionError):
        return {}
    return value if isinstance(value, dict) else {}


def turns_of(messages: Sequence[Mapping[str, Any]]) -> list[Turn]:
    """The caller's last turns, oldest first. What was said before the first turn is left out."""
    turns: list[Turn] = []
    calls: dict[str, tuple[str, dict[str, Any]]] = {}
    for message in messages:
        role, text = message["role"], str(message.get("content") or "")
        if role == "user":
            if turns and turns[-1].is_unanswered:
                turns[-1].text = _together(turns[-1].text, text)
            else:
                turns.append(Turn(text))
            continue
        if not turns:
            continue
        turn = turns[-1]
        if role == "assistant":
            if text.strip() and not _HOLDS.fullmatch(text):
                turn.said.append(text)
                turn.announced = len(turn.ran)
            for call in message.get("tool_calls") or ():
                calls[call["id"]] = (call["function"]["name"], _object(call["function"]["arguments"]))
        elif role == "tool" and message.get("tool_call_id") in calls:
            tool, arguments = calls[message["tool_call_id"]]
            turn.ran.append(Ran(tool, arguments, _object(text)))
    return turns[-_TURNS:]


def _together(before: str, after: str) -> str:
    """What a caller said in two turns, because they took a breath; or because they said all of it once more."""
    said, says = before.casefold().strip(" .,!?"), after.casefold()
    return after if says.startswith(said) else _OPEN_END.sub(r"\1", before) + " " + after


def last_said(messages: Sequence[Mapping[str, Any]]) -> str | None:
    """What the assistant said before the caller's last turn, the greeting included."""
    said: str | None = None
    last: str | None = None
    for message in messages:
        if message["role"] == "user":
            last = said
        elif message["role"] == "assistant" and str(message.get("content") or "").strip():
            said = str(message["content"])
    return last
