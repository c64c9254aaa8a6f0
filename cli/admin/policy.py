"""`voicetasks admin policy`: what may be served to whom and for how much."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path
from typing import Annotated, Any, Final, get_args

import typer

from cli.admin.books import open_books, open_people
from cli.admin.limits import one_more, say_more, the_first
from cli.admin.money import CAP_HELP, read_caps, shown_caps
from cli.admin.output import USAGE, AdminError, Json, moment, plain_change, print_json, reporting, say, table
from cli.admin.policy_writing import Expect, Note, tell, write
from privacy.addresses import addresses_of
from routing.kinds import Plan
from routing.policy import DEFAULT_POLICY, Policy
from routing.policy_changes import MAX_DOCUMENT_BYTES, Change, merged
from routing.redis_link import BlindError

app = typer.Typer(help="What may be served to whom and for how much.", no_args_is_help=True)

Switches = dict[str, tuple[list[str], list[str]]]
"""By the policy's field: what is switched off, what on again."""

_FILE_BYTES: Final = 4 * MAX_DOCUMENT_BYTES
"""A file with more white space than that is none."""


@app.command()
def show(as_json: Json = False) -> None:
    """Show the policy in force."""
    with reporting(as_json=as_json):
        policy, in_redis = asyncio.run(_show())
    if as_json:
        document = policy.model_dump(mode="json")
        print_json({"version": policy.version, "in_redis": in_redis, "policy": document})
        return
    rows = [
        ("version", policy.version),
        ("premium ladder", " → ".join(policy.ladder("premium"))),
        ("economy ladder", " → ".join(policy.ladder("economy"))),
        ("tiers off", ", ".join(policy.tiers_off) or "none"),
        ("stacks off", ", ".join(policy.stacks_off) or "none"),
        ("local models", "allowed" if policy.local_enabled else "not allowed"),
        ("people with caps of their own", len(policy.user_caps)),
    ]
    table("policy", ("", ""), rows)
    table("caps", ("scope", "premium", "in all"), shown_caps(policy.caps))
    if in_redis != policy.version:
        say(f"Redis shows {in_redis or 'none'}; a worker that follows the policy puts that right.")


@app.command("set")
def set_(
    tier_off: Annotated[list[str] | None, typer.Option(help="Serve nobody with a tier.")] = None,
    tier_on: Annotated[list[str] | None, typer.Option(help="Serve a tier again.")] = None,
    stack_off: Annotated[list[str] | None, typer.Option(help="Serve nobody with a stack.")] = None,
    stack_on: Annotated[list[str] | None, typer.Option(help="Serve a stack again.")] = None,
    ladder: Annotated[
        list[str] | None, typer.Option(help="PLAN=STACK,STACK…: what a plan is served with, best first.")
    ] = None,
    local: Annotated[
        bool | None, typer.Option("--local/--no-local", help="May models on this machine serve?")
    ] = None,
    cap: Annotated[list[str] | None, typer.Option(help=CAP_HELP)] = None,
    file: Annotated[
        Path | None, typer.Option(help="A JSON merge patch (RFC 7396) of the policy; flags beat it.")
    ] = None,
    expect: Expect = None,
    note: Note = "",
    as_json: Json = False,
) -> None:
    """Change the policy; workers follow within 2 s. Another admin's change in between is a conflict (exit 1)."""
    flags: dict[str, Any] = _read_ladders(ladder or [])
    if cap:
        flags["caps"] = read_caps(cap)
    if local is not None:
        flags["local_enabled"] = local
    switches: Switches = {
        "tiers_off": (tier_off or [], tier_on or []),
        "stacks_off": (stack_off or [], stack_on or []),
    }
    for off, on in switches.values():
        if both := set(off) & set(on):
            raise typer.BadParameter(f"{', '.join(sorted(both))} cannot be switched off and on at once")
    with reporting(as_json=as_json):
        document = {} if file is None else _read_file(file)
        if not (document or flags or any(off or on for off, on in switches.values())):
            fix = "«voicetasks admin policy set --help» lists what can be changed"
            raise AdminError("no_change", "no change was given", fix, exit_code=USAGE)
        body = asyncio.run(_set(document, flags, switches, expect, note))
    tell(body, as_json=as_json)


@app.command()
def history(
    limit: Annotated[int, typer.Option(min=1, max=1000, help="How many versions, the newest first.")] = 20,
    as_json: Json = False,
) -> None:
    """Show who changed what, from what, and why."""
    with reporting(as_json=as_json):
        found = asyncio.run(_history(limit))
    versions, more = the_first(found, limit)
    if as_json:
        print_json({"versions": versions, "more": more})
        return
    rows = [
        (
            each["version"],
            each["at"],
            f"{each['by']} ({each['author']})" if each["by"] else each["author"],
            "\n".join(str(Change(**change)) for change in each["changes"]),
            each["note"],
        )
        for each in versions
    ]
    table("policies", ("version", "at", "by", "changes", "note"), rows)
    say_more(more)


async def _show() -> tuple[Policy, str | None]:
    async with open_books() as books:
        policy = await books.store.current()
        try:
            number = await books.store.board.number()
        except BlindError:
            number = None
    if number is None:
        return policy, None
    return policy, str(number) if number else DEFAULT_POLICY.version


async def _set(
    document: dict[str, Any], flags: dict[str, Any], switches: Switches, expect: str | None, note: str
) -> dict[str, Any]:
    async with open_books() as books:
        current = await books.store.current()
        patch = merged(document, flags)
        for field, (off, on) in switches.items():
            if off or on:
                before = document.get(field, getattr(current, field))
                patch[field] = [name for name in dict.fromkeys([*before, *off]) if name not in on]
        return await write(books, patch, current, expect=expect, note=note)


async def _history(limit: int) -> list[dict[str, Any]]:
    async with open_books() as books, open_people() as people:
        versions = await books.store.history(one_more(limit))
        known = await addresses_of(people, books.journal, {each.author for each in versions})
    return [
        {
            "version": each.version,
            "at": moment(each.at_ms),
            "author": each.author,
            "by": known.get(each.author, ""),
            "note": each.note,
            "changes": [plain_change(change) for change in each.changes],
        }
        for each in versions
    ]


def _read_ladders(texts: list[str]) -> dict[str, list[str]]:
    ladders: dict[str, list[str]] = {}
    for text in texts:
        plan, _, stacks = text.partition("=")
        rungs = [stack.strip() for stack in stacks.split(",") if stack.strip()]
        if plan not in get_args(Plan) or not rungs:
            plans = " or ".join(get_args(Plan))
            raise typer.BadParameter(f"{text!r} is no ladder: write PLAN=STACK,STACK…, PLAN {plans}")
        ladders[plan] = rungs
    return ladders


def _read_file(path: Path) -> dict[str, Any]:
    """Read a patch. Raises AdminError for a file that is not there, too long, or no JSON object."""

    def wrong(what: str) -> AdminError:
        fix = (
            "give a JSON object with the values to change, named as in «voicetasks admin policy show --json»"
        )
        return AdminError("bad_file", f"{path}: {what}", fix, exit_code=USAGE)

    try:
        with path.open("rb") as file:
            text = file.read(_FILE_BYTES + 1)
    except OSError as error:
        raise wrong(error.strerror or type(error).__name__) from error
    if len(text) > _FILE_BYTES:
        raise wrong(f"longer than {_FILE_BYTES} bytes")
    try:
        document = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise wrong("no JSON") from error
    if not isinstance(document, dict) or not document:
        raise wrong("no JSON object with anything in it")
    return document
