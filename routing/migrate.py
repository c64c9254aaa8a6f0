"""Bring the room's tables up to date, from code."""

from pathlib import Path
from typing import Final

from people.migrate import move

_MIGRATIONS: Final = Path(__file__).parent / "migrations"


async def migrate(url: str, to: str = "head") -> None:
    """Upgrade to the newest revision, or go to another; safe at every start and by several processes at once."""
    await move(url, _MIGRATIONS, version_table="routing_version", to=to)
