"""What the agent tells about itself in its participant's attributes, and the changes of stack in them."""

from __future__ import annotations

import json
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from livekit import rtc

from cli.caller.changes import Changes
from cli.caller.listener import SoundLog
from cli.caller.measure import Moments, gap_ms
from cli.caller.record import CallRecord, Swap

STATE = "lk.agent.state"
RESTING_STATES = ("listening", "idle")


@dataclass
class StackChange:
    """The stack attribute went from one name to another. `cause` is a label, `why` a sentence."""

    at: float
    from_stack: str
    to_stack: str
    cause: str
    why: str


class AgentView:
    """The agent's participant, as far as the caller can see it."""

    def __init__(self, changes: Changes) -> None:
        self.identity: str | None = None
        self.here = False
        self.joined_at = 0.0
        self.attributes: dict[str, str] = {}
        self.stack_changes: list[StackChange] = []
        self._changes = changes

    def joined(self, participant: rtc.Participant) -> None:
        """A participant is in the room; ours is the one of LiveKit's kind «agent»."""
        if participant.kind == rtc.ParticipantKind.PARTICIPANT_KIND_AGENT and not self.here:
            self.identity = participant.identity
            self.here = True
            self.joined_at = self.joined_at or time.monotonic()
            self.update(participant.attributes)

    def left(self, identity: str) -> None:
        """A participant is gone."""
        if identity == self.identity:
            self.here = False
            self._changes.notify()

    def update(self, attributes: Mapping[str, str]) -> None:
        """The agent's attributes are these now."""
        before, after = self.stack, attributes.get("voicetasks.stack")
        self.attributes = dict(attributes)
        if before and after and before != after:
            cause, why = (attributes.get(f"voicetasks.{name}", "") for name in ("cause", "reason"))
            self.stack_changes.append(StackChange(time.monotonic(), before, after, cause, why))
        self._changes.notify()

    @property
    def stack(self) -> str | None:
        """The stack that serves the call now."""
        return self.attributes.get("voicetasks.stack")

    @property
    def resting(self) -> bool:
        """Whether the agent neither thinks nor speaks, by its own word. True when it does not say."""
        return self.attributes.get(STATE, "listening") in RESTING_STATES

    @property
    def speaking(self) -> bool:
        """Whether the agent speaks, by its own word."""
        return self.attributes.get(STATE) == "speaking"

    def fill(self, record: CallRecord, sound: SoundLog, turns: Sequence[Moments]) -> None:
        """Copy into the record what the attributes say. `turns`: the caller's, for what a swap cost them."""
        known = self.attributes
        record.call_id = known.get("voicetasks.call_id", record.call_id)
        record.tier = known.get("voicetasks.tier")
        record.stack = self.stack
        record.sandbox = known["voicetasks.sandbox"] == "true" if "voicetasks.sandbox" in known else None
        record.reasons = _reasons(known)
        cost = known.get("voicetasks.cost_microdollars", "")
        record.cost_microdollars = int(cost) if cost.isdecimal() else None
        record.swaps = [
            Swap(
                change.from_stack,
                change.to_stack,
                change.cause or change.why,
                change.why,
                gap_ms(change.at, turns, sound),
            )
            for change in self.stack_changes
        ]


def _reasons(attributes: Mapping[str, str]) -> list[str]:
    """The list of reasons, or the one sentence when there is no readable list."""
    try:
        reasons = json.loads(attributes.get("voicetasks.reasons", ""))
    except ValueError:
        reasons = None
    if isinstance(reasons, list):
        return [str(reason) for reason in reasons]
    sentence = attributes.get("voicetasks.reason")
    return [sentence] if sentence else []
