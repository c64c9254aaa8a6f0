"""Bring the room's tables up to date, from code."""

from pathlib import Path
from typing import Final

from people.migrate import upgrade

_MIGRATIONS: Final = Path(__file__).parent / "migrations"


async def migrate(url: str) -> None:
    """Upgrade to the newest revision; safe at every start and by several processes at once."""
    await upgrade(url, _MIGRATIONS, version_table="routing_version")
