"""`voicetasks tasks export` and `import`: one user's tasks as a file."""

from __future__ import annotations

import asyncio
import os
import sys
from datetime import UTC, datetime
from enum import StrEnum
from pathlib import Path
from typing import Annotated
from zoneinfo import ZoneInfo

import typer

from cli.database_away import database_away
from cli.one_process import demo_environment
from mcp_tasks.errors import TaskError
from people.user import User


class FileFormat(StrEnum):
    """iCalendar (RFC 5545) for other programs, or JSON."""

    ICAL = "ical"
    JSON = "json"


UserName = Annotated[str, typer.Option("--as", help="E-mail address or id of the user.")]
Format = Annotated[
    FileFormat | None,
    typer.Option("--format", help="ical or json; without it the file's ending says, else ical."),
]


def export(
    user: UserName,
    out: Annotated[
        Path | None, typer.Option("--out", help="A file; without it stdout.", show_default=False)
    ] = None,
    form: Format = None,
) -> None:
    """Write all tasks of a user, open and done, to a file. Exit: 4 when there is no such user."""
    with database_away("voicetasks tasks export"):
        text = asyncio.run(_export(_known(user, "export"), _format(out, form)))
    if out is None:
        sys.stdout.write(text)
    else:
        try:
            out.write_text(text, encoding="utf-8", newline="")
        except OSError as error:
            typer.echo(f"voicetasks tasks export: {out} cannot be written: {error.strerror}", err=True)
            raise typer.Exit(1) from None
        typer.echo(f"written to {out}", err=True)


def import_(
    file: Annotated[
        Path, typer.Argument(help="A file that `export` wrote, or any program's tasks as iCalendar.")
    ],
    user: UserName,
    form: Format = None,
) -> None:
    """Store the tasks of a file; those that are there already stay, so it may be repeated.

    Exit: 0 when all were taken, 1 when some or all were not, 4 when there is no such user.
    """
    with database_away("voicetasks tasks import"):
        owner = _known(user, "import")
    try:
        text = file.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        typer.echo(f"voicetasks tasks import: {file} cannot be read: {error}", err=True)
        raise typer.Exit(1) from None
    try:
        with database_away("voicetasks tasks import"):
            result = asyncio.run(_import(owner, text, _format(file, form)))
    except TaskError as error:
        typer.echo(f"voicetasks tasks import: {error.message}", err=True)
        raise typer.Exit(1) from None
    created, updated, unchanged, refused = result
    typer.echo(f"{created} created, {updated} updated, {unchanged} unchanged, {len(refused)} refused")
    for why in refused:
        typer.echo(why, err=True)
    raise typer.Exit(1 if refused else 0)


def _format(file: Path | None, form: FileFormat | None) -> FileFormat:
    if form is not None:
        return form
    return FileFormat.JSON if file is not None and file.suffix.casefold() == ".json" else FileFormat.ICAL


def _known(name: str, command: str) -> User:
    environment, _ = demo_environment()
    os.environ.update(environment)
    user = asyncio.run(_user(name))
    if user is None:
        typer.echo(f"voicetasks tasks {command}: there is no user {name!r}", err=True)
        raise typer.Exit(4)
    return user


async def _user(name: str) -> User | None:
    from people.demo_accounts import ensure_demo_accounts
    from people.migrate import migrate
    from people.settings import PeopleSettings
    from people.store import People

    settings = PeopleSettings()
    await migrate(settings.database_url)
    async with People(settings.database_url) as people:
        if settings.demo:
            await ensure_demo_accounts(people, settings)
        return await people.user_by_email(name) if "@" in name else await people.user_by_id(name)


async def _export(user: User, form: FileFormat) -> str:
    from mcp_tasks.caller import Caller
    from mcp_tasks.database import create_engine
    from mcp_tasks.exchange import Exchange

    engine = create_engine(await _database())
    try:
        caller = Caller(user.id, ZoneInfo(user.time_zone), datetime.now(UTC))
        return await Exchange(engine).export(caller, form.value)
    finally:
        await engine.dispose()


async def _import(user: User, text: str, form: FileFormat) -> tuple[int, int, int, list[str]]:
    from mcp_tasks.caller import Caller
    from mcp_tasks.database import create_engine
    from mcp_tasks.exchange import Exchange

    engine = create_engine(await _database())
    try:
        caller = Caller(user.id, ZoneInfo(user.time_zone), datetime.now(UTC))
        done = await Exchange(engine).take_in(caller, text, form.value)
        return done.created, done.updated, done.unchanged, done.refused
    finally:
        await engine.dispose()


async def _database() -> str:
    """The task server's own database, up to date; it need not run."""
    from mcp_tasks.migrate import migrate
    from mcp_tasks.settings import TasksSettings

    url = TasksSettings().database_url  # type: ignore[call-arg]  # from the environment
    await migrate(url)
    return url
