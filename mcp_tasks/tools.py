"""The tools that any MCP client gets, over one store."""

import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Annotated, Any, Final
from zoneinfo import ZoneInfo

from mcp.server.auth.middleware.auth_context import get_access_token
from mcp.types import CallToolResult, TextContent, ToolAnnotations
from pydantic import BaseModel, Field

from mcp_tasks.arguments import (
    ByPhone,
    DueReading,
    DueWords,
    ExpectedAt,
    ExpectedVersion,
    ListName,
    NewByPhone,
    NewDueReading,
    NewDueWords,
    NewListName,
    NewNotes,
    NewTags,
    NewTitle,
    Notes,
    OperationId,
    Tags,
    TaskId,
    Title,
)
from mcp_tasks.call_time import refuse_without_time
from mcp_tasks.caller import Caller
from mcp_tasks.due import Due
from mcp_tasks.due_decision import decide_due
from mcp_tasks.edit import UNCHANGED, Edit, NewTask, Unchanged
from mcp_tasks.errors import TaskError
from mcp_tasks.exactly_once import Operation
from mcp_tasks.listing import MAX_LIMIT
from mcp_tasks.no_repeating import ends_repeating
from mcp_tasks.recurrence import clean_rrule
from mcp_tasks.same_wish import wish
from mcp_tasks.store import TaskStore
from mcp_tasks.task import Priority, TaskChanged, TaskList, Undone, View
from mcp_tasks.wording import (
    MAX_LIST,
    MAX_WORDS,
    clean_list,
    clean_notes,
    clean_tags,
    clean_title,
    clean_words,
)

Clock = Callable[[], datetime]

_NO_TEXT: Final = ""
_NO_TAGS: Final[list[str]] = []

READ: Final = ToolAnnotations(
    read_only_hint=True, destructive_hint=False, idempotent_hint=True, open_world_hint=False
)


def writes(*, destructive: bool, idempotent: bool) -> ToolAnnotations:
    """Hints of a tool that changes tasks, and tasks alone."""
    return ToolAnnotations(
        read_only_hint=False, destructive_hint=destructive, idempotent_hint=idempotent, open_world_hint=False
    )


class TaskTools:
    """The tools as methods; each one's docstring is what a model reads."""

    def __init__(self, store: TaskStore, clock: Clock = lambda: datetime.now(UTC)) -> None:
        self._store = store
        self._clock = clock

    async def list_tasks(
        self,
        view: Annotated[
            View,
            Field(
                description=(
                    "week: due from today through the next six days. all: every open task. done: latest first. "
                    "changed: what was changed lately."
                )
            ),
        ] = "all",
        query: Annotated[
            str,
            Field(
                description="Only tasks with these words, or what sounds like them; «#tag» for a tag.",
                json_schema_extra={"maxLength": MAX_WORDS},
            ),
        ] = _NO_TEXT,
        list_name: Annotated[
            str, Field(description="Only this list.", json_schema_extra={"maxLength": MAX_LIST})
        ] = _NO_TEXT,
        limit: Annotated[int, Field(ge=1, le=MAX_LIMIT, description="At most so many tasks.")] = 50,
    ) -> Annotated[CallToolResult, TaskList]:
        """List the person's tasks, the most urgent first; «the second one» is the second of `tasks`.

        An empty list is an answer: there are none. Of a long list say `summary`. To find one task pass its words in
        query: `meant` is its id; without it ask `question`.
        """
        words = clean_words(query, "query")
        found = await self._store.list_tasks(
            self._caller(), view, words, limit, list_name=clean_list(list_name)
        )
        return _answer(found)

    async def create_task(
        self,
        title: Title,
        due_words: DueWords = _NO_TEXT,
        due: DueReading = _NO_TEXT,
        notes: Notes = _NO_TEXT,
        priority: Priority = "normal",
        list_name: ListName = _NO_TEXT,
        tags: Tags = _NO_TAGS,
        by_phone: ByPhone = False,
        operation_id: OperationId = _NO_TEXT,
    ) -> Annotated[CallToolResult, TaskChanged]:
        """Make a new task. Read back the title, `due_spoken` and `repeats`; with `also_there` say that there are two now."""
        caller = self._caller()
        asked = {"title": title, "due_words": due_words, "due": due, "notes": notes}
        asked |= _said(priority=priority, list_name=list_name, tags=tags, by_phone=by_phone or None)
        operation = _operation(operation_id, "create_task", asked, wish(asked))
        answer = await self._store.answered(caller, operation)
        if answer is None:
            when = _when(caller, due_words, due, title=title)
            if by_phone:
                _refuse_call_without_time(caller, due_words, when.due)
            new = NewTask(
                title=clean_title(title),
                notes=clean_notes(notes),
                due=None if isinstance(when.due, Unchanged) else when.due,
                due_words=None if when.due is UNCHANGED else clean_words(due_words, "due_words") or None,
                rrule=None if isinstance(when.rrule, Unchanged) else when.rrule,
                priority=priority,
                list_name=clean_list(list_name),
                tags=clean_tags(tags),
                by_phone=by_phone,
            )
            answer = await self._store.create(caller, operation, new)
        return _answer(TaskChanged.model_validate(answer))

    async def update_task(
        self,
        task_id: TaskId,
        title: NewTitle = None,
        due_words: NewDueWords = _NO_TEXT,
        due: NewDueReading = _NO_TEXT,
        notes: NewNotes = None,
        priority: Priority | None = None,
        list_name: NewListName = None,
        tags: NewTags = None,
        by_phone: NewByPhone = None,
        operation_id: OperationId = _NO_TEXT,
        expected_version: ExpectedVersion = None,
    ) -> Annotated[CallToolResult, TaskChanged]:
        """Change a task; what is left out stays. It can be undone."""
        caller = self._caller()
        asked = {
            "task_id": task_id,
            "title": title,
            "due_words": due_words,
            "due": due,
            "notes": notes,
            "expected_version": None,  # what is expected is no part of the request: sent again, it meets the next
        }
        asked |= _said(priority=priority, list_name=list_name, tags=tags, by_phone=by_phone)
        operation = _operation(operation_id, "update_task", asked)
        answer = await self._store.answered(caller, operation)
        if answer is None:
            before = await self._store.before(caller, task_id)
            when = _when(caller, due_words, due, title=title or "", before=before.due)
            calls = before.by_phone if by_phone is None else by_phone
            if calls and isinstance(when.due, Due):
                _refuse_call_without_time(caller, due_words, when.due)
            elif calls and not before.by_phone and when.due is UNCHANGED:
                there = None if before.due is None else Due(before.due)
                _refuse_call_without_time(caller, before.due_words or "", there)
            edit = Edit(
                title=UNCHANGED if title is None else clean_title(title),
                notes=UNCHANGED if notes is None else clean_notes(notes),
                due=when.due,
                due_words=clean_words(due_words, "due_words") or None if when.due is not None else None,
                rrule=when.rrule,
                priority=UNCHANGED if priority is None else priority,
                list_name=UNCHANGED if list_name is None else clean_list(list_name),
                tags=UNCHANGED if tags is None else clean_tags(tags),
                by_phone=UNCHANGED if by_phone is None else by_phone,
            )
            if expected_version is None and when != _When():
                expected_version = before.version  # «a day later» than what was read, and nothing else
            answer = await self._store.update(caller, operation, task_id, edit, expected_version)
        return _answer(TaskChanged.model_validate(answer))

    async def complete_task(
        self,
        task_id: TaskId,
        operation_id: OperationId = _NO_TEXT,
        expected_version: ExpectedVersion = None,
    ) -> Annotated[CallToolResult, TaskChanged]:
        """Mark one task as done; of one that repeats `next` is what comes then. Ask the person first."""
        asked = {"task_id": task_id, "expected_version": expected_version}
        operation = _operation(operation_id, "complete_task", asked)
        answer = await self._store.complete(self._caller(), operation, task_id, expected_version)
        return _answer(TaskChanged.model_validate(answer))

    async def delete_task(
        self,
        task_id: TaskId,
        operation_id: OperationId = _NO_TEXT,
        expected_version: ExpectedVersion = None,
    ) -> Annotated[CallToolResult, TaskChanged]:
        """Delete one task, a series as a whole. Ask the person first; it can be undone for ten minutes."""
        asked = {"task_id": task_id, "expected_version": expected_version}
        operation = _operation(operation_id, "delete_task", asked)
        answer = await self._store.delete(self._caller(), operation, task_id, expected_version)
        return _answer(TaskChanged.model_validate(answer))

    async def undo(
        self, operation_id: OperationId = _NO_TEXT, expected_at: ExpectedAt = None
    ) -> Annotated[CallToolResult, Undone]:
        """Take back the person's last change, at most ten minutes old."""
        # What is expected is no part of the request: sent again, it meets the change before.
        operation = _operation(operation_id, "undo", {})
        return _answer(Undone.model_validate(await self._store.undo(self._caller(), operation, expected_at)))

    def _caller(self) -> Caller:
        token = get_access_token()
        if token is None or token.subject is None or token.claims is None:
            raise TaskError("unauthorized", "A bearer token is required.")
        return Caller(token.subject, ZoneInfo(token.claims["zoneinfo"]), self._clock())


@dataclass(frozen=True, slots=True)
class _When:
    """What was said about when: the due, and by which rule it repeats."""

    due: Due | Unchanged | None = UNCHANGED
    rrule: str | Unchanged | None = UNCHANGED


def _when(
    caller: Caller, words: str, reading: str, *, title: str, before: date | datetime | None = None
) -> _When:
    """The caller's words win over the model's reading; neither means that nothing was said.

    Raises TaskError `bad_date` with a question.
    """
    words, reading = clean_words(words, "due_words"), clean_words(reading, "due")
    if ends_repeating(words):
        if before is not None or not reading:
            return _When(rrule=None)
        words = ""  # «just once» says nothing of the day that a new task was given
    read = decide_due(words, reading, now=caller.now, zone=caller.zone, title=title, before=before)
    if read is None:
        return _When()
    if read.due is None:
        return _When(due=None, rrule=None)
    rule = clean_rrule(read.recurrence) if read.recurrence else UNCHANGED
    return _When(Due(read.due), rule)


def _refuse_call_without_time(caller: Caller, words: str, due: Due | Unchanged | None) -> None:
    at = due.when if isinstance(due, Due) else None
    refuse_without_time(words, at, now=caller.now, zone=caller.zone)


def _said(**arguments: Any) -> dict[str, Any]:
    """Arguments that say something: a request that could be made before there were such has the fingerprint it had."""
    return {name: value for name, value in arguments.items() if value not in (None, "", [], "normal")}


def _operation(
    operation_id: str, tool: str, arguments: dict[str, Any], wished: dict[str, Any] | None = None
) -> Operation | None:
    return Operation.of(operation_id, tool, arguments, wished) if operation_id else None


def _answer(answer: BaseModel) -> CallToolResult:
    """The same JSON as text and as structured content: a client that reads only one is served too."""
    structured = answer.model_dump(mode="json")
    text = json.dumps(structured, ensure_ascii=False, separators=(",", ":"))
    return CallToolResult(content=[TextContent(type="text", text=text)], structured_content=structured)
