"""Reads what came of an experiment's calls from the journal."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from sqlalchemy import ColumnElement, case, func, select
from sqlalchemy.ext.asyncio import AsyncEngine

from routing.experiments.results import CallResult
from routing.journal import journal_errors
from routing.models import EntryRow
from routing.outcomes import SUCCESS_MS

_ASSIGNMENT: Final = ("decision", "inputs", "assignment")


@dataclass
class _Call:
    """A call as it is put together."""

    at_ms: int
    subject: str
    arm: str
    as_assigned: bool
    microdollars: int = 0
    last_ms: int = 0
    created: list[tuple[int, str]] = field(default_factory=list)
    """When, and the task's id."""
    created_in: set[int] = field(default_factory=set)
    refused_in: set[int] = field(default_factory=set)
    """Turns."""
    answers_ms: list[int] = field(default_factory=list)


async def read_calls(
    engine: AsyncEngine, name: str, *, phase: int, since_ms: int, now_ms: int
) -> tuple[list[CallResult], int]:
    """Read the calls of a phase that can be judged, and count those that cannot yet. Raises JournalDownError.

    A call can be judged once ten minutes have passed since its last entry: until then its owner may take a task back.
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
    outcomes = select(EntryRow.call_id, EntryRow.subject, EntryRow.at_ms, EntryRow.details).where(
        EntryRow.kind == "outcome", EntryRow.at_ms >= since_ms
    )
    with journal_errors():
        async with engine.connect() as connection:
            # The time decides; of entries of the same millisecond, their operations, which are numbered.
            decisions = await connection.execute(drawn.order_by(EntryRow.at_ms, EntryRow.operation))
            calls = _begun(decisions.all())
            for call_id, spent, last_ms in await connection.execute(_sums(belongs)):
                # One that began since the decisions were read is the next report's.
                if (call := calls.get(call_id)) is not None:
                    call.microdollars, call.last_ms = int(spent), int(last_ms)
            told = (await connection.execute(outcomes.order_by(EntryRow.at_ms))).all()
    taken_back = _add_outcomes(calls, told)
    judged = [call for call in calls.items() if now_ms - call[1].last_ms >= SUCCESS_MS]
    return [_result(call_id, call, taken_back) for call_id, call in judged], len(calls) - len(judged)


def _sums(belongs: ColumnElement[bool]) -> Any:
    charge = case((EntryRow.kind == "charge", EntryRow.microdollars), else_=0)
    return (
        select(EntryRow.call_id, func.coalesce(func.sum(charge), 0), func.max(EntryRow.at_ms))
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


def _add_outcomes(calls: Mapping[str, _Call], rows: Sequence[Any]) -> dict[tuple[str, str], list[int]]:
    """Add what the calls told; returns when each task, by owner and id, was taken back, also in other calls."""
    taken_back: dict[tuple[str, str], list[int]] = defaultdict(list)
    for call_id, subject, at_ms, details in rows:
        call, task = calls.get(call_id), details.get("task")
        if call is not None:
            call.answers_ms += details.get("answers_ms", [])
        if task is None:
            continue
        if task["event"] not in ("created", "refused"):
            taken_back[subject, task["id"]].append(at_ms)
        elif call is not None and task["event"] == "created":
            call.created.append((at_ms, task["id"]))
            call.created_in.add(task["turn"])
        elif call is not None:
            call.refused_in.add(task["turn"])
    return taken_back


def _result(call_id: str, call: _Call, taken_back: Mapping[tuple[str, str], Sequence[int]]) -> CallResult:
    kept = sum(
        not any(
            at_ms <= back_ms <= at_ms + SUCCESS_MS for back_ms in taken_back.get((call.subject, task), ())
        )
        for at_ms, task in call.created
    )
    return CallResult(
        at_ms=call.at_ms,
        # Who it is was not known while the database was away: nobody else's call is theirs.
        unit=call.subject if call.subject.startswith("s_") else f"call:{call_id}",
        arm=call.arm,
        as_assigned=call.as_assigned,
        microdollars=call.microdollars,
        # A model that asks wrongly and then rightly in the same turn asks for one task.
        tasks=len(call.created) + len(call.refused_in - call.created_in),
        successes=kept,
        answers_ms=tuple(call.answers_ms),
    )
