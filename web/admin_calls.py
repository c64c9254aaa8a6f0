"""Calls of the past, for admins: found, and told as stories."""

from __future__ import annotations

import time
from typing import Annotated, Any, Final

from fastapi import APIRouter, Depends, Path, Query, Response
from fastapi.responses import HTMLResponse
from pydantic import BaseModel

from people.audit import Audit
from people.consent import Consents
from people.user import User
from routing.call_records import CallRecord, recent_calls
from routing.call_summary import CallSummary, summary_of
from routing.erasure import known_subject
from routing.explanation import explain as explained
from routing.kinds import Channel
from routing.story.demo import is_demo
from routing.story.page import CONTENT_SECURITY_POLICY, page
from routing.story.reading import MOST_ENTRIES, read_story
from routing.story.story import Story
from web.admin import Admin, name_of
from web.admin_label import is_sandbox
from web.database_errors import database_errors
from web.errors import DESCRIBED_BESIDE_HTML, ApiError
from web.routing_books import routing_errors
from web.services import Served, Services

router = APIRouter(prefix="/api/admin/calls", tags=["admin"])

CallId = Annotated[str, Path(pattern=r"^[A-Za-z0-9_.:-]{1,64}$")]
_ALL: Final = 1_000_000
"""Entries of one call: more than any has."""
_DAY_MS = 24 * 3600 * 1000


class FoundCall(BaseModel):
    """One call in a line. Times are Unix ms of its first and its last entry."""

    call_id: str
    subject: str
    first_ms: int
    last_ms: int
    cost_microdollars: int
    decisions: int
    channel: str
    plan: str
    stacks: list[str]
    arm: str
    demo: bool
    """It never was: it was made up to look at."""


class FoundCalls(BaseModel):
    """The last one first. `more`: there are others that match."""

    sandbox: bool
    calls: list[FoundCall]
    more: bool


class Search(BaseModel):
    """What is looked for. `whose` is somebody's address; `id` is how a call's id begins."""

    days: Annotated[int, Query(ge=1, le=3650)] = 7
    limit: Annotated[int, Query(ge=1, le=500)] = 50
    id: Annotated[str, Query(max_length=64)] = ""
    whose: Annotated[str, Query(max_length=254)] = ""
    stack: Annotated[str, Query(max_length=64)] = ""
    channel: Channel | None = None


@router.get("")
async def calls(services: Served, _admin: Admin, search: Annotated[Search, Query()]) -> FoundCalls:
    """Find calls."""
    with routing_errors():
        books = await services.books.open()
        subject = ""
        if search.whose:
            with database_errors():
                user = await services.people.user_by_email(search.whose)
            found = None if user is None else await known_subject(books.journal.engine, user.id)
            if found is None:
                return FoundCalls(sandbox=is_sandbox(), calls=[], more=False)
            subject = found
        records = await recent_calls(
            books.journal.engine,
            since_ms=time.time_ns() // 1_000_000 - search.days * _DAY_MS,
            limit=search.limit + 1,
            beginning=search.id,
            subject=subject,
            stack=search.stack,
            channel=search.channel or "",
        )
    return FoundCalls(
        sandbox=is_sandbox(),
        calls=[_plain(each) for each in records[: search.limit]],
        more=len(records) > search.limit,
    )


async def _story(services: Served, admin: Admin, call_id: CallId) -> Story:
    with database_errors():
        lines = await Consents(services.people.engine).said_in(call_id)
    with routing_errors():
        books = await services.books.open()
        told = await read_story(books.journal, books.store, call_id, lines=lines, sandbox=is_sandbox())
    if told is None:
        raise _unknown()
    if told.words:
        await _note_reading(services, admin, call_id)
    return told


async def _note_reading(services: Services, admin: User, call_id: str) -> None:
    """Put into the trail that somebody's words are shown, before they are."""
    reader = await name_of(services, admin)
    with database_errors():
        engine = services.people.engine
        user_id = await Consents(engine).whose_words(call_id)
        if user_id is not None:
            await Audit(engine).note(user_id, "words.read", actor=reader, details=call_id)


Told = Annotated[Story, Depends(_story)]


@router.get("/{call_id}/story")
async def story(told: Told) -> dict[str, Any]:
    """Tell a call: who spoke when, where time and money went, tools, decisions with reasons, swaps and faults."""
    return told.as_json()


@router.get("/{call_id}/story.html", response_class=HTMLResponse, responses=DESCRIBED_BESIDE_HTML)
async def story_page(told: Told) -> Response:
    """Tell it as one file that needs nothing, for the eye."""
    return HTMLResponse(page(told), headers={"Content-Security-Policy": CONTENT_SECURITY_POLICY})


class ShownCall(CallSummary):
    """One call in sum. `demo`: it never was: it was made up to look at."""

    sandbox: bool
    demo: bool


@router.get("/{call_id}")
async def show(services: Served, _admin: Admin, call_id: CallId) -> ShownCall:
    """Show what one call cost, by stack and model, and what became of its lease."""
    with routing_errors():
        books = await services.books.open()
        entries = await books.journal.entries(call_id=call_id, limit=_ALL)
    if not entries:
        raise _unknown()
    found = summary_of(call_id, entries).model_dump()
    return ShownCall(**found, sandbox=is_sandbox(), demo=is_demo(call_id))


@router.get("/{call_id}/explain")
async def explain(services: Served, _admin: Admin, call_id: CallId) -> dict[str, Any]:
    """Explain every decision, each decided again from what was stored."""
    with routing_errors():
        books = await services.books.open()
        entries = await books.journal.entries(call_id=call_id, kind="decision", limit=MOST_ENTRIES)
    if not entries:
        raise _unknown()
    found = [explained(entry) for entry in entries]
    return {
        "sandbox": is_sandbox(),
        "call_id": call_id,
        "decisions": [
            {
                "at_ms": each.at_ms,
                "replayed": each.replayed,
                "sentences": list(each.sentences),
                "decision": None if each.decision is None else each.decision.model_dump(mode="json"),
            }
            for each in found
        ],
    }


def _plain(record: CallRecord) -> FoundCall:
    return FoundCall(
        call_id=record.call_id,
        subject=record.subject,
        first_ms=record.first_ms,
        last_ms=record.last_ms,
        cost_microdollars=record.microdollars,
        decisions=record.decisions,
        channel=record.channel,
        plan=record.plan,
        stacks=list(record.stacks),
        arm=record.arm,
        demo=is_demo(record.call_id),
    )


def _unknown() -> ApiError:
    return ApiError(
        404,
        "not_found",
        "The journal knows no such call.",
        "GET /api/admin/calls lists those that there are.",
    )
