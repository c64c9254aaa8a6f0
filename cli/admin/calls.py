"""`voicetasks admin calls`: which calls there were, what they cost, and why they were served as they were."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Final

import typer

from cli.admin.books import author, open_books, open_people
from cli.admin.limits import one_more, say_more, the_first
from cli.admin.money import dollars
from cli.admin.output import AdminError, Json, moment, print_json, reporting, say, table
from cli.admin.private_file import private_file
from people.audit import Audit
from people.consent import Consents
from routing.call_records import CallRecord, recent_calls
from routing.call_summary import summary_of
from routing.explanation import explain as explained
from routing.journal import Entry
from routing.story.demo import is_demo
from routing.story.happened import happened
from routing.story.page import clock, page
from routing.story.reading import read_story
from routing.story.story import NO_WORDS, Story

app = typer.Typer(help="Which calls there were, what they cost, and why.", no_args_is_help=True)

_DAY_MS: Final = 24 * 3600 * 1000
_ALL: Final = 1_000_000
"""Entries of one call: more than any has."""

CallId = Annotated[str, typer.Argument(metavar="ID", help="A call's id, as «calls list» shows it.")]


@app.command("list")
def list_(
    days: Annotated[int, typer.Option(min=1, max=3650, help="Calls of the last so many days.")] = 7,
    limit: Annotated[int, typer.Option(min=1, max=10_000, help="The last so many.")] = 50,
    as_json: Json = False,
) -> None:
    """Show the last calls, the newest first."""
    with reporting(as_json=as_json):
        found, sandbox = asyncio.run(_list(days, limit))
    calls, more = the_first(found, limit)
    if as_json:
        rows = [
            {
                "call_id": call.call_id,
                "subject": call.subject,
                "first": moment(call.first_ms),
                "last": moment(call.last_ms),
                "cost_microdollars": call.microdollars,
                "decisions": call.decisions,
                "demo": is_demo(call.call_id),
            }
            for call in calls
        ]
        print_json({"sandbox": sandbox, "calls": rows, "more": more})
        return
    table(
        "calls" + (" (sandbox)" if sandbox else ""),
        ("call", "subject", "first entry", "last entry", "cost", "decisions"),
        [
            (
                *(_labelled(call.call_id), call.subject, moment(call.first_ms), moment(call.last_ms)),
                *(dollars(call.microdollars), call.decisions),
            )
            for call in calls
        ],
    )
    say_more(more)


@app.command()
def show(call_id: CallId, as_json: Json = False) -> None:
    """Show what one call cost, by stack and model, and what became of its lease."""
    with reporting(as_json=as_json):
        entries, sandbox = asyncio.run(_entries(call_id))
    found = summary_of(call_id, entries)
    if as_json:
        whole = found.model_dump(exclude={"first_ms", "last_ms", "leases"})
        times = {"first": moment(found.first_ms), "last": moment(found.last_ms)}
        events = [{"at": moment(each.at_ms), "tier": each.tier, "event": each.event} for each in found.leases]
        print_json({"sandbox": sandbox, **whole, **times, "leases": events})
        return
    title = f"call {_labelled(call_id)}: {dollars(found.cost_microdollars)}" + (
        " (sandbox)" if sandbox else ""
    )
    rows = [
        (each.stack, each.vendor, each.model, each.certainty, dollars(each.microdollars))
        for each in found.costs
    ]
    table(title, ("stack", "vendor", "model", "certainty", "cost"), rows)
    table(
        "lease",
        ("at", "tier", "event"),
        [(moment(each.at_ms), each.tier, each.event) for each in found.leases],
    )


@app.command()
def explain(call_id: CallId, as_json: Json = False) -> None:
    """Explain every decision of a call, and decide again from what was stored to see that it comes out the same."""
    with reporting(as_json=as_json):
        entries, sandbox = asyncio.run(_entries(call_id))
        found = [explained(entry) for entry in entries if entry.kind == "decision"]
        if not found:
            raise AdminError(
                "no_decision",
                f"the journal holds no decision of call {call_id!r}",
                "«calls show» shows the rest",
            )
    if as_json:
        decisions = [
            {
                "at": moment(each.at_ms),
                "replayed": each.replayed,
                "sentences": list(each.sentences),
                "decision": each.decision and each.decision.model_dump(mode="json"),
            }
            for each in found
        ]
        print_json({"sandbox": sandbox, "call_id": call_id, "decisions": decisions})
        return
    for each in found:
        say(f"{moment(each.at_ms)}" + (" (sandbox)" if sandbox else ""))
        say(*(f"  {sentence}" for sentence in each.sentences))


@app.command()
def story(
    call_id: CallId,
    to: Annotated[
        Path | None,
        typer.Option("--to", metavar="FILE", help="Write it as one HTML file that needs nothing."),
    ] = None,
    as_json: Json = False,
) -> None:
    """Tell a call: who spoke when, where time and money went, tools, decisions with reasons, swaps and faults."""
    with reporting(as_json=as_json):
        told = asyncio.run(_story(call_id))
        if to is not None:
            with private_file(to) as file:
                file.write(page(told))
    if as_json:
        print_json(told.as_json())
        return
    labels = [label for label, is_so in (("demo data", told.demo), ("sandbox", told.sandbox)) if is_so]
    say(f"call {call_id}: {dollars(told.microdollars)}" + "".join(f" ({label})" for label in labels))
    for each in happened(told):
        who = f"{each.speaker}: " if each.speaker else ""
        say(f"  {clock(each.at_ms)}  {who}{each.title}", *(f"         {detail}" for detail in each.details))
    if not told.is_told:
        say("What happened in it was not recorded, or is not kept any more.")
    if not told.words:
        say(NO_WORDS)
    if to is not None:
        say(f"The whole story is in {to}.")


async def _list(days: int, limit: int) -> tuple[Sequence[CallRecord], bool]:
    async with open_books() as books:
        await books.catch_up()
        since_ms = time.time_ns() // 1_000_000 - days * _DAY_MS
        return await recent_calls(
            books.journal.engine, since_ms=since_ms, limit=one_more(limit)
        ), books.sandbox


async def _entries(call_id: str) -> tuple[Sequence[Entry], bool]:
    async with open_books() as books:
        await books.catch_up()
        entries = await books.journal.entries(call_id=call_id, limit=_ALL)
        if not entries:
            raise _no_such_call(call_id)
        return entries, books.sandbox


def _labelled(call_id: str) -> str:
    return f"{call_id} (demo data)" if is_demo(call_id) else call_id


async def _story(call_id: str) -> Story:
    async with open_people() as people:
        lines = await Consents(people.engine).said_in(call_id)
    async with open_books() as books:
        await books.catch_up()
        told = await read_story(books.journal, books.store, call_id, lines=lines, sandbox=books.sandbox)
    if told is None:
        raise _no_such_call(call_id)
    if told.words:
        await _note_reading(call_id)
    return told


async def _note_reading(call_id: str) -> None:
    """Put into the trail that somebody's words are shown, before they are."""
    async with open_people() as people:
        user_id = await Consents(people.engine).whose_words(call_id)
        if user_id is not None:
            await Audit(people.engine).note(user_id, "words.read", actor=author(), details=call_id)


def _no_such_call(call_id: str) -> AdminError:
    fix = "«voicetasks admin calls list» lists them"
    return AdminError("no_such_call", f"the journal knows no call {call_id!r}", fix)
