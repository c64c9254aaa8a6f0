"""Tests that are heard take turns, over all test processes of a user: with four voices and ears at once on two cores the sound
breaks up, and what is said is not understood. Tests that nobody has to hear go on beside them."""

from __future__ import annotations

import contextlib
import fcntl
import os
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

AT_ONCE = 3


def is_heard(item: pytest.Item, room: str) -> bool:
    """Whether somebody speaks and somebody listens in this test, in a room or by telephone."""
    return room in ("calls", "sip") or item.get_closest_marker("browser") is not None


@contextlib.contextmanager
def turn_to_speak() -> Iterator[None]:
    """Wait until fewer than `AT_ONCE` tests are heard. A process that dies gives its turn back."""
    folder = Path(tempfile.gettempdir()) / f"voicetasks-turns-{os.getuid()}"
    folder.mkdir(exist_ok=True)
    turns = [(folder / str(number)).open("w") for number in range(AT_ONCE)]
    try:
        while not any(_is_taken(turn.fileno()) for turn in turns):
            time.sleep(0.1)
        yield
    finally:
        for turn in turns:
            turn.close()


def _is_taken(descriptor: int) -> bool:
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True
