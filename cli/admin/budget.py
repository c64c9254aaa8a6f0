"""`voicetasks admin budget`: what was spent and is held below which cap, and caps of single people."""

from __future__ import annotations

import asyncio
import time
from dataclasses import dataclass
from typing import Annotated, Any, Final
from zoneinfo import ZoneInfo

import typer

from cli.admin.books import open_books, user_named
from cli.admin.money import CAP_HELP, dollars, read_caps
from cli.admin.output import Json, print_json, reporting, say, table
from cli.admin.policy_writing import Expect, Note, tell, write
from people.user import User
from routing.budget import Counters, Sums
from routing.caps import Cap
from routing.erasure import NOBODY, known_subject
from routing.redis_link import BlindError
from routing.scopes import Scope, scopes_of

app = typer.Typer(help="What was spent and is held below which cap.", no_args_is_help=True)

GLOBAL: Final = "global"
Whose = Annotated[str, typer.Argument(metavar="USER|global", help="A user's address, or everybody's day.")]


@dataclass(frozen=True)
class Side:
    """One scope with one of its caps, µ$. Without counters, Redis does not have the scope."""

    scope: str
    side: str
    """`premium`, or `total`: every tier."""
    cap: int
    journal: int
    committed: int | None = None
    held: int | None = None
    overshoot: int | None = None
    blind: int | None = None


@app.command()
def show(whose: Whose, as_json: Json = False) -> None:
    """Show counters, caps, and what the journal says beside them."""
    with reporting(as_json=as_json):
        sides, why_blind, sandbox = asyncio.run(_show(whose))
    if as_json:
        scopes: dict[str, dict[str, Any]] = {}
        for each in sides:
            scopes.setdefault(each.scope, {})[each.side] = {
                name: value for name, value in vars(each).items() if name not in ("scope", "side")
            }
        body = {"sandbox": sandbox, "whose": whose, "redis_answers": not why_blind}
        print_json(body | {"scopes": [{"scope": name} | found for name, found in scopes.items()]})
        return
    columns = ("scope", "", "cap", "committed", "held", "overshoot", "blind", "journal")
    money = ("cap", "committed", "held", "overshoot", "blind", "journal")
    rows = [(each.scope, each.side, *(_cell(getattr(each, name)) for name in money)) for each in sides]
    table(f"budget of {whose}" + (" (sandbox)" if sandbox else ""), columns, rows)
    if why_blind:
        say(f"Redis gave no answer that can be used ({why_blind}): this is the journal alone.")
    elif any(each.committed is None for each in sides):
        say("What Redis does not have is counted from the journal before it is next used.")


@app.command("set")
def set_(
    whose: Whose,
    cap: Annotated[list[str] | None, typer.Option(help=CAP_HELP)] = None,
    clear: Annotated[bool, typer.Option("--clear", help="A user's: everybody's caps hold again.")] = False,
    expect: Expect = None,
    note: Note = "",
    as_json: Json = False,
) -> None:
    """Change caps, everybody's or one user's: a new version of the policy."""
    caps = read_caps(cap or [])
    if bool(caps) == clear:
        raise typer.BadParameter("give either --cap, or --clear for a user")
    if whose == GLOBAL and clear:
        raise typer.BadParameter("everybody's caps cannot be cleared; give others by --cap")
    if whose != GLOBAL and "global_day" in caps:
        raise typer.BadParameter("the global day is everybody's: «voicetasks admin budget set global»")
    with reporting(as_json=as_json):
        body = asyncio.run(_set(whose, caps, expect, note))
    tell(body, as_json=as_json)


async def _show(whose: str) -> tuple[list[Side], str, bool]:
    user = None if whose == GLOBAL else await user_named(whose)
    async with open_books() as books:
        policy = await books.store.current()
        why_blind = await books.catch_up()
        try:
            now_ms = await books.budget.time_ms()
        except BlindError as error:
            now_ms, why_blind = time.time_ns() // 1_000_000, error.why
        # Who never called is not in the journal, and looking does not put them there.
        known = None if user is None else await known_subject(books.journal.engine, user.id)
        subject = known or NOBODY
        scopes = _scopes(user, subject, now_ms)
        caps = policy.caps if user is None else policy.caps_of(subject)
        names = [scope.name for scope in scopes]
        counters: list[Counters | None] = [None] * len(scopes)
        if not why_blind:
            counters = await books.budget.counters(names)
        sums = [await books.journal.sums(name, upto_ms=now_ms) for name in names]
        sides = [
            side
            for scope, counted, summed in zip(scopes, counters, sums, strict=True)
            for side in _sides(scope, caps.of(scope.kind), counted, summed)
        ]
        return sides, why_blind, books.sandbox


async def _set(whose: str, caps: dict[str, dict[str, int]], expect: str | None, note: str) -> dict[str, Any]:
    user = None if whose == GLOBAL else await user_named(whose)
    async with open_books() as books:
        current = await books.store.current()
        if user is None:
            return await write(books, {"caps": caps}, current, expect=expect, note=note)
        subject = await books.journal.subject_of(user.id)
        own: dict[str, Any] | None = None
        if caps:
            # Caps of one's own are whole: what is not said stays as it is for this user now.
            own = current.caps_of(subject).model_dump(mode="json")
            for kind, sides in caps.items():
                own[kind] |= sides
        return await write(books, {"user_caps": {subject: own}}, current, expect=expect, note=note)


def _scopes(user: User | None, subject: str, now_ms: int) -> list[Scope]:
    """A user's day and month by their own clock, or everybody's day."""
    zone = ZoneInfo("Etc/UTC" if user is None else user.time_zone)
    kinds = ("global_day",) if user is None else ("user_day", "user_month")
    return [scope for scope in scopes_of("", subject, zone, now_ms) if scope.kind in kinds]


def _sides(scope: Scope, cap: Cap, counted: Counters | None, summed: Sums) -> list[Side]:
    premium = Side(scope.name, "premium", cap.premium, summed.premium)
    total = Side(scope.name, "total", cap.total, summed.total)
    if counted is None:
        return [premium, total]
    c = counted
    return [
        Side(
            *(scope.name, "premium", cap.premium, summed.premium),
            *(c.premium_committed, c.premium_held, c.premium_overshoot, c.premium_blind),
        ),
        Side(
            *(scope.name, "total", cap.total, summed.total),
            *(c.committed, c.held, c.overshoot, c.blind),
        ),
    ]


def _cell(amount: int | None) -> str:
    return "–" if amount is None else dollars(amount)
