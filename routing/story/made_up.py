"""Calls that never were, to look at: two weeks of a small installation, with an experiment, swaps and faults.

They are told from real ones by their ids (`routing.story.demo`), and their money counts in no budget. The same seed
makes the same calls.
"""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from typing import Any, Final

from routing.bill import Bill
from routing.decision import BudgetState, Decision, RouteInputs, StackState, Unhealthy
from routing.experiments.assignment import assigned
from routing.experiments.design import Arm, Experiment
from routing.journal import Entry, Kind
from routing.kinds import Channel, Plan
from routing.router import decide
from routing.story.demo import PREFIX
from tiers.catalogue import STACKS, Part, Stack
from tiers.prices import bundled
from tiers.usage import Usage

EXPERIMENT: Final = f"{PREFIX}cheaper-voice"
DESIGN: Final = Experiment(
    hypothesis="Demo data: a cheaper voice makes as many tasks succeed.",
    arms=(Arm(name="control", stack="economy"), Arm(name="cheaper", stack="budget")),
    plan="economy",
)
_DAY_MS: Final = 24 * 3600 * 1000
_SPOKEN_MS: Final = (1_200, 4_500)
_UNITS: Final[dict[Part, dict[str, tuple[int, int]]]] = {
    "stt": {"audio_ms": _SPOKEN_MS},
    "transcription": {"audio_ms": _SPOKEN_MS},
    "llm": {"input_tokens": (1_400, 2_600), "output_tokens": (30, 90)},
    "tts": {"characters": (60, 180)},
    "speech_to_speech": {
        "text_input_tokens": (900, 1_300),
        "audio_input_tokens": (200, 900),
        "text_output_tokens": (20, 60),
        "audio_output_tokens": (80, 240),
    },
}
"""What a turn uses of each part, from and to."""


def made_up(*, calls: int, days: int, until_ms: int, seed: int = 1) -> Iterator[Entry]:
    """Make the journal's entries of so many calls in the days before a moment, Unix ms."""
    dice = random.Random(seed)  # noqa: S311 - dice, no secret
    running = {EXPERIMENT: DESIGN.model_copy(update={"state": "running", "phase": 1})}
    for number in range(calls):
        began_ms = until_ms - round(_DAY_MS * days * (1 - (number + dice.random()) / calls)) - 20 * 60_000
        plan: Plan = "premium" if dice.random() < 0.35 else "economy"
        channel: Channel = "phone" if dice.random() < 0.3 else "browser"
        user = f"{PREFIX}user-{dice.randrange(max(1, calls // 4))}"
        inputs = RouteInputs(
            plan=plan,
            channel=channel,
            stacks=_states(),
            assignment=assigned(running, user, plan=plan, channel=channel),
        )
        yield from _Call(f"{PREFIX}{seed}-{number:04d}", user, began_ms, inputs, dice).entries()


def _states() -> tuple[StackState, ...]:
    return tuple(
        StackState(name=stack.name, tier=stack.tier, configured=True, voice=stack.has_voice)
        for stack in STACKS.values()
        if stack.name != "local"
    )


@dataclass
class _Call:
    """One call on its way; `at_ms` is how far it has come."""

    call_id: str
    subject: str
    at_ms: int
    inputs: RouteInputs
    dice: random.Random
    count: int = 0

    def entries(self) -> Iterator[Entry]:
        decision = decide(self.inputs)
        yield self._decided(decision)
        events = [self._event("answered", turn=0, ms=None, parts={}, interrupted=False)]
        events.append(self._spoke("assistant", 2_400))
        turns = self.dice.randrange(2, 8)
        moves_in = self.dice.randrange(1, turns) if self.dice.random() < 0.15 else 0
        for turn in range(1, turns + 1):
            if turn == moves_in and (moved := self._moved(decision, events)) is not None:
                decision = moved
                yield self._decided(decision)
            stack = STACKS[decision.stack or "text"]
            events += self._turn(turn, stack)
            yield from self._charges(turn, stack)
            yield from self._task(turn, stack)
        events.append(self._event("ended", turn=turns, reason="goodbye"))
        yield self._entry("event", {"events": events})

    def _moved(self, before: Decision, events: list[dict[str, Any]]) -> Decision | None:
        """Money has run out, or a service fails; None where that changes nothing."""
        news: dict[str, Any] = {"budget": BudgetState(premium="exhausted", scope="user_day")}
        reason = "money"
        if before.tier == "economy":
            service = "cartesia"
            down = Unhealthy(service=service, state="open", since_ms=self.at_ms, retry_ms=self.at_ms + 15_000)
            stacks = tuple(
                state.model_copy(
                    update={"alternatives": tuple((one,) for one in STACKS[state.name].services)}
                )
                for state in self.inputs.stacks
            )
            news, reason = {"health": (down,), "stacks": stacks}, "vendor"
            events.append(self._event("fault", service=service, fault="vendor_down", blame="vendor"))
        self.inputs = self.inputs.model_copy(update=news)
        after = decide(self.inputs)
        if after.stack == before.stack:
            return None
        self.at_ms += 250
        told = {"before": before.stack, "after": after.stack, "reason": reason}
        events.append(self._event("swap", own_ms=self.dice.randrange(2, 9), quick=False, **told))
        return after

    def _turn(self, turn: int, stack: Stack) -> list[dict[str, Any]]:
        spoke = self._spoke("caller", self.dice.randrange(*_SPOKEN_MS))
        events = [spoke, self._event("turn", turn=turn, by="voice")]
        events.append(
            self._event("tool", turn=turn, tool="create_task", outcome="ok", ms=self.dice.randrange(15, 60))
        )
        slow = 1.0 if stack.name == "premium" else 1.25
        parts = {
            "hearing": self.dice.randrange(90, 220),
            "end_of_turn": self.dice.randrange(300, 620),
            "model": round(slow * self.dice.randrange(180, 420)),
            "voice": self.dice.randrange(70, 190),
        }
        whole = parts["end_of_turn"] + parts["model"] + parts["voice"] + self.dice.randrange(20, 90)
        self.at_ms += whole
        broken_off = self.dice.random() < 0.1
        events.append(self._event("answered", turn=turn, ms=whole, parts=parts, interrupted=broken_off))
        events.append(self._spoke("assistant", self.dice.randrange(900, 3_600)))
        return events

    def _charges(self, turn: int, stack: Stack) -> Iterator[Entry]:
        # By the day, so that a model which is gone by now is priced as its successor.
        served = stack.on(date.fromtimestamp(self.at_ms / 1000))
        bill = Bill(bundled())
        for part, model in served.parts.items():
            units = {unit: self.dice.randrange(*between) for unit, between in _UNITS[part].items()}
            usage = Usage(
                event_id=f"{turn}:{part}",
                vendor=model.vendor,
                model=model.name,
                part=part,
                stack=stack.name,
                units=units,
                certainty="actual",
                outcome="ok",
            )
            if (priced := bill.price(usage)) is not None:
                yield self._entry(
                    "charge", priced.details, tier=priced.tier, microdollars=priced.microdollars
                )

    def _task(self, turn: int, stack: Stack) -> Iterator[Entry]:
        task = f"{self.call_id}-t{turn}"
        yield self._entry("outcome", {"task": {"event": "created", "id": task, "turn": turn}})
        yield self._entry("outcome", {"answers_ms": [self.dice.randrange(700, 1_300)]})
        if self.dice.random() < (0.06 if stack.name != "budget" else 0.07):
            yield self._entry("outcome", {"task": {"event": "undone", "id": task, "turn": turn}})

    def _decided(self, decision: Decision) -> Entry:
        return self._entry(
            "decision", {"decision": decision.model_dump(mode="json")}, tier=decision.tier or ""
        )

    def _spoke(self, who: str, ms: int) -> dict[str, Any]:
        told = self._event("spoke", who=who, ms=ms)
        self.at_ms += ms + self.dice.randrange(100, 600)
        return told

    def _event(self, what: str, **more: Any) -> dict[str, Any]:
        return {"what": what, "at": self.at_ms, **more}

    def _entry(self, kind: Kind, details: dict[str, Any], *, tier: str = "", microdollars: int = 0) -> Entry:
        self.count += 1
        return Entry(
            operation=f"{self.call_id}:{self.count:04d}",
            kind=kind,
            at_ms=self.at_ms,
            call_id=self.call_id,
            tier=tier,
            microdollars=microdollars,
            details={"subject": self.subject, **details},
        )
