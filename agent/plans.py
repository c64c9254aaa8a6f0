"""What is to serve a call next: the router's last word, and something better that is made ready beside what serves."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, replace

from routing.decision import Cause, Decision
from tiers.catalogue import Stack


@dataclass(frozen=True)
class Plan:
    """How a decision is to be followed: the stack with its substitutes, and why."""

    decision: Decision
    stack: Stack | None
    """None: nothing may serve the call any more."""
    cause: Cause

    def is_served_by(self, stack: Stack) -> bool:
        """Whether this stack, with these very parts, is what is planned."""
        return _same(self.stack, stack)

    def only_changes(self, stack: Stack) -> bool:
        """Whether a session of this stack only needs other models for some of its parts."""
        planned = self.stack
        return (
            planned is not None
            and planned.is_cascade
            and stack.is_cascade
            and planned.parts.keys() == stack.parts.keys()
        )


class Plans:
    """The plans of one call, until they are followed. Of several that are wanted the last one counts."""

    def __init__(self) -> None:
        self.wanted: Plan | None = None
        """The router's last word, until it is followed."""
        self.readied: Plan | None = None
        """Something better that is being made ready beside what serves."""
        self.renewal = False
        """Whether what serves is to be begun anew: its session ends, or has grown old."""
        self.must_leave = asyncio.Event()
        """What serves has failed, or what is made ready is no longer wanted: nothing is worth waiting for."""

    @property
    def waiting(self) -> bool:
        """Whether there is anything to follow."""
        return self.renewal or self.wanted is not None

    @property
    def readied_in_vain(self) -> bool:
        """Whether what is made ready was decided against meanwhile: its money may be given back already."""
        readied, wanted = self.readied, self.wanted
        return readied is not None and wanted is not None and not _same(wanted.stack, readied.stack)

    def want(self, plan: Plan) -> None:
        """Hear what is to be followed from now on, instead of what was wanted before."""
        self.wanted = plan
        if plan.cause is Cause.VENDOR or self.readied_in_vain:
            self.must_leave.set()

    def hurry(self) -> bool:
        """Have what waits for its time followed at once: the router wants it in any case, and what serves is no longer good.

        False where nothing waits.
        """
        plan = self.wanted or self.readied
        if plan is None or plan.cause is Cause.VENDOR:
            return False
        hurried = replace(plan, cause=Cause.VENDOR)
        if plan is self.readied:
            self.readied = hurried
        else:
            self.wanted = hurried
        self.must_leave.set()
        return True

    def drop(self) -> None:
        """Want nothing of before; what is being made ready comes to its end."""
        self.wanted, self.renewal = None, False

    def forget(self) -> None:
        """Have nothing of before followed at all."""
        self.wanted, self.readied, self.renewal = None, None, False


def _same(one: Stack | None, other: Stack | None) -> bool:
    if one is None or other is None:
        return one is other
    return one.name == other.name and dict(one.parts) == dict(other.parts)
