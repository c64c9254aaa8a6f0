import asyncio

import pytest
from redis.asyncio import Redis

from tests.web.site import OpenSite
from tests.web.test_sign_in import owner_shares_an_address, owner_stays_in
from web.metrics import WebMetrics
from web.sign_in_limit import sign_in_scopes
from web.try_limit import PREFIX, Rule, Scope, TryLimit

pytestmark = pytest.mark.system

PAIR = Scope("pair:x", Rule(free=2, first_wait_ms=400, most_wait_ms=60_000, forget_ms=60_000))
ADDRESS = Scope("address:x", Rule(free=9, first_wait_ms=400, most_wait_ms=60_000, forget_ms=60_000))


async def test_two_processes_share_the_count_and_a_hundred_at_once_get_no_more(redis: Redis) -> None:
    one, other = TryLimit(redis, WebMetrics()), TryLimit(redis, WebMetrics())
    waits = await asyncio.gather(
        *(limit.charge([PAIR, ADDRESS]) for limit in (one, other) for _ in range(50))
    )
    assert waits.count(0) == 3
    assert all(0 < wait <= 0.4 for wait in waits if wait)
    assert await redis.hget(PREFIX + ADDRESS.key, "count") == b"3"
    assert 0 < await redis.pttl(PREFIX + PAIR.key) <= 60_000


async def test_the_wait_passes_and_doubles(redis: Redis) -> None:
    tries = TryLimit(redis, WebMetrics())
    for _ in range(3):
        assert await tries.charge([PAIR]) == 0
    wait = await tries.charge([PAIR])
    await asyncio.sleep(wait + 0.01)
    assert await tries.charge([PAIR]) == 0
    assert 0.4 < await tries.charge([PAIR]) <= 0.8


async def test_a_right_try_leaves_only_the_others_charges(redis: Redis) -> None:
    tries = TryLimit(redis, WebMetrics())
    for _ in range(3):
        await tries.charge([PAIR, ADDRESS])
    await tries.take_back([PAIR, ADDRESS])
    assert not await redis.exists(PREFIX + PAIR.key)
    assert await redis.hgetall(PREFIX + ADDRESS.key) == {b"count": b"2"}
    await tries.take_back([PAIR, ADDRESS])
    await tries.take_back([PAIR, ADDRESS])
    assert not await redis.exists(PREFIX + ADDRESS.key)


async def test_right_tries_do_not_keep_wrong_ones_from_being_forgotten(redis: Redis) -> None:
    tries = TryLimit(redis, WebMetrics())
    for _ in range(2):
        await tries.charge([PAIR, ADDRESS])
    await redis.pexpire(PREFIX + ADDRESS.key, 20_000)
    await tries.charge([PAIR, ADDRESS])
    assert await redis.pttl(PREFIX + ADDRESS.key) > 20_000
    await tries.take_back([PAIR, ADDRESS])
    assert 0 < await redis.pttl(PREFIX + ADDRESS.key) <= 20_000


async def test_what_a_right_try_spares_is_neither_asked_nor_charged_from_there_on(redis: Redis) -> None:
    tries = TryLimit(redis, WebMetrics())
    shared = [Scope(each, PAIR.rule, spared_by="known:x") for each in ("address:x", "account:x")]
    await tries.charge([PAIR, *shared])
    await tries.take_back([PAIR, *shared])
    for each in shared:
        assert not await redis.exists(PREFIX + each.key), "its own charge is taken back everywhere"
    for other in range(3):
        others = [Scope(each.key, each.rule) for each in shared]
        assert await tries.charge([Scope(f"pair:{other}", PAIR.rule), *others]) == 0
    assert await tries.charge([PAIR, *shared]) == 0
    assert await tries.charge([Scope("pair:y", PAIR.rule), Scope("address:x", PAIR.rule)]) > 0


async def test_a_try_that_was_not_judged_leaves_nothing_behind_and_clears_nothing(redis: Redis) -> None:
    tries = TryLimit(redis, WebMetrics())
    spared = Scope("account:x", ADDRESS.rule, spared_by="known:x")
    await tries.charge([PAIR, spared])
    for _ in range(5):
        assert await tries.charge([PAIR, spared]) == 0
        await tries.take_back_unjudged([PAIR, spared])
    for scope in (PAIR, spared):
        assert await redis.hgetall(PREFIX + scope.key) == {b"count": b"1"}
    assert not await redis.exists(PREFIX + "known:x")


@pytest.mark.usefixtures("long_waits")
async def test_redis_sees_no_address_of_either_kind(redis: Redis, open_site: OpenSite) -> None:
    site = await open_site()
    browser = site.browser("203.0.113.9")
    tries = [await browser.sign_in("ann@example.org", "wrong") for _ in range(8)]
    assert [answer.status_code for answer in tries][:6] == [401] * 6
    assert 429 in [answer.status_code for answer in tries]
    keys = [str(key) for key in await redis.keys("*")]
    assert len(keys) == 3
    assert not any("ann" in key or "203.0" in key for key in keys)


async def test_spellings_of_an_account_and_a_households_addresses_count_as_one(
    redis: Redis, open_site: OpenSite
) -> None:
    keys = (await open_site()).services.keys
    assert sign_in_scopes(keys, "Ann@Example.org", "2001:db8::1") == sign_in_scopes(
        keys, " ann@example.org", "2001:db8::ffff"
    )
    assert sign_in_scopes(keys, "a@b.org", "::ffff:203.0.113.9") == sign_in_scopes(
        keys, "a@b.org", "203.0.113.9"
    )
    assert sign_in_scopes(keys, "a@b.org", "2001:db8::1") != sign_in_scopes(
        keys, "a@b.org", "2001:db8:0:1::1"
    )


@pytest.mark.usefixtures("long_waits")
async def test_a_guest_locks_nobody_out_at_an_address_that_they_share(
    redis: Redis, open_site: OpenSite
) -> None:
    await owner_shares_an_address(await open_site())


@pytest.mark.usefixtures("long_waits")
async def test_strangers_lock_nobody_out_where_they_signed_in_before(
    redis: Redis, open_site: OpenSite
) -> None:
    await owner_stays_in(await open_site())
    keys = [str(key) for key in await redis.keys("*")]
    assert not any("ann" in key or "203.0" in key or "198.51" in key for key in keys)
