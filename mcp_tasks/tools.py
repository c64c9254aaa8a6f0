"""The tools that any MCP client gets, over one store."""

from collections.abc import Callable
from datetime import UTC, date, datetime
from typing import Annotated, Any, Final
from zoneinfo import ZoneInfo

from mcp.server.auth.middleware.auth_context import get_access_token
from mcp.types import CallToolResult, TextContent, ToolAnnotations
from pydantic import BaseModel, Field

from mcp_tasks.due import Due
from mcp_tasks.due_before import due_before
from mcp_tasks.due_decision import decide_due, once
from mcp_tasks.errors import TaskError
from mcp_tasks.exactly_once import MAX_OPERATION_ID, Operation
from mcp_tasks.store import MAX_LIMIT, UNCHANGED, Caller, Edit, TaskStore, Unchanged
from mcp_tasks.task import TaskChanged, TaskList, Undone, View
from mcp_tasks.wording import MAX_NOTES, MAX_TITLE, MAX_WORDS, clean_notes, clean_title, clean_words

Clock = Callable[[], datetime]

MAX_ID = 64
_NO_TEXT: Final = ""

# Bounds are told in the schema and held by `wording`, whose errors carry a code and count after trimming.
_TITLE = Field(
    description="What to do, short and without the date, as the person said it.",
    json_schema_extra={"minLength": 1, "maxLength": MAX_TITLE},
)
_NOTES = Field(
    description="Details that do not belong in the title.", json_schema_extra={"maxLength": MAX_NOTES}
)
Title = Annotated[str, _TITLE]
NewTitle = Annotated[str | None, _TITLE]
Notes = Annotated[str, _NOTES]
NewNotes = Annotated[str | None, _NOTES]
DueWords = Annotated[
    str,
    Field(
        description=(
            "The person's own words about when, unchanged: «by Friday», «tomorrow at 5». The server reads them "
            "with the person's clock and answers bad_date with a question when they are unclear; then ask the "
            "person and try again. «no date» takes the date away. For a change also «a day later», «same time on "
            "Friday», «make it 5»: they count from what the task is due now."
        ),
        json_schema_extra={"maxLength": MAX_WORDS},
    ),
]
DueReading = Annotated[
    str,
    Field(
        description=(
            "Your own reading, ISO, in the person's local time: 2026-11-27 or 2026-11-27T17:00. The person's words "
            "win; where they are not understood, it is offered in the question."
        ),
        json_schema_extra={"maxLength": 40},
    ),
]
TaskId = Annotated[
    str, Field(description="A task's id, from list_tasks.", json_schema_extra={"maxLength": MAX_ID})
]
OperationId = Annotated[
    str,
    Field(
        description="Names this request for retries: a repeat with the same id has no second effect.",
        json_schema_extra={"maxLength": MAX_OPERATION_ID},
    ),
]
ExpectedVersion = Annotated[
    int | None,
    Field(description="Refuse with `conflict` unless the task still has this version.", ge=1, le=2**31 - 1),
]

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
                    "today: due today. week: due from today through the next six days. overdue: due and "
                    "passed. all: every open task. done: completed ones, latest first."
                )
            ),
        ] = "all",
        query: Annotated[
            str,
            Field(
                description="Only tasks whose title or notes contain this.",
                json_schema_extra={"maxLength": MAX_WORDS},
            ),
        ] = _NO_TEXT,
        limit: Annotated[int, Field(ge=1, le=MAX_LIMIT, description="At most so many tasks.")] = 50,
    ) -> Annotated[CallToolResult, TaskList]:
        """List the person's tasks, soonest due first. An empty list is an answer: there are none."""
        found = await self._store.list_tasks(self._caller(), view, clean_words(query, "query"), limit)
        return _answer(found)

    async def create_task(
        self,
        title: Title,
        due_words: DueWords = _NO_TEXT,
        due: DueReading = _NO_TEXT,
        notes: Notes = _NO_TEXT,
        operation_id: OperationId = _NO_TEXT,
    ) -> Annotated[CallToolResult, TaskChanged]:
        """Make a new task. Read back the title and `due_spoken`."""
        caller = self._caller()
        asked = {"title": title, "due_words": due_words, "due": due, "notes": notes}
        operation = _operation(operation_id, "create_task", asked)
        answer = await self._store.answered(caller, operation)
        if answer is None:
            when = _due(caller, due_words, due, title=title)
            answer = await self._store.create(
                caller,
                operation,
                title=clean_title(title),
                notes=clean_notes(notes),
                due=None if isinstance(when, Unchanged) else when,
                due_words=None if when is UNCHANGED else clean_words(due_words, "due_words") or None,
            )
        return _answer(TaskChanged.model_validate(answer))

    async def update_task(
        self,
        task_id: TaskId,
        title: NewTitle = None,
        due_words: DueWords = _NO_TEXT,
        due: DueReading = _NO_TEXT,
        notes: NewNotes = None,
        operation_id: OperationId = _NO_TEXT,
        expected_version: ExpectedVersion = None,
    ) -> Annotated[CallToolResult, TaskChanged]:
        """Change a task's title, date or notes; what is left out stays. It can be undone."""
        caller = self._caller()
        asked = {
            "task_id": task_id,
            "title": title,
            "due_words": due_words,
            "due": due,
            "notes": notes,
            "expected_version": expected_version,
        }
        operation = _operation(operation_id, "update_task", asked)
        answer = await self._store.answered(caller, operation)
        if answer is None:
            before = await due_before(self._store, caller, task_id)
            when = _due(caller, due_words, due, title=title or "", before=before)
            edit = Edit(
                title=UNCHANGED if title is None else clean_title(title),
                notes=UNCHANGED if notes is None else clean_notes(notes),
                due=when,
                due_words=clean_words(due_words, "due_words") or None if when is not None else None,
            )
            answer = await self._store.update(caller, operation, task_id, edit, expected_version)
        return _answer(TaskChanged.model_validate(answer))

    async def complete_task(
        self,
        task_id: TaskId,
        operation_id: OperationId = _NO_TEXT,
        expected_version: ExpectedVersion = None,
    ) -> Annotated[CallToolResult, TaskChanged]:
        """Mark one task as done. Ask the person first."""
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
        """Delete one task. Ask the person first; it can be undone for ten minutes."""
        asked = {"task_id": task_id, "expected_version": expected_version}
        operation = _operation(operation_id, "delete_task", asked)
        answer = await self._store.delete(self._caller(), operation, task_id, expected_version)
        return _answer(TaskChanged.model_validate(answer))

    async def undo(self, operation_id: OperationId = _NO_TEXT) -> Annotated[CallToolResult, Undone]:
        """Take back the person's last change, at most ten minutes old."""
        operation = _operation(operation_id, "undo", {})
        return _answer(Undone.model_validate(await self._store.undo(self._caller(), operation)))

    def _caller(self) -> Caller:
        token = get_access_token()
        if token is None or token.subject is None or token.claims is None:
            raise TaskError("unauthorized", "A bearer token is required.")
        return Caller(token.subject, ZoneInfo(token.claims["zoneinfo"]), self._clock())


def _due(
    caller: Caller, words: str, reading: str, *, title: str, before: date | datetime | None = None
) -> Due | Unchanged | None:
    """The caller's words win over the model's reading; neither means that nothing was said."""
    found = decide_due(
        clean_words(words, "due_words"),
        clean_words(reading, "due"),
        now=caller.now,
        zone=caller.zone,
        title=title,
        before=before,
    )
    if found is None:
        return UNCHANGED
    when = once(found)
    return None if when is None else Due(when)


def _operation(operation_id: str, tool: str, arguments: dict[str, Any]) -> Operation | None:
    return Operation.of(operation_id, tool, arguments) if operation_id else None


def _answer(answer: BaseModel) -> CallToolResult:
    """The same JSON as text and as structured content: a client that reads only one is served too."""
    text = answer.model_dump_json()
    return CallToolResult(
        content=[TextContent(type="text", text=text)], structured_content=answer.model_dump(mode="json")
    )
