"""A client's item as `conversation.item.create` and `response.create` bring it."""

import base64
import binascii
from typing import Annotated, Any, Literal

import numpy as np
from pydantic import BaseModel, Field, TypeAdapter, ValidationError

from sandbox.realtime_events import MAX_ID, RealtimeError, new_id, refusal
from sandbox.realtime_items import ASSISTANT_TOKEN_MS, USER_TOKEN_MS, Item, Part, Sound

_Id = Annotated[str, Field(min_length=1, max_length=MAX_ID)]
_LONGEST_TEXT = 500_000


class _Typed(BaseModel):
    type: Literal["input_text", "input_audio", "input_image", "output_text", "output_audio"]
    text: str | None = Field(default=None, max_length=_LONGEST_TEXT)
    transcript: str | None = Field(default=None, max_length=_LONGEST_TEXT)
    audio: str | None = None
    image_url: str | None = None


class _UserContent(_Typed):
    type: Literal["input_text", "input_audio", "input_image"]


class _AssistantContent(_Typed):
    type: Literal["output_text", "output_audio"]


class _SystemContent(_Typed):
    type: Literal["input_text"]


class _Any(BaseModel):
    id: _Id | None = None
    object: Literal["realtime.item"] | None = None
    status: Literal["completed", "incomplete", "in_progress"] | None = None


class _User(_Any):
    type: Literal["message"]
    role: Literal["user"]
    content: list[_UserContent] = Field(max_length=64)


class _Assistant(_Any):
    type: Literal["message"]
    role: Literal["assistant"]
    content: list[_AssistantContent] = Field(max_length=64)


class _System(_Any):
    type: Literal["message"]
    role: Literal["system"]
    content: list[_SystemContent] = Field(max_length=64)


class _Call(_Any):
    type: Literal["function_call"]
    call_id: _Id | None = None
    name: str = Field(min_length=1, max_length=64)
    arguments: str = Field(max_length=_LONGEST_TEXT)


class _Output(_Any):
    type: Literal["function_call_output"]
    call_id: _Id
    output: str = Field(max_length=_LONGEST_TEXT)


_Message = Annotated[_User | _Assistant | _System, Field(discriminator="role")]
_Request = Annotated[_Message | _Call | _Output, Field(discriminator="type")]
_ITEM: TypeAdapter[_User | _Assistant | _System | _Call | _Output] = TypeAdapter(_Request)


def item_of(raw: Any, root: str = "item") -> Item:
    """The item that the client sent. Raises RealtimeError."""
    try:
        request = _ITEM.validate_python(raw)
    except ValidationError as error:
        raise refusal(error, root) from None
    item = Item(request.id or new_id("item"), request.type)
    if request.status == "incomplete":
        item.status = "incomplete"
    match request:
        case _Call():
            item.call_id = request.call_id or new_id("call")
            item.name, item.arguments = request.name, request.arguments
        case _Output():
            item.call_id, item.output = request.call_id, request.output
        case _User() | _Assistant() | _System():
            item.role = request.role
            for index, content in enumerate(request.content):
                item.parts.append(_part(content, f"{root}.content[{index}]"))
    return item


def _part(content: _Typed, where: str) -> Part:
    text = content.text if content.type in ("input_text", "output_text") else content.transcript
    part = Part(content.type, text or "")
    if content.audio is not None and content.type in ("input_audio", "output_audio"):
        part.sound = Sound(USER_TOKEN_MS if content.type == "input_audio" else ASSISTANT_TOKEN_MS)
        part.sound.add(pcm_of(content.audio, f"{where}.audio"))
    return part


def pcm_of(audio: str, where: str) -> np.ndarray[Any, np.dtype[np.int16]]:
    """The samples of base64 pcm16. Raises RealtimeError."""
    try:
        raw = base64.b64decode(audio, validate=True)
    except (binascii.Error, ValueError):
        raise RealtimeError(
            "invalid_value", f"Invalid '{where}': expected base64-encoded audio.", param=where
        ) from None
    if len(raw) % 2:
        raise RealtimeError(
            "invalid_value", f"Invalid '{where}': expected whole 16 bit samples.", param=where
        )
    return np.frombuffer(raw, "<i2").astype(np.int16, copy=False)
