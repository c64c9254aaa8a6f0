"""The vendors' own types, from their SDKs, or as their reference had them when it was recorded.

Deepgram's and Cartesia's SDKs are no part of the product (`uv sync --group dev` brings them); OpenAI's is.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from importlib import import_module
from importlib.metadata import version
from typing import Any, Final, Literal

from pydantic import BaseModel, ConfigDict, TypeAdapter, ValidationError

from cli.conformance.frame import SOUND, Frame

Check = Callable[[Frame], list[str]]
"""What is wrong with a frame, in sentences."""

OPENAI_EXTRAS: Final = frozenset({"object", "id", "expires_at"})
"""What OpenAI's realtime API sends beyond its own types."""


class NoSdkError(Exception):
    """The vendor's SDK is not installed."""


def _sdk(package: str, module: str) -> tuple[Any, str]:
    try:
        return import_module(module), f"{package} {version(package)}"
    except ImportError as error:
        raise NoSdkError(f"{package} is not installed: uv sync --group dev") from error


def deepgram_listening() -> tuple[Mapping[str, type[BaseModel]], str]:
    """Messages of listen v1 by their `type`."""
    sdk, name = _sdk("deepgram-sdk", "deepgram.listen.v1.types")
    kinds = ("Results", "Metadata", "SpeechStarted", "UtteranceEnd", "Error", "ConfigureSuccess")
    return {kind: getattr(sdk, f"ListenV1{kind}") for kind in kinds}, name


def deepgram_speaking() -> tuple[Mapping[str, type[BaseModel]], str]:
    """Messages of speak v1 by their `type`."""
    sdk, name = _sdk("deepgram-sdk", "deepgram.speak.v1.types")
    return {
        "Metadata": sdk.SpeakV1Metadata,
        "Flushed": sdk.SpeakV1Flushed,
        "Cleared": sdk.SpeakV1Cleared,
        "Warning": sdk.SpeakV1Warning,
    }, name


def cartesia_speaking() -> tuple[Mapping[str, type[BaseModel]], str]:
    """Messages of the websocket by their `type`."""
    sdk, name = _sdk("cartesia", "cartesia.types.websocket_response")
    return {
        "chunk": sdk.Chunk,
        "timestamps": sdk.Timestamps,
        "flush_done": sdk.FlushDone,
        "done": sdk.Done,
        "error": sdk.Error,
    }, name


def by_type(kinds: Mapping[str, type[BaseModel]], *, strict: bool = True) -> Check:
    """Check a frame against the type of its kind. Sound has none."""

    def check(frame: Frame) -> list[str]:
        if frame.kind == SOUND:
            return []
        if frame.kind not in kinds:
            return ["the vendor's types know no such message"]
        return _told(lambda: kinds[frame.kind].model_validate_json(json.dumps(frame.body), strict=strict))

    return check


def realtime_event() -> tuple[Check, str]:
    """Check a server's event of OpenAI's realtime API, fields that its types do not know included."""
    sdk, name = _sdk("openai", "openai.types.realtime")
    event: TypeAdapter[BaseModel] = TypeAdapter(sdk.RealtimeServerEvent)

    def check(frame: Frame) -> list[str]:
        found: list[BaseModel] = []
        told = _told(lambda: found.append(event.validate_python(dict(frame.body), strict=True)))
        unknown = unknown_fields(found[0]) - OPENAI_EXTRAS if found else set()
        return told + [f"the vendor's types know no field {name}" for name in sorted(unknown)]

    return check, name


def chat_chunk() -> tuple[Check, str]:
    """Check a chunk of OpenAI's chat completions."""
    sdk, name = _sdk("openai", "openai.types.chat")

    def check(frame: Frame) -> list[str]:
        if frame.kind == "error":
            return _told(lambda: ChatRefusal.model_validate(frame.body, strict=True))
        found: list[BaseModel] = []
        told = _told(lambda: found.append(sdk.ChatCompletionChunk.model_validate(frame.body, strict=True)))
        unknown = unknown_fields(found[0]) if found else set()
        return told + [f"the vendor's types know no field {name}" for name in sorted(unknown)]

    return check, name


def gemini_message() -> tuple[Check, str]:
    """Check a message of Gemini Live; its types refuse fields that they do not know."""
    sdk, name = _sdk("google-genai", "google.genai.types")
    return (lambda frame: _told(lambda: sdk.LiveServerMessage.model_validate(dict(frame.body)))), name


def unknown_fields(value: Any) -> set[str]:
    """Name the fields that OpenAI's types do not know, anywhere below."""
    if isinstance(value, BaseModel):
        found = set(value.model_extra or {})
        return found.union(*(unknown_fields(getattr(value, name)) for name in type(value).model_fields))
    if isinstance(value, list):
        return set[str]().union(*(unknown_fields(item) for item in value))
    return set()


class _Recorded(BaseModel):
    model_config = ConfigDict(extra="forbid")


class _Refusal(_Recorded):
    message: str
    type: str
    param: str | None
    code: str | None


class ChatRefusal(_Recorded):
    """An error's body: platform.openai.com/docs/guides/error-codes, as clients report it."""

    error: _Refusal


class Alignment(_Recorded):
    """When each character is spoken, milliseconds of the context's sound."""

    chars: list[str]
    charStartTimesMs: list[int]  # noqa: N815 - the vendor's name
    charDurationsMs: list[int]  # noqa: N815


class ElevenLabsAudio(_Recorded):
    """AudioOutputMulti of the reference of multi-stream-input, whose `contextId` comes as `context_id`."""

    audio: str
    alignment: Alignment | None = None
    normalizedAlignment: Alignment | None = None  # noqa: N815
    context_id: str | None = None


class ElevenLabsFinal(_Recorded):
    """FinalOutputMulti of the reference of multi-stream-input, with the same exception."""

    isFinal: Literal[True]  # noqa: N815
    context_id: str | None = None


def elevenlabs_speaking() -> tuple[Mapping[str, type[BaseModel]], str]:
    """Messages of multi-stream-input, recorded: its SDK asks for other versions of what the product uses."""
    return {"audio": ElevenLabsAudio, "final": ElevenLabsFinal}, "the reference of 2026-11"


def _told(run: Callable[[], object]) -> list[str]:
    try:
        run()
    except ValidationError as error:
        return [
            f"{'.'.join(map(str, each['loc'])) or 'the frame'}: {each['msg']}"
            for each in error.errors(include_url=False, include_input=False)[:10]
        ]
    return []
