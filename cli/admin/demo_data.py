"""`voicetasks admin demo-data`: calls that never were, so that there is something to look at."""

from __future__ import annotations

import asyncio
import time
from typing import Annotated, Any, Final

import typer
from sqlalchemy import delete

from cli.admin.books import Books, author, open_books
from cli.admin.output import AdminError, Json, print_json, reporting, say
from routing.journal import journal_errors
from routing.models import EntryRow
from routing.policy_changes import PolicyInvalidError
from routing.story.demo import PREFIX
from routing.story.made_up import DESIGN, EXPERIMENT, made_up

_DAY_MS: Final = 24 * 3600 * 1000
_NOTE: Final = "demo data"


def demo_data(
    calls: Annotated[int, typer.Option(min=1, max=20_000, help="How many.")] = 400,
    days: Annotated[int, typer.Option(min=1, max=365, help="In the last so many days.")] = 14,
    seed: Annotated[int, typer.Option(min=1, max=999, help="The same seed makes the same calls.")] = 1,
    remove: Annotated[bool, typer.Option("--remove", help="Take all of it away again.")] = False,
    as_json: Json = False,
) -> None:
    """Make up calls, with an experiment that is over, for the console to show; each is labelled «demo data».

    Their money counts in no budget, and neither what-if nor reconcile sees them. Refused where vendors are real.
    """
    with reporting(as_json=as_json):
        body = asyncio.run(_remove() if remove else _add(calls, days, seed))
    if as_json:
        print_json(body)
    elif remove:
        say(f"{body['entries']} entries of demo data are gone.")
    else:
        say(f"{body['calls']} calls of demo data are there, in the last {days} days.")
        if body["experiment"]:
            say(f"So is the experiment {body['experiment']}, which is over.")
        elif body["why_no_experiment"]:
            say(f"There is no experiment with them: {body['why_no_experiment']}.")
        say("«voicetasks admin demo-data --remove» takes all of it away.")


async def _add(calls: int, days: int, seed: int) -> dict[str, Any]:
    async with open_books() as books:
        if not books.sandbox:
            raise AdminError(
                "not_a_sandbox",
                "vendors are real here, and made-up calls do not belong beside real money",
                "«scripts/demo» runs with stand-ins",
            )
        now_ms = time.time_ns() // 1_000_000
        experiment, why_not = await _experiment(books, now_ms - (days + 1) * _DAY_MS)
        entries = list(made_up(calls=calls, days=days, until_ms=now_ms, seed=seed))
        added = await books.journal.append(entries)
    return {
        "demo": True,
        "calls": calls,
        "entries": added,
        "experiment": experiment,
        "why_no_experiment": why_not,
    }


async def _experiment(books: Books, began_ms: int) -> tuple[str | None, str]:
    """Write the experiment down as one that ran from a moment on and is over; why it could not be."""
    current = await books.store.current()
    if EXPERIMENT in current.experiments:
        return EXPERIMENT, ""
    wanted = DESIGN.model_dump(mode="json") | {"state": "running"}
    try:
        running = await books.store.write(
            {"experiments": {EXPERIMENT: wanted}},
            expected=current.version,
            author=author(),
            note=_NOTE,
            at_ms=began_ms,
        )
    except PolicyInvalidError as error:
        return None, str(error)
    await books.store.write(
        {"experiments": {EXPERIMENT: {"state": "stopped"}}},
        expected=running.version,
        author=author(),
        note=_NOTE,
    )
    return EXPERIMENT, ""


async def _remove() -> dict[str, Any]:
    async with open_books() as books:
        with journal_errors():
            async with books.journal.engine.begin() as connection:
                made = EntryRow.call_id.startswith(PREFIX, autoescape=True)
                gone = (await connection.execute(delete(EntryRow).where(made))).rowcount
        current = await books.store.current()
        if EXPERIMENT in current.experiments:
            await books.store.write(
                {"experiments": {EXPERIMENT: None}}, expected=current.version, author=author(), note=_NOTE
            )
    return {"demo": True, "entries": gone}
