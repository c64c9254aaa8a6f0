"""The ear's vendor gets sound as it comes: in steps of 20 ms, not in those that its plugin collects."""

from __future__ import annotations

import pytest
from livekit.agents import utils
from livekit.plugins.deepgram import stt

from tiers.finer_sound import STEP_MS, send_finely

pytestmark = pytest.mark.unit

RATE = 24_000


def test_a_stream_of_the_plugin_is_cut_into_steps_and_nothing_is_lost() -> None:
    send_finely()
    send_finely()
    pieces = stt.utils.audio.AudioByteStream(sample_rate=RATE, num_channels=1, samples_per_channel=RATE // 20)
    sound = bytes(range(256)) * 9
    cut = pieces.push(sound) + pieces.flush()
    assert {frame.duration for frame in cut[:-1]} == {STEP_MS / 1000}
    assert b"".join(bytes(frame.data.cast("b")) for frame in cut) == sound


def test_everything_else_is_livekits_own() -> None:
    send_finely()
    assert stt.utils.aio is utils.aio
    assert stt.utils.audio.combine_frames is utils.audio.combine_frames
    assert utils.audio.AudioByteStream(RATE, 1).push(bytes(2 * RATE))[0].duration == 0.1
