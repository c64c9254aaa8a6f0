"""Calls of a worker that stops leave it one after the other, and it does not wait for ever."""

from __future__ import annotations

from collections.abc import Sequence

import pytest
from redis.exceptions import ConnectionError as RedisAwayError

from agent.handing_over import APART_SECONDS, ASKING_SECONDS, HAND_OVER_SECONDS, hand_over
from tests.agent.virtual_time import VirtualLoop

pytestmark = pytest.mark.unit


class Calls:
    """Calls that are here until they have been asked to leave for so long; None: they stay."""

    def __init__(self, loop: VirtualLoop, rooms: Sequence[str], *, leave_after: float | None = 0.5) -> None:
        self._loop = loop
        self._leave_after = leave_after
        self.here = list(rooms)
        self.asked: list[tuple[str, float]] = []
        self.redis_away = False

    async def ask_to_leave_room(self, room: str) -> None:
        if self.redis_away:
            raise RedisAwayError
        self.asked.append((room, self._loop.time()))
        if self._leave_after is not None:
            self._loop.call_later(self._leave_after, self.here.remove, room)

    def left(self) -> list[str]:
        return list(self.here)


def test_each_is_asked_some_time_after_the_one_before(loop: VirtualLoop) -> None:
    calls = Calls(loop, ["a", "b", "c"])
    loop.run_until_complete(hand_over(calls, calls.left))
    assert [room for room, _ in calls.asked] == ["a", "b", "c"]
    assert [at for _, at in calls.asked] == pytest.approx([0, APART_SECONDS, 2 * APART_SECONDS])
    assert calls.here == []


def test_many_are_asked_closer_together(loop: VirtualLoop) -> None:
    calls = Calls(loop, [str(number) for number in range(100)])
    loop.run_until_complete(hand_over(calls, calls.left))
    assert calls.asked[-1][1] < ASKING_SECONDS
    assert calls.here == []


def test_one_that_is_over_by_then_is_not_asked(loop: VirtualLoop) -> None:
    calls = Calls(loop, ["a", "b", "c"])
    loop.call_later(APART_SECONDS / 2, calls.here.remove, "b")
    loop.run_until_complete(hand_over(calls, calls.left))
    assert [room for room, _ in calls.asked] == ["a", "c"]


def test_one_that_does_not_leave_is_waited_for_no_longer_than_promised(loop: VirtualLoop) -> None:
    calls = Calls(loop, ["a", "b"], leave_after=None)
    loop.run_until_complete(hand_over(calls, calls.left))
    assert loop.time() == pytest.approx(APART_SECONDS + HAND_OVER_SECONDS, abs=0.5)


def test_without_redis_nobody_can_be_asked_and_the_worker_ends(loop: VirtualLoop) -> None:
    calls = Calls(loop, ["a", "b"])
    calls.redis_away = True
    loop.run_until_complete(hand_over(calls, calls.left))
    assert loop.time() < 1
