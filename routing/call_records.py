"""Calls as the journal remembers them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Select, case, func, select
from sqlalchemy.ext.asyncio import AsyncEngine

from routing.journal import journal_errors
from routing.late_entries import ended_ms
from routing.models import EntryRow


@dataclass(frozen=True, slots=True)
class CallRecord:
    """One call in a line."""

    call_id: str
    subject: str
    first_ms: int
    last_ms: int
    """Unix ms of its first and its last entry while it lasted: stars and corrections that come later do not count."""
    microdollars: int
    decisions: int
    channel: str = ""
    plan: str = ""
    stacks: tuple[str, ...] = ()
    """What served it, each once, in the order in which it did."""
    arm: str = ""
    """Such as `cheap-voice: control`; empty where it was part of no experiment."""


async def recent_calls(
    engine: AsyncEngine,
    *,
    since_ms: int,
    limit: int = 50,
    beginning: str = "",
    subject: str = "",
    stack: str = "",
    channel: str = "",
) -> Sequence[CallRecord]:
    """Read the calls that went on since a time, the last one first, each whole. Raises JournalDownError.

    Stars or a correction that came since then make no call of long ago one of them. `beginning` is how their ids begin; `stack` served them at some time. What is empty does not matter.
    """
    last = ended_ms()
    went_on = (
        select(EntryRow.call_id)
        .where(EntryRow.at_ms >= since_ms, *_filters(beginning, subject, stack, channel))
        .group_by(EntryRow.call_id)
        .having(last.is_not(None))
    )
    query = (
        select(
            EntryRow.call_id,
            func.max(EntryRow.subject),
            func.min(EntryRow.at_ms),
            last,
            func.coalesce(func.sum(case((EntryRow.kind == "charge", EntryRow.microdollars), else_=0)), 0),
            func.sum(case((EntryRow.kind == "decision", 1), else_=0)),
        )
        .where(EntryRow.call_id.in_(went_on))
        .group_by(EntryRow.call_id)
        .order_by(last.desc(), EntryRow.call_id)
        .limit(limit)
    )
    with journal_errors():
        async with engine.connect() as connection:
            rows = (await connection.execute(query)).all()
            served = await connection.execute(_decisions([row[0] for row in rows]))
            of_call: dict[str, list[Any]] = defaultdict(list)
            for call_id, *decided in served:
                of_call[call_id].append(decided)
    return [
        CallRecord(
            call_id, whose, first, newest, int(microdollars), int(decisions), *_served(of_call[call_id])
        )
        for call_id, whose, first, newest, microdollars, decisions in rows
    ]


def _filters(beginning: str, subject: str, stack: str, channel: str) -> list[ColumnElement[bool]]:
    found: list[ColumnElement[bool]] = []
    if beginning:
        found.append(EntryRow.call_id.startswith(beginning, autoescape=True))
    if subject:
        found.append(EntryRow.subject == subject)
    for path, wanted in ((("decision", "stack"), stack), (("decision", "inputs", "channel"), channel)):
        if wanted:
            such = select(EntryRow.call_id).where(
                EntryRow.kind == "decision", EntryRow.details[path].as_string() == wanted
            )
            found.append(EntryRow.call_id.in_(such))
    return found


def _decisions(call_ids: Sequence[str]) -> Select[Any]:
    """What each decision of these calls says of the call."""
    inputs = ("decision", "inputs")
    paths = (
        (*inputs, "channel"),
        (*inputs, "plan"),
        ("decision", "stack"),
        (*inputs, "assignment", "experiment"),
        (*inputs, "assignment", "arm"),
    )
    return (
        select(EntryRow.call_id, *(EntryRow.details[path].as_string() for path in paths))
        .where(EntryRow.call_id.in_(call_ids), EntryRow.kind == "decision")
        .order_by(EntryRow.at_ms, EntryRow.operation)
    )


def _served(decided: Sequence[Any]) -> tuple[str, str, tuple[str, ...], str]:
    if not decided:
        return "", "", (), ""
    channel, plan, _, experiment, arm = decided[0]
    stacks = tuple(dict.fromkeys(each[2] for each in decided if each[2]))
    return channel or "", plan or "", stacks, f"{experiment}: {arm}" if experiment else ""
