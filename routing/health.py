"""A service's health and what failures, successes and probes make of it: a pure state machine, the same everywhere.

Closed, it counts failures within a window; one that failed is suspect, and probed soon. Open, nobody dials it; when its
cool-down is over one probe at a time may.
Times are Unix ms by one clock.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Self

from pydantic import BaseModel, ConfigDict, Field

from routing.decision import Unhealthy
from tiers.faults import Fault

PROBE_MS: Final = 20_000
"""A probe that said nothing for so long has died with its worker; it ends by itself in half the time."""


@dataclass(frozen=True, slots=True)
class BreakerRules:
    """When a service is given up, and how long it is left alone."""

    failures: int = 3
    window_ms: int = 30_000
    suspect_ms: int = 5_000
    """So long after a failure it is probed, unless a success came; a probe that fails too gives it up."""
    cool_ms: int = 15_000
    """The first cool-down; each probe that fails doubles it."""
    longest_ms: int = 300_000
    """The longest cool-down. A service given up again so soon after it was well is left alone twice as long too."""


class Health(BaseModel):
    """What is known of one service. A new one is closed: nothing was heard against it."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    failures: tuple[tuple[int, str], ...] = Field(default=(), max_length=1000)
    """When it failed, as far as that still counts, and which report said so."""
    since: int | None = None
    """When it was given up; None: it is closed."""
    retry: int = 0
    """When the next probe is due, while it is open."""
    cool: int = 0
    """The last cool-down, ms."""
    probe: str = ""
    """Who probes it now."""
    probe_until: int = 0
    well_again: int = 0
    """When a probe last found it well."""
    fault: str = ""
    """What it was given up for."""

    @property
    def is_open(self) -> bool:
        """Whether it is given up: nobody dials it."""
        return self.since is not None

    def is_probed(self, now: int) -> bool:
        """Whether somebody probes it right now."""
        return self.probe != "" and now < self.probe_until

    def is_due(self, now: int, rules: BreakerRules) -> bool:
        """Whether somebody should probe it now: its cool-down is over, or it is suspect."""
        if self.is_probed(now):
            return False
        if self.is_open:
            return now >= self.retry
        return bool(self.failures) and now >= self.failures[-1][0] + rules.suspect_ms

    def failed(self, now: int, fault: Fault, rules: BreakerRules, report: str) -> Self:
        """Hear of a failure. One that does not speak against its health changes nothing, nor does one while open.

        `report` is the report's own id: one that is sent again counts once.
        """
        if self.is_open or not fault.counts or report in {id for _, id in self.failures}:
            return self
        recent = (one for one in self.failures if now - rules.window_ms < one[0] <= now)
        failures = (*recent, (now, report))
        if len(failures) < rules.failures and not fault.is_certain:
            return self.model_copy(update={"failures": failures})
        return self._opened(now, fault, rules)

    def worked(self, now: int, *, against_advice: bool = False) -> Self:
        """Hear of a success. While it is open it counts only from who dialled all the same, having nothing better."""
        if self.is_open:
            return self._closed(now) if against_advice else self
        return self.model_copy(update={"failures": ()}) if self.failures else self

    def claimed(self, now: int, token: str, rules: BreakerRules) -> Self:
        """Give the probe to somebody, if it is due."""
        if not self.is_due(now, rules):
            return self
        return self.model_copy(update={"probe": token, "probe_until": now + PROBE_MS})

    def probed(self, now: int, token: str, fault: Fault | None, rules: BreakerRules) -> Self:
        """Hear how a probe went, unless it came too late and somebody else has the probe by now.

        A fault that does not speak against its health shows that it answers.
        """
        if self.probe != token:
            return self
        over = self.model_copy(update={"probe": "", "probe_until": 0})
        if fault is None or not fault.counts:
            return over._closed(now) if self.is_open else over.worked(now)
        if not self.is_open:
            # A success may have come meanwhile: then this is the first failure after it.
            return over._opened(now, fault, rules) if self.failures else over.failed(now, fault, rules, token)
        cool = min(2 * self.cool, rules.longest_ms)
        return over.model_copy(update={"retry": now + cool, "cool": cool, "fault": fault.label})

    def as_unhealthy(self, service: str) -> Unhealthy | None:
        """Put it as the router takes it; None when it is well."""
        if self.since is None:
            return None
        return Unhealthy(
            service=service,
            state="half_open" if self.probe else "open",
            since_ms=self.since,
            retry_ms=self.retry,
        )

    def _opened(self, now: int, fault: Fault, rules: BreakerRules) -> Self:
        """Give it up. A probe that is under way goes on, so that there is no second one beside it."""
        relapse = self.well_again > 0 and now - self.well_again < rules.longest_ms
        cool = min(2 * self.cool, rules.longest_ms) if relapse and self.cool else rules.cool_ms
        return type(self)(
            since=now,
            retry=now + cool,
            cool=cool,
            fault=fault.label,
            probe=self.probe,
            probe_until=self.probe_until,
        )

    def _closed(self, now: int) -> Self:
        return type(self)(cool=self.cool, well_again=now, probe=self.probe, probe_until=self.probe_until)
