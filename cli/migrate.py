"""`voicetasks migrate`: the tables of each room, forward to the newest version or back to an earlier one."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Awaitable, Callable
from enum import StrEnum
from typing import Annotated

import typer
from alembic.util.exc import CommandError
from pydantic import ValidationError
from sqlalchemy.exc import SQLAlchemyError

from cli.one_process import demo_environment
from mcp_tasks.one_migration import NewerTablesError


class Room(StrEnum):
    """A room with tables of its own."""

    TASKS = "tasks"
    PEOPLE = "people"
    ROUTING = "routing"


Migrate = Callable[[str, str], Awaitable[None]]
"""Takes a database's address and a revision."""


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command()(migrate)


def migrate(
    room: Annotated[Room | None, typer.Option(help="Only this room; without it all of them.")] = None,
    to: Annotated[
        str,
        typer.Option(
            help="A revision, such as p0002, or base for none at all. Needs --room unless it is head."
        ),
    ] = "head",
    yes: Annotated[bool, typer.Option("--yes", help="Go back without a question.")] = False,
) -> None:
    """Bring the tables up to date; every process does that too when it starts.

    Before an older version of the product is started its revision is gone back to, with the newer version's command:
    the older one does not know how. What newer tables and columns hold is lost then, so make a backup first.
    Exit: 0 done, 1 the database said no or is away, 2 usage.
    """
    if room is None and to != "head":
        raise typer.BadParameter("a revision belongs to one room: name it with --room")
    if to != "head" and not yes:
        typer.confirm(
            f"Go to {to} of {room}? What newer tables and columns hold is lost", abort=True, err=True
        )
    environment, _ = demo_environment()
    os.environ.update(environment)
    for one in [room] if room is not None else list(Room):
        try:
            asyncio.run(_migrate(one, to))
        except (CommandError, NewerTablesError) as error:  # their texts name revisions, nothing else
            typer.echo(f"voicetasks migrate: {one}: {error}", err=True)
            raise typer.Exit(1) from None
        except (SQLAlchemyError, OSError, ValidationError) as error:  # their texts may quote an address
            typer.echo(f"voicetasks migrate: {one}: {type(error).__name__}; is its database there?", err=True)
            raise typer.Exit(1) from None
        typer.echo(f"{one}: {to}", err=True)


async def _migrate(room: Room, to: str) -> None:
    from mcp_tasks.migrate import migrate as migrate_tasks
    from mcp_tasks.settings import TasksSettings
    from people.migrate import migrate as migrate_people
    from people.settings import PeopleSettings
    from routing.migrate import migrate as migrate_routing
    from routing.settings import RoutingSettings

    run: Migrate
    match room:
        case Room.TASKS:
            url, run = TasksSettings().database_url, migrate_tasks  # type: ignore[call-arg]  # from the environment
        case Room.PEOPLE:
            url, run = PeopleSettings().database_url, migrate_people
        case Room.ROUTING:
            url, run = RoutingSettings().database_url, migrate_routing
    await run(url, to)
