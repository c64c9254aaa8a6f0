"""The journal and the policies, for the pages of those who run the product. Opened when somebody first asks."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import Final

from mcp_tasks.one_migration import NewerTablesError
from routing.budget import Budget
from routing.experiments.changes import NoExperimentError
from routing.journal import Journal, JournalDownError, journal_errors
from routing.migrate import migrate
from routing.policy_changes import PolicyInvalidError
from routing.policy_store import PolicyConflictError, PolicyStore
from routing.redis_link import RedisLink
from routing.settings import RoutingSettings
from routing.stream import StreamCounts
from web.errors import ApiError

PATIENCE_SECONDS: Final = 1.0
"""Longer than a call would wait for Redis."""


@dataclass(frozen=True)
class OpenBooks:
    """Journal and policies, the tables up to date."""

    journal: Journal
    store: PolicyStore
    link: RedisLink
    budget: Budget


class RoutingBooks:
    """Opens them once."""

    def __init__(self) -> None:
        self._opening = asyncio.Lock()
        self._books: OpenBooks | None = None

    async def open(self) -> OpenBooks:
        """Give them. Raises JournalDownError."""
        async with self._opening:
            if self._books is None:
                settings = RoutingSettings()
                # In a rollout newer tables may be there: those that we know are among them.
                with journal_errors(), suppress(NewerTablesError):
                    await migrate(settings.database_url)
                journal = Journal(settings.database_url)
                link = RedisLink(settings.redis_url, wait_seconds=PATIENCE_SECONDS, most=1)
                budget = Budget(link, StreamCounts(link, journal))
                self._books = OpenBooks(journal, PolicyStore(journal.engine, link), link, budget)
            return self._books

    async def aclose(self) -> None:
        """Close what was opened."""
        if self._books is not None:
            await self._books.journal.aclose()
            await self._books.link.aclose()
            self._books = None


@contextmanager
def routing_errors() -> Iterator[None]:
    """Turn what journal, policies and experiments raise into refusals."""
    try:
        yield
    except NoExperimentError as error:
        raise ApiError(
            404, "not_found", f"{error}.", "GET /api/admin/experiments lists those that there are."
        ) from error
    except PolicyInvalidError as error:
        raise ApiError(
            422,
            "invalid_policy",
            f"{str(error).rstrip('.')}.",
            "Change what it names; nothing was written.",
        ) from error
    except PolicyConflictError as error:
        raise ApiError(
            409,
            "conflict",
            str(error),
            "Look at what changed and try again.",
            more={
                "version": error.current.version,
                "difference": [
                    {"path": each.path, "before": each.before, "after": each.after}
                    for each in error.difference
                ],
            },
        ) from error
    except JournalDownError as error:
        raise ApiError(
            503,
            "unavailable",
            "The journal's database cannot be reached right now.",
            "Try again in a moment; look at VOICETASKS_ROUTING_DATABASE_URL or DATABASE_URL.",
        ) from error
