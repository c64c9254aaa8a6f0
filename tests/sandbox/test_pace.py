"""Tokens come a gap apart, and what the stand-in works on each is no gap on top."""

import pytest

from sandbox.pace import Pace

pytestmark = pytest.mark.unit


class Clock:
    """A clock that only moves when somebody sleeps or works."""

    def __init__(self) -> None:
        self.time = 50.0

    def now(self) -> float:
        return self.time

    async def sleep(self, seconds: float) -> None:
        self.time += max(0.0, seconds)


@pytest.mark.parametrize(
    ("work", "came"), [(0.0, [0, 10, 20, 30]), (4.0, [0, 10, 20, 30]), (15.0, [0, 15, 30, 45])]
)
async def test_tokens_are_a_gap_apart_whatever_the_work_on_them(work: float, came: list[float]) -> None:
    clock = Clock()
    pace = Pace(clock, 10.0)  # type: ignore[arg-type]
    found = []
    for _ in came:
        await pace.next()
        found.append(clock.now() - 50.0)
        clock.time += work
    assert found == came
