"""A speech-to-speech model and its transcriber: OpenAI Realtime.

Read from the raw events of the plugin's session: `response.done` reports each response, cancelled ones too;
`…input_audio_transcription.completed` what was written down. A socket that dies, or a usage of null, leaves an
estimate: the output from the deltas that came, the input from the conversation and the last report.
"""

from __future__ import annotations

import uuid
from collections import deque
from dataclasses import dataclass, field
from typing import Any, Final

from livekit.agents import APIConnectionError, APIError, llm

from tiers.catalogue import Model
from tiers.metering import tokens
from tiers.metering.bookings import Bookings
from tiers.metering.conversation import ASSISTANT_TOKEN_MS, Conversation, Given, Tokens, begun, text_cost
from tiers.metering.reports import readable, response_units, transcription_units
from tiers.metering.taps import quietly
from tiers.usage import Certainty, Outcome

_BYTES_A_MS: Final = 48
"""Both ways the sound is 16 bit at 24 kHz."""

_OUTCOMES: Final[dict[str, Outcome]] = {"completed": "ok", "incomplete": "ok", "cancelled": "cancelled"}
_TRANSCRIPTION: Final = "conversation.item.input_audio_transcription."


def _milliseconds(base64: str) -> float:
    return (len(base64) * 3 // 4 - base64.count("=", -2)) / _BYTES_A_MS


@dataclass(slots=True)
class _Output:
    """What came of one item of a response."""

    text: str = ""
    name: str = ""
    milliseconds: float = 0.0

    @property
    def cost(self) -> Tokens:
        written = tokens.count(self.name) + tokens.count(self.text)
        return Tokens(written, begun(self.milliseconds, ASSISTANT_TOKEN_MS))


@dataclass(slots=True)
class _Response:
    """A response that is being generated."""

    given: Given
    before: Given | None
    items: dict[str, _Output] = field(default_factory=dict)

    def item(self, event: dict[str, Any]) -> _Output:
        return self.items.setdefault(event["item_id"], _Output())

    @property
    def made(self) -> Tokens:
        return sum((item.cost for item in self.items.values()), Tokens())

    @property
    def sounded(self) -> bool:
        return any(item.milliseconds for item in self.items.values())


class SpeakingWatch:
    """One session of the plugin's realtime model, over all its reconnections."""

    def __init__(
        self,
        bookings: Bookings,
        session: llm.RealtimeSession[Any],
        model: Model,
        transcriber: Model,
    ) -> None:
        self._bookings = bookings
        self._model = model
        self._transcriber = transcriber
        self._appended = 0.0
        self._commits: deque[float] = deque()
        self._speech: dict[str, float] = {}
        self._waiting: dict[str, float] = {}
        self._responses: dict[str, _Response] = {}
        self._conversation = Conversation()
        self._read: Given | None = None
        self._drift = Tokens()
        self._asked = False
        """A reply was asked for that has not begun."""
        self._connects = True
        """What is queued now goes out on the next connection."""
        session.on("openai_server_event_received", lambda event: quietly(self._server, event))
        session.on("openai_client_event_queued", lambda event: quietly(self._client, event))
        session.on("session_reconnected", lambda _event: self._replaced())
        session.on("error", self._failed)

    def flush(self, outcome: Outcome = "cancelled", *, unreadable: bool = False) -> None:
        """The socket is dead or about to close: book estimates of what it has not reported.

        `unreadable`: the vendor has answered, and nobody could read it.
        """
        for milliseconds in self._commits:  # never acknowledged, and written down all the same
            item_id = str(uuid.uuid4())
            self._conversation.place(item_id, None)
            self._conversation.hear(item_id, milliseconds)
            self._waiting[item_id] = milliseconds
        self._commits.clear()
        if self._asked:
            # A vendor that never began to answer bills nothing, or so much as its export says afterwards.
            given = self._conversation.given() if unreadable else Given(())
            self._responses[str(uuid.uuid4())] = _Response(given, self._read if unreadable else None)
        self._asked = False
        for response_id, response in self._responses.items():
            quietly(self._estimate, response_id, response, outcome)
        self._responses.clear()
        for item_id, milliseconds in self._waiting.items():
            units = {"audio_ms": round(milliseconds)}
            self._book_transcription(item_id, units, certainty="estimated", outcome=outcome)
        self._waiting.clear()

    def _failed(self, error: llm.RealtimeModelError) -> None:
        if isinstance(error.error, APIConnectionError):
            self._broke_off()
        elif not error.recoverable:
            self.flush("failed", unreadable=not isinstance(error.error, APIError))

    # What we send

    def _client(self, event: dict[str, Any]) -> None:
        match event.get("type"):
            case "input_audio_buffer.append":
                self._appended += _milliseconds(event["audio"])
            case "input_audio_buffer.commit":
                self._commits.append(self._appended)
                self._appended = 0.0
            case "input_audio_buffer.clear":
                self._appended = 0.0
            case "response.create":
                self._asked = True

    # What the vendor sends

    def _server(self, event: dict[str, Any]) -> None:
        kind: str = event["type"]
        if kind.startswith("session."):
            if kind == "session.created":  # a new connection has no conversation yet
                self._connected()
            self._conversation.configure(event["session"])
        elif kind.startswith("input_audio_buffer."):
            self._heard(kind, event)
        elif kind.startswith(_TRANSCRIPTION):
            self._written_down(kind.removeprefix(_TRANSCRIPTION), event)
        elif kind.startswith("conversation.item."):
            self._changed(kind.removeprefix("conversation.item."), event)
        elif kind.startswith("response."):
            self._spoken(kind.removeprefix("response."), event)
        elif kind == "error":
            self._refused(str((event.get("error") or {}).get("code")))

    def _refused(self, code: str) -> None:
        if "commit" in code and self._commits:
            self._commits.popleft()
        elif "commit" not in code:
            self._asked = False

    def _broke_off(self) -> None:
        """The connection is gone, and the sound with it that was not committed; what is queued now is for the next."""
        self.flush("failed")
        self._appended = 0.0
        self._connects = True

    def _replaced(self) -> None:
        if not self._connects:  # one connection was left for another, and no error said so
            self._broke_off()

    def _connected(self) -> None:
        self._replaced()
        self._connects = False
        self._conversation = Conversation()
        self._read, self._drift = None, Tokens()
        self._speech.clear()

    def _heard(self, kind: str, event: dict[str, Any]) -> None:
        item_id = event.get("item_id", "")
        match kind:
            case "input_audio_buffer.speech_started":
                self._speech[item_id] = -event["audio_start_ms"]
            case "input_audio_buffer.speech_stopped" if item_id in self._speech:
                self._speech[item_id] += event["audio_end_ms"]
            case "input_audio_buffer.committed":
                said = self._speech.pop(item_id, None)
                if said is None or said < 0:
                    said = self._commits.popleft() if self._commits else 0.0
                self._waiting[item_id] = said
                self._conversation.place(item_id, event.get("previous_item_id"))
                self._conversation.hear(item_id, said)

    def _written_down(self, kind: str, event: dict[str, Any]) -> None:
        item_id = event["item_id"]
        if kind == "failed":
            self._waiting.pop(item_id, None)  # what could not be written down is not billed
        if kind != "completed":
            return
        sent = self._waiting.pop(item_id, 0.0)
        units = readable(transcription_units, event.get("usage"), "transcription")
        if units is None or (sent and not any(units.values())):
            self._book_transcription(item_id, {"audio_ms": round(sent)}, certainty="estimated")
            return
        if (milliseconds := units.get("audio_ms")) is not None:
            self._conversation.hear(item_id, milliseconds)
        self._book_transcription(item_id, units)

    def _book_transcription(
        self,
        item_id: str,
        units: dict[str, int],
        *,
        certainty: Certainty = "actual",
        outcome: Outcome = "ok",
    ) -> None:
        self._bookings.book(
            f"{item_id}:transcription",
            self._transcriber,
            "transcription",
            units,
            certainty=certainty,
            outcome=outcome,
        )

    def _changed(self, kind: str, event: dict[str, Any]) -> None:
        match kind:
            case "added" | "done":
                item = event["item"]
                self._conversation.place(item["id"], event.get("previous_item_id"))
                if (cost := text_cost(item)) is not None:
                    self._conversation.set(item["id"], Tokens(text=cost))
            case "truncated":
                self._conversation.cut(event["item_id"], event["audio_end_ms"])
            case "deleted":
                self._conversation.remove(event["item_id"])

    # Responses

    def _spoken(self, kind: str, event: dict[str, Any]) -> None:
        if kind == "created":
            self._asked = False
            given = self._conversation.given()
            self._responses[event["response"]["id"]] = _Response(given, self._read)
            self._read = given
            return
        if kind == "done":
            self._done(event["response"])
            return
        response = self._responses.get(event.get("response_id", ""))
        if response is None:
            return
        match kind:
            case "output_item.added":
                name = event["item"].get("name") or ""
                response.items.setdefault(event["item"]["id"], _Output()).name = name
            case "output_audio.delta":
                response.item(event).milliseconds += _milliseconds(event["delta"])
            case "output_text.delta" | "output_audio_transcript.delta" | "function_call_arguments.delta":
                response.item(event).text += event["delta"]
            case "output_item.done":
                item_id = event["item"]["id"]
                if item_id in response.items:
                    self._conversation.set(item_id, response.items[item_id].cost)

    def _done(self, reported: dict[str, Any]) -> None:
        response_id = reported.get("id") or str(uuid.uuid4())
        response = self._responses.pop(response_id, None)
        outcome = _OUTCOMES.get(reported.get("status") or "", "failed")
        units = readable(response_units, reported.get("usage") or {}, "speech_to_speech")
        if units is not None and any(units.values()):
            if response is not None and outcome != "failed":
                known = Tokens(units["text_input_tokens"], units["audio_input_tokens"])
                self._drift = known - response.given.total
            sounded = response is None or response.sounded
            self._book(response_id, units, "actual", outcome, sounded=sounded)
        elif response is not None and (outcome != "failed" or response.items):
            self._estimate(response_id, response, outcome)

    def _estimate(self, response_id: str, response: _Response, outcome: Outcome) -> None:
        given = (response.given.total + self._drift).some
        cached = response.given.cached_after(response.before)
        made = response.made
        units = {
            "text_input_tokens": given.text,
            "audio_input_tokens": given.audio,
            "image_input_tokens": 0,
            "cached_text_input_tokens": min(cached.text, given.text),
            "cached_audio_input_tokens": min(cached.audio, given.audio),
            "cached_image_input_tokens": 0,
            "text_output_tokens": made.text,
            "audio_output_tokens": made.audio,
        }
        self._book(response_id, units, "estimated", outcome, sounded=response.sounded)

    def _book(
        self,
        response_id: str,
        units: dict[str, int],
        certainty: Certainty,
        outcome: Outcome,
        *,
        sounded: bool,
    ) -> None:
        heard = sounded or outcome == "ok"
        self._bookings.book(
            response_id,
            self._model,
            "speech_to_speech",
            units,
            certainty=certainty,
            outcome=outcome,
            heard=heard,
        )
