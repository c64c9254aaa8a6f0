"""Our side's sound: sentences spoken by the desk's voice, in the pieces that the wire carries."""

from collections.abc import AsyncIterator
from contextlib import aclosing
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sandbox.cartesia_sound import sentences
from sandbox.realtime_session import SAMPLE_RATE
from sandbox.speech import Speaks
from sandbox.tokens import pieces
from tiers.local.resample import resample

CHUNK_MS = 150
"""Sound in one delta: three tokens."""

_CHUNK = SAMPLE_RATE * CHUNK_MS // 1000


async def spoken(voice: Speaks, text: str, speed: float) -> AsyncIterator[tuple[str, NDArray[np.int16]]]:
    """The text as it is said: words with the sound that carries them. Raises what the voice raises."""
    said = sentences(text)
    for number, sentence in enumerate(said):
        sound = await _sound(voice, sentence, speed)
        # The blank belongs to the next sentence, as in the vendor's tokens.
        words = pieces(sentence if number == 0 else f" {sentence}")
        chunks = [sound[first : first + _CHUNK] for first in range(0, len(sound), _CHUNK)]
        chunks = chunks or [np.empty(0, np.int16)]
        sent = 0
        for index, chunk in enumerate(chunks, 1):
            upto = -(-len(words) * index // len(chunks))
            yield "".join(words[sent:upto]), chunk
            sent = upto


async def _sound(voice: Speaks, sentence: str, speed: float) -> NDArray[np.int16]:
    # The protocol says iterator; the engines are generators, and closing them is what stops the voice.
    parts: Any = voice.speak(sentence)
    async with aclosing(parts):
        raw = b"".join([part async for part in parts])
    sound = resample(np.frombuffer(raw, np.int16), voice.sample_rate, SAMPLE_RATE)
    return sound if speed == 1.0 or not sound.size else at_speed(sound, speed)


def at_speed(sound: NDArray[np.int16], speed: float) -> NDArray[np.int16]:
    """The sound faster or slower at the same pitch (FFmpeg's atempo, at least 0.5 in one go)."""
    import av

    steps = [speed] if speed >= 0.5 else [0.5, speed / 0.5]
    graph = av.filter.Graph()
    nodes = [graph.add_abuffer(format="s16", sample_rate=SAMPLE_RATE, layout="mono", time_base=None)]
    nodes += [graph.add("atempo", f"{step:.4f}") for step in steps]
    nodes.append(graph.add("aformat", "sample_fmts=s16"))
    nodes.append(graph.add("abuffersink"))
    graph.link_nodes(*nodes).configure()
    frame = av.AudioFrame.from_ndarray(np.ascontiguousarray(sound)[None, :], format="s16", layout="mono")
    frame.sample_rate = SAMPLE_RATE
    graph.push(frame)
    graph.push(None)
    made: list[NDArray[np.int16]] = []
    while True:
        try:
            made.append(graph.pull().to_ndarray().reshape(-1).astype(np.int16, copy=False))
        except (av.EOFError, av.BlockingIOError):
            return np.concatenate(made) if made else np.empty(0, np.int16)
