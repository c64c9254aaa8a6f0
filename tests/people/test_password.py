"""What a password costs whoever guesses."""

from __future__ import annotations

import asyncio
import importlib.util
import threading
from types import ModuleType

import pytest
from argon2.profiles import RFC_9106_LOW_MEMORY

from people import password

pytestmark = pytest.mark.unit


def as_it_is_deployed() -> ModuleType:
    """The module once more: the other tests' copy hashes at the least cost."""
    assert password.__file__ is not None
    spec = importlib.util.spec_from_file_location("people.password_once_more", password.__file__)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


async def test_a_guess_costs_at_least_what_rfc_9106_wants_of_a_machine_with_little_memory() -> None:
    desk = as_it_is_deployed().PasswordDesk()
    kept = await desk.hash("a password")
    least = RFC_9106_LOW_MEMORY
    assert f"m={least.memory_cost},t={least.time_cost},p={least.parallelism}" in kept
    assert await desk.verify(kept, "a password")
    assert not await desk.verify(kept, "another")


class Counting:
    """A hasher that knows how many hash at once."""

    def __init__(self) -> None:
        self.lock, self.crowd = threading.Lock(), threading.Event()
        self.inside = self.most = self.done = 0

    def hash(self, _: str) -> str:
        with self.lock:
            self.inside += 1
            self.most = max(self.most, self.inside)
            if self.inside > 2:
                self.crowd.set()
        self.crowd.wait(0.1)  # who is not bound comes in meanwhile
        with self.lock:
            self.inside -= 1
            self.done += 1
        return "hash"


async def test_however_many_desks_there_are_two_hash_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    counting = Counting()
    monkeypatch.setattr(password, "_hasher", counting)
    await asyncio.gather(*(password.PasswordDesk().hash("a password") for _ in range(6)))
    assert (counting.done, counting.most) == (6, 2)
