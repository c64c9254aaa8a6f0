"""How admin commands answer: one JSON object on stdout, or tables and sentences for people on stderr."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from cli.errors import tell_error
from routing.journal import JournalDownError
from routing.policy_changes import Change, PolicyInvalidError
from routing.policy_store import PolicyConflictError
from routing.redis_link import BlindError

Json = Annotated[bool, typer.Option("--json", help="One JSON object on stdout.")]

FAILED = 1
USAGE = 2


class AdminError(Exception):
    """A command cannot do what it was asked for. `fix` says what to do about it."""

    def __init__(self, code: str, message: str, fix: str, *, exit_code: int = FAILED, **more: Any) -> None:
        super().__init__(message)
        self.code = code
        self.fix = fix
        self.exit_code = exit_code
        self.more = more


def console() -> Console:
    """Where people read."""
    return Console(stderr=True, highlight=False)


def print_json(body: dict[str, Any]) -> None:
    """The one object."""
    typer.echo(json.dumps(body, ensure_ascii=False))


def table(title: str, columns: Sequence[str], rows: Iterable[Sequence[object]]) -> None:
    """A table for people; says so when there is nothing to show."""
    shown = Table(title=escape(title), title_justify="left")
    for column in columns:
        shown.add_column(escape(column), overflow="fold")
    for row in rows:
        shown.add_row(*(escape(str(cell)) for cell in row))
    if shown.row_count:
        console().print(shown)
    else:
        console().print(f"{title}: none", markup=False)


def say(*sentences: str) -> None:
    """Sentences for people."""
    for sentence in sentences:
        console().print(sentence, markup=False, soft_wrap=True)


def moment(at_ms: int) -> str:
    """A time as ISO 8601 in UTC, from Unix ms."""
    return datetime.fromtimestamp(at_ms / 1000, UTC).isoformat(timespec="milliseconds")


def plain_change(change: Change) -> dict[str, Any]:
    """A change for JSON."""
    return {"path": change.path, "before": change.before, "after": change.after}


@contextmanager
def reporting(*, as_json: bool) -> Iterator[None]:
    """Turn what can go wrong into a message, with what to do, and an exit code: 2 usage, 1 everything else."""
    try:
        yield
    except (AdminError, JournalDownError, BlindError, PolicyConflictError, PolicyInvalidError) as error:
        known = _known(error)
        tell_error("admin", known.code, str(known), known.fix, as_json=as_json, **known.more)
        raise typer.Exit(known.exit_code) from None


def _known(error: Exception) -> AdminError:
    match error:
        case AdminError():
            return error
        case PolicyConflictError():
            return AdminError(
                "conflict",
                str(error),
                "look at «voicetasks admin policy show» and try again",
                expected=error.expected,
                current=error.current.version,
                difference=[plain_change(change) for change in error.difference],
            )
        case PolicyInvalidError():
            return AdminError("invalid_policy", str(error), "", exit_code=USAGE)
        case BlindError():
            return AdminError(
                "redis_away",
                f"Redis gave no answer that can be used ({error.why})",
                "is the demo running, or REDIS_URL right? «voicetasks doctor» looks",
            )
        case _:
            return AdminError(
                "database_away",
                f"the journal's database cannot be reached or is no such database ({error})",
                "look at VOICETASKS_ROUTING_DATABASE_URL or DATABASE_URL; «voicetasks doctor» looks",
            )
