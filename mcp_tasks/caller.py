"""Who asks, and what their clock says."""

from dataclasses import dataclass
from datetime import date, datetime
from zoneinfo import ZoneInfo


@dataclass(frozen=True, slots=True)
class Caller:
    """Whose tasks, and what their clock says. Both come from the token, never from an argument."""

    owner: str
    zone: ZoneInfo
    now: datetime

    @property
    def today(self) -> date:
        """The caller's own date."""
        return self.local.date()

    @property
    def local(self) -> datetime:
        """Now, on the caller's own clock."""
        return self.now.astimezone(self.zone)
