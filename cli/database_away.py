"""A database that does not answer, told to whoever gave a command that is not an admin's."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import typer


@contextmanager
def database_away(command: str) -> Iterator[None]:
    """Say so in a sentence, and end with exit code 1."""
    from people.database import DATABASE_AWAY  # late: it brings SQLAlchemy, and most commands need none

    try:
        yield
    except DATABASE_AWAY as error:
        typer.echo(
            f"{command}: the database cannot be reached ({type(error).__name__}); «voicetasks doctor» looks",
            err=True,
        )
        raise typer.Exit(1) from None
