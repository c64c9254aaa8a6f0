"""What Gemini Live's messages are made of, and how a socket ends for one that is not.

Names come in camel case or with underscores: google-genai mixes both, and the vendor takes either.
"""

from __future__ import annotations

import base64
import binascii
from typing import Final

from pydantic import AliasGenerator, BaseModel, ConfigDict, Field
from pydantic.alias_generators import to_camel

LONGEST_REASON: Final = 123
"""Bytes: RFC 6455, 5.5. The vendor's sentences are cut there."""


class GeminiError(Exception):
    """The vendor ends the socket with a code and a reason."""

    def __init__(self, code: int, reason: str) -> None:
        super().__init__(reason)
        self.code = code
        self.reason = reason


class Message(BaseModel):
    """A message or a part of one; what is not known of it is passed over."""

    model_config = ConfigDict(
        extra="ignore", populate_by_name=True, alias_generator=AliasGenerator(validation_alias=to_camel)
    )


class Blob(Message):
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


class Part(Message):
    """A piece of content; other kinds than text are not read here."""

    text: str | None = Field(default=None, max_length=200_000)


class Content(Message):
    """What somebody said."""

    role: str = "user"
    parts: list[Part] = Field(default_factory=list)

    @property
    def text(self) -> str:
        """All of its text."""
        return "".join(part.text or "" for part in self.parts)
