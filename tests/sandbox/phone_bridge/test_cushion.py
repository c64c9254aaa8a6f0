"""What a slow moment adds to the telephone's sound goes away again."""

from __future__ import annotations

import numpy as np
import pytest

from sandbox.phone_bridge.cushion import CUSHION_SECONDS, LATE_SECONDS, is_left_out
from sandbox.phone_bridge.g711 import RATE, Pcm

pytestmark = pytest.mark.unit

PACKET = RATE // 50
SPEECH: Pcm = np.full(PACKET, 3_000, np.int16)
STILL: Pcm = np.full(PACKET, 20, np.int16)


def _waits_at_the_end(pieces: list[Pcm], stalled_seconds: float) -> tuple[float, int]:
    """What waits behind so many packets of 20 ms, and how many pieces of speech were lost on the way."""
    waiting, lost = stalled_seconds, 0
    for piece in pieces:
        if is_left_out(piece, waiting_seconds=waiting):
            lost += piece is SPEECH
        else:
            waiting += len(piece) / RATE
        waiting = max(0.0, waiting - PACKET / RATE)
    return waiting, lost


def test_what_piled_up_is_given_up_in_the_next_silence_and_no_word_of_it() -> None:
    assert _waits_at_the_end([SPEECH] * 50, 0.15) == (pytest.approx(0.15), 0)
    waiting, lost = _waits_at_the_end([SPEECH] * 50 + [STILL] * 10, 0.15)
    assert waiting <= CUSHION_SECONDS
    assert not lost


def test_on_a_line_that_is_never_still_it_does_not_grow_past_a_bound() -> None:
    waiting, lost = _waits_at_the_end([SPEECH] * 50, 0.9)
    assert waiting <= LATE_SECONDS
    assert lost == 35


def test_an_even_stream_loses_nothing() -> None:
    assert not is_left_out(STILL, waiting_seconds=PACKET / RATE)
    assert not is_left_out(STILL, waiting_seconds=0)
