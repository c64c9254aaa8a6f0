"""The story of a call, as data: who spoke when, turns, tools, money, decisions with reasons, swaps and faults.

Times are ms since the call began, unless they are said to be moments.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from typing import Any, Final, Literal

from routing.explanation import Replayed

NO_WORDS: Final = "No words of this call are kept: what is said is kept only while the caller agrees to it."


@dataclass(frozen=True, slots=True)
class Spoken:
    """Somebody spoke."""

    who: Literal["caller", "assistant"]
    at_ms: int
    ms: int


@dataclass(frozen=True, slots=True)
class Answer:
    """We answered; `parts` is where the time between the caller's last word and our first sound went, in order."""

    at_ms: int
    ms: int | None
    """None where the library took no time: a greeting, or words that were written."""
    parts: tuple[tuple[str, int], ...]
    interrupted: bool


@dataclass(frozen=True, slots=True)
class ToolRun:
    """A tool ran."""

    at_ms: int
    tool: str
    outcome: str
    """`ok`, or the code of what went wrong."""
    ms: int


@dataclass(frozen=True, slots=True)
class Confirmation:
    """A question about something that is not easily taken back, and how it ended."""

    at_ms: int
    tools: tuple[str, ...]
    objects: int
    outcome: str
    by: str | None
    """By voice, text, key or click; None where nobody answered."""


@dataclass(slots=True)
class Turn:
    """One turn of the caller, and what came of it. Turn 0 is what we say before they say anything."""

    turn: int
    at_ms: int
    by: str
    stack: str
    answers: list[Answer] = field(default_factory=list)
    tools: list[ToolRun] = field(default_factory=list)
    confirmations: list[Confirmation] = field(default_factory=list)
    tasks: list[str] = field(default_factory=list)
    """What became of tasks: created, refused, unclear, undone, corrected, deleted, restored."""
    corrections: int = 0
    """Sentences of ours that claimed what no tool did, broken off."""


@dataclass(frozen=True, slots=True)
class Stretch:
    """What served the call for a while."""

    at_ms: int
    until_ms: int
    stack: str


@dataclass(frozen=True, slots=True)
class PolicyChange:
    """The admin's word that a decision follows."""

    version: str
    author: str
    note: str
    changes: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Chosen:
    """A decision of the router."""

    at_ms: int
    stack: str | None
    tier: str | None
    cause: str
    """Why it was decided anew: start, vendor, money, policy or health."""
    moves: bool
    """Whether the call is served otherwise than before."""
    reason: str
    sentences: tuple[str, ...]
    replayed: Replayed
    policy_version: str
    policy: PolicyChange | None
    """What the admin changed, where that is the cause."""


@dataclass(frozen=True, slots=True)
class Swap:
    """One session took the place of another; `own_ms` is our own time between the two."""

    at_ms: int
    before: str
    after: str
    reason: str
    own_ms: int


@dataclass(frozen=True, slots=True)
class Failed:
    """A service failed this call."""

    at_ms: int
    service: str
    fault: str
    blame: str


@dataclass(frozen=True, slots=True)
class Cost:
    """What was paid to one vendor for one model of a stack."""

    vendor: str
    model: str
    stack: str
    certainty: str
    microdollars: int


@dataclass(frozen=True, slots=True)
class Word:
    """Something that was said, kept with the caller's consent."""

    at_ms: int
    speaker: str
    text: str


@dataclass(slots=True)
class Story:
    """One call from its first entry in the journal on."""

    call_id: str
    began_ms: int
    """Moment, Unix ms."""
    until_ms: int
    """Of its end, or of the last that is known."""
    ended: str | None = None
    """Why it ended; None while nothing says that it did."""
    sandbox: bool = False
    demo: bool = False
    """Made up, by `voicetasks admin demo-data`."""
    subject: str = ""
    plan: str = ""
    channel: str = ""
    stars: int | None = None
    """What the caller thought of it, 1 to 5."""
    experiment: str = ""
    """Such as `cheap-voice: control`."""
    spoken: list[Spoken] = field(default_factory=list)
    turns: list[Turn] = field(default_factory=list)
    stretches: list[Stretch] = field(default_factory=list)
    decisions: list[Chosen] = field(default_factory=list)
    swaps: list[Swap] = field(default_factory=list)
    faults: list[Failed] = field(default_factory=list)
    lost: list[tuple[int, str]] = field(default_factory=list)
    """When the caller's line was lost (away) and came again (back)."""
    costs: list[Cost] = field(default_factory=list)
    words: list[Word] = field(default_factory=list)
    left_out: int = 0
    """Happenings past the most that are kept of a call."""
    is_told: bool = False
    """Whether its happenings were recorded and are still kept; else there are only money and decisions."""

    @property
    def microdollars(self) -> int:
        """What it cost."""
        return sum(cost.microdollars for cost in self.costs)

    def as_json(self) -> dict[str, Any]:
        """Everything, for machines."""
        whole = asdict(self)
        for name in ("began_ms", "lost"):
            del whole[name]
        for turn in whole["turns"]:
            for answer in turn["answers"]:
                answer["parts"] = dict(answer["parts"])
        began = datetime.fromtimestamp(self.began_ms / 1000, UTC)
        return whole | {
            "began": began.isoformat(timespec="milliseconds"),
            "cost_microdollars": self.microdollars,
            "lost": [{"at_ms": at_ms, "what": what} for at_ms, what in self.lost],
            "words_why_not": "" if self.words else NO_WORDS,
        }
