"""Which agent a caller looks at, and what is known of the call while one follows another."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from livekit import rtc

from cli.caller.agent_view import AgentView
from cli.caller.changes import Changes
from cli.caller.listener import SoundLog
from cli.caller.record import CallRecord

pytestmark = pytest.mark.unit

NOON = datetime(2026, 11, 30, 12, tzinfo=UTC)
SERVES = {"voicetasks.stack": "premium", "voicetasks.tier": "premium", "lk.agent.state": "speaking"}


@dataclass
class Somebody:
    identity: str
    joined_at: datetime | None = NOON
    attributes: dict[str, str] = field(default_factory=dict)
    kind: Any = rtc.ParticipantKind.PARTICIPANT_KIND_AGENT


def view(*there: Somebody) -> AgentView:
    seen = AgentView(Changes())
    for somebody in there:
        seen.joined(somebody)  # type: ignore[arg-type]
    return seen


def test_of_two_agents_the_one_who_came_last_is_looked_at_in_whatever_order_they_are_seen() -> None:
    dead, fresh = Somebody("dead"), Somebody("fresh", NOON + timedelta(seconds=9))
    assert view(dead, fresh).identity == view(fresh, dead).identity == "fresh"
    same_second = Somebody("second")
    assert view(dead, same_second).identity == "second"


def test_a_caller_is_no_agent() -> None:
    seen = view(Somebody("caller", kind=rtc.ParticipantKind.PARTICIPANT_KIND_STANDARD))
    assert not seen.here
    assert not seen.is_one("caller")
    assert seen.away_for(9e9) == 0


def test_the_call_has_its_agent_as_long_as_one_is_there() -> None:
    seen = view(Somebody("dead"), Somebody("fresh", NOON + timedelta(seconds=9)))
    seen.left("dead")
    assert (seen.here, seen.identity, seen.away_for(9e9)) == (True, "fresh", 0)
    seen.left("fresh")
    assert not seen.here
    assert seen.away_for(9e9) > 0
    seen.joined(Somebody("third"))  # type: ignore[arg-type]
    assert (seen.here, seen.identity, seen.away_for(9e9)) == (True, "third", 0)
    assert [seen.is_one(name) for name in ("dead", "fresh", "third", "caller")] == [True] * 3 + [False]


def test_what_the_call_is_served_by_stays_known_until_the_successor_says_it_and_it_is_not_at_rest() -> None:
    seen = view(Somebody("first", attributes=SERVES | {"voicetasks.cost_microdollars": "900"}))
    seen.left("first")
    seen.joined(Somebody("next"))  # type: ignore[arg-type]
    assert (seen.stack, seen.speaking, seen.resting) == ("premium", False, False)
    seen.update({"lk.agent.state": "listening"})
    assert (seen.stack, seen.resting) == ("premium", True)
    record = CallRecord()
    seen.fill(record, SoundLog(), [])
    assert (record.tier, record.cost_microdollars) == ("premium", 900)
    seen.update({"voicetasks.stack": "economy", "voicetasks.cause": "health"})
    assert seen.attributes == {"voicetasks.stack": "economy", "voicetasks.cause": "health"}
    assert [(change.from_stack, change.to_stack) for change in seen.stack_changes] == [("premium", "economy")]
