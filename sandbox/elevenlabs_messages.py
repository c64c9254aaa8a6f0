"""The queries, messages and refusals of ElevenLabs' text to speech.

As https://elevenlabs.io/docs/api-reference/text-to-speech/v-1-text-to-speech-voice-id-multi-stream-input and the types
of the vendor's SDK (AudioOutputMulti, FinalOutputMulti) have them, but for one name: what the reference calls
`contextId` comes as `context_id` (livekit/agents#5813). The codes of errors are those of
https://help.elevenlabs.io/hc/en-us/articles/19572237925521 and 19571824571921 and those that clients report.
"""

import base64
from itertools import pairwise
from typing import Any, Literal

from multidict import MultiMapping
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from sandbox.price_list import UnpricedError, prices_of
from sandbox.speaking import Sentence

MAX_CONTEXTS = 5
"""Open at a time on a websocket."""

MAX_CHARACTERS = 40_000
"""In one request to Flash v2.5."""

TOO_QUIET = "Have not received a new text input within the timeout. Streaming input terminated."

QUOTA = (
    "This request exceeds your quota of 10000. You have 0 credits remaining, "
    "while 91 credits are required for this request."
)
"""home-assistant/core#160414."""

RATES = {
    "pcm_8000": 8_000,
    "pcm_16000": 16_000,
    "pcm_22050": 22_050,
    "pcm_24000": 24_000,
    "pcm_44100": 44_100,
}
"""Samples a second by output format. The vendor's default is mp3, which nobody here asks for."""


class ElevenLabsError(Exception):
    """A refusal: an HTTP status, and the vendor's short word for it beside the sentence."""

    def __init__(self, status: int, word: str, message: str) -> None:
        super().__init__(message)
        self.status = status
        self.word = word
        self.message = message

    def body(self) -> dict[str, Any]:
        """As an HTTP answer."""
        return {"detail": {"status": self.word, "message": self.message}}

    def event(self, context_id: str | None = None, *, code: int = 1008) -> dict[str, Any]:
        """As a message of the websocket; `code` is that with which the vendor closes it."""
        event = {"message": self.message, "error": self.word, "code": code}
        return event if context_id is None else event | {"context_id": context_id}


class _Query(BaseModel):
    model_config = ConfigDict(frozen=True, extra="ignore")
    output_format: Literal["pcm_8000", "pcm_16000", "pcm_22050", "pcm_24000", "pcm_44100"] = "pcm_24000"

    @property
    def sample_rate(self) -> int:
        """Samples a second."""
        return RATES[self.output_format]


class StreamQuery(_Query):
    """The options of the multi-context websocket."""

    model_id: str = Field(default="eleven_flash_v2_5", max_length=100)
    inactivity_timeout: float = Field(default=20, gt=0, le=180)
    sync_alignment: bool = False


class SpeechQuery(_Query):
    """The options of a plain request."""


class Speech(BaseModel):
    """The body of a plain request. Voice, its settings and the language make no difference: there is one voice."""

    model_config = ConfigDict(extra="ignore")
    text: str = Field(min_length=1, max_length=MAX_CHARACTERS)
    model_id: str = Field(default="eleven_flash_v2_5", max_length=100)


class Input(BaseModel):
    """A message of a client on the websocket."""

    model_config = ConfigDict(extra="ignore")
    context_id: str = Field(default="default", min_length=1, max_length=200)
    text: str | None = Field(default=None, max_length=MAX_CHARACTERS)
    flush: bool = False
    close_context: bool = False
    close_socket: bool = False


def stream_query(query: MultiMapping[str]) -> StreamQuery:
    """The options of a websocket. Raises ElevenLabsError."""
    try:
        options = StreamQuery.model_validate(dict(query))
    except ValidationError as error:
        raise wrong(error) from None
    check_model(options.model_id)
    return options


def check_model(model: str) -> None:
    """Raise ElevenLabsError unless there is such a model."""
    try:
        prices_of("elevenlabs", model)
    except UnpricedError:
        raise ElevenLabsError(400, "model_not_found", f"A model with the ID {model} does not exist") from None


def wrong(error: ValidationError) -> ElevenLabsError:
    """A request with fields that cannot be taken."""
    fields = "; ".join(f"{'.'.join(map(str, each['loc']))}: {each['msg']}" for each in error.errors())
    return ElevenLabsError(422, "invalid_request", f"The request is not valid: {fields}")


def of_fault(kind: str) -> ElevenLabsError:
    """The refusal that a fault shows as."""
    match kind:
        case "unauthorized":
            return ElevenLabsError(401, "invalid_api_key", "Invalid API key")
        case "quota":
            return ElevenLabsError(401, "quota_exceeded", QUOTA)
        case "rate-limit":
            return ElevenLabsError(429, "too_many_concurrent_requests", "Too many concurrent requests.")
        case "server-error" | "error-after-audio":
            return ElevenLabsError(500, "internal_error", "An internal error occurred.")
        case _:
            return ElevenLabsError(503, "system_busy", "The service is unavailable.")


def too_many_contexts() -> ElevenLabsError:
    """One context more than a websocket may have."""
    return ElevenLabsError(
        400,
        "max_active_conversations",
        f"Maximum simultaneous contexts per WebSocket connection exceeded ({MAX_CONTEXTS}). "
        "Please close an existing context before opening a new one.",
    )


def audio(context_id: str, pcm: bytes, sentence: Sentence | None) -> dict[str, Any]:
    """Some sound of a context, and when each character of a sentence is spoken, which comes with its first sound."""
    times = _alignment(sentence) if sentence is not None else None
    return {
        "audio": base64.b64encode(pcm).decode(),
        "alignment": times,
        "normalizedAlignment": times,
        "context_id": context_id,
    }


def final(context_id: str) -> dict[str, Any]:
    """All sound of a context that was closed has been sent."""
    return {"isFinal": True, "context_id": context_id}


def _alignment(sentence: Sentence) -> dict[str, Any]:
    """Each character as long as any other. Milliseconds of the context's sound."""
    chars = [*sentence.text, " "]
    start, end = sentence.start * 1000, sentence.end * 1000
    moments = [round(start + (end - start) * number / len(chars)) for number in range(len(chars) + 1)]
    return {
        "chars": chars,
        "charStartTimesMs": moments[:-1],
        "charDurationsMs": [after - before for before, after in pairwise(moments)],
    }
