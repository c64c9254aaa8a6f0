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
STACK = "voicetasks.stack"
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
    """The agent's participant, as far as the caller can see it.

    A call may be served by several, one after the other. Of two the one who came last is looked at, as on the page: the
    room does not know at once when a worker has died.
    """

    def __init__(self, changes: Changes) -> None:
        self.identity: str | None = None
        """Of who serves the call, or served it last."""
        self.attributes: dict[str, str] = {}
        self.stack_changes: list[StackChange] = []
        self._changes = changes
        self._there: dict[str, rtc.Participant] = {}
        self._ever: set[str] = set()
        self._left_at: float | None = None
        self._predecessors: dict[str, str] = {}
        """What an agent showed whose successor has not shown a stack yet."""

    @property
    def here(self) -> bool:
        """Whether an agent is in the room."""
        return bool(self._there)

    def away_for(self, now: float) -> float:
        """Seconds since the last agent left the room; 0 while one is there, and before one came."""
        return 0.0 if self._left_at is None else now - self._left_at

    def is_one(self, identity: str) -> bool:
        """Whether a participant is an agent, or was one."""
        return identity in self._ever

    def joined(self, participant: rtc.Participant) -> None:
        """A participant is in the room; ours is the one of LiveKit's kind «agent»."""
        if (
            participant.kind == rtc.ParticipantKind.PARTICIPANT_KIND_AGENT
            and participant.identity not in self._there
        ):
            self._there[participant.identity] = participant
            self._ever.add(participant.identity)
            self._left_at = None
            self._look_at_the_newest()

    def left(self, identity: str) -> None:
        """A participant is gone."""
        if self._there.pop(identity, None) is None:
            return
        if self._there:
            self._look_at_the_newest()
        else:
            self._left_at = time.monotonic()
        self._changes.notify()

    def _look_at_the_newest(self) -> None:
        newest = max(reversed(self._there.values()), key=_joined_at)
        if newest.identity != self.identity and self.identity is not None:
            # It has said nothing yet, and what the call has cost so far is known all the same.
            self._predecessors = self.attributes | {STATE: "initializing"}
        self.identity = newest.identity
        self.update(newest.attributes)

    def update(self, attributes: Mapping[str, str]) -> None:
        """The agent's attributes are these now."""
        before, after = self.stack, attributes.get(STACK)
        if after:
            self._predecessors = {}
        self.attributes = {**self._predecessors, **attributes}
        if before and after and before != after:
            cause, why = (attributes.get(f"voicetasks.{name}", "") for name in ("cause", "reason"))
            self.stack_changes.append(StackChange(time.monotonic(), before, after, cause, why))
        self._changes.notify()

    @property
    def stack(self) -> str | None:
        """The stack that serves the call now."""
        return self.attributes.get(STACK)

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


def _joined_at(participant: rtc.Participant) -> float:
    """By the room's clock, in seconds; 0 where it does not say."""
    at = participant.joined_at
    return at.timestamp() if at is not None else 0.0


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
