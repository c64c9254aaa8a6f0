import asyncio

import pytest
from redis.asyncio import Redis

from web.slots import CLAIM_MS, CLAIMS_KEY, Admission, Slots

pytestmark = pytest.mark.system


async def beat(redis: Redis, worker: str, slots: int, used: int) -> None:
    await redis.hset(f"voicetasks:worker:{worker}", mapping={"slots": slots, "used": used})
    await redis.expire(f"voicetasks:worker:{worker}", 15)


async def test_without_a_worker_nobody_can_take_a_call(redis: Redis) -> None:
    assert await Slots(redis).claim("c1") is Admission.NO_WORKER


async def test_workers_add_up_and_one_over_its_slots_takes_nothing_from_another(redis: Redis) -> None:
    await beat(redis, "a", 4, 6)
    await beat(redis, "b", 4, 3)
    capacity = await Slots(redis).capacity()
    assert (capacity.workers, capacity.slots, capacity.free) == (2, 8, 1)


async def test_calls_that_ask_at_once_never_get_the_last_slot_twice(redis: Redis) -> None:
    await beat(redis, "a", 4, 1)
    slots = Slots(redis)
    admissions = await asyncio.gather(*(slots.claim(f"c{n}") for n in range(20)))
    assert admissions.count(Admission.OK) == 3
    assert admissions.count(Admission.BUSY) == 17


async def test_a_call_that_a_worker_has_counted_is_not_counted_twice(redis: Redis) -> None:
    slots = Slots(redis)
    for used in range(4):
        await beat(redis, "a", 4, used)
        assert await slots.claim(f"c{used}") is Admission.OK
    for used in (3, 4):
        await beat(redis, "a", 4, used)
        assert await slots.claim(f"d{used}") is Admission.BUSY


async def test_a_worker_that_falls_behind_is_not_asked_for_more_than_it_has(redis: Redis) -> None:
    slots = Slots(redis)
    for told in (0, 0, 1, 1):
        await beat(redis, "a", 4, told)
        assert await slots.claim(f"c{told}{await redis.zcard(CLAIMS_KEY)}") is Admission.OK
    await beat(redis, "a", 4, 2)
    assert await slots.claim("one more") is Admission.BUSY


async def test_a_claim_that_is_released_or_lost_frees_its_slot(redis: Redis) -> None:
    await beat(redis, "a", 1, 0)
    slots = Slots(redis)
    assert await slots.claim("c1") is Admission.OK
    assert await slots.claim("c2") is Admission.BUSY
    await slots.release("c1")
    assert await slots.claim("c2") is Admission.OK
    seconds, _ = await redis.time()
    await redis.zadd(CLAIMS_KEY, {"c2": seconds * 1000 - CLAIM_MS - 1})
    assert await slots.claim("c3") is Admission.OK
