"""`voicetasks admin journal`: the entries of the journal as they stand."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Annotated, Any, Final, get_args

import typer

from cli.admin.books import open_books
from cli.admin.limits import one_more, say_more, the_last
from cli.admin.money import dollars
from cli.admin.output import Json, moment, print_json, reporting, say, table
from routing.in_brief import in_brief
from routing.journal import Entry, Kind

NEWEST: Final = 100
"""Entries that are shown where nothing says of which call or how many."""


def journal(
    call: Annotated[str | None, typer.Option(help="One call's entries.")] = None,
    kind: Annotated[str | None, typer.Option(help=f"One of {', '.join(get_args(Kind))}.")] = None,
    limit: Annotated[
        int | None,
        typer.Option(
            min=1,
            max=100_000,
            help=f"The newest so many; by default {NEWEST}, and of one call all.",
            show_default=False,
        ),
    ] = None,
    as_json: Json = False,
) -> None:
    """Show the newest entries, oldest first."""
    if kind is not None and kind not in get_args(Kind):
        raise typer.BadParameter(f"--kind takes {', '.join(get_args(Kind))}, not {kind!r}")
    with reporting(as_json=as_json):
        wanted = limit or (NEWEST if call is None else None)
        entries, why_behind, sandbox = asyncio.run(_journal(call, kind, wanted))
    entries, more = the_last(entries, wanted)
    if as_json:
        body = {
            "sandbox": sandbox,
            "complete": not (why_behind or more),
            "more": more,
            "entries": [plain_entry(each) for each in entries],
        }
        print_json(body)
        return
    rows = [
        (moment(each.at_ms), each.call_id, each.kind, each.tier, dollars(each.microdollars), in_brief(each))
        for each in entries
    ]
    table("journal" + (" (sandbox)" if sandbox else ""), ("at", "call", "kind", "tier", "", "what"), rows)
    say_more(more)
    if why_behind:
        say(f"Redis gave no answer that can be used ({why_behind}): what waits there is not shown.")


def plain_entry(entry: Entry) -> dict[str, Any]:
    """An entry for JSON."""
    return {
        "operation": entry.operation,
        "kind": entry.kind,
        "at": moment(entry.at_ms),
        "call_id": entry.call_id,
        "tier": entry.tier,
        "microdollars": entry.microdollars,
        "blind": entry.blind,
        "scopes": list(entry.scopes),
        "details": dict(entry.details),
    }


async def _journal(call: str | None, kind: Any, limit: int | None) -> tuple[Sequence[Entry], str, bool]:
    async with open_books() as books:
        why_behind = await books.catch_up()
        entries = await books.journal.entries(call_id=call, kind=kind, newest=True, limit=one_more(limit))
        return entries, why_behind, books.sandbox
