"""Gemini Live's messages, as the reference of BidiGenerateContent has them: https://ai.google.dev/api/live.

Names come in camel case or with underscores: google-genai mixes both, and the vendor takes either.
"""

from __future__ import annotations

import base64
import binascii
import json
from typing import Any

from pydantic import AliasGenerator, BaseModel, ConfigDict, Field, ValidationError
from pydantic.alias_generators import to_camel


class GeminiError(Exception):
    """The vendor ends the socket with a code and a reason."""

    def __init__(self, code: int, reason: str) -> None:
        super().__init__(reason)
        self.code = code
        self.reason = reason


class _Message(BaseModel):
    model_config = ConfigDict(
        extra="ignore", populate_by_name=True, alias_generator=AliasGenerator(validation_alias=to_camel)
    )


class Blob(_Message):
    """Bytes of a kind, base64."""

    data: str = Field(max_length=8_000_000)
    mime_type: str = Field(default="", max_length=100)

    @property
    def content(self) -> bytes:
        """The bytes. Raises GeminiError where they are none."""
        try:
            return base64.b64decode(self.data.replace("-", "+").replace("_", "/"), validate=True)
        except (binascii.Error, ValueError):
            raise GeminiError(1007, "Base64 decoding failed") from None


class Part(_Message):
    """A piece of content; other kinds than text are not read here."""

    text: str | None = Field(default=None, max_length=200_000)


class Content(_Message):
    """What somebody said."""

    role: str = "user"
    parts: list[Part] = []

    @property
    def text(self) -> str:
        """All of its text."""
        return "".join(part.text or "" for part in self.parts)


class Function(_Message):
    """A function that the model may call."""

    name: str = Field(max_length=128)
    description: str = ""
    parameters: dict[str, Any] = {}
    parameters_json_schema: dict[str, Any] = {}
    behavior: str = "BLOCKING"


class Tool(_Message):
    """What a session may use."""

    function_declarations: list[Function] = []


class Sliding(_Message):
    """What a compressed context is cut down to."""

    target_tokens: int | None = Field(default=None, ge=0)


class Compression(_Message):
    """When a context is compressed, and to what."""

    trigger_tokens: int | None = Field(default=None, ge=0)
    sliding_window: Sliding | None = None


class Resumption(_Message):
    """The wish to be able to go on in another connection, or what to go on with."""

    handle: str | None = Field(default=None, max_length=500)


class Generation(_Message):
    """How answers are made."""

    media_resolution: str = "MEDIA_RESOLUTION_UNSPECIFIED"
    response_modalities: list[str] = []


class ActivityDetection(_Message):
    """Who finds the caller's turns: the vendor, or with `disabled` the client, who marks them."""

    disabled: bool = False


class RealtimeConfig(_Message):
    """How input is taken as it comes."""

    automatic_activity_detection: ActivityDetection = ActivityDetection()


class Setup(_Message):
    """The first message of a connection."""

    model: str = Field(max_length=200)
    generation_config: Generation = Generation()
    system_instruction: Content | None = None
    tools: list[Tool] = []
    context_window_compression: Compression | None = None
    session_resumption: Resumption | None = None
    realtime_input_config: RealtimeConfig = RealtimeConfig()
    output_audio_transcription: dict[str, Any] | None = None

    @property
    def talks(self) -> bool:
        """Whether the client marks turns of sound: then the session is a conversation."""
        return self.realtime_input_config.automatic_activity_detection.disabled

    @property
    def functions(self) -> list[Function]:
        """All that the model may call."""
        return [each for tool in self.tools for each in tool.function_declarations]

    @property
    def name(self) -> str:
        """The model without the path before it."""
        return self.model.removeprefix("models/")


class Realtime(_Message):
    """Input as it comes: one of these."""

    video: Blob | None = None
    audio: Blob | None = None
    media_chunks: list[Blob] = []
    text: str | None = Field(default=None, max_length=200_000)
    activity_start: dict[str, Any] | None = None
    activity_end: dict[str, Any] | None = None


class Turns(_Message):
    """Content added to the conversation."""

    turns: list[Content] = []
    turn_complete: bool = False


class FunctionResponse(_Message):
    """What became of a call."""

    id: str = ""
    name: str = ""
    response: dict[str, Any] = {}
    scheduling: str | None = None


class ToolResponse(_Message):
    """What became of calls."""

    function_responses: list[FunctionResponse] = []


class ClientMessage(_Message):
    """A message of the client: exactly one of these."""

    setup: Setup | None = None
    realtime_input: Realtime | None = None
    client_content: Turns | None = None
    tool_response: ToolResponse | None = None


def client_message(raw: str | bytes) -> ClientMessage:
    """Read a message. Raises GeminiError for what is none of the protocol's."""
    try:
        body = json.loads(raw)
        message = ClientMessage.model_validate(body)
    except (ValueError, ValidationError, RecursionError):
        raise GeminiError(1007, "Invalid JSON payload received. Cannot parse the message.") from None
    if len(message.model_fields_set) != 1:
        raise GeminiError(1007, "Invalid JSON payload received. Unknown name or no message in it.")
    return message


def setup_complete() -> dict[str, Any]:
    """The session is ready."""
    return {"setupComplete": {}}


def resumption_update(handle: str | None) -> dict[str, Any]:
    """With what another connection can go on; None: not at the moment."""
    update = {"newHandle": handle, "resumable": True} if handle else {"resumable": False}
    return {"sessionResumptionUpdate": update}


def go_away(seconds: float) -> dict[str, Any]:
    """The connection ends in so many seconds."""
    return {"goAway": {"timeLeft": f"{seconds:g}s"}}


def turn_complete() -> dict[str, Any]:
    """The model has done what it was asked for."""
    return {"serverContent": {"turnComplete": True}}


def function_call(
    call_id: str, name: str, arguments: dict[str, Any], usage: dict[str, Any]
) -> dict[str, Any]:
    """The model calls a function; what it has used until then comes along."""
    call = {"id": call_id, "name": name, "args": arguments}
    return {"toolCall": {"functionCalls": [call]}, "usageMetadata": usage}


def text(words: str, usage: dict[str, Any]) -> dict[str, Any]:
    """The model says something, all of it."""
    turn = {"role": "model", "parts": [{"text": words}]}
    return {"serverContent": {"modelTurn": turn, "turnComplete": True}, "usageMetadata": usage}


def sound(pcm: bytes, rate: int) -> dict[str, Any]:
    """The model speaks."""
    data = base64.b64encode(pcm).decode()
    part = {"inlineData": {"mimeType": f"audio/pcm;rate={rate}", "data": data}}
    return {"serverContent": {"modelTurn": {"role": "model", "parts": [part]}}}


def transcription(words: str) -> dict[str, Any]:
    """What the model says, in words."""
    return {"serverContent": {"outputTranscription": {"text": words}}}


def function_calls(calls: list[dict[str, Any]], usage: dict[str, Any]) -> dict[str, Any]:
    """The model calls functions, each with `id`, `name` and `args`."""
    return {"toolCall": {"functionCalls": calls}, "usageMetadata": usage}


def cancellation(call_ids: list[str]) -> dict[str, Any]:
    """Calls that need not be answered any more."""
    return {"toolCallCancellation": {"ids": call_ids}}


def generation_complete() -> dict[str, Any]:
    """The model has made all of its answer."""
    return {"serverContent": {"generationComplete": True}}


def interrupted() -> dict[str, Any]:
    """The client began to speak, so that the answer ends here."""
    return {"serverContent": {"interrupted": True}}


def turn_over(usage: dict[str, Any]) -> dict[str, Any]:
    """The turn is over, and what it used."""
    return {**turn_complete(), "usageMetadata": usage}


def of_fault(kind: str) -> GeminiError:
    """How a socket ends for a fault."""
    match kind:
        case "unauthorized":
            return GeminiError(1007, "API key not valid. Please pass a valid API key.")
        case "quota":
            return GeminiError(
                1011, "You exceeded your current quota, please check your plan and billing details."
            )
        case "rate-limit":
            return GeminiError(1011, "Resource has been exhausted (e.g. check quota). Try again later.")
        case "resumption-refused":
            return GeminiError(1008, "BidiGenerateContent session not found")
        case _:
            return GeminiError(1011, "Internal error encountered.")
