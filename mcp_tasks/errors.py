"""What can go wrong with a request, in words that a model can read out or act on."""

from dataclasses import dataclass, field
from typing import Literal

ErrorCode = Literal[
    "not_found",
    "ambiguous",
    "bad_date",
    "conflict",
    "too_long",
    "invalid",
    "unauthorized",
    "rate_limited",
    "unavailable",
]
"""`unavailable`: ours to mend, and nothing was stored unless `may_have_happened`; every other code is for the caller to act on."""


@dataclass(frozen=True, slots=True)
class Candidate:
    """One thing that an unclear date may have meant."""

    due: str
    """ISO date, or ISO local date and time."""
    spoken: str


@dataclass(slots=True)
class TaskError(Exception):
    """A request that was understood and refused; nothing was stored, where nothing else is said."""

    code: ErrorCode
    message: str
    candidates: tuple[Candidate, ...] = field(default=())
    may_have_happened: bool = False
    """Nobody knows whether it was stored."""
    retry_after_seconds: int = 0
    """After how long the same request may be taken; 0 where it would be refused again."""

    def __str__(self) -> str:
        return f"{self.code}: {self.message}"

    def payload(self) -> dict[str, object]:
        """The error as it goes over the wire."""
        error: dict[str, object] = {"code": self.code, "message": self.message}
        if self.code == "bad_date":
            error["candidates"] = [{"due": one.due, "spoken": one.spoken} for one in self.candidates]
        if self.may_have_happened:
            error["may_have_happened"] = True
        if self.retry_after_seconds:
            error["retry_after_seconds"] = self.retry_after_seconds
        return {"error": error}
