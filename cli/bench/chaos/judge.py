"""What a call's facts come to: which promises it broke."""

from __future__ import annotations

from collections import Counter
from enum import StrEnum
from typing import Final

from cli.bench.chaos.facts import Facts
from cli.bench.chaos.plan import AT_THE_DOOR
from cli.bench.meter_slack import METER_DEAD_SHARE, METER_SHARE, meter_slack
from cli.bench.spoken_form import spoken_form

DIES: Final = AT_THE_DOOR | {
    *("cut", "cut-mid-stream", "session-expired", "garbage", "silent", "stall-mid-stream"),
}
"""Kinds with which a socket dies, or is given up, before its vendor has said what is owed."""


class Broken(StrEnum):
    """A promise that was not kept."""

    DROPPED = "the call broke off"
    UNANSWERED = "a turn had no answer"
    LOST = "what was asked for was not done"
    TWICE = "it was done twice"
    UNASKED = "something was deleted without a yes"
    UNSETTLED = "money was still held"
    SOCKETS = "sockets were left open"
    METER = "meter and invoice differ"


def broken(facts: Facts) -> list[Broken]:
    """Which promises a call broke, none of them twice."""
    found = []
    if facts.ended_early:
        found.append(Broken.DROPPED)
    elif any(not turn["answered"] for turn in facts.turns):
        found.append(Broken.UNANSWERED)
    there = Counter(map(spoken_form, facts.found))
    gone = bool(facts.victim) and not there[spoken_form(facts.victim)]
    if any(not there[spoken_form(title)] for title in facts.kept) or (gone and not _said_yes(facts)):
        found.append(Broken.UNASKED)
    not_done = any(not there[spoken_form(title)] for title in facts.asked)
    if not facts.ended_early and (not_done or (facts.victim and facts.agrees and not gone)):
        found.append(Broken.LOST)
    if any(count > 1 for count in there.values()):
        found.append(Broken.TWICE)
    if not facts.settled:
        found.append(Broken.UNSETTLED)
    if facts.sockets_left:
        found.append(Broken.SOCKETS)
    if abs(facts.metered - facts.invoiced) > allowed(facts):
        found.append(Broken.METER)
    return found


def allowed(facts: Facts) -> int:
    """How far meter and invoice may be apart, µ$."""
    return meter_slack(facts.invoiced, METER_DEAD_SHARE if facts.kind in DIES else METER_SHARE)


def _said_yes(facts: Facts) -> bool:
    return facts.agrees and facts.confirmed
