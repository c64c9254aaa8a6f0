"""The messages of Cartesia's text to speech, as the vendor's reference describes them."""

import base64
from typing import Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field

from sandbox.word_times import WordTime

MAX_CHARACTERS = 5_000
"""In one message."""

Rate = Literal[8_000, 16_000, 22_050, 24_000, 44_100, 48_000]
Encoding = Literal["pcm_s16le", "pcm_f32le"]


class RawFormat(BaseModel):
    """Bare samples; mu-law and A-law are the vendor's, too, but nobody here asks for them."""

    container: Literal["raw"]
    encoding: Encoding
    sample_rate: Rate


class WavFormat(BaseModel):
    """The same in a wav file, for `/tts/bytes` only."""

    container: Literal["wav"]
    encoding: Literal["pcm_s16le"] = "pcm_s16le"
    sample_rate: Rate


class _Speech(BaseModel):
    """Voice, language, speed and emotion are taken and make no difference: there is one voice."""

    model_config = ConfigDict(extra="ignore")
    model_id: str = Field(max_length=100)
    transcript: str = Field(max_length=MAX_CHARACTERS)
    voice: str | dict[str, Any]


class BytesRequest(_Speech):
    """The body of `/tts/bytes`."""

    output_format: Annotated[RawFormat | WavFormat, Field(discriminator="container")]


class GenerationRequest(_Speech):
    """Text for a context on the websocket."""

    context_id: str = Field(min_length=1, max_length=200)
    output_format: RawFormat
    more: Annotated[bool, BeforeValidator(bool)] = Field(default=False, alias="continue")
    flush: Annotated[bool, BeforeValidator(bool)] = False
    add_timestamps: Annotated[bool, BeforeValidator(bool)] = False
    max_buffer_delay_ms: Annotated[int, BeforeValidator(lambda delay: 3_000 if delay is None else delay)] = (
        Field(default=3_000, ge=0, le=5_000)
    )


def chunk(context_id: str, flush_id: int, audio: bytes, step_ms: float) -> dict[str, Any]:
    """Some sound of a context."""
    return _event("chunk", context_id, 206) | {
        "data": base64.b64encode(audio).decode(),
        "step_time": round(step_ms, 3),
        "flush_id": flush_id,
    }


def timestamps(context_id: str, flush_id: int, words: list[WordTime]) -> dict[str, Any]:
    """When the words of a context are spoken, in seconds of its sound."""
    return _event("timestamps", context_id, 206) | {
        "word_timestamps": {
            "words": [word.word for word in words],
            "start": [word.start for word in words],
            "end": [word.end for word in words],
        },
        "flush_id": flush_id,
    }


def flush_done(context_id: str, flush_id: int) -> dict[str, Any]:
    """All sound of the text before a flush has been sent."""
    return _event("flush_done", context_id, 206) | {"flush_done": True, "flush_id": flush_id}


def done(context_id: str) -> dict[str, Any]:
    """All sound of a context has been sent."""
    return _event("done", context_id, 200) | {"done": True}


def error_body(code: str, title: str, message: str, request_id: str) -> dict[str, Any]:
    """The error object of HTTP answers."""
    return {"error_code": code, "title": title, "message": message, "request_id": request_id}


def error(
    status: int, code: str, title: str, message: str, request_id: str, context_id: str | None
) -> dict[str, Any]:
    """The error event of the websocket; like the vendor's it is `done`, too."""
    event = error_body(code, title, message, request_id)
    event |= {"type": "error", "done": True, "status_code": status}
    return event if context_id is None else event | {"context_id": context_id}


def old_error(status: int, text: str, context_id: str | None) -> dict[str, Any]:
    """The error event of the websocket before errors had codes."""
    event = {"type": "error", "done": True, "status_code": status, "error": text}
    return event if context_id is None else event | {"context_id": context_id}


def _event(kind: str, context_id: str, status: int) -> dict[str, Any]:
    return {"type": kind, "context_id": context_id, "status_code": status, "done": False}
