"""What admin commands work on: the connections of the running demo, or of the servers that the settings name."""

from __future__ import annotations

import getpass
import logging
import os
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from typing import Final

from pydantic import ValidationError
from sqlalchemy.exc import SQLAlchemyError

from cli.admin.output import USAGE, AdminError
from cli.one_process import demo_environment
from mcp_tasks.one_migration import NewerTablesError
from people.migrate import migrate as migrate_people
from people.settings import PeopleSettings
from people.store import People
from people.user import User
from routing.budget import Budget
from routing.journal import Journal, journal_errors
from routing.migrate import migrate
from routing.policy_store import PolicyStore
from routing.redis_link import RedisLink
from routing.settings import RoutingSettings
from routing.stream import Drainer, StreamCounts
from tiers.catalogue import MODELS
from tiers.settings import VendorSettings

PATIENCE_SECONDS: Final = 2.0
"""A terminal may wait longer for Redis than a call."""


@dataclass(frozen=True)
class Books:
    """Journal, policies and budget, opened."""

    link: RedisLink
    journal: Journal
    store: PolicyStore
    counts: StreamCounts
    budget: Budget
    sandbox: bool
    """Some vendor is a stand-in: its money is not real."""

    @property
    def drainer(self) -> Drainer:
        """Puts what waits in Redis into the journal."""
        return Drainer(self.link, self.journal, name="admin")

    async def catch_up(self) -> str:
        """Put what waits in Redis into the journal; why that cannot be done, or empty."""
        return await self.drainer.catch_up()


@asynccontextmanager
async def open_books() -> AsyncIterator[Books]:
    """Open everything, the tables up to date. Raises AdminError and JournalDownError."""
    # What the rooms log is said to the admin in sentences.
    logging.getLogger("routing").addHandler(logging.NullHandler())
    environment, _ = demo_environment()
    os.environ.update(environment)
    try:
        settings, vendors = RoutingSettings(), VendorSettings()
    except ValidationError as error:
        raise bad_setting(error) from error
    # In a rollout newer tables may be there: those that we know are among them.
    with journal_errors(), suppress(NewerTablesError):
        await migrate(settings.database_url)
    link = RedisLink(settings.redis_url, wait_seconds=PATIENCE_SECONDS)
    async with Journal(settings.database_url) as journal:
        counts = StreamCounts(link, journal)
        try:
            yield Books(
                link,
                journal,
                PolicyStore(journal.engine, link),
                counts,
                Budget(link, counts),
                any(vendors.is_stand_in(model.vendor) for model in MODELS.values()),
            )
        finally:
            await link.aclose()


@asynccontextmanager
async def open_people() -> AsyncIterator[People]:
    """Open the store of people, after `open_books` or on its own. Raises AdminError."""
    environment, _ = demo_environment()
    os.environ.update(environment)
    try:
        settings = PeopleSettings()
    except ValidationError as error:
        raise bad_setting(error) from error
    try:
        with suppress(NewerTablesError):
            await migrate_people(settings.database_url)
        async with People(settings.database_url) as people:
            yield people
    except (SQLAlchemyError, OSError) as error:
        raise AdminError(
            "database_away",
            f"the people's database cannot be reached or is no such database ({type(error).__name__})",
            "look at VOICETASKS_PEOPLE_DATABASE_URL or DATABASE_URL; «voicetasks doctor» looks",
        ) from error


async def user_named(email: str) -> User:
    """Find somebody by address. Raises AdminError."""
    async with open_people() as people:
        user = await people.user_by_email(email)
    if user is None:
        raise AdminError(
            "no_such_user", f"there is no user {email!r}", "«voicetasks admin users list» lists all"
        )
    return user


def beside(name: str, known: Mapping[str, str]) -> str:
    """Write a name by which somebody stands in a trail with their address, while they have one."""
    return f"{known[name]} ({name})" if name in known else name


def author() -> str:
    """Who writes, for the policy's history: the account at this terminal."""
    try:
        return f"terminal:{getpass.getuser()}"[:64]
    except (OSError, KeyError):  # a container's user without a name
        return "terminal"


def bad_setting(error: ValidationError) -> AdminError:
    """Name the setting that a room refused; never its value."""
    name = str(error.errors(include_url=False)[0]["loc"][0])
    return AdminError(
        "bad_setting", f"the setting {name} is wrong", "«voicetasks doctor» says how", exit_code=USAGE
    )
