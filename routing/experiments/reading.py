"""Reads what came of an experiment's calls from the journal."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from sqlalchemy import ColumnElement, Select, case, func, select
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from routing.experiments.results import CallResult
from routing.journal import journal_errors
from routing.late_entries import ended_ms
from routing.models import EntryRow
from routing.outcomes import SUCCESS_MS
from routing.wishes import Wishes

_ASSIGNMENT: Final = ("decision", "inputs", "assignment")
_TASK: Final = EntryRow.details["task"]
_TAKEN_BACK: Final = ("undone", "corrected", "deleted", "restored")
AT_ONCE: Final = 1000
"""Outcomes that are held at once: a phase may have millions."""

_Changes = dict[tuple[str, str], list[tuple[int, str]]]
"""When what happened to each task after it was made, by its owner and its id, oldest first."""


@dataclass
class _Call:
    """A call as it is put together."""

    at_ms: int
    subject: str
    arm: str
    as_assigned: bool
    microdollars: int = 0
    ended_ms: int = 0
    created: list[tuple[int, str]] = field(default_factory=list)
    """When, and the task's id."""
    wishes: Wishes = field(default_factory=Wishes)
    answers_ms: list[int] = field(default_factory=list)


async def read_calls(
    engine: AsyncEngine, name: str, *, phase: int, since_ms: int, now_ms: int
) -> tuple[list[CallResult], int]:
    """Read the calls of a phase that can be judged, and count those that cannot yet. Raises JournalDownError.

    A call can be judged once ten minutes have passed since it ended: until then its owner may take a task back. What is
    written of it later, such as a vendor's bill or stars, changes nothing about that.
    """
    belongs = (
        (EntryRow.kind == "decision")
        & (EntryRow.at_ms >= since_ms)
        & (EntryRow.details[(*_ASSIGNMENT, "experiment")].as_string() == name)
        & (EntryRow.details[(*_ASSIGNMENT, "phase")].as_integer() == phase)
    )
    drawn = select(
        EntryRow.call_id,
        EntryRow.subject,
        EntryRow.at_ms,
        EntryRow.details[(*_ASSIGNMENT, "arm")].as_string(),
        EntryRow.details[(*_ASSIGNMENT, "stack")].as_string(),
        EntryRow.details[("decision", "stack")].as_string(),
    ).where(belongs)
    columns = (EntryRow.call_id, EntryRow.subject, EntryRow.at_ms, EntryRow.details)
    outcomes = select(*columns).where(EntryRow.kind == "outcome", EntryRow.at_ms >= since_ms)
    told = outcomes.where(EntryRow.call_id.in_(select(EntryRow.call_id).where(belongs)))
    # Also in calls that belong to no experiment.
    changed = outcomes.where(
        EntryRow.subject.in_(select(EntryRow.subject).where(belongs)),
        _TASK["event"].as_string().in_(_TAKEN_BACK),
    )
    with journal_errors():
        async with engine.connect() as connection:
            # The time decides; of entries of the same millisecond, their operations, which are numbered.
            decisions = await connection.execute(drawn.order_by(EntryRow.at_ms, EntryRow.operation))
            calls = _begun(decisions.all())
            for call_id, spent, last_ms in await connection.execute(_sums(belongs)):
                # One that began since the decisions were read is the next report's.
                if (call := calls.get(call_id)) is not None:
                    call.microdollars, call.ended_ms = int(spent), int(last_ms)
            async for rows in _pieces(connection, told):
                _add_outcomes(calls, rows)
            changes: _Changes = {
                (call.subject, task): [] for call in calls.values() for _, task in call.created
            }
            async for rows in _pieces(connection, changed):
                _add_changes(changes, rows)
    judged = [call for call in calls.items() if now_ms - call[1].ended_ms >= SUCCESS_MS]
    return [_result(call_id, call, changes) for call_id, call in judged], len(calls) - len(judged)


async def _pieces(connection: AsyncConnection, query: Select[Any]) -> AsyncIterator[Sequence[Any]]:
    """Give rows in the order of time, some at a time."""
    ordered = query.order_by(EntryRow.at_ms, EntryRow.operation)
    async with connection.stream(ordered, execution_options={"yield_per": AT_ONCE}) as found:
        async for rows in found.partitions():
            yield rows


def _sums(belongs: ColumnElement[bool]) -> Any:
    charge = case((EntryRow.kind == "charge", EntryRow.microdollars), else_=0)
    return (
        select(EntryRow.call_id, func.coalesce(func.sum(charge), 0), ended_ms())
        .where(EntryRow.call_id.in_(select(EntryRow.call_id).where(belongs)))
        .group_by(EntryRow.call_id)
    )


def _begun(rows: Sequence[Any]) -> dict[str, _Call]:
    """The first decision of each call: later ones say what became of it, not what it was drawn for."""
    calls: dict[str, _Call] = {}
    for call_id, subject, at_ms, arm, wanted, served in rows:
        if call_id not in calls:
            calls[call_id] = _Call(at_ms, subject, arm, wanted == served)
    return calls


def _add_outcomes(calls: Mapping[str, _Call], rows: Sequence[Any]) -> None:
    """Add what the calls told of themselves."""
    for call_id, _, at_ms, details in rows:
        call, task = calls.get(call_id), details.get("task")
        if call is None:
            continue
        call.answers_ms += details.get("answers_ms", [])
        if task is None:
            continue
        if task["event"] == "created":
            call.created.append((at_ms, task["id"]))
            call.ended_ms = max(call.ended_ms, at_ms)  # of a worker that died a moment later
        call.wishes.hear(task["event"], task["turn"])


def _add_changes(changes: _Changes, rows: Sequence[Any]) -> None:
    """Add what was done to tasks of these calls. Nothing else of it is kept."""
    for _, subject, at_ms, details in rows:
        task = details["task"]
        if (of_task := changes.get((subject, task["id"]))) is not None:
            of_task.append((at_ms, task["event"]))


def _succeeded(at_ms: int, changes: Sequence[tuple[int, str]]) -> bool:
    """Whether a task of that time was as it had been made when its ten minutes were over."""
    standing = 0
    for changed_ms, event in changes:
        if at_ms <= changed_ms <= at_ms + SUCCESS_MS:
            # Who takes a deletion or a correction back has left the task as it was made.
            standing = max(0, standing - 1) if event == "restored" else standing + 1
    return standing == 0


def _result(call_id: str, call: _Call, changes: _Changes) -> CallResult:
    kept = sum(_succeeded(at_ms, changes[call.subject, task]) for at_ms, task in call.created)
    return CallResult(
        at_ms=call.at_ms,
        # Who it is was not known while the database was away: nobody else's call is theirs.
        unit=call.subject if call.subject.startswith("s_") else f"call:{call_id}",
        arm=call.arm,
        as_assigned=call.as_assigned,
        microdollars=call.microdollars,
        tasks=len(call.created) + call.wishes.unfulfilled,
        successes=kept,
        answers_ms=tuple(call.answers_ms),
    )
