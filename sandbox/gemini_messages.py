"""Gemini Live's messages, as the reference of BidiGenerateContent has them: https://ai.google.dev/api/live.

What they are made of is in `gemini_parts`, the first one in `gemini_setup`.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Mapping
from itertools import cycle
from typing import Any, Final

from pydantic import Field, ValidationError

from sandbox.gemini_parts import Blob, Content, GeminiError, Message
from sandbox.gemini_setup import Setup


class Realtime(Message):
    """Input as it comes: one of these."""

    video: Blob | None = None
    audio: Blob | None = None
    media_chunks: list[Blob] = Field(default_factory=list)
    text: str | None = Field(default=None, max_length=200_000)
    activity_start: dict[str, Any] | None = None
    activity_end: dict[str, Any] | None = None


class Turns(Message):
    """Content added to the conversation."""

    turns: list[Content] = Field(default_factory=list)
    turn_complete: bool = False


class FunctionResponse(Message):
    """What became of a call."""

    id: str = ""
    name: str = ""
    response: dict[str, Any] = Field(default_factory=dict)
    scheduling: str | None = None


class ToolResponse(Message):
    """What became of calls."""

    function_responses: list[FunctionResponse] = Field(default_factory=list)


class ClientMessage(Message):
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
    except ValidationError as error:
        unknown = next((each["loc"] for each in error.errors() if each["type"] == "extra_forbidden"), None)
        if unknown is None:
            raise GeminiError(1007, "Invalid JSON payload received. Cannot parse the message.") from None
        *inside, name = map(str, unknown)
        told = f"Unknown name \"{name[:40]}\" at '{'.'.join(inside)}': Cannot find field."
        raise GeminiError(1007, f"Invalid JSON payload received. {told}") from None
    except (ValueError, RecursionError):
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


ENDS: Final[Mapping[str, tuple[tuple[int, str], ...]]] = {
    "unauthorized": (
        (1007, "API key not valid. Please pass a valid API key."),
        (1007, "API key expired. Please renew the API key."),
        (
            1008,
            "Request had invalid authentication credentials. Expected OAuth 2 access token, login cookie or other "
            "valid authentication credential.",
        ),
    ),
    "quota": (
        (
            1011,
            "You exceeded your current quota, please check your plan and billing details. For more information on "
            "this error, head to: https://ai.google.dev/gemini-api/docs/rate-limits.",
        ),
        (
            1011,
            "Your prepayment credits are depleted. Please go to AI Studio at https://ai.studio/projects to manage "
            "your project and billing.",
        ),
    ),
    "rate-limit": ((1011, "Resource has been exhausted (e.g. check quota). Try again later."),),
    "resumption-refused": ((1008, "BidiGenerateContent session not found"),),
}
"""The code and the sentence that a socket ends with, by fault: the vendor has more than one for some.

As clients report them: yagudaev/voiceclaw#155, JINGBANZ/jarvis#268, sonichi/sutando#569.
"""
_ENDS: Final = {kind: cycle(ends) for kind, ends in ENDS.items()}
_FAILED: Final = cycle(((1011, "Internal error encountered."),))


def of_fault(kind: str) -> GeminiError:
    """How a socket ends for a fault: in each of the vendor's ways in turn."""
    return GeminiError(*next(_ENDS.get(kind, _FAILED)))
