"""What is left of a call that was cut off: for two minutes, for its own caller, read once."""

from __future__ import annotations

from typing import Any

import pytest
from livekit.agents import llm
from pydantic import SecretStr

from agent.call_back import KEEP_SECONDS, CallBack
from agent.thread import Thread, Vault
from privacy.live_calls import CUT_OFF_PREFIX, LiveCalls

pytestmark = pytest.mark.unit

VAULT = Vault(SecretStr("a key that only workers have, long enough"))


class FakeRedis:
    """Keys and how long they live."""

    def __init__(self) -> None:
        self.kept: dict[str, bytes] = {}
        self.lives: dict[str, int] = {}

    async def set(self, key: str, value: bytes, *, ex: int) -> None:
        self.kept[key], self.lives[key] = value, ex

    async def getdel(self, key: str) -> bytes | None:
        return self.kept.pop(key, None)

    async def delete(self, key: str) -> int:
        return int(self.kept.pop(key, None) is not None)


def thread(turn: int = 2) -> Thread:
    history = llm.ChatContext.empty()
    history.add_message(role="user", content="the marker words")
    return Thread(turn, history)


def call_back(redis: Any, subject: str = "usr_ann") -> CallBack:
    return CallBack(redis, VAULT, subject)


async def test_it_is_found_once_by_its_own_caller_alone() -> None:
    redis = FakeRedis()
    await call_back(redis).keep(thread())
    assert await call_back(redis, "usr_bob").found(allowed=True) is None
    found = await call_back(redis).found(allowed=True)
    assert found is not None
    assert found.turn == 2
    assert await call_back(redis).found(allowed=True) is None


async def test_it_is_encrypted_and_gone_after_two_minutes() -> None:
    redis = FakeRedis()
    await call_back(redis).keep(thread())
    assert redis.lives == {CUT_OFF_PREFIX + "usr_ann": KEEP_SECONDS}
    assert KEEP_SECONDS == 120
    assert b"marker" not in redis.kept[CUT_OFF_PREFIX + "usr_ann"]


async def test_who_allows_it_no_more_is_not_asked_and_it_is_deleted() -> None:
    redis = FakeRedis()
    await call_back(redis).keep(thread())
    assert await call_back(redis).found(allowed=False) is None
    assert redis.kept == {}


async def test_a_call_in_which_nothing_was_said_leaves_nothing() -> None:
    redis = FakeRedis()
    await call_back(redis).keep(thread(turn=0))
    assert redis.kept == {}


async def test_without_a_key_nothing_is_kept() -> None:
    redis: Any = FakeRedis()
    await CallBack(redis, None, "usr_ann").keep(thread())
    assert redis.kept == {}
    assert await CallBack(redis, None, "usr_ann").found(allowed=True) is None


async def test_an_erasure_takes_it_away() -> None:
    redis: Any = FakeRedis()
    await call_back(redis).keep(thread())
    assert await LiveCalls(redis).forget_cut_off("usr_ann") == 1
    assert await call_back(redis).found(allowed=True) is None
