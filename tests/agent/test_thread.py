"""What was said is kept for another worker only sealed, only while the caller allows it, and not for long."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import pytest
from cryptography.fernet import Fernet
from livekit.agents import llm
from pydantic import SecretStr
from redis.asyncio import Redis

from agent.own_changes import OwnChange
from agent.requests import Request
from agent.served import connect
from agent.thread import LONGEST_BYTES, PREFIX, Keeper, Thread, Vault

KEY = SecretStr("a key that only the workers of one test have")
HISTORY = llm.ChatContext(
    [
        llm.ChatMessage(role="user", content=["Add a task to buy oat milk"]),
        llm.FunctionCall(call_id="1", name="create_task", arguments="{}"),
        llm.FunctionCallOutput(call_id="1", name="create_task", output="{}", is_error=False),
        llm.ChatMessage(role="assistant", content=["I've added it."]),
    ]
)


@pytest.mark.unit
def test_a_sealed_thread_is_opened_with_the_key_and_says_nothing_without_it() -> None:
    asked = (
        Request("a digest", "an operation", 1_000.5, 6),
        Request("another digest", "another operation", 1_000.5, 6, is_unsure=True),
    )
    changed = (OwnChange("create", "a task", 1),)
    sealed = Vault(KEY).seal(Thread(7, HISTORY, asked, changed), call_id="c1")
    assert b"milk" not in sealed
    found = Vault(KEY).open(sealed, call_id="c1")
    assert found is not None
    assert (found.turn, found.owes_answer, found.requests, found.changes) == (7, False, asked, changed)
    assert found.history is not None
    assert found.history.is_equivalent(HISTORY)
    assert Vault(SecretStr("another key, of some other house's workers")).open(sealed, call_id="c1") is None
    assert Vault(KEY).open(sealed, call_id="c2") is None, "a thread is of one call"


@pytest.mark.unit
def test_a_thread_that_is_older_than_fifteen_minutes_is_not_opened(monkeypatch: pytest.MonkeyPatch) -> None:
    def long_ago(self: Fernet, data: bytes) -> bytes:
        return self.encrypt_at_time(data, 1_000_000)

    monkeypatch.setattr(Fernet, "encrypt", long_ago)
    sealed = Vault(KEY).seal(Thread(7, HISTORY), call_id="c1")
    assert Vault(KEY).open(sealed, call_id="c1") is None


@pytest.mark.unit
def test_a_long_conversation_is_kept_from_its_end() -> None:
    said = [llm.ChatMessage(role="user", content=[f"{n} " + "word " * 2_000]) for n in range(100)]
    sealed = Vault(KEY).seal(Thread(100, llm.ChatContext(list(said))), call_id="c1")
    found = Vault(KEY).open(sealed, call_id="c1")
    assert found is not None
    assert found.history is not None
    assert found.history.items[-1].id == said[-1].id
    assert len(sealed) < 2 * LONGEST_BYTES
    assert found.owes_answer


@pytest.fixture
async def redis(valkey: str) -> AsyncIterator[Redis]:
    connected = connect(valkey)
    await connected.flushall()
    yield connected
    await connected.aclose()


class Caller:
    """Somebody who may change their mind."""

    def __init__(self) -> None:
        self.allows = True

    async def allowed(self) -> bool:
        return self.allows


def keeper(redis: Redis, caller: Caller, vault: Vault | None = None) -> Keeper:
    return Keeper(redis, vault or Vault(KEY), call_id="c1", allowed=caller.allowed)


async def kept(redis: Redis, *, there: bool) -> Any:
    async with asyncio.timeout(10):
        while bool(found := await redis.get(PREFIX + "c1")) is not there:
            await asyncio.sleep(0.02)
    return found


@pytest.mark.system
async def test_what_was_said_is_found_by_the_next_worker_and_forgotten_at_the_end(redis: Redis) -> None:
    caller = Caller()
    mine = keeper(redis, caller)
    assert await mine.found() is None
    mine.start(lambda: Thread(3, HISTORY))
    mine.news()
    await kept(redis, there=True)
    assert 890 < await redis.ttl(PREFIX + "c1") <= 900
    found = await keeper(redis, caller).found()
    assert found is not None
    assert found.turn == 3
    await mine.forget()
    assert await redis.get(PREFIX + "c1") is None


@pytest.mark.system
async def test_a_no_in_mid_call_deletes_what_was_kept_and_hides_it_at_once(redis: Redis) -> None:
    caller = Caller()
    mine = keeper(redis, caller)
    mine.start(lambda: Thread(3, HISTORY))
    mine.news()
    await kept(redis, there=True)
    caller.allows = False
    assert await keeper(redis, caller).found() is None
    mine.news()
    await kept(redis, there=False)
    await mine.forget()


@pytest.mark.system
async def test_the_last_word_before_a_call_is_handed_over_is_kept(redis: Redis) -> None:
    caller = Caller()
    mine = keeper(redis, caller)
    mine.start(lambda: Thread(9, HISTORY))
    mine.news()
    await mine.flush(Thread(10, HISTORY))
    found = await keeper(redis, caller).found()
    assert found is not None
    assert found.turn == 10
