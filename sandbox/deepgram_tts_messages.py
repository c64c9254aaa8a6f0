"""The query and the messages of Deepgram's speak v1, as the vendor's reference and its SDK describe them."""

import uuid
from typing import Any, Literal

from multidict import MultiMapping
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from sandbox.price_list import UnpricedError, prices_of

MAX_CHARACTERS = 2_000
"""In one request, or one Speak message (https://developers.deepgram.com/docs/text-to-speech)."""

MAX_FLUSHES = 20
FLUSH_SECONDS = 60.0
"""At most so many Flush messages in so many seconds (https://developers.deepgram.com/docs/tts-ws-flush)."""

NOT_TEXT = "MESSAGE-0000: the speak websocket takes text messages"
NOT_UNDERSTOOD = "DATA-0000: not a message of the speak protocol"
TOO_LONG = f"BIG-0000: at most {MAX_CHARACTERS} characters in a message"

_MODEL_UUID = str(uuid.uuid5(uuid.NAMESPACE_URL, "voicetasks/sandbox/deepgram-aura"))


class BadSpeakError(ValueError):
    """A query that the vendor answers with 400; the message is the body's `err_msg`."""


class SpeakQuery(BaseModel):
    """The options of a speak request, with Deepgram's names and defaults. There is one voice for all models."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    model: str = Field(default="aura-2-thalia-en", max_length=100)
    encoding: Literal["linear16"] = "linear16"
    sample_rate: Literal[8_000, 16_000, 24_000, 32_000, 48_000] = 24_000
    container: Literal["none"] = "none"
    tag: str | None = Field(default=None, max_length=200)


def parse(query: MultiMapping[str]) -> SpeakQuery:
    """The options of a request. Raises BadSpeakError for what the vendor, or this stand-in, does not take."""
    values: dict[str, Any] = {name: query[name] for name in SpeakQuery.model_fields if name in query}
    if values.get("sample_rate", "").isdigit():
        values["sample_rate"] = int(values["sample_rate"])
    try:
        options = SpeakQuery.model_validate(values)
    except ValidationError as error:
        wrong = "; ".join(f"{'.'.join(map(str, each['loc']))}: {each['msg']}" for each in error.errors())
        raise BadSpeakError(f"Bad Request: invalid query string ({wrong})") from None
    try:
        is_voice = "characters" in prices_of("deepgram", options.model)
    except UnpricedError:
        is_voice = False
    if not is_voice:
        raise BadSpeakError("Bad Request: No such model/language/tier combination found.")
    return options


def metadata(request_id: str, model: str) -> dict[str, Any]:
    """What the vendor says first on a websocket."""
    return {
        "type": "Metadata",
        "request_id": request_id,
        "model_name": model,
        "model_version": "sandbox",
        "model_uuid": _MODEL_UUID,
    }


def flushed(sequence: int) -> dict[str, Any]:
    """All sound of the text before a Flush has been sent."""
    return {"type": "Flushed", "sequence_id": sequence}


def cleared(sequence: int) -> dict[str, Any]:
    """What was not spoken yet is forgotten."""
    return {"type": "Cleared", "sequence_id": sequence}


def warning(code: str, description: str) -> dict[str, Any]:
    """Something was not done, and the socket goes on."""
    return {"type": "Warning", "code": code, "description": description}


def error(code: str, description: str) -> dict[str, Any]:
    """Something went wrong on the vendor's side."""
    return {"type": "Error", "err_code": code, "err_msg": description}
