"""One application for all tests of what admins see and do: two admins are signed in, and the books are empty each time."""

from __future__ import annotations

from dataclasses import dataclass, field

from redis.asyncio import Redis
from sqlalchemy import delete

from people.user import Role
from routing.models import Base
from tests.web.site import PASSWORD, Browser, Site


@dataclass
class Offices:
    """The site with its admins."""

    site: Site
    chief: Browser = field(init=False)
    deputy: Browser = field(init=False)

    @property
    def redis(self) -> Redis:
        """The application's own connection."""
        return self.site.services.redis

    async def hire(self) -> None:
        """Make the admins, and sign them in."""
        for name in ("chief", "deputy"):
            user = await self.site.services.people.create_user(
                email=f"{name}@example.org", password=PASSWORD, role=Role.ADMIN
            )
            setattr(self, name, await self.site.signed_in(user))

    async def clear(self) -> None:
        """Forget policies, journal and all that Redis knows."""
        books = await self.site.services.books.open()
        async with books.journal.engine.begin() as connection:
            for table in Base.metadata.sorted_tables:
                await connection.execute(delete(table))
        await self.redis.flushdb()
