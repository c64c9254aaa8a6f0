"""Writes a change of the policy and tells what came of it: for every command that changes it."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from cli.admin.books import Books, author
from cli.admin.output import plain_change, print_json, say
from routing.policy import Policy
from routing.policy_changes import Change, differences

Expect = Annotated[
    str | None,
    typer.Option(help="Only if this is the version in force; by default the one that is read now."),
]
Note = Annotated[str, typer.Option(help="Why, for the history.")]


async def write(
    books: Books, patch: dict[str, Any], current: Policy, *, expect: str | None, note: str
) -> dict[str, Any]:
    """Write a change of the version that was looked at, for `tell`."""
    expected = current.version if expect is None else expect
    fresh = await books.store.write(patch, expected=expected, author=author(), note=note)
    changes = differences(current.model_dump(mode="json"), fresh.model_dump(mode="json"))
    return {
        "version": fresh.version,
        "before": current.version,
        "changes": [plain_change(change) for change in changes],
        "told_redis": not books.store.why_not_posted,
    }


def tell(body: dict[str, Any], *, as_json: bool) -> None:
    """Show what a change of the policy came to."""
    if as_json:
        print_json(body)
    elif body["version"] == body["before"]:
        say(f"Nothing is different; the policy stays version {body['version']}.")
    else:
        say(f"The policy is version {body['version']} now:")
        say(*(f"  {Change(**change)}" for change in body["changes"]))
    if not body["told_redis"]:
        say("Redis could not be told: workers find the new policy in the database, within some 15 s.")
