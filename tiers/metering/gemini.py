"""What Gemini Live bills: all that a session holds with every turn, and what it made; nothing is cached.

The vendor reports each turn (https://ai.google.dev/api/live, UsageMetadata), interrupted ones too. A socket that dies
leaves an estimate: the last report, what was sent and made since, and the answer by its sound. So does a turn that is
over and was not reported when the next one begins; a report that comes after all takes its place.
"""

from __future__ import annotations

import secrets
from typing import Any, Final

from google.genai import types
from livekit.agents import llm, stt

from tiers.catalogue import Model
from tiers.metering import tokens
from tiers.metering.bookings import Bookings
from tiers.metering.reports import readable
from tiers.metering.taps import quietly
from tiers.usage import BadUsageError, Certainty, Outcome

AUDIO_TOKENS_A_SECOND: Final = 25
"""Both ways: https://ai.google.dev/gemini-api/docs/live-api/best-practices."""
_SENT_BYTES_A_SECOND: Final = 2 * 16_000
_MADE_BYTES_A_SECOND: Final = 2 * 24_000


def units_of(used: types.UsageMetadata) -> dict[str, int]:
    """The units of a turn. Tokens of no stated kind are text, and so is what was thought before the answer.

    Raises BadUsageError for what nobody can have counted.
    """
    units: dict[str, int] = {}
    thoughts = _count(used.thoughts_token_count)
    for direction, count, details in (
        ("input", _count(used.prompt_token_count), used.prompt_tokens_details),
        ("output", _count(used.response_token_count), used.response_tokens_details),
    ):
        for each in details or []:
            unit = f"{_kind(each.modality)}_{direction}_tokens"
            units[unit] = units.get(unit, 0) + _count(each.token_count)
        stated = sum(number for unit, number in units.items() if unit.endswith(f"{direction}_tokens"))
        if rest := max(0, count - stated) + (thoughts if direction == "output" else 0):
            units[f"text_{direction}_tokens"] = units.get(f"text_{direction}_tokens", 0) + rest
    return units


def _count(tokens: int | None) -> int:
    """A number from 0 on; 0 where none is stated."""
    if tokens is not None and tokens < 0:
        raise BadUsageError("tokens must be counted from 0 on")
    return tokens or 0


def _kind(modality: Any) -> str:
    match str(getattr(modality, "value", modality)).upper():
        case "IMAGE" | "VIDEO":
            return "image"
        case "AUDIO":
            return "audio"
        case _:
            return "text"


def audio_tokens(size: int, bytes_a_second: int) -> int:
    """What so many bytes of sound cost, a begun token whole."""
    return -(-size * AUDIO_TOKENS_A_SECOND // bytes_a_second)


class GeminiSpeakingWatch:
    """One session of the plugin's realtime model, over all its connections."""

    def __init__(self, bookings: Bookings, session: llm.RealtimeSession[Any], model: Model) -> None:
        self._bookings = bookings
        self._model = model
        self._id = secrets.token_hex(6)
        self._turns = 0
        self._held = (0, 0)
        """Tokens of text and of sound that the vendor held when it last reported, its answer included."""
        self._sent_text = self._sent_bytes = 0
        self._made_text = self._made_bytes = 0
        self._sounded = False
        self._was_interrupted = False
        self._is_over = False
        """The turn has come to its end, and no report of it yet."""
        self._may_be_late = False
        """The turn before was estimated, and nothing was made since that a report could be of."""
        session.on("gemini_client_event", lambda event: quietly(self._client, event))
        session.on("gemini_server_event", lambda message: quietly(self._server, message))
        session.on("error", self._failed)

    def flush(self, outcome: Outcome = "cancelled") -> None:
        """The socket is dead or about to close: book an estimate of an answer that was not reported."""
        if not (self._made_bytes or self._made_text):
            return  # one that never began is not billed
        text, audio = self._held
        made = audio_tokens(self._made_bytes, _MADE_BYTES_A_SECOND)
        units = {
            "text_input_tokens": text + self._sent_text,
            "audio_input_tokens": audio + audio_tokens(self._sent_bytes, _SENT_BYTES_A_SECOND),
            "text_output_tokens": self._made_text,
            "audio_output_tokens": made,
        }
        self._book(units, "estimated", outcome)

    def _failed(self, error: llm.RealtimeModelError | stt.STTError) -> None:
        # An ear that runs beside fails alone: the answer goes on, and the vendor reports it itself.
        if not isinstance(error, stt.STTError):
            self.flush("failed")

    def _turn_begins(self) -> None:
        if self._is_over:
            turns = self._turns
            self.flush("cancelled" if self._was_interrupted else "ok")
            self._may_be_late = self._turns > turns
            self._is_over = False

    def _client(self, event: Any) -> None:
        match event:
            case (
                types.LiveClientRealtimeInput(activity_start=types.ActivityStart())
                | types.LiveClientContent()
                | types.LiveClientToolResponse()
            ):
                self._turn_begins()
        match event:
            case types.LiveClientRealtimeInput(audio=types.Blob(data=bytes() as data)):
                self._sent_bytes += len(data)
            case types.LiveClientContent():
                for turn in event.turns or []:
                    self._sent_text += sum(tokens.count(part.text or "") for part in turn.parts or [])
            case types.LiveClientToolResponse():
                for each in event.function_responses or []:
                    self._sent_text += tokens.count(str(each.response or ""))

    def _server(self, message: types.LiveServerMessage) -> None:
        content = message.server_content
        for part in (content.model_turn.parts or []) if content and content.model_turn else []:
            if part.inline_data is not None and part.inline_data.data:
                self._made_bytes += len(part.inline_data.data)
                self._sounded = True
        for call in (message.tool_call.function_calls or []) if message.tool_call else []:
            self._made_text += tokens.count(f"{call.name}{call.args}")
        self._was_interrupted = self._was_interrupted or bool(content and content.interrupted)
        self._is_over = self._is_over or bool(content and content.turn_complete)
        if message.usage_metadata is None:
            return
        units = readable(units_of, message.usage_metadata, "speech_to_speech")
        if units is not None and not any(units.values()):
            return
        outcome: Outcome = "cancelled" if self._was_interrupted else "ok"
        if units is None:
            self.flush(outcome)
        else:
            self._book(units, "actual", outcome)

    def _book(self, units: dict[str, int], certainty: Certainty, outcome: Outcome) -> None:
        late = certainty == "actual" and self._may_be_late and not (self._made_bytes or self._made_text)
        if not late:  # else it takes the place of the estimate, under its number
            self._turns += 1
        self._may_be_late = self._is_over = False
        self._held = (
            units.get("text_input_tokens", 0) + units.get("text_output_tokens", 0),
            units.get("audio_input_tokens", 0) + units.get("audio_output_tokens", 0),
        )
        heard = self._sounded or outcome == "ok"
        self._sent_text = self._sent_bytes = self._made_text = self._made_bytes = 0
        self._sounded = self._was_interrupted = False
        self._bookings.book(
            f"{self._id}:{self._turns}",
            self._model,
            "speech_to_speech",
            units,
            certainty=certainty,
            outcome=outcome,
            heard=heard,
        )
