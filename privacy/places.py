"""Where something of a person may lie: three rooms' databases, which may be one, and Redis."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Self

from mcp_tasks.settings import TasksSettings
from people.settings import PeopleSettings
from routing.settings import RoutingSettings


@dataclass(frozen=True)
class Places:
    """Their addresses."""

    people: str
    tasks: str
    routing: str
    redis: str

    @classmethod
    def from_environment(cls) -> Self:
        """Read them from the rooms' own settings. Raises pydantic's ValidationError."""
        routing = RoutingSettings()
        return cls(
            people=PeopleSettings().database_url,
            tasks=TasksSettings().database_url,  # type: ignore[call-arg]  # from the environment
            routing=routing.database_url,
            redis=routing.redis_url,
        )
