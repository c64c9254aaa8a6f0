"""The short sentence that an answer begins with, heard from what is kept of it while the voice makes the rest.

A cascade's voice takes its time until its first sound, and the caller waits for it after each turn. «Okay.» sounds the
same each time: it is made once for each voice and kept (`agent/kept_sounds.py`).
"""

from __future__ import annotations

from collections.abc import AsyncIterable, AsyncIterator, Callable, Mapping
from dataclasses import dataclass
from typing import Final

from livekit import rtc
from livekit.agents.types import USERDATA_TIMED_TRANSCRIPT, TimedString

OPENINGS: Final = ("Okay.", "Sure.", "Right.", "Got it.", "Let's see.", "Sorry.")
"""None of them says that something was done."""
INSTRUCTION: Final = (
    "Begin each answer with whichever of these fits, as a sentence by itself, and go on with what there is to say: "
    f"{' '.join(OPENINGS)} Do not always take the same one. "
    "Say none before you call a tool, and none where you finish an answer that was cut off."
)
_PIECE_SECONDS: Final = 0.1


@dataclass(frozen=True, slots=True)
class Sound:
    """A sentence as a voice says it: 16 bit, one channel."""

    samples: bytes
    rate: int
    """Hz."""

    @property
    def seconds(self) -> float:
        """How long it lasts."""
        return len(self.samples) / 2 / self.rate

    def frames(self) -> list[rtc.AudioFrame]:
        """The sound in pieces of 0.1 s."""
        size = 2 * round(self.rate * _PIECE_SECONDS)
        pieces = [self.samples[at : at + size] for at in range(0, len(self.samples), size)]
        return [rtc.AudioFrame(piece, self.rate, 1, len(piece) // 2) for piece in pieces]


async def with_opening(
    text: AsyncIterable[str],
    kept: Mapping[str, Sound],
    speak: Callable[[AsyncIterable[str], int], AsyncIterable[rtc.AudioFrame]],
    on_opening: Callable[[str], None],
    *,
    is_timed: bool,
) -> AsyncIterator[rtc.AudioFrame]:
    """Give the sound of a text: its opening from what is kept, the rest from `speak`, at the rate that it is given (Hz).

    `speak` gets the whole text, and the rate 0, where nothing is kept of how it begins. `on_opening` is told of each
    opening that a text begins with, kept or not. `is_timed`: the voice gives its words times, and so does the opening; of
    a voice that does not, livekit takes the whole text for what is heard.
    """
    pieces = aiter(text)
    begun = await _begun(pieces)
    opening = next((each for each in OPENINGS if _begins(begun, each)), "")
    if opening:
        on_opening(opening)
    sound = kept.get(opening)
    if sound is None:
        async for frame in speak(_joined(begun, pieces), 0):
            yield frame
        return
    for number, frame in enumerate(sound.frames()):
        if is_timed and not number:
            frame.userdata[USERDATA_TIMED_TRANSCRIPT] = [TimedString(f"{opening} ", start_time=0.0)]
        yield frame
    rest = begun[len(begun) - len(begun.lstrip()) + len(opening) :].lstrip()
    while not rest.strip():
        if (piece := await anext(pieces, None)) is None:
            return  # «Sure.»
        rest = piece
    async for frame in speak(_joined(rest, pieces), sound.rate):
        if words := frame.userdata.get(USERDATA_TIMED_TRANSCRIPT):
            frame.userdata[USERDATA_TIMED_TRANSCRIPT] = [_later(word, sound.seconds) for word in words]
        yield frame


async def _begun(pieces: AsyncIterator[str]) -> str:
    """As much of a text as says whether it begins with an opening."""
    begun = ""
    async for piece in pieces:
        begun += piece
        bare = begun.lstrip()
        if not any(each.startswith(bare[: len(each)]) and len(bare) <= len(each) for each in OPENINGS):
            break
    return begun


def _begins(text: str, opening: str) -> bool:
    bare = text.lstrip()
    behind = bare[len(opening) : len(opening) + 1]
    return bare.startswith(opening) and (not behind or behind.isspace())


async def _joined(begun: str, pieces: AsyncIterator[str]) -> AsyncIterator[str]:
    if begun:
        yield begun
    async for piece in pieces:
        yield piece


def _later(word: TimedString, seconds: float) -> TimedString:
    def moved(at: object) -> float:
        return at + seconds if isinstance(at, int | float) else at  # type: ignore[return-value]  # NOT_GIVEN stays

    return TimedString(
        word,
        start_time=moved(word.start_time),
        end_time=moved(word.end_time),
        confidence=word.confidence,
        start_time_offset=word.start_time_offset,
        speaker_id=word.speaker_id,
    )
