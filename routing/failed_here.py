"""The services that failed one call lately, so that it is not handed to them again at once."""

from __future__ import annotations

from collections.abc import Callable, Collection
from typing import Final

SHUN_SECONDS: Final = 60.0
"""How long a service is shunned by the call that it failed; twice as long after each further failure."""
LONGEST_SECONDS: Final = 900.0


class FailedHere:
    """One call's memory of failures. Times are seconds of the clock given."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._until: dict[str, float] = {}
        self._times: dict[str, int] = {}
        self._unhealthy: frozenset[str] = frozenset()

    def note(self, service: str) -> None:
        """Remember a failure. Several reports of one failure count once."""
        now = self._clock()
        if self._until.get(service, now) <= now:
            self._times[service] = self._times.get(service, 0) + 1
        seconds = SHUN_SECONDS * 2.0 ** (self._times[service] - 1)
        self._until[service] = now + min(seconds, LONGEST_SECONDS)

    def seen(self, unhealthy: Collection[str]) -> None:
        """Learn which services nobody dials now: one that was among them and is no more was probed well since."""
        for service in self._unhealthy - set(unhealthy):
            self._until.pop(service, None)
        self._unhealthy = frozenset(unhealthy)

    def now(self) -> tuple[str, ...]:
        """Name the services that are shunned: for their time, and for as long as they are unhealthy."""
        now = self._clock()
        for service, until in list(self._until.items()):
            if until <= now and service not in self._unhealthy:
                del self._until[service]
        return tuple(sorted(self._until))

    def seconds_left(self) -> float | None:
        """Tell when the next one may be forgiven; None when only a probe can forgive, or none is shunned."""
        now = self._clock()
        return min((until - now for until in self._until.values() if until > now), default=None)
