"""`voicetasks tasks`: the task server, a token to speak with it as somebody, and their tasks as a file."""

from __future__ import annotations

import asyncio
import os
from typing import Annotated

import typer

from cli import task_files
from cli.database_away import database_away
from cli.one_process import become, demo_environment

app = typer.Typer(help="Run the task server, make a token for it, or take tasks out and in.")
app.command(name="export")(task_files.export)
app.command(name="import")(task_files.import_)


@app.callback(invoke_without_command=True)
def tasks(context: typer.Context) -> None:
    """Run the task server when no other command follows."""
    if context.invoked_subcommand is None:
        become("tasks")


@app.command()
def token(
    user: Annotated[str, typer.Option("--as", help="E-mail address or id of the user.")],
) -> None:
    """Print a bearer token for the task server; it is good for some minutes and shows that user's tasks alone."""
    environment, _ = demo_environment()
    os.environ.update(environment)
    with database_away("voicetasks tasks token"):
        made = asyncio.run(_token(user))
    if made is None:
        typer.echo(f"voicetasks tasks token: there is no user {user!r}", err=True)
        raise typer.Exit(4)
    typer.echo(made)


async def _token(name: str) -> str | None:
    from people.demo_accounts import ensure_demo_accounts
    from people.migrate import migrate
    from people.settings import PeopleSettings
    from people.store import People
    from people.tokens import mint_tasks_token

    settings = PeopleSettings()
    await migrate(settings.database_url)
    async with People(settings.database_url) as people:
        if settings.demo:
            await ensure_demo_accounts(people, settings)
        user = await people.user_by_email(name) if "@" in name else await people.user_by_id(name)
    return mint_tasks_token(user, settings) if user else None
