"""The clock and the stage of a rehearsed call."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Coroutine
from typing import Any

import numpy as np
import pytest
from livekit import rtc

from agent.rehearsal.fast_time import FastClock, FastLoop
from agent.rehearsal.stage import FRAME_SECONDS, RATE, Loudspeaker, Microphone

pytestmark = pytest.mark.unit

SPEED = 20.0


def fast(work: Coroutine[Any, Any, Any]) -> float:
    """Run it on a fast clock; the wall's seconds that it took."""
    clock = FastClock(SPEED)
    began = time.monotonic()
    with asyncio.Runner(loop_factory=lambda: FastLoop(clock)) as runner:
        runner.run(work)
    return time.monotonic() - began


def test_waiting_is_sped_up_and_ends_when_it_is_due() -> None:
    async def wait() -> None:
        loop = asyncio.get_running_loop()
        for seconds in (0.01, 1.0, 9.0):
            began = loop.time()
            await asyncio.sleep(seconds)
            assert seconds <= loop.time() - began < seconds + 0.5

    assert fast(wait()) < 3.0


def test_work_is_not_sped_up_in_the_loop_or_beside_it() -> None:
    async def work() -> None:
        loop = asyncio.get_running_loop()
        for there in (False, True):
            began = loop.time()
            if there:
                await asyncio.to_thread(time.sleep, 0.2)
            else:
                time.sleep(0.2)  # noqa: ASYNC251  # what blocks the loop
            assert 0.2 <= loop.time() - began < 1.0

    fast(work())


def test_a_caller_is_heard_frame_by_frame_with_silence_around() -> None:
    async def hear() -> None:
        microphone = Microphone()
        loop = asyncio.get_running_loop()
        began = loop.time()
        speaking = asyncio.create_task(microphone.speak(np.full(RATE, 1000, np.int16)))
        await asyncio.sleep(0)
        frames = [await anext(microphone) for _ in range(40)]
        await speaking
        loud = [bool(np.frombuffer(frame.data, np.int16).any()) for frame in frames]
        assert loud == [True] * 20 + [False] * 20
        assert loop.time() - began >= 39 * FRAME_SECONDS

    fast(hear())


def test_the_loudspeaker_takes_as_long_as_the_words_and_knows_what_was_heard() -> None:
    async def play() -> None:
        loudspeaker = Loudspeaker()
        loop = asyncio.get_running_loop()
        frame = rtc.AudioFrame(bytes(2 * RATE // 2), RATE, 1, RATE // 2)
        began = loop.time()
        for _ in range(4):
            await loudspeaker.capture_frame(frame)
        loudspeaker.flush()
        whole = await loudspeaker.wait_for_playout()
        assert loop.time() - began >= 2.0
        assert (whole.playback_position, whole.interrupted) == (2.0, False)
        await loudspeaker.capture_frame(frame)
        await asyncio.sleep(0.1)
        loudspeaker.clear_buffer()
        part = await loudspeaker.wait_for_playout()
        assert part.interrupted
        assert part.playback_position <= 0.5
        assert loudspeaker.heard_seconds == pytest.approx(2.0 + part.playback_position)

    fast(play())
