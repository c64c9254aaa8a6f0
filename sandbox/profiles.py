"""How slow a vendor is: the latency profiles of the sandbox, in milliseconds."""

import random
from typing import Literal, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

Part = Literal["stt", "llm", "tts", "realtime"]


class Span(BaseModel):
    """A range of milliseconds, both ends included."""

    model_config = ConfigDict(frozen=True, extra="forbid")
    low_ms: float = Field(ge=0, le=60_000)
    high_ms: float = Field(ge=0, le=60_000)

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        if self.low_ms > self.high_ms:
            raise ValueError("low_ms is above high_ms")
        return self


def _span(low: float, high: float | None = None) -> Span:
    return Span(low_ms=low, high_ms=low if high is None else high)


class Profile(BaseModel):
    """What each part of a vendor's answer costs in time.

    `stt`, `llm`, `tts` and `realtime` are the time to the first result, `network` is one way, and
    `llm_token_ms` is the gap between two streamed tokens.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")
    name: str = Field(min_length=1, max_length=40)
    stt: Span = _span(0)
    llm: Span = _span(0)
    tts: Span = _span(0)
    realtime: Span = _span(0)
    network: Span = _span(0)
    llm_token_ms: float = Field(default=0, ge=0, le=10_000)


PROFILES = {
    "instant": Profile(name="instant"),
    # The seed's (adr/0001) own latency budget for the economy stack, and its figure for speech to speech.
    "seed": Profile(
        name="seed",
        stt=_span(90),
        llm=_span(200, 400),
        tts=_span(40, 90),
        realtime=_span(200, 300),
        network=_span(20),
        llm_token_ms=8,
    ),
}


class Latency:
    """Draws delays from a profile. The same seed gives the same delays in the same order."""

    def __init__(self, profile: Profile, seed: int) -> None:
        self.profile = profile
        self._seed = seed
        self._draws = random.Random(seed)  # noqa: S311 - jitter, not a secret

    def reset(self) -> None:
        """Start the row of draws again."""
        self._draws = random.Random(self._seed)  # noqa: S311 - jitter, not a secret

    def _draw(self, span: Span) -> float:
        return self._draws.uniform(span.low_ms, span.high_ms) / 1000

    def of(self, part: Part) -> float:
        """Seconds from the client's last byte to its first byte back: the part, and the network both ways."""
        network = self.profile.network
        spans: dict[Part, Span] = {
            "stt": self.profile.stt,
            "llm": self.profile.llm,
            "tts": self.profile.tts,
            "realtime": self.profile.realtime,
        }
        return self._draw(network) + self._draw(spans[part]) + self._draw(network)
