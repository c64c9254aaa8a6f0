"""A session's context as Gemini Live bills it: all of it again with every turn, cut down where compression is on.

Prices are the price list's; a frame costs 258 tokens, 66 at low resolution
(https://ai.google.dev/gemini-api/docs/tokens), whatever its size in pixels.
"""

from __future__ import annotations

import asyncio
import math
import secrets
from collections import OrderedDict
from dataclasses import dataclass, field, replace
from typing import Any, Final

from sandbox.gemini_setup import Setup
from sandbox.tokens import count

AUDIO_TOKENS_A_SECOND: Final = 25
"""Both ways: https://ai.google.dev/gemini-api/docs/live-api/best-practices."""
FRAME_TOKENS: Final = 258
LOW_FRAME_TOKENS: Final = 66
LARGEST_CONTEXT: Final = 131_072
HANDLE_SECONDS: Final = 7_200.0
"""How long a session can be gone on with."""
_MOST_HANDLES: Final = 1_000


@dataclass(frozen=True, slots=True, eq=False)
class Said:
    """A message of the conversation, for the brain. The words of sound are known when the ear is done."""

    message: dict[str, Any]
    hearing: asyncio.Task[str] | None = None

    async def whole(self) -> dict[str, Any]:
        """The message with its words. Raises what the ear raised."""
        if self.hearing is None:
            return self.message
        return {**self.message, "content": await asyncio.shield(self.hearing)}


@dataclass(frozen=True, slots=True)
class Entry:
    """A part of the context: some text, some sound, or a frame. `said` is the chat message that it stands for."""

    kind: str
    tokens: int
    frame: bytes | None = None
    said: Said | None = None


@dataclass(slots=True)
class Used:
    """Tokens of one turn."""

    text: int
    video: int
    audio: int
    made: int
    sounded: int = 0

    @property
    def units(self) -> dict[str, float]:
        """As the price list has them."""
        units: dict[str, float] = {
            "text_input_tokens": self.text,
            "image_input_tokens": self.video,
            "text_output_tokens": self.made,
        }
        if self.audio or self.sounded:
            units |= {"audio_input_tokens": self.audio, "audio_output_tokens": self.sounded}
        return units

    def as_json(self) -> dict[str, Any]:
        """As `usageMetadata` reports them."""
        given = {"TEXT": self.text, "VIDEO": self.video, "AUDIO": self.audio}
        made = {"TEXT": self.made, "AUDIO": self.sounded}
        return {
            "promptTokenCount": sum(given.values()),
            "responseTokenCount": sum(made.values()),
            "totalTokenCount": sum(given.values()) + sum(made.values()),
            "promptTokensDetails": _details(given),
            "responseTokensDetails": _details(made),
        }


def _details(tokens: dict[str, int]) -> list[dict[str, Any]]:
    return [{"modality": kind, "tokenCount": count} for kind, count in tokens.items() if count]


def audio_tokens(seconds: float) -> int:
    """What so much sound costs."""
    return math.ceil(round(seconds * AUDIO_TOKENS_A_SECOND, 3))


@dataclass(slots=True)
class Context:
    """What a session holds, over all connections that go on with it."""

    entries: list[Entry] = field(default_factory=list)
    video_seconds: float = 0.0
    """How long video has come, on the sandbox's clock."""

    @property
    def newest_frame(self) -> bytes | None:
        """The frame that came last."""
        return next((each.frame for each in reversed(self.entries) if each.frame is not None), None)

    def add_frame(self, picture: bytes, setup: Setup) -> None:
        """Take a frame in. Of those before only the tokens count: nobody looks at them again here."""
        low = setup.generation_config.media_resolution == "MEDIA_RESOLUTION_LOW"
        self.entries = [replace(each, frame=None) for each in self.entries]
        self.entries.append(Entry("video", LOW_FRAME_TOKENS if low else FRAME_TOKENS, picture))

    def add_text(self, text: str) -> None:
        """Take words in, of either side."""
        self.entries.append(Entry("text", count(text)))

    def compress(self, setup: Setup) -> None:
        """Forget the oldest where the setup wants it, or the model can hold no more."""
        wish = setup.context_window_compression
        trigger, target = LARGEST_CONTEXT, LARGEST_CONTEXT // 2
        if wish is not None:
            trigger = wish.trigger_tokens or round(0.8 * LARGEST_CONTEXT)
            sliding = wish.sliding_window
            target = sliding.target_tokens if sliding and sliding.target_tokens is not None else trigger // 2
        if self.tokens(setup) <= trigger:
            return
        while self.entries[:-1] and self.tokens(setup) > target:
            del self.entries[0]

    def tokens(self, setup: Setup) -> int:
        """All that a turn would be billed for now."""
        used = self.used(setup, made=0)
        return used.text + used.video + used.audio

    def used(self, setup: Setup, *, made: int) -> Used:
        """What a turn uses that makes so many tokens."""
        fixed = setup.system_instruction.text if setup.system_instruction else ""
        told = "".join(f"{each.name} {each.description}" for each in setup.functions)
        held = {
            kind: sum(each.tokens for each in self.entries if each.kind == kind)
            for kind in ("text", "video", "audio")
        }
        return Used(count(fixed) + count(told) + held["text"], held["video"], held["audio"], made)


class Handles:
    """Sessions that another connection can go on with."""

    def __init__(self) -> None:
        self._kept: OrderedDict[str, tuple[float, Context]] = OrderedDict()

    def new(self, context: Context, now: float) -> str:
        """Give a handle for a session as it is now."""
        handle = secrets.token_urlsafe(24)
        kept = Context(list(context.entries), context.video_seconds)
        self._kept[handle] = (now, kept)
        while len(self._kept) > _MOST_HANDLES:
            self._kept.popitem(last=False)
        return handle

    def find(self, handle: str, now: float) -> Context | None:
        """The session of a handle; None where there is none, or it is too old."""
        at, context = self._kept.get(handle, (0.0, None))
        return context if context is not None and now - at < HANDLE_SECONDS else None
