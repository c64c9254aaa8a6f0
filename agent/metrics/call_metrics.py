"""What one call counts. Whatever cannot be counted, as on a full disk, the call goes on."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Final, Protocol

from livekit.agents import llm

from agent.ending import HANDED_ON, NOT_SERVED, Ending
from agent.metrics.costs import Costs
from agent.metrics.interruptions import Interruptions, Outcome
from agent.metrics.names import (
    BLIND,
    CALLS,
    EXPERIMENT_CALLS,
    EXPERIMENT_RESPONSE,
    FIRST_AUDIO,
    INTERRUPTION,
    INTERRUPTIONS,
    RESPONSE,
    SATISFACTION,
    STAGE,
    UNANSWERED,
    USAGE_LOST,
    VENDOR_FAILURES,
    call_begins_at_zero,
)
from agent.metrics.tasks import TaskCounts
from agent.tracing import answered
from mcp_tasks.client import ToolOutcome
from routing.decision import Decision
from tiers.usage import Part, Usage
from tiers.watch import Failure

if TYPE_CHECKING:
    from collections.abc import Iterator

log = logging.getLogger("agent.metrics")

LONGEST_SECONDS: Final = 60.0
"""What the library takes for longer is no answer to what was said last."""
_STAGES: Final = {
    "end_of_turn_delay": "end_of_turn",
    "transcription_delay": "transcription",
    "llm_node_ttft": "mind",
    "tts_node_ttfb": "voice",
}


class Speaks(Protocol):
    """Whatever session serves, as it is listened to."""

    def on(self, event: str, callback: Callable[[Any], None]) -> None:
        """Hear an event of whichever session serves."""


class CallMetrics:
    """One call's counts; times are seconds by `clock`."""

    def __init__(self, channel: str, clock: Callable[[], float] = time.monotonic) -> None:
        self._channel = channel
        self._clock = clock
        self._tier, self._stack = "none", ""
        self._arm: tuple[str, str] | None = None
        self._costs = Costs(channel, clock)
        self._tasks = TaskCounts()
        self._interruptions = Interruptions(self._interruption)
        self._turn_ended: float | None = None
        self._turn_answered = True
        self.synthetic = False
        """Nobody asked for the tasks of this call: the probe makes it."""

    # -- what serves it, and what it costs -----------------------------------------------------------------

    def decided(self, decision: Decision, stack: str | None) -> None:
        """The call is served with this from now on."""
        self._tier, self._stack = decision.tier or "none", stack or ""
        drawn = decision.inputs.assignment
        self._arm = self._costs.arm = None if drawn is None else (drawn.experiment, drawn.arm)
        with _counting():
            self._costs.served_with(stack)
            if stack is not None:
                call_begins_at_zero(stack, self._channel, self._arm)

    def charged(self, usage: Usage, microdollars: int) -> None:
        """Something was used, at a price in µ$."""
        with _counting():
            self._costs.charged(usage, microdollars)

    def usage_lost(self, part: Part) -> None:
        """Something was used, and nobody could be charged for it."""
        with _counting():
            USAGE_LOST.labels(part).inc()

    def blind(self, seconds: float) -> None:
        """The call could not see its money for so long, since this was last told."""
        with _counting():
            BLIND.labels(self._channel).inc(seconds)

    def vendor_failed(self, failure: Failure) -> None:
        """A vendor failed the call."""
        with _counting():
            VENDOR_FAILURES.labels(failure.service, failure.fault.label).inc()

    def ended(self, reason: Ending) -> None:
        """The call is over, here."""
        outcome = "handed_on" if reason in HANDED_ON else reason
        with _counting():
            self._costs.close()
            self._tasks.close()
            CALLS.labels(self._channel, self._tier, outcome).inc()
            if reason in NOT_SERVED:
                UNANSWERED.labels(reason).inc()
            if self._arm is not None and outcome != "handed_on":
                EXPERIMENT_CALLS.labels(*self._arm).inc()

    # -- how fast it is answered ---------------------------------------------------------------------------

    def listen(self, serving: Speaks) -> None:
        """Follow whichever session serves the call."""
        serving.on("agent_state_changed", self._on_our_state)
        serving.on("user_state_changed", self._on_callers_state)
        serving.on("conversation_item_added", self._on_item)
        serving.on("agent_false_interruption", lambda _: self._interruptions.resumed())

    def turn_ended(self) -> None:
        """A spoken turn is decided to be over."""
        self._turn_ended, self._turn_answered = self._clock(), False

    def _on_our_state(self, event: Any) -> None:
        speaking = event.new_state == "speaking"
        with _counting():
            self._costs.advance()
            self._interruptions.we(speaking, self._clock())
            if speaking and not self._turn_answered and self._turn_ended is not None:
                self._turn_answered = True
                seconds = self._clock() - self._turn_ended
                if seconds <= LONGEST_SECONDS:
                    FIRST_AUDIO.labels(self._stack, self._channel).observe(seconds)
                    answered(seconds, stack=self._stack, channel=self._channel)

    def _on_callers_state(self, event: Any) -> None:
        with _counting():
            self._interruptions.caller(event.new_state == "speaking", self._clock())

    def _on_item(self, event: Any) -> None:
        item = event.item
        if not isinstance(item, llm.ChatMessage):
            return
        told = item.metrics or {}
        with _counting():
            for name, stage in _STAGES.items():
                if (seconds := told.get(name)) is not None and 0 <= float(str(seconds)) <= LONGEST_SECONDS:
                    STAGE.labels(stage, self._stack).observe(float(str(seconds)))
            if item.role != "assistant":
                return
            self._interruptions.said(interrupted=item.interrupted)
            latency = told.get("e2e_latency")
            if latency is not None and 0 <= latency <= LONGEST_SECONDS:
                RESPONSE.labels(self._stack, self._channel).observe(latency)
                if self._arm is not None:
                    EXPERIMENT_RESPONSE.labels(*self._arm).observe(latency)

    def _interruption(self, outcome: Outcome, seconds: float | None) -> None:
        INTERRUPTIONS.labels(outcome, self._channel).inc()
        if seconds is not None:
            INTERRUPTION.labels(self._channel).observe(seconds)

    # -- what is done for the caller -----------------------------------------------------------------------

    def ran(self, tool: str, outcome: ToolOutcome, *, turn: int, foreign: bool) -> None:
        """A tool gave an answer."""
        with _counting():
            self._tasks.ran(tool, outcome, turn=turn, foreign=foreign, judged=not self.synthetic)

    def unavailable(self, tool: str, *, turn: int, foreign: bool) -> None:
        """A tool's server was not there."""
        with _counting():
            self._tasks.unavailable(tool, turn=turn, foreign=foreign, judged=not self.synthetic)

    def rated(self, stars: int) -> None:
        """The caller says how good the call was, from 1 to 5. Raises ValueError for any other number."""
        if not 1 <= stars <= 5:
            raise ValueError("a call is given 1 to 5")
        with _counting():
            SATISFACTION.labels(self._channel).observe(stars)


@contextmanager
def _counting() -> Iterator[None]:
    """Count; the counts are files, and a call outlives a full disk."""
    try:
        yield
    except OSError as error:
        log.warning("metrics.not_counted", extra={"error": type(error).__name__})
