"""What happened in one call, as far as a judge needs it, and as a line of the state file."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from typing import Any, Self


@dataclass
class Facts:
    """One call. Filled while it goes on, so that nothing is lost when it breaks off."""

    number: int
    stack: str
    service: str
    kind: str
    point: str
    heals: bool
    agrees: bool
    call_id: str = ""
    began_with: str = ""
    """The stack that served when the call was greeted."""
    stacks: list[str] = field(default_factory=list)
    """Those that served after it."""
    reached: bool = False
    """The vendor failed where it should."""
    ended_early: str = ""
    """Why the call broke off before the caller wanted."""
    turns: list[dict[str, Any]] = field(default_factory=list)
    """What was said, understood and heard, and how it went."""
    said_again: int = 0
    """Requests that the caller had to repeat because nothing came of them."""
    misheard: int = 0
    """Requests that the ear made something else of: the caller repeats those too."""
    recovery_ms: int | None = None
    """From the caller's last word to our next sound; when we were speaking: the longest silence until the end."""
    kept: list[str] = field(default_factory=list)
    """Titles that nobody asked to delete."""
    asked: list[str] = field(default_factory=list)
    """Titles of tasks that the caller asked for."""
    victim: str = ""
    """The title whose deletion was asked for."""
    found: list[str] = field(default_factory=list)
    """Titles of the open tasks at the end."""
    confirmed: bool = False
    """A question was answered with yes, by the agent's own account."""
    settled: bool = True
    sockets_left: int = 0
    metered: int = 0
    """µ$."""
    invoiced: int = 0
    """µ$."""
    seconds: float = 0.0
    load: float = 0.0
    """Processes that wanted to run for each processor of the machine, mean of the call's last minute; above 1 it was
    slower than its callers."""

    @property
    def as_planned(self) -> bool:
        """Whether the vendor failed where it should, in a call that it served."""
        return self.reached and self.began_with == self.stack

    def as_json(self) -> dict[str, Any]:
        """For the state file."""
        return asdict(self)

    @classmethod
    def from_json(cls, raw: dict[str, Any]) -> Self:
        """From the state file."""
        return cls(**raw)
