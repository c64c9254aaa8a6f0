"""What the caller said that nobody has answered yet, and for how long a turn is expected of it."""

from __future__ import annotations

import pytest

from agent.ring import NOISE_AFTER_SECONDS, TURN_AFTER_SECONDS, Ring

pytestmark = pytest.mark.unit


class Clock:
    """The moment that it is."""

    now = 100.0

    def __call__(self) -> float:
        return self.now


def test_a_turn_is_expected_while_somebody_speaks_and_a_little_longer() -> None:
    clock = Clock()
    ring = Ring(clock)
    assert not ring.waits_for_turn
    ring.speaks(True)
    clock.now += 20
    assert ring.waits_for_turn
    ring.speaks(False)
    clock.now += TURN_AFTER_SECONDS - 0.1
    assert ring.waits_for_turn
    clock.now += 0.2
    assert not ring.waits_for_turn
    assert ring.is_open, "who comes after us hears it all the same"


def test_no_turn_is_expected_of_a_turn_that_ended_before_the_detector_told_of_its_end() -> None:
    """Turns end with their words; the detector waits for silence, on a busy machine for seconds."""
    clock = Clock()
    ring = Ring(clock)
    ring.speaks(True)
    clock.now += 2
    ring.settle()
    clock.now += 0.6
    ring.speaks(False)
    clock.now += TURN_AFTER_SECONDS + 0.1
    assert not ring.waits_for_turn
    assert TURN_AFTER_SECONDS < NOISE_AFTER_SECONDS


def test_what_is_settled_is_waited_for_no_more() -> None:
    clock = Clock()
    ring = Ring(clock)
    ring.speaks(True)
    clock.now += 2
    ring.speaks(False)
    clock.now += 0.2
    ring.settle()
    assert not ring.waits_for_turn
    assert not ring.is_open
