"""`voicetasks admin journal`: the entries of the journal as they stand."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Annotated, Any, get_args

import typer

from cli.admin.books import open_books
from cli.admin.money import dollars
from cli.admin.output import Json, moment, print_json, reporting, say, table
from routing.charges import usage_of
from routing.journal import Entry, Kind


def journal(
    call: Annotated[str | None, typer.Option(help="One call's entries.")] = None,
    kind: Annotated[str | None, typer.Option(help=f"One of {', '.join(get_args(Kind))}.")] = None,
    limit: Annotated[int, typer.Option(min=1, max=100_000, help="The newest so many.")] = 100,
    as_json: Json = False,
) -> None:
    """Show the newest entries, oldest first."""
    if kind is not None and kind not in get_args(Kind):
        raise typer.BadParameter(f"--kind takes {', '.join(get_args(Kind))}, not {kind!r}")
    with reporting(as_json=as_json):
        entries, why_behind, sandbox = asyncio.run(_journal(call, kind, limit))
    if as_json:
        body = {
            "sandbox": sandbox,
            "complete": not why_behind,
            "entries": [plain_entry(each) for each in entries],
        }
        print_json(body)
        return
    rows = [
        (moment(each.at_ms), each.call_id, each.kind, each.tier, dollars(each.microdollars), _what(each))
        for each in entries
    ]
    table("journal" + (" (sandbox)" if sandbox else ""), ("at", "call", "kind", "tier", "", "what"), rows)
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


async def _journal(call: str | None, kind: Any, limit: int) -> tuple[Sequence[Entry], str, bool]:
    async with open_books() as books:
        why_behind = await books.catch_up()
        entries = await books.journal.entries(call_id=call, kind=kind, newest=True, limit=limit)
        return entries, why_behind, books.sandbox


def _what(entry: Entry) -> str:
    """An entry's details in a few words."""
    usage = usage_of(entry)
    blind = "blind, " if entry.blind else ""
    if usage is not None:
        units = ", ".join(f"{count} {unit}" for unit, count in usage.units.items())
        return f"{blind}{usage.vendor} {usage.model}, {usage.certainty}: {units}"
    if entry.kind == "event":
        return ", ".join(str(each.get("what")) for each in entry.details.get("events", ()))
    decision = entry.details.get("decision")
    if isinstance(decision, dict):
        return f"{decision.get('stack')}: {decision.get('reason')}"
    return blind + str(entry.details.get("event", ""))
