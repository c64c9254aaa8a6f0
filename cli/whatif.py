"""`voicetasks whatif`: calls of the past under another policy or other prices."""

from __future__ import annotations

import asyncio
import json
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any, Final

import typer
from pydantic import ValidationError

from cli.admin.books import open_books
from cli.admin.money import dollars
from cli.admin.output import USAGE, AdminError, Json, moment, print_json, reporting, say, table
from routing.policy import Policy
from routing.policy_changes import changed
from routing.whatif.answer import WhatIf, what_if
from routing.whatif.month import MonthForecast
from tiers.prices import PriceTable, UnpricedModelError

MOST_SHOWN: Final = 30
"""Calls in the table for people; JSON has all."""


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command()(whatif)


def whatif(
    since: Annotated[str, typer.Option(help="From when on, such as 2026-11-01 (UTC).")],
    policy: Annotated[
        Path | None,
        typer.Option(help="What «policy show --json» prints, or a JSON merge patch of the policy in force."),
    ] = None,
    prices: Annotated[Path | None, typer.Option(help="A price table like tiers/prices.toml.")] = None,
    until: Annotated[str | None, typer.Option(help="Until when; now unless said.")] = None,
    as_json: Json = False,
) -> None:
    """Replay recorded decisions and usage: what it would have cost, what would have been served otherwise, a month.

    Without --policy each decision is made under its own policy again; without --prices what was charged counts.
    """
    since_ms = _moment(since)
    until_ms = time.time_ns() // 1_000_000 if until is None else _moment(until)
    if until_ms <= since_ms:
        raise typer.BadParameter("--until must come after --since")
    with reporting(as_json=as_json):
        found, sandbox = asyncio.run(_what_if(policy, prices, since_ms, until_ms))
    if as_json:
        print_json({"sandbox": sandbox} | found.as_json())
        return
    _show(found, sandbox=sandbox)


async def _what_if(
    policy: Path | None, prices: Path | None, since_ms: int, until_ms: int
) -> tuple[WhatIf, bool]:
    async with open_books() as books:
        other = None if policy is None else _policy(policy, await books.store.current())
        table_ = None if prices is None else _prices(prices)
        await books.catch_up()
        found = await what_if(
            books.journal, since_ms=since_ms, until_ms=until_ms, policy=other, prices=table_
        )
        return found, books.sandbox


def _policy(path: Path, current: Policy) -> Policy:
    """Read a policy: whole, as `policy show --json` prints it, or what is to be different from the one in force."""
    document = _json(path)
    if isinstance(document.get("policy"), dict):
        document = document["policy"]
    if "version" in document:
        try:
            return Policy.model_validate_json(json.dumps(document))
        except ValidationError as error:
            first = error.errors(include_url=False, include_input=False)[0]
            where = ".".join(str(part) for part in first["loc"]) or "the policy"
            raise AdminError(
                "bad_file",
                f"{path}: {where}: {first['msg']}",
                "«policy show --json» prints one",
                exit_code=USAGE,
            ) from error
    return changed(current, document, version="what-if", at_ms=time.time_ns() // 1_000_000)


def _json(path: Path) -> dict[str, Any]:
    try:
        document = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise AdminError(
            "bad_file", f"{path}: {type(error).__name__}", "give a JSON file", exit_code=USAGE
        ) from error
    if not isinstance(document, dict):
        raise AdminError(
            "bad_file", f"{path}: no JSON object", "give a policy or a part of one", exit_code=USAGE
        )
    return document


def _prices(path: Path) -> PriceTable:
    try:
        return PriceTable.load(path)
    except (OSError, ValueError, UnpricedModelError) as error:
        fix = "give a file like tiers/prices.toml"
        raise AdminError("bad_file", f"{path}: {error}", fix, exit_code=USAGE) from error


def _moment(text: str) -> int:
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        raise typer.BadParameter(f"{text!r} is no date: write 2026-11-01 or 2026-11-01T09:00") from None
    return round(found.replace(tzinfo=found.tzinfo or UTC).timestamp() * 1000)


def _show(found: WhatIf, *, sandbox: bool) -> None:
    label = " (sandbox)" if sandbox else ""
    policy = found.policy_version or "each decision's own"
    say(f"{found.calls} calls from {moment(found.since_ms)} to {moment(found.until_ms)}; policy {policy}.")
    say(
        f"{found.same_decisions} of {found.decisions} decisions come out the same, "
        f"{found.unreadable_decisions} could not be read; {len(found.others)} calls would be served otherwise."
    )
    stacks = sorted(found.recorded_by_stack.keys() | found.by_stack.keys())
    rows = [
        (name, dollars(found.recorded_by_stack.get(name, 0)), dollars(found.by_stack.get(name, 0)))
        for name in stacks
    ]
    rows.append(("all", dollars(found.recorded_microdollars), dollars(found.microdollars)))
    table(f"cost{label}", ("stack", "as it was", "what if"), rows)
    if found.by_the_minute:
        say(
            f"It lies between {dollars(found.low)} and {dollars(found.high)}: the cost of {found.by_the_minute} calls "
            "is told from minutes of other calls."
        )
    others = [
        (
            *(each.call_id, moment(each.at_ms), " → ".join(each.recorded), " → ".join(each.otherwise)),
            *(dollars(each.recorded_microdollars), dollars(each.microdollars), each.reason),
        )
        for each in found.others[:MOST_SHOWN]
    ]
    if others:
        table("served otherwise", ("call", "at", "as it was", "what if", "cost", "what if", "reason"), others)
    if len(found.others) > MOST_SHOWN:
        say(f"and {len(found.others) - MOST_SHOWN} more; --json has all.")
    say(f"A month as it was: {_month(found.recorded_month)}", f"A month of this: {_month(found.month)}")


def _month(month: MonthForecast | None) -> str:
    if month is None:
        return "unknown, since no whole day lies in this time."
    told = f"{dollars(month.microdollars)} in {month.days} days, told from {month.from_days} whole days"
    if month.low is None or month.high is None:
        return f"{told}; too few for a range."
    return f"{told}; between {dollars(month.low)} and {dollars(month.high)}, 19 times of 20."
