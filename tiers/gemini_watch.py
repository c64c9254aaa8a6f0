"""The watch of a session with Gemini Live, from the messages that pass its socket."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any, Final

from google.genai import types

from tiers.faults import Fault
from tiers.vision_fault import fault_of
from tiers.watch import Failure, Watch

MARGIN_SECONDS: Final = 4.0
"""What a successor needs to be ready before the vendor ends a session that it has announced the end of."""


class GeminiWatch:
    """Reads one session's messages, as livekit-plugins-google sends and receives them."""

    def __init__(
        self,
        watch: Watch,
        service: str,
        on_worked: Callable[[], None] = lambda: None,
        heard: Callable[[str, bool], None] = lambda _text, _final: None,
    ) -> None:
        self._watch = watch
        self._service = service
        self._on_worked = on_worked
        self.heard = heard
        """Told of the caller's words as the ear beside the model writes them down."""
        self.reached = asyncio.Event()
        """Set when the vendor has set up a session."""
        self._active = False
        self._is_proven = False
        """Whether this connection has given anything of an answer yet: a vendor that only greets serves nobody."""

    @property
    def is_active(self) -> bool:
        """Whether an answer has begun whose end has not come."""
        return self._active

    def connected(self) -> None:
        """A session was set up."""
        self._active = self._is_proven = False
        self.reached.set()

    def client_event(self, event: Any) -> None:
        """A message for the vendor: a turn of any kind that is over has to be answered."""
        match event:
            case types.LiveClientContent(turn_complete=True):
                self._expect()
            case types.LiveClientRealtimeInput(activity_end=types.ActivityEnd()):
                self._expect()
            case types.LiveClientToolResponse(function_responses=[*results]) if any(
                each.scheduling is not types.FunctionResponseScheduling.SILENT for each in results
            ):
                self._expect()
            case types.LiveClientRealtimeInput(activity_start=types.ActivityStart()):
                self._over()  # it interrupts
                self._watch.met("generation")

    def server_event(self, message: types.LiveServerMessage) -> None:
        """Take a message: any sign of an answer is one of life."""
        content = message.server_content
        if message.tool_call is not None:
            self._watch.met("generation")
            self._over()
            self._prove()
        elif content is not None and (content.turn_complete or content.generation_complete):
            self._over()
        elif content is not None and (content.model_turn is not None or content.output_transcription):
            self._watch.met("generation")
            self._active = True
            self._watch.expect("progress", self._service, self._watch.patience.thought)
            self._prove()
        if message.go_away is not None:
            within = max(0.0, _seconds(message.go_away.time_left) - MARGIN_SECONDS)
            self._watch.fail(Failure(self._service, Fault.EXPIRED, "go_away", within=within))

    def failed(self, error: Exception) -> None:
        """Judge an error of the plugin's session: of Google's library, or of the websocket below it."""
        self._watch.met("generation")
        self._over()
        fault = fault_of(error)
        self._watch.fail(Failure(self._service, fault, type(error).__name__, again=fault.remedy == "retry"))

    def _expect(self) -> None:
        self._watch.expect("generation", self._service, self._watch.patience.generation)

    def _prove(self) -> None:
        """Tell, once for each connection, that the vendor does what it is there for."""
        if not self._is_proven:
            self._is_proven = True
            self._on_worked()

    def _over(self) -> None:
        self._active = False
        self._watch.met("progress")


def _seconds(told: str | None) -> float:
    """Read a duration as Google's JSON has it, «9.5s»; 0 where it cannot be read."""
    try:
        return float((told or "").removesuffix("s"))
    except ValueError:
        return 0.0
