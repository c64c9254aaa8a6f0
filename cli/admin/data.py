"""`voicetasks admin erase` and `voicetasks admin export`: what is kept of one person."""

from __future__ import annotations

import asyncio
import os
import shutil
import sys
from contextlib import nullcontext
from pathlib import Path
from tempfile import TemporaryFile
from typing import Annotated, TextIO

import typer
from sqlalchemy.exc import SQLAlchemyError

from cli.admin.books import author, open_people, user_named
from cli.admin.output import USAGE, AdminError, Json, print_json, reporting, say, table
from cli.admin.private_file import private_file
from cli.one_process import demo_environment
from people.audit import Audit
from people.erasure import Erasures
from people.user import is_user_id
from privacy.erasure import Proof
from privacy.erasure import erase as erase_everywhere
from privacy.export import exported
from privacy.places import Places

User = Annotated[str, typer.Argument(metavar="USER", help="The user's address, or their id.")]


def erase(
    user: User,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask; needed with --json.")] = False,
    as_json: Json = False,
) -> None:
    """Erase a user everywhere and print the proof: what was removed where, and that nothing is left.

    Ends with exit code 1 when a place could not be reached; a worker finishes that by itself, and the same command
    with the id does so too. An id may also be of somebody whose address is gone already.
    """
    with reporting(as_json=as_json):
        if as_json and not yes:  # how the answer is written says nothing of whether it is meant
            fix = "add --yes where you mean it; it cannot be undone"
            raise AdminError("not_confirmed", f"erase {user}? Nothing was erased", fix, exit_code=USAGE)
        user_id = asyncio.run(_id_of(user))
        if not yes:
            typer.confirm(f"Erase {user} and everything that is kept of them?", abort=True, err=True)
        proof = asyncio.run(_erase(user_id))
    if as_json:
        print_json(proof.as_dict())
    else:
        _show(proof, user_id)
    if not proof.is_complete:
        raise typer.Exit(1)


def export(
    user: User,
    to: Annotated[
        Path | None, typer.Option("--to", metavar="FILE", help="Write to a file instead of stdout.")
    ] = None,
    as_json: Json = False,
) -> None:
    """Give all that is kept of a user, as one JSON object; with --to and --json stdout has the file's name."""
    with reporting(as_json=as_json or to is None):
        asyncio.run(_export(user, to))
    if to is not None:
        say(f"All that is kept of {user} is in {to}. It is theirs: keep it from others.")
        if as_json:
            print_json({"user": user, "file": str(to)})


def _show(proof: Proof, user_id: str) -> None:
    rows = [
        (
            step.place,
            ", ".join(f"{count} {name}" for name, count in step.removed.items() if count) or "nothing",
            "unknown" if step.left is None else step.left,
            step.note,
        )
        for step in proof.steps
    ]
    table(f"erased, {proof.at}", ("place", "was there", "left", "and"), rows)
    say(f"SHA-256 of the id that the person had: {proof.digest}")
    if proof.is_complete:
        say("Nothing is left that names them. Backups are yours to let expire: docs/data-protection.md.")
    else:
        say(f"NOT complete. A worker goes on with it; so does «voicetasks admin erase {user_id}».")


async def _id_of(name: str) -> str:
    if "@" in name:
        return (await user_named(name)).id
    if not is_user_id(name):
        raise AdminError("no_such_user", f"{name!r} is no address and no id", "«voicetasks admin users list»")
    async with open_people() as people:
        if not await Erasures(people.engine).knows(name):
            raise AdminError(
                "no_such_user", f"nobody has or had the id {name!r}", "«voicetasks admin users list»"
            )
        return name


async def _erase(user_id: str) -> Proof:
    try:
        return await erase_everywhere(Places.from_environment(), user_id, actor=author())
    except (SQLAlchemyError, OSError) as error:
        raise AdminError(
            "database_away",
            f"the people's database cannot be reached ({type(error).__name__}); nothing was erased",
            "look at VOICETASKS_PEOPLE_DATABASE_URL or DATABASE_URL; «voicetasks doctor» looks",
        ) from error


async def _export(name: str, to: Path | None) -> None:
    user_id = await _id_of(name)
    environment, _ = demo_environment()
    os.environ.update(environment)
    # Whole before the first letter of it goes out: a database may die half way through.
    with TemporaryFile("w+", encoding="utf-8") as whole:
        await _read(name, user_id, whole)
        whole.seek(0)
        with nullcontext(sys.stdout) if to is None else private_file(to) as out:
            async with open_people() as people:  # before it goes out: what fails now is still the one object
                await Audit(people.engine).note(user_id, "account.exported", actor=author())
            shutil.copyfileobj(whole, out)


async def _read(name: str, user_id: str, out: TextIO) -> None:
    try:
        async for piece in exported(Places.from_environment(), user_id):
            out.write(piece)
    except LookupError as error:
        raise AdminError(
            "no_such_user", f"there is no user {name!r}", "«voicetasks admin users list»"
        ) from error
    except (SQLAlchemyError, OSError) as error:
        raise AdminError(
            "database_away",
            f"what is kept cannot be read ({type(error).__name__})",
            "«voicetasks doctor» looks at the databases",
        ) from error
