import asyncio

import pytest
from redis.asyncio import Redis

from web.slots import CLAIM_SECONDS, CLAIMS_KEY, Admission, Slots

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


async def test_a_worker_that_counts_a_call_takes_its_claim_over(redis: Redis) -> None:
    slots = Slots(redis)
    for used in range(4):
        await beat(redis, "a", 4, used)
        assert await slots.claim(f"c{used}") is Admission.OK
        await redis.zrem(CLAIMS_KEY, f"c{used}")
    await beat(redis, "a", 4, 4)
    assert await slots.claim("c4") is Admission.BUSY


async def test_a_claim_that_is_released_or_lost_frees_its_slot(redis: Redis) -> None:
    await beat(redis, "a", 1, 0)
    slots = Slots(redis)
    assert await slots.claim("c1") is Admission.OK
    assert await slots.claim("c2") is Admission.BUSY
    await slots.release("c1")
    assert await slots.claim("c2") is Admission.OK
    now = (await redis.time())[0]
    await redis.zadd(CLAIMS_KEY, {"c2": now - CLAIM_SECONDS - 1})
    assert await slots.claim("c3") is Admission.OK
