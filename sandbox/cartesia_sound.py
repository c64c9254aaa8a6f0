"""The stand-in's sound: sentences spoken by the desk's voice, in the format a client asked for."""

import io
import re
import textwrap
import wave

import numpy as np
from numpy.typing import NDArray

from sandbox.cartesia_messages import Encoding
from sandbox.speech import Speaks
from tiers.local.resample import resample

LONGEST_SENTENCE = 1_000
"""Characters: longer ones are cut between words, so that no text keeps the voice from others for long."""

_END = re.compile(r"(?<=[.!?…])[\"'”’)]*\s+")


def sentences(text: str) -> list[str]:
    """The text in pieces that can be spoken one after the other."""
    pieces = [piece.strip() for piece in _END.split(text)]
    return [part for piece in pieces if piece for part in textwrap.wrap(piece, LONGEST_SENTENCE)]


def whole_sentences(text: str) -> tuple[str, str]:
    """What can be spoken now of a text that goes on, and what waits for its end."""
    ends = [match.end() for match in _END.finditer(text)]
    return (text[: ends[-1]], text[ends[-1] :]) if ends else ("", text)


async def spoken(voice: Speaks, sentence: str, sample_rate: int) -> NDArray[np.int16]:
    """The whole sound of a sentence. Raises what the voice raises."""
    pieces = [piece async for piece in voice.speak(sentence)]
    return resample(np.frombuffer(b"".join(pieces), np.int16), voice.sample_rate, sample_rate)


def encoded(pcm: NDArray[np.int16], encoding: Encoding) -> bytes:
    """The samples as the client wants them."""
    if encoding == "pcm_f32le":
        return (pcm.astype("<f4") / np.float32(32768)).tobytes()
    return pcm.astype("<i2", copy=False).tobytes()


def wav(parts: list[NDArray[np.int16]], sample_rate: int) -> bytes:
    """A wav file, 16 bit mono."""
    out = io.BytesIO()
    with wave.open(out, "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(sample_rate)
        for pcm in parts:
            file.writeframes(pcm.astype("<i2", copy=False).tobytes())
    return out.getvalue()
