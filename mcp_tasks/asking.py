"""Sentences about tasks that any client can say: which one is meant, and what a long list comes to."""

from collections.abc import Callable, Sequence
from typing import Final

from mcp_tasks.caller import Caller
from mcp_tasks.models import TaskRow
from mcp_tasks.render import render
from mcp_tasks.spoken import long_date
from mcp_tasks.task import Group

MOST_ASKED: Final = 6
"""More than so many are a list, not a choice."""
LONG: Final = 5
"""More tasks than so many are not read out at once."""
_SAID: Final[dict[Group, str]] = {
    "overdue": "{} overdue",
    "today": "{} due today",
    "week": "{} due this week",
    "later": "{} due later",
    "no_date": "{} without a date",
}


def which(rows: Sequence[TaskRow], caller: Caller) -> str | None:
    """Ask which of some tasks is meant, each with the fact that tells it from the others; None when they are too many."""
    if not rows or len(rows) > MOST_ASKED:
        return None
    if len(rows) == 1:
        return f"Do you mean {_quoted(rows[0])}{_due(rows[0], caller)}?"
    return f"Which one do you mean: {_or([f'{_quoted(row)}{fact}' for row, fact in zip(rows, told_apart(rows, caller), strict=True)])}?"


def told_apart(rows: Sequence[TaskRow], caller: Caller) -> list[str]:
    """For each task what to say behind its title, so that an ear can tell it from the rest. Empty where titles do."""
    if len({row.title_key for row in rows}) == len(rows):
        return [""] * len(rows)
    facts: tuple[Callable[[TaskRow, Caller], str], ...] = (_due, _list, _notes, _age)
    for fact in facts:
        told = [fact(row, caller) for row in rows]
        if len({(row.title_key, said) for row, said in zip(rows, told, strict=True)}) == len(rows):
            return told
    oldest = sorted(rows, key=lambda row: (row.created_at, row.number))
    names = (
        ["the older one", "the newer one"]
        if len(rows) == 2
        else [f"number {place}, oldest first" for place in range(1, len(rows) + 1)]
    )
    return [f", {names[oldest.index(row)]}" for row in rows]


def summary(counts: dict[Group, int], first: Sequence[TaskRow], caller: Caller) -> str | None:
    """Say what a long list comes to, and its three most urgent tasks: the first three, for they are in that order."""
    total = sum(counts.values())
    if total <= LONG:
        return None
    parts = [_SAID[group].format(number) for group, number in counts.items() if number]
    urgent = "; ".join(f"{_quoted(row)}{_due(row, caller, always=False)}" for row in first[:3])
    groups = f": {_and(parts)}" if len(parts) > 1 else f", all {parts[0].split(' ', 1)[1]}"
    return f"You have {total} tasks{groups}. The three most urgent are {urgent}. Shall I go on?"


def _due(row: TaskRow, caller: Caller, *, always: bool = True) -> str:
    said = render(row, caller.now, caller.zone).due_spoken
    if row.status == "done":
        return ", already done"
    return f", due {said}" if said else ", without a date" if always else ""


def _list(row: TaskRow, _: Caller) -> str:
    return f", on the list {row.list_name}" if row.list_name else ", on no list"


def _notes(row: TaskRow, _: Caller) -> str:
    first = " ".join(row.notes.split()[:6])
    return f", with the note {first}" if first else ", without notes"


def _age(row: TaskRow, caller: Caller) -> str:
    made = row.created_at.astimezone(caller.zone)
    days = (caller.today - made.date()).days
    near = {0: "today", 1: "yesterday"}.get(days, f"on {long_date(made.date(), caller.local)}")
    return f", added {near}"


def _quoted(row: TaskRow) -> str:
    """The title in quotes, which a voice does not say; quotes of its own would end it early."""
    return f'"{row.title.replace(chr(34), chr(39))}"'


def _and(parts: list[str]) -> str:
    return f"{', '.join(parts[:-1])} and {parts[-1]}" if len(parts) > 1 else "".join(parts)


def _or(parts: list[str]) -> str:
    """Semicolons between them, because dates have commas."""
    return f"{'; '.join(parts[:-1])}; or {parts[-1]}"
