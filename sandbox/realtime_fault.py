"""How one realtime response ends before it is complete, by itself or for a fault."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from sandbox.openai_chunks import Completion, broken_off
from sandbox.openai_errors import QUOTA, SERVER_ERROR, rate_limited

SERVICE = "openai-realtime"

FAILED = ("server_error", "server_error", SERVER_ERROR)
"""Type, code and message of the error of a response that failed on the vendor's side."""

_FAILURES = {
    "failed-reply": FAILED,
    "rate-limit": ("tokens", "rate_limit_exceeded", rate_limited("tokens")),
    "quota": ("insufficient_quota", "insufficient_quota", QUOTA),
}
_BROKEN_OFF = frozenset({"incomplete-reply", "stall-mid-stream", "cut-mid-stream"})


class CutOffError(Exception):
    """The reply ends before it is complete, for the vendor's reason."""

    def __init__(self, reason: Literal["max_output_tokens", "content_filter"]) -> None:
        super().__init__(reason)
        self.reason = reason


@dataclass(frozen=True, slots=True)
class Fault:
    """The fault that a response met as it began; `abort` breaks its socket off."""

    kind: str
    abort: Callable[[], None]

    @property
    def failure(self) -> tuple[str, str, str] | None:
        """Type, code and message of the error of a response that is to fail at once; None for another."""
        return _FAILURES.get(self.kind)

    @property
    def breaks_off(self) -> bool:
        """Whether the response ends within its last item."""
        return self.kind in _BROKEN_OFF

    def applied(self, completion: Completion) -> Completion:
        """What is generated of it."""
        return broken_off(completion) if self.breaks_off else completion

    async def break_off(self) -> None:
        """End within an item: with the socket, in silence for ever, or as if there were no more tokens."""
        if self.kind == "incomplete-reply":
            raise CutOffError("max_output_tokens")
        if self.kind == "cut-mid-stream":
            self.abort()
        await asyncio.Event().wait()
