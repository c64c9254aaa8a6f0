"""What happened in a call: the JSON object that `voicetasks call --json` prints."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from typing import Any


@dataclass
class Greeting:
    """The agent's first words, before the caller did anything."""

    heard: str = ""
    first_sound_ms: int | None = None
    """From joining the room to the agent's first sound."""


@dataclass
class Turn:
    """One thing that the caller did and what came back."""

    said: str
    by: str
    """voice, wav, text, key or click."""
    understood: str = ""
    """What the agent's ear made of it, from the caller's own transcript. Empty when nothing was spoken."""
    heard: str = ""
    """What the agent said, from its transcript."""
    first_sound_ms: int | None = None
    """Last word (or the sending of text, key or click) to the agent's first sound at the caller's ear.
    Negative when the agent began while the caller still spoke. None when it stayed silent."""
    silence_after_interrupt_ms: int | None = None
    """Onset of the caller's speech to the agent's silence at the caller's ear, when it was speaking."""
    stack: str | None = None
    answered: bool = False
    problem: str | None = None
    """Why there was no answer, in words."""


@dataclass
class Swap:
    """The stack that serves the call was replaced."""

    from_stack: str
    to_stack: str
    reason: str
    """A label where there is one (vendor, money, policy, health), else the sentence."""
    why: str
    """The sentence that the agent shows."""
    gap_ms: int | None
    """The silence around the swap in which the caller waited to hear more; 0 when the agent sounded on, None when
    nobody waited."""


@dataclass
class Confirmation:
    """A question of the agent's before it does something that cannot be taken lightly."""

    id: str
    question: str
    answer: str | None = None
    by: str | None = None
    outcome: str | None = None


@dataclass
class CallRecord:
    """Filled while the call goes on, so that nothing is lost when it breaks off."""

    call_id: str | None = None
    channel: str = "browser"
    plan: str | None = None
    tier: str | None = None
    stack: str | None = None
    sandbox: bool | None = None
    reasons: list[str] = field(default_factory=list)
    greeting: Greeting = field(default_factory=Greeting)
    turns: list[Turn] = field(default_factory=list)
    swaps: list[Swap] = field(default_factory=list)
    confirmations: list[Confirmation] = field(default_factory=list)
    tasks_before: list[dict[str, Any]] = field(default_factory=list)
    tasks_after: list[dict[str, Any]] = field(default_factory=list)
    tasks_total_before: int | None = None
    """How many there were; the list holds at most 100 open and 100 done ones. None: they could not be looked at."""
    tasks_total_after: int | None = None
    tasks_problem: str | None = None
    """Why the tasks could not be looked at. It says nothing about the call."""
    cost_microdollars: int | None = None
    heard_seconds: float = 0.0
    """Seconds in which the agent's audio was louder than silence."""
    joined: bool = False
    """The agent came and was heard or read at least once."""
    error: str | None = None

    @property
    def answered(self) -> bool:
        """Whether the agent answered at all and in every turn."""
        return self.joined and self.error is None and all(turn.answered for turn in self.turns)

    def as_json(self) -> dict[str, Any]:
        """The object of the published interface, with what this command adds to it."""
        result = {"answered": self.answered, **asdict(self)}
        result["swaps"] = [
            {
                "from": swap.from_stack,
                "to": swap.to_stack,
                "reason": swap.reason,
                "why": swap.why,
                "gap_ms": swap.gap_ms,
            }
            for swap in self.swaps
        ]
        return result
