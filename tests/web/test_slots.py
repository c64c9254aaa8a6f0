import asyncio
import time

import pytest
from redis.asyncio import Redis

from privacy.calls_at_once import BEGINS_MS, CALLS_OF_PREFIX
from privacy.live_calls import CALLS, SILENT_MS
from routing.workers import EXPIRE_SECONDS, FORGET_MS, IDS, PREFIX, LiveWorkers
from web.slots import CLAIM_MS, CLAIMS_KEY, Admission, Slots

pytestmark = pytest.mark.system

ANN, BOB = "tag-of-ann", "tag-of-bob"


async def beat(redis: Redis, worker: str, slots: int, used: int) -> None:
    await LiveWorkers(redis).tell(worker, slots=slots, used=used)


async def test_without_a_worker_nobody_can_take_a_call(redis: Redis) -> None:
    assert await Slots(redis).claim("c1", ANN, 0) is Admission.NO_WORKER


async def test_workers_add_up_and_one_over_its_slots_takes_nothing_from_another(redis: Redis) -> None:
    await beat(redis, "a", 4, 6)
    await beat(redis, "b", 4, 3)
    capacity = await Slots(redis).capacity()
    assert (capacity.workers, capacity.slots, capacity.free) == (2, 8, 1)


async def test_a_worker_that_leaves_or_falls_silent_is_none_any_more(redis: Redis) -> None:
    for worker in ("a", "b", "c"):
        await beat(redis, worker, 4, 0)
    assert 0 < await redis.ttl(f"{PREFIX}a") <= EXPIRE_SECONDS
    await LiveWorkers(redis).leave("b")
    await redis.delete(f"{PREFIX}c")  # as it does by itself
    assert [worker.id for worker in await LiveWorkers(redis).alive()] == ["a"]
    await redis.zadd(IDS, {"c": time.time() * 1000 - FORGET_MS - 1})
    await beat(redis, "a", 4, 0)
    assert await redis.zrange(IDS, 0, -1) == [b"a"]


async def test_a_call_that_begins_asks_redis_as_little_whatever_else_it_holds(redis: Redis) -> None:
    async def asked() -> int:
        return int((await redis.info("stats"))["total_commands_processed"])

    await beat(redis, "a", 4, 0)
    assert await Slots(redis).claim("first", ANN, 0) is Admission.OK  # connections greet, once
    questions = []
    for call_id, keys in (("c1", 0), ("c2", 20_000)):
        await redis.mset({f"voicetasks:key:{number}": "" for number in range(keys)} or {"one": ""})
        before = await asked()
        assert await Slots(redis).claim(call_id, ANN, 0) is Admission.OK
        questions.append(await asked() - before)
    assert questions[0] == questions[1]


async def test_calls_that_ask_at_once_never_get_the_last_slot_twice(redis: Redis) -> None:
    await beat(redis, "a", 4, 1)
    slots = Slots(redis)
    admissions = await asyncio.gather(*(slots.claim(f"c{n}", ANN, 0) for n in range(20)))
    assert admissions.count(Admission.OK) == 3
    assert admissions.count(Admission.BUSY) == 17


async def test_a_call_that_a_worker_has_counted_is_not_counted_twice(redis: Redis) -> None:
    slots = Slots(redis)
    for used in range(4):
        await beat(redis, "a", 4, used)
        assert await slots.claim(f"c{used}", ANN, 0) is Admission.OK
    for used in (3, 4):
        await beat(redis, "a", 4, used)
        assert await slots.claim(f"d{used}", ANN, 0) is Admission.BUSY


async def test_a_worker_that_falls_behind_is_not_asked_for_more_than_it_has(redis: Redis) -> None:
    slots = Slots(redis)
    for told in (0, 0, 1, 1):
        await beat(redis, "a", 4, told)
        assert await slots.claim(f"c{told}{await redis.zcard(CLAIMS_KEY)}", ANN, 0) is Admission.OK
    await beat(redis, "a", 4, 2)
    assert await slots.claim("one more", ANN, 0) is Admission.BUSY


async def test_a_claim_that_is_released_or_lost_frees_its_slot(redis: Redis) -> None:
    await beat(redis, "a", 1, 0)
    slots = Slots(redis)
    assert await slots.claim("c1", ANN, 0) is Admission.OK
    assert await slots.claim("c2", ANN, 0) is Admission.BUSY
    await slots.release("c1", ANN)
    assert await slots.claim("c2", ANN, 0) is Admission.OK
    seconds, _ = await redis.time()
    await redis.zadd(CLAIMS_KEY, {"c2": seconds * 1000 - CLAIM_MS - 1})
    assert await slots.claim("c3", ANN, 0) is Admission.OK


async def test_one_person_never_has_more_calls_than_they_may_and_takes_none_of_anothers(redis: Redis) -> None:
    await beat(redis, "a", 9, 0)
    slots = Slots(redis)
    admissions = await asyncio.gather(*(slots.claim(f"a{n}", ANN, 3) for n in range(8)))
    assert (admissions.count(Admission.OK), admissions.count(Admission.TOO_MANY)) == (3, 5)
    assert await slots.claim("b1", BOB, 3) is Admission.OK
    assert await slots.claim("a9", ANN, 0) is Admission.OK, "with 0 there is no bound"


async def test_a_call_counts_as_long_as_a_worker_tells_of_it(redis: Redis) -> None:
    await beat(redis, "a", 9, 0)
    slots = Slots(redis)
    seconds, _ = await redis.time()
    now = seconds * 1000
    for call in ("served", "silent", "never came"):
        assert await slots.claim(call, ANN, 3) is Admission.OK
    await redis.zadd(CALLS, {"served": now, "silent": now - SILENT_MS - 1_000})
    assert await slots.claim("c4", ANN, 3) is Admission.TOO_MANY, "all of them began just now"
    began = dict.fromkeys(("served", "silent", "never came"), now - BEGINS_MS - 1_000)
    await redis.zadd(CALLS_OF_PREFIX + ANN, began)
    assert [await slots.claim(f"c{n}", ANN, 3) for n in (5, 6)] == [Admission.OK] * 2
    assert await slots.claim("c7", ANN, 3) is Admission.TOO_MANY
    await slots.release("c6", ANN)
    assert await slots.claim("c8", ANN, 3) is Admission.OK
