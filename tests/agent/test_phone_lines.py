"""Whoever keys nothing, and whoever calls again and again, leaves lines for others: by telephone and in browsers."""

from __future__ import annotations

from contextlib import AsyncExitStack

import pytest
from pydantic import SecretStr
from redis.asyncio import Redis

from agent.phone_lines import PhoneLines
from privacy.calls_at_once import tag_of
from privacy.live_calls import CALLS
from routing.workers import LiveWorkers
from web.slots import Admission, Slots

pytestmark = pytest.mark.system

SECRET = SecretStr("a secret that only tests know, 32+ bytes")
NUMBERS = [f"+1415555013{digit}" for digit in range(10)]
ANN, BOB = "usr_ann", "usr_bob"


def lines(redis: Redis, *, share: float = 0.75, each: int = 3) -> PhoneLines:
    return PhoneLines(redis, SECRET, share=share, each=each)


async def works(redis: Redis, *, slots: int = 4, used: int = 0) -> None:
    await LiveWorkers(redis).tell("worker", slots=slots, used=used)


async def test_whoever_keys_nothing_leaves_a_line_for_a_browser(redis: Redis) -> None:
    await works(redis)
    phone = lines(redis)
    assert [await phone.may_ask(f"c{n}", NUMBERS[n]) for n in range(5)] == [True] * 3 + [False] * 2
    await works(redis, used=3)
    assert await Slots(redis).claim("browser", tag_of(ANN, SECRET), 3) is Admission.OK
    await phone.asked("c0", NUMBERS[0])
    assert await phone.may_ask("c5", NUMBERS[5])


async def test_one_number_is_asked_twice_at_once_and_others_are_asked_beside_it(redis: Redis) -> None:
    await works(redis)
    phone = lines(redis)
    for number in (NUMBERS[0], None):
        assert [await phone.may_ask(f"{number}{n}", number) for n in range(3)][2] is False
        for n in range(3):
            await phone.asked(f"{number}{n}", number)
    assert [await phone.may_ask(f"c{n}", NUMBERS[n // 2]) for n in range(3)] == [True] * 3


async def test_a_worker_that_died_while_it_asked_holds_no_line_for_ever(redis: Redis) -> None:
    await works(redis, slots=1)
    phone = lines(redis)
    assert await phone.may_ask("dead", NUMBERS[0])
    assert await phone.may_ask("dead", NUMBERS[0]), "another worker asks in the same call"
    assert not await phone.may_ask("c1", NUMBERS[1])
    for key in await redis.keys("voicetasks:calls_asked*"):
        await redis.zadd(key, {"dead": 1})
    assert await phone.may_ask("c1", NUMBERS[1])


async def test_calls_of_one_person_are_counted_together_by_browser_and_by_telephone(redis: Redis) -> None:
    await works(redis, slots=9)
    phone, slots, ann = lines(redis), Slots(redis), tag_of(ANN, SECRET)
    assert await slots.claim("browser", ann, 3) is Admission.OK
    assert [await phone.may_have(f"phone{n}", ANN) for n in range(3)] == [True, True, False]
    assert await slots.claim("another", ann, 3) is Admission.TOO_MANY
    assert await phone.may_have("bobs", BOB)
    assert await phone.may_have("reminder", ANN, we_called=True), "who is called is not turned away for it"


async def test_a_call_that_is_over_counts_no_more(redis: Redis) -> None:
    await works(redis, slots=9)
    phone = lines(redis, each=1)
    assert await phone.may_have("first", ANN)
    seconds, _ = await redis.time()
    (key,) = await redis.keys("voicetasks:calls_of:*")
    await redis.zadd(key, {"first": 1})
    await redis.zadd(CALLS, {"first": seconds * 1000})
    assert not await phone.may_have("second", ANN), "a worker tells of it"
    await redis.zrem(CALLS, "first")
    assert await phone.may_have("second", ANN)


async def test_where_nobody_counts_nobody_is_turned_away() -> None:
    async with AsyncExitStack() as stack:
        away = await stack.enter_async_context(Redis(port=1, socket_connect_timeout=0.2))
        phone = lines(away, each=1)
        assert [await phone.may_ask(f"c{n}", NUMBERS[n]) for n in range(2)] == [True] * 2
        assert [await phone.may_have(f"c{n}", ANN) for n in range(2)] == [True] * 2
        await phone.asked("c0", NUMBERS[0])


@pytest.mark.parametrize(
    ("share", "slots"), [(1.0, 2), (0.5, 0)], ids=["no bound", "nobody says how many lines"]
)
async def test_without_a_bound_all_are_asked(redis: Redis, share: float, slots: int) -> None:
    if slots:
        await works(redis, slots=slots)
    phone = lines(redis, share=share, each=0)
    assert all([await phone.may_ask(f"c{n}", NUMBERS[0]) for n in range(5)])
    assert all([await phone.may_have(f"c{n}", ANN) for n in range(5)])


async def test_no_key_names_a_person_or_a_number(redis: Redis) -> None:
    await works(redis)
    phone = lines(redis)
    assert await phone.may_ask("c1", NUMBERS[0])
    assert await phone.may_have("c1", ANN)
    for whose in (ANN, NUMBERS[0], NUMBERS[0][1:]):
        assert not [key async for key in redis.scan_iter(match=f"*{whose}*")]
