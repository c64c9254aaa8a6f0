"""What a realtime conversation is made of: items with their text, sound and words, and the tokens that they cost.

A token is an integer: text tokens are o200k's own (0 and up), sound tokens are below 0 and unlike any other sound's,
so that two prompts can be compared token by token.
"""

import asyncio
import base64
import itertools
import json
import math
from dataclasses import dataclass, field
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from sandbox import tokens
from sandbox.realtime_session import SAMPLE_RATE

USER_TOKEN_MS = 100
"""Of the caller's sound: one token for each begun 100 ms."""

ASSISTANT_TOKEN_MS = 50
"""Of our sound: one token for each begun 50 ms."""

Status = Literal["completed", "incomplete", "in_progress"]
_sounds = itertools.count(1)
# Above any sound's number of tokens: an hour has 72,000.
_BLOCK = 1 << 20


class Sound:
    """Some sound of the conversation, 24 kHz mono; it can grow, and be cut."""

    def __init__(self, token_ms: int) -> None:
        self._token_ms = token_ms
        self._base = -next(_sounds) * _BLOCK
        self._pieces: list[NDArray[np.int16]] = []
        self._samples = 0

    def add(self, pcm: NDArray[np.int16]) -> None:
        """It goes on with this."""
        self._pieces.append(pcm)
        self._samples += len(pcm)

    @property
    def milliseconds(self) -> float:
        """How long it is."""
        return self._samples * 1000 / SAMPLE_RATE

    @property
    def seconds(self) -> float:
        """How long it is."""
        return self._samples / SAMPLE_RATE

    @property
    def tokens(self) -> list[int]:
        """Its tokens; those of a shorter cut are the first of them."""
        return [self._base - n for n in range(math.ceil(self.milliseconds / self._token_ms))]

    @property
    def token_count(self) -> int:
        """How many tokens it has."""
        return math.ceil(self.milliseconds / self._token_ms)

    def cut(self, milliseconds: float) -> None:
        """Keep only the beginning."""
        self._samples = min(self._samples, round(milliseconds * SAMPLE_RATE / 1000))
        self._pieces = [self.pcm[: self._samples]]

    def forget(self) -> None:
        """Let the samples go; length and tokens stay."""
        self._pieces = []

    @property
    def pcm(self) -> NDArray[np.int16]:
        """All of it."""
        return np.concatenate(self._pieces) if self._pieces else np.empty(0, np.int16)

    @property
    def base64(self) -> str:
        """As the wire carries it."""
        return base64.b64encode(self.pcm.astype("<i2", copy=False).tobytes()).decode()


@dataclass(slots=True, eq=False)
class Part:
    """A piece of a message. `text` is the text, or the words of the sound once they are known.

    A picture is taken, not looked at and not priced: the brain behind the stand-in cannot see.
    """

    kind: Literal["input_text", "input_audio", "input_image", "output_text", "output_audio"]
    text: str = ""
    sound: Sound | None = None
    hearing: "asyncio.Task[str] | None" = None
    """The ear at work on a caller's sound."""
    marks: list[tuple[float, int]] = field(default_factory=list)
    """Of our sound: after so many milliseconds, so many characters of the text have been said."""
    cut: bool = False
    """Whether the client cut it: the transcript is gone from the conversation then."""

    async def words(self) -> str:
        """What the model takes from it; waits for the ear. Raises what the ear raised."""
        if self.hearing is not None:
            self.text = await asyncio.shield(self.hearing)
        return self.text

    @property
    def tokens(self) -> list[int]:
        """What it costs as input."""
        heard = self.sound.tokens if self.sound else []
        if self.kind in ("input_audio", "input_image") or self.cut:
            return heard
        return heard + tokens.encode(self.text)

    def truncate(self, milliseconds: float) -> None:
        """Keep only what was heard: the sound, and of the words those that it holds."""
        if self.sound is None:
            return
        self.sound.cut(milliseconds)
        said = [characters for end, characters in self.marks if end <= milliseconds]
        self.text = self.text[: said[-1] if said else 0]
        self.marks = [mark for mark in self.marks if mark[0] <= milliseconds]
        self.cut = True

    def as_json(self, *, with_sound: bool = False) -> dict[str, Any]:
        """As an item's content has it."""
        if self.kind == "input_image":
            return {"type": self.kind}
        if self.kind in ("input_text", "output_text"):
            return {"type": self.kind, "text": self.text}
        known = None if self.cut or (self.kind == "input_audio" and not self.text) else self.text
        sound = {"audio": self.sound.base64} if with_sound and self.sound else {}
        return {"type": self.kind, "transcript": known, **sound}


@dataclass(slots=True, eq=False)
class Item:
    """One item of the conversation."""

    id: str
    type: Literal["message", "function_call", "function_call_output"]
    role: Literal["system", "user", "assistant"] | None = None
    status: Status = "completed"
    parts: list[Part] = field(default_factory=list)
    call_id: str = ""
    name: str = ""
    arguments: str = ""
    output: str = ""

    @property
    def tokens(self) -> list[int]:
        """What it costs as input."""
        if self.type == "function_call":
            return tokens.encode(self.name) + tokens.encode(self.arguments)
        if self.type == "function_call_output":
            return tokens.encode(self.output)
        return [token for part in self.parts for token in part.tokens]

    def as_json(self, *, with_sound: bool = False) -> dict[str, Any]:
        """As the wire carries it."""
        head = {"id": self.id, "object": "realtime.item", "type": self.type, "status": self.status}
        if self.type == "function_call":
            return {**head, "call_id": self.call_id, "name": self.name, "arguments": self.arguments}
        if self.type == "function_call_output":
            return {**head, "call_id": self.call_id, "output": self.output}
        content = [part.as_json(with_sound=with_sound) for part in self.parts]
        return {**head, "role": self.role, "content": content}

    async def message(self) -> dict[str, Any]:
        """The same as a chat message, for the brain. Raises what the ear raised."""
        if self.type == "function_call":
            function = {"name": self.name, "arguments": self.arguments}
            call = {"id": self.call_id, "type": "function", "function": function}
            return {"role": "assistant", "content": "", "tool_calls": [call]}
        if self.type == "function_call_output":
            return {"role": "tool", "tool_call_id": self.call_id, "content": self.output}
        said = [await part.words() for part in self.parts]
        return {"role": self.role, "content": "\n".join(filter(None, said))}


def tool_tokens(tools: list[dict[str, Any]]) -> list[int]:
    """What the tools' definitions cost."""
    return [token for tool in tools for token in tokens.encode(json.dumps(tool, separators=(",", ":")))]
