"""The journal beside a vendor's usage export, for admins: what `voicetasks admin reconcile` says and does.

The export itself is the body, as the vendor gave it.
"""

from __future__ import annotations

import asyncio
import hashlib
from typing import Annotated, Any, Final

from fastapi import APIRouter, Depends, Query, Request
from pydantic import BaseModel

from people.audit import Audit
from routing.exports.form import Export, UnreadableExportError
from routing.exports.reading import FORMS, read_export
from routing.reconcile import Drift, Settlement
from routing.settling import carried_out, reckoned
from routing.stream import Drainer
from tiers.confirmed_prices import trusted
from tiers.price_moves import PriceMoveError
from web.admin import Author, ChangingAdmin
from web.database_errors import database_errors
from web.errors import ApiError
from web.routing_books import OpenBooks, routing_errors
from web.services import Served
from web.sign_in import same_site

router = APIRouter(prefix="/api/admin/reconcile", tags=["admin"])

BODY: Final[dict[str, Any]] = {
    "requestBody": {
        "required": True,
        "description": f"An answer of {FORMS}.",
        "content": {"application/json": {"schema": {"type": "object"}}},
    }
}
"""It is read once an admin has been found behind the request, so the schema is told by hand."""


class ModelDrift(BaseModel):
    """A model's money in the export and in the journal, µ$. `drift` is what the journal has too much, once settled."""

    vendor: str
    model: str
    invoiced: int
    journal: int
    drift_before: int
    drift: int
    drift_percent: float | None
    settled: int
    corrected: int
    not_in_journal: int
    not_in_export: int


class Reconciled(BaseModel):
    """What an export leads to: told by `/effect`, and done without it."""

    sandbox: bool
    """Stand-ins wrote the export."""
    form: str
    settlement: str
    """Names these corrections: what is to be `expected` when they are made."""
    corrections: int
    """Estimates that would be, or were, settled."""
    models: list[ModelDrift]
    notes: list[str]
    """What was left alone, and why."""


async def _export(request: Request, _admin: ChangingAdmin) -> Export:
    body = await request.body()
    try:
        # Reading a long one takes a while, in which others are to be answered.
        return await asyncio.to_thread(read_export, body, trusted())
    except PriceMoveError as error:
        raise ApiError(
            503,
            "prices_not_confirmed",
            "The prices of this version move more than threefold.",
            "See the log of the workers, which do not start either.",
        ) from error
    except UnreadableExportError as error:
        message = str(error)
        raise ApiError(
            422,
            "bad_export",
            f"{message[:1].upper()}{message[1:].rstrip('.')}.",
            "Ask OpenAI with group_by=model, Deepgram with grouping=models.",
        ) from error


Sent = Annotated[Export, Depends(_export)]
Whole = Annotated[bool, Query(description="The vendor has counted all, though a period has just ended.")]


@router.post("/effect", dependencies=[Depends(same_site)], openapi_extra=BODY)
async def reconciliation_effect(services: Served, export: Sent, whole: Whole = False) -> Reconciled:
    """Say how far the journal is from the export, and what would be settled. Nothing is."""
    with routing_errors():
        books = await services.books.open()
        settlement, notes = await _reckoned(books, export, is_whole=whole)
    return _told(settlement, len(settlement.corrections), notes)


@router.post("", dependencies=[Depends(same_site)], openapi_extra=BODY)
async def reconcile(
    services: Served,
    export: Sent,
    admin: ChangingAdmin,
    author: Author,
    expected: Annotated[str, Query(max_length=64)] = "",
    whole: Whole = False,
) -> Reconciled:
    """Settle estimates by the export; 409 where that would not be the settlement that was `expected`.

    The same export twice changes nothing. What was reported or counted exactly is never changed.
    """
    with routing_errors():
        books = await services.books.open()
        settlement, notes = await _reckoned(books, export, is_whole=whole)
        if expected and expected != _named(settlement):
            raise ApiError(
                409,
                "conflict",
                "The journal is not what it was when you looked: something else would be settled.",
                "Look at the effect again.",
            )
        with database_errors():
            await Audit(services.people.engine).note(
                admin.id,
                "books.settled",
                actor=author,
                details=f"{export.form}, {len(settlement.corrections)} estimates",
            )
        written, missed = await carried_out(books.journal, books.budget, settlement)
    return _told(settlement, written, notes + missed)


async def _reckoned(books: OpenBooks, export: Export, *, is_whole: bool) -> tuple[Settlement, list[str]]:
    drainer = Drainer(books.link, books.journal, name="web")
    return await reckoned(drainer, books.journal, export, is_whole=is_whole)


def _named(settlement: Settlement) -> str:
    amounts = sorted((each.operation, each.microdollars) for each in settlement.corrections)
    return hashlib.sha256(repr(amounts).encode()).hexdigest()[:32]


def _told(settlement: Settlement, corrections: int, notes: list[str]) -> Reconciled:
    return Reconciled(
        sandbox=settlement.export.sandbox,
        form=settlement.export.form,
        settlement=_named(settlement),
        corrections=corrections,
        models=[_plain(drift) for drift in settlement.drifts],
        notes=notes,
    )


def _plain(drift: Drift) -> ModelDrift:
    return ModelDrift(
        vendor=drift.vendor,
        model=drift.model,
        invoiced=drift.invoiced,
        journal=drift.booked + drift.corrected,
        drift_before=drift.before,
        drift=drift.after,
        drift_percent=drift.percent,
        settled=drift.settled,
        corrected=drift.corrected,
        not_in_journal=drift.not_booked,
        not_in_export=drift.not_invoiced,
    )
