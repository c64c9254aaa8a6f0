"""A due date: a day, or a wall-clock time in a zone."""

from dataclasses import dataclass
from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo


@dataclass(frozen=True, slots=True)
class Due:
    """When a task is due. A date has no clock time; a date-time is aware, in the caller's zone."""

    when: date | datetime

    @property
    def text(self) -> str:
        """ISO date, or ISO local date and time without an offset: the zone stands beside it."""
        if isinstance(self.when, datetime):
            return self.when.replace(tzinfo=None).isoformat(timespec="seconds")
        return self.when.isoformat()

    @property
    def instant(self) -> datetime | None:
        """The moment in UTC; none for a mere date."""
        return self.when.astimezone(UTC) if isinstance(self.when, datetime) else None


def read_due(text: str, instant: datetime | None, zone: ZoneInfo) -> date | datetime:
    """Take a stored due apart again; a moment is told in `zone`, where the caller is now."""
    return instant.astimezone(zone) if instant is not None else date.fromisoformat(text)
