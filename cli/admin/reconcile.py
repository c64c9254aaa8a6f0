"""`voicetasks admin reconcile FILE`: the journal beside what a vendor says was used."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Annotated, Any, Final

import typer

from cli.admin.books import author, open_books, open_people
from cli.admin.money import dollars
from cli.admin.output import USAGE, AdminError, Json, print_json, reporting, say, table
from people.audit import Audit
from routing.exports.form import Export, UnreadableExportError
from routing.exports.reading import read_export
from routing.reconcile import Drift, Settlement
from routing.settling import carried_out, reckoned
from tiers.confirmed_prices import trusted
from tiers.price_moves import PriceMoveError

FILE_BYTES: Final = 256_000_000
"""The longest file that is read: an invoice of some 500,000 requests."""


def reconcile(
    file: Annotated[
        Path,
        typer.Argument(
            metavar="FILE",
            help="An answer of OpenAI's or Deepgram's usage API, grouped by model, or of «sandbox invoice --json».",
        ),
    ],
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Report only; write nothing.")] = False,
    whole: Annotated[
        bool,
        typer.Option(
            "--whole", help="Settle a period that ended less than 24 hours ago, too: all of it is counted."
        ),
    ] = False,
    as_json: Json = False,
) -> None:
    """Settle estimates by a vendor's usage export, and report how far the journal is from it.

    The same file twice changes nothing. Charges that were reported or counted exactly are never changed.
    """
    with reporting(as_json=as_json):
        export = _read(file)
        settlement, written, notes = asyncio.run(_reconcile(export, dry_run=dry_run, is_whole=whole))
    if as_json:
        print_json(
            {
                "sandbox": export.sandbox,
                "form": export.form,
                "dry_run": dry_run,
                "corrections": written,
                "models": [_plain(drift) for drift in settlement.drifts],
                "notes": notes,
            }
        )
        return
    title = f"{export.form}{' (sandbox)' if export.sandbox else ''}"
    columns = (
        "vendor",
        "model",
        "invoiced",
        "journal",
        "drift",
        "",
        "settled",
        "unknown here",
        "unknown there",
    )
    table(
        title,
        columns,
        [
            (
                *(
                    drift.vendor,
                    drift.model,
                    dollars(drift.invoiced),
                    dollars(drift.booked + drift.corrected),
                ),
                *(dollars(drift.after), "" if drift.percent is None else f"{drift.percent:+.3f} %"),
                *(drift.settled, dollars(drift.not_booked), dollars(drift.not_invoiced)),
            )
            for drift in settlement.drifts
        ],
    )
    say(*notes)
    say(f"{written} estimates {'would be' if dry_run else 'were'} settled.")


async def _reconcile(export: Export, *, dry_run: bool, is_whole: bool) -> tuple[Settlement, int, list[str]]:
    async with open_books() as books:
        settlement, notes = await reckoned(books.drainer, books.journal, export, is_whole=is_whole)
        if dry_run:
            return settlement, len(settlement.corrections), notes
        async with open_people() as people:
            details = f"{export.form}, {len(settlement.corrections)} estimates"
            await Audit(people.engine).note(None, "books.settled", actor=author(), details=details)
        written, missed = await carried_out(books.journal, books.budget, settlement)
        return settlement, written, notes + missed


def _read(path: Path) -> Export:
    try:
        with path.open("rb") as file:
            text = file.read(FILE_BYTES + 1)
    except OSError as error:
        said = error.strerror or type(error).__name__
        raise AdminError(
            "bad_file", f"{path}: {said}", "give a file that is there", exit_code=USAGE
        ) from error
    if len(text) > FILE_BYTES:
        fix = "export a shorter period"
        raise AdminError("bad_file", f"{path}: longer than {FILE_BYTES} bytes", fix, exit_code=USAGE)
    try:
        return read_export(text, trusted())
    except PriceMoveError as error:
        raise AdminError("prices_not_confirmed", str(error), "") from error
    except UnreadableExportError as error:
        raise AdminError("bad_export", f"{path}: {error}", "", exit_code=USAGE) from error


def _plain(drift: Drift) -> dict[str, Any]:
    return {
        "vendor": drift.vendor,
        "model": drift.model,
        "invoiced_microdollars": drift.invoiced,
        "journal_microdollars": drift.booked + drift.corrected,
        "drift_before_microdollars": drift.before,
        "drift_microdollars": drift.after,
        "drift_percent": drift.percent,
        "settled": drift.settled,
        "corrected_microdollars": drift.corrected,
        "not_in_journal_microdollars": drift.not_booked,
        "not_in_export_microdollars": drift.not_invoiced,
    }
