"""What a realtime response used: tokens of text and sound, and which of the input were cached."""

from dataclasses import dataclass
from itertools import takewhile
from typing import Any, Literal

from sandbox.invoice import Status

CACHE_STEP = 128

Outcome = Literal["completed", "cancelled", "incomplete", "failed"]
"""How a response ends."""

BILLED_AS: dict[Outcome, Status] = {
    "completed": "ok",
    "incomplete": "ok",
    "cancelled": "cancelled",
    "failed": "failed",
}


@dataclass(frozen=True, slots=True)
class Prompt:
    """A response's input by kind; the cached tokens are a part of it."""

    text: int = 0
    audio: int = 0
    cached_text: int = 0
    cached_audio: int = 0


@dataclass(frozen=True, slots=True)
class Usage:
    """The usage of one response."""

    prompt: Prompt
    text: int = 0
    audio: int = 0

    @property
    def units(self) -> dict[str, float]:
        """As the price list has them."""
        return {
            "text_input_tokens": self.prompt.text,
            "audio_input_tokens": self.prompt.audio,
            "cached_text_input_tokens": self.prompt.cached_text,
            "cached_audio_input_tokens": self.prompt.cached_audio,
            "text_output_tokens": self.text,
            "audio_output_tokens": self.audio,
        }

    def as_json(self) -> dict[str, Any]:
        """As `response.done` reports them."""
        given, made = self.prompt.text + self.prompt.audio, self.text + self.audio
        cached = self.prompt.cached_text + self.prompt.cached_audio
        return {
            "total_tokens": given + made,
            "input_tokens": given,
            "output_tokens": made,
            "input_token_details": {
                "text_tokens": self.prompt.text,
                "audio_tokens": self.prompt.audio,
                "image_tokens": 0,
                "cached_tokens": cached,
                "cached_tokens_details": {
                    "text_tokens": self.prompt.cached_text,
                    "audio_tokens": self.prompt.cached_audio,
                    "image_tokens": 0,
                },
            },
            "output_token_details": {"text_tokens": self.text, "audio_tokens": self.audio},
        }


class SessionCache:
    """Remembers the session's last prompt: only a beginning identical to it is cached, in steps of 128 tokens."""

    def __init__(self) -> None:
        self._last: list[int] = []

    def take(self, prompt: list[int]) -> Prompt:
        """Count a prompt's tokens (sound is below 0) and remember it."""
        same = sum(
            1 for _ in takewhile(lambda pair: pair[0] == pair[1], zip(self._last, prompt, strict=False))
        )
        cached = prompt[: same - same % CACHE_STEP]
        self._last = prompt
        audio = sum(1 for token in prompt if token < 0)
        cached_audio = sum(1 for token in cached if token < 0)
        return Prompt(len(prompt) - audio, audio, len(cached) - cached_audio, cached_audio)
