"""Tells the call's story as it happens: who spoke when, turns and where their time went, questions. No words."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from typing import Any, Final, Protocol

from livekit.agents import AgentStateChangedEvent, UserStateChangedEvent, llm

from agent.gate import By, Outcome, Pending
from routing.happenings import Happenings, What

_PARTS: Final = {
    "transcription_delay": "hearing",
    "end_of_turn_delay": "end_of_turn",
    "on_user_turn_completed_delay": "ours",
    "llm_node_ttft": "model",
    "tts_node_ttfb": "voice",
}
"""By the library's name of a time: ours. `end_of_turn` begins with the caller's last word and holds `hearing`."""


class Heard(Protocol):
    """Whatever serves, as far as it can be listened to."""

    def on(self, event: str, callback: Any) -> None:
        """Listen to an event of whichever session serves."""


class Storyteller:
    """Listens to a call. `turn` gives the number of the present turn; without `happenings` nothing is told."""

    def __init__(self, happenings: Happenings | None, turn: Callable[[], int]) -> None:
        self._happenings = happenings
        self._turn = turn
        self._spoken_since: dict[str, float] = {}
        self._parts: dict[str, int] = {}
        """Of the caller's turn that waits for its answer."""

    def listen(self, serving: Heard) -> None:
        """Hear who speaks, and what is answered."""
        serving.on("agent_state_changed", self._on_ours)
        serving.on("user_state_changed", self._on_theirs)
        serving.on("conversation_item_added", self._on_item)

    def tell(self, what: What, **more: Any) -> None:
        """Tell of something in the present turn."""
        if self._happenings is not None:
            self._happenings.tell(what, turn=self._turn(), **more)

    def turn_began(self, number: int, by: By) -> None:
        """Tell that the caller's turn of this number began."""
        self._parts = {}
        if self._happenings is not None:
            self._happenings.tell("turn", turn=number, by=by)

    def question_closed(self, pending: Pending, outcome: Outcome, by: By | None) -> None:
        """Tell how a question ended; of what it was about, the tools alone."""
        self.tell(
            "confirmation",
            asked_in=pending.turn,
            tools=[_name(tool) for tool in pending.tools][:8],
            objects=len(pending.objects),
            outcome=outcome,
            by=by,
            heard=pending.heard,
        )

    def _on_ours(self, event: AgentStateChangedEvent) -> None:
        self._speaks("assistant", event.new_state == "speaking")

    def _on_theirs(self, event: UserStateChangedEvent) -> None:
        self._speaks("caller", event.new_state == "speaking")

    def _speaks(self, who: str, begins: bool) -> None:
        since = self._spoken_since.pop(who, None)
        if since is not None:
            milliseconds = round(1000 * (time.monotonic() - since))
            if self._happenings is not None:
                self._happenings.tell("spoke", since_ms=milliseconds, who=who, ms=milliseconds)
        if begins:
            self._spoken_since[who] = time.monotonic()

    def _on_item(self, event: Any) -> None:
        item = event.item
        if not isinstance(item, llm.ChatMessage):
            return
        times = _times(item.metrics or {})
        if item.role == "user":
            self._parts = times
        elif item.role == "assistant":
            latency = (item.metrics or {}).get("e2e_latency")
            self.tell(
                "answered",
                ms=None if latency is None else round(1000 * latency),
                parts=self._parts | times,
                interrupted=item.interrupted,
            )
            self._parts = {}


def _times(metrics: Mapping[str, Any]) -> dict[str, int]:
    return {ours: round(1000 * metrics[theirs]) for theirs, ours in _PARTS.items() if theirs in metrics}


def _name(tool: str) -> str:
    return tool[:64]
