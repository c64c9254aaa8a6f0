"""The sounds of openings, as all workers keep them in Redis for each voice.

A voice is asked for what is missing once, in the pause behind an answer that wanted it, and its vendor is paid for it
by that call: some forty characters a week. No words of anybody are in it.
"""

from __future__ import annotations

import array
import asyncio
import hashlib
import struct
from collections.abc import Callable, Mapping
from typing import Any, Final

from livekit.agents import APIConnectOptions, APIError, tts, utils
from redis.asyncio import Redis

from agent.beside import Beside
from agent.openings import OPENINGS, Sound
from tiers.parts import Built

KEY: Final = "voicetasks:openings:"
KEPT_SECONDS: Final = 7 * 86_400
"""A vendor changes its voices now and then."""
MAKE_SECONDS: Final = 10.0
MAKING: Final = ":making"
ONCE: Final = APIConnectOptions(max_retry=0, timeout=5.0)
"""A voice that fails is asked by the next call."""
LONGEST_SECONDS: Final = 2.0
"""An opening that lasts longer was not said right."""
_RATE: Final = struct.Struct("<I")
_LOUD: Final = 200
"""Of 32,767: what is softer is silence."""
_BEFORE_SECONDS: Final = 0.01
_BEHIND_SECONDS: Final = 0.08
"""The pause behind it."""


class KeptSounds:
    """What one call knows of them, and what it adds."""

    def __init__(self, redis: Redis) -> None:
        self._redis = redis
        self._known: dict[str, dict[str, Sound]] = {}
        self._made: set[str] = set()
        self._beside = Beside("kept_sounds", MAKE_SECONDS)

    def ask(self, voice: str) -> None:
        """Ask what is kept of a voice, for the session that begins; it goes on meanwhile."""
        if voice and voice not in self._known:
            self._known[voice] = {}
            self._beside.spawn(self._ask(voice))

    def of(self, voice: str) -> Mapping[str, Sound]:
        """What is known of a voice's openings."""
        return self._known.get(voice, {})

    def make(self, built: Built, trouble: Callable[[], APIError | None]) -> asyncio.Task[None] | None:
        """Have a voice say the openings that nobody has kept of it, once in a call and by one call at a time.

        `trouble` gives an error that its plugin swallowed: what was made is not kept, and the next call tries again.
        """
        if not built.voice or built.voice in self._made:
            return None
        return self._beside.spawn(self._make(built, trouble))

    async def aclose(self) -> None:
        """Ask for nothing more."""
        await self._beside.aclose()

    async def _ask(self, voice: str) -> None:
        found: Any = await self._redis.hgetall(_key(voice))
        self._known[voice] |= {
            text.decode(): _unpacked(sound) for text, sound in found.items() if len(sound) > _RATE.size
        }

    async def _make(self, built: Built, trouble: Callable[[], APIError | None]) -> None:
        voice = built.voice
        known = self._known.setdefault(voice, {})
        await self._ask(voice)
        missing = [opening for opening in OPENINGS if opening not in known]
        # Calls that begin together would have a voice say the same, each for itself.
        if not missing or not await self._redis.set(
            _key(voice) + MAKING, b"", nx=True, ex=round(MAKE_SECONDS)
        ):
            return
        self._made.add(voice)
        for opening in missing:
            said = await _said(built.plugin, opening)
            if (error := trouble()) is not None:
                raise error
            if said is None or (sound := trimmed(said)) is None:
                continue
            known[opening] = sound
            async with self._redis.pipeline(transaction=False) as pipe:
                pipe.hset(_key(voice), opening, _RATE.pack(sound.rate) + sound.samples)
                pipe.expire(_key(voice), KEPT_SECONDS, nx=True)
                await pipe.execute()


class VoiceOpenings:
    """The openings of whichever voice a session speaks with. `voice` gives it, None where a model speaks for itself."""

    def __init__(
        self,
        kept: KeptSounds | None,
        voice: Callable[[], Built | None],
        trouble: Callable[[], APIError | None] = lambda: None,
    ) -> None:
        self._kept = kept
        self._voice = voice
        self._trouble = trouble
        self._wanted = False
        self._making: asyncio.Task[None] | None = None

    @property
    def are_kept(self) -> bool:
        """Whether something of the voice is kept: what a model should begin its answers with."""
        return (built := self._voice()) is not None and bool(built.voice)

    def ask(self) -> None:
        """A voice begins to serve: ask what is kept of it. Nothing more is made with the one before."""
        if self._making is not None:
            self._making.cancel()
        if self._kept is not None and (built := self._voice()) is not None:
            self._kept.ask(built.voice)

    def known(self) -> Mapping[str, Sound]:
        """What can be heard at once."""
        built = self._voice()
        return self._kept.of(built.voice) if self._kept is not None and built is not None else {}

    @property
    def is_timed(self) -> bool:
        """Whether the voice gives its words times."""
        return (built := self._voice()) is not None and bool(built.plugin.capabilities.aligned_transcript)

    def begins_with(self, opening: str) -> None:
        """An answer begins so."""
        self._wanted = self._wanted or opening not in self.known()

    def paused(self) -> None:
        """Nobody speaks: time to make what an answer wanted in vain."""
        making = self._making is not None and not self._making.done()
        if self._wanted and not making and self._kept is not None and (built := self._voice()) is not None:
            self._making = self._kept.make(built, self._trouble) or self._making
        self._wanted = False

    async def aclose(self) -> None:
        """Make nothing more: the voice is about to be closed, and would be dialled once more for it."""
        if self._making is not None:
            await utils.aio.cancel_and_wait(self._making)


def trimmed(sound: Sound) -> Sound | None:
    """The sound from its first loud sample to a short pause behind its last; None where it is no opening's."""
    samples = array.array("h", sound.samples)
    loud = [at for at, sample in enumerate(samples) if abs(sample) > _LOUD]
    if not loud:
        return None
    begin = max(loud[0] - round(_BEFORE_SECONDS * sound.rate), 0)
    end = loud[-1] + round(_BEHIND_SECONDS * sound.rate)
    kept = Sound(samples[begin:end].tobytes(), sound.rate)
    return kept if kept.seconds < LONGEST_SECONDS else None


async def _said(plugin: tts.TTS[Any], text: str) -> Sound | None:
    """A text as a voice says it; None where it was broken off, which a closed plugin does without an error."""
    samples, rate, whole = bytearray(), plugin.sample_rate, False
    async with plugin.stream(conn_options=ONCE) as stream:
        stream.push_text(f"{text} ")
        stream.end_input()
        async for audio in stream:
            samples += audio.frame.data.tobytes()
            rate, whole = audio.frame.sample_rate, audio.is_final
    return Sound(bytes(samples), rate) if whole else None


def _key(voice: str) -> str:
    return KEY + hashlib.sha256(voice.encode()).hexdigest()[:32]


def _unpacked(packed: bytes) -> Sound:
    return Sound(packed[_RATE.size :], _RATE.unpack_from(packed)[0])
