"""`voicetasks admin restored`: what has to be done once a backup was brought back, before anything else starts."""

from __future__ import annotations

import asyncio
import re
from typing import Annotated, Final

import typer

from cli.admin.books import author, open_people
from cli.admin.output import AdminError, Json, print_json, reporting, say
from people.database import DATABASE_AWAY
from privacy.erasure import Proof
from privacy.places import Places
from privacy.restored import erase_again, pass_reminders

DIGEST: Final = re.compile(r"[0-9a-f]{64}")

Erased = Annotated[
    typer.FileText,
    typer.Option("--erased", metavar="FILE", help="The file «erased» beside the backups; - is stdin."),
]


def restored(erased: Erased, as_json: Json = False) -> None:
    """After a restore: erase again who was erased since the backup, and call nobody about what was due until now.

    Before the product starts: who is back could sign in, and would be called. Ends with exit code 1 when a place could
    not be reached; a worker finishes that by itself, and so does the same command.
    """
    with reporting(as_json=as_json):
        digests = _digests(erased.read())
        passed, proofs = asyncio.run(_do(digests))
    complete = all(proof.is_complete for proof in proofs)
    if as_json:
        erased_again = [proof.as_dict() for proof in proofs]
        print_json({"complete": complete, "reminders_passed": passed, "erased": erased_again})
    else:
        say(f"Erased again: {len(proofs)} of the {len(digests)} people who were ever erased were back.")
        say(f"Reminders that were due until now and call nobody any more: {passed}.")
        if not complete:
            say(
                "NOT complete: not every place could be reached. A worker goes on with it; so does this command."
            )
    if not complete:
        raise typer.Exit(1)


def _digests(text: str) -> frozenset[str]:
    lines = text.split()
    if not all(DIGEST.fullmatch(line) for line in lines):
        raise AdminError(
            "no_digests",
            "that is no list of who was erased: each line is the SHA-256 of an id",
            "the file is named «erased» and lies beside the backups; deploy/erased writes it",
        )
    return frozenset(lines)


async def _do(digests: frozenset[str]) -> tuple[int, list[Proof]]:
    try:
        async with open_people():  # the environment and the tables
            places = Places.from_environment()
        return await pass_reminders(places), await erase_again(places, digests, actor=author())
    except DATABASE_AWAY as error:
        raise AdminError(
            "database_away",
            f"a database cannot be reached ({type(error).__name__}); run it again",
            "look at DATABASE_URL; «voicetasks doctor» looks",
        ) from error
