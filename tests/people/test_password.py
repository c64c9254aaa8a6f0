"""What a password costs whoever guesses."""

from __future__ import annotations

import importlib.util
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
