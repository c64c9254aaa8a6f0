import pytest
from hypothesis import given
from hypothesis import strategies as st
from redis.asyncio import Redis

from tests.web.site import NOBODY
from web.metrics import WebMetrics
from web.try_limit import Rule, Scope, TryLimit

pytestmark = pytest.mark.unit

PAIR = Scope("pair:x", Rule(free=2, first_wait_ms=1_000, most_wait_ms=5_000, forget_ms=60_000))
ADDRESS = Scope("address:x", Rule(free=4, first_wait_ms=1_000, most_wait_ms=5_000, forget_ms=60_000))


class Clock:
    def __init__(self) -> None:
        self.seconds = 1_000.0

    def __call__(self) -> float:
        return self.seconds


def limit(clock: Clock) -> TryLimit:
    return TryLimit(Redis.from_url(f"redis://{NOBODY}/0"), WebMetrics(), clock=clock)


async def test_waits_grow_by_doubling_up_to_the_most() -> None:
    clock = Clock()
    tries = limit(clock)
    found: list[int] = []
    for _ in range(7):
        assert await tries.charge([PAIR]) == 0
        before = clock.seconds
        rule_wait = PAIR.rule.wait_ms(len(found) + 1) / 1000
        clock.seconds += rule_wait + 0.01
        found.append(round(clock.seconds - before))
    assert found == [0, 0, 1, 2, 4, 5, 5]


async def test_a_refused_try_neither_counts_nor_lengthens_the_wait() -> None:
    clock = Clock()
    tries = limit(clock)
    for _ in range(3):
        assert await tries.charge([PAIR]) == 0
    for _ in range(50):
        assert 0.9 < await tries.charge([PAIR]) <= 1.001
    clock.seconds += 1.01
    assert await tries.charge([PAIR]) == 0
    assert round(await tries.charge([PAIR])) == 2


async def test_one_scope_that_says_wait_keeps_the_others_uncharged() -> None:
    clock = Clock()
    tries = limit(clock)
    for _ in range(3):
        await tries.charge([PAIR, ADDRESS])
    for _ in range(20):
        assert await tries.charge([PAIR, ADDRESS]) > 0
    other = Scope("pair:y", PAIR.rule)
    assert await tries.charge([other, ADDRESS]) == 0
    assert await tries.charge([other, ADDRESS]) == 0
    assert await tries.charge([other, ADDRESS]) > 0


async def test_tries_are_forgotten_in_time() -> None:
    clock = Clock()
    tries = limit(clock)
    for _ in range(3):
        await tries.charge([PAIR])
    clock.seconds += 62
    for _ in range(3):
        assert await tries.charge([PAIR]) == 0


async def test_a_right_try_clears_the_pair_and_only_its_own_charge_elsewhere() -> None:
    clock = Clock()
    tries = limit(clock)
    for _ in range(2):
        await tries.charge([PAIR, ADDRESS])
    await tries.take_back([PAIR, ADDRESS])
    other = Scope("pair:y", Rule(free=100, first_wait_ms=1, most_wait_ms=1, forget_ms=60_000))
    for _ in range(4):
        assert await tries.charge([other, ADDRESS]) == 0
    assert await tries.charge([other, ADDRESS]) > 0


async def test_what_a_right_try_spares_is_neither_asked_nor_charged_from_there_on() -> None:
    clock = Clock()
    tries = limit(clock)
    shared = [Scope(each, ADDRESS.rule, spared_by="known:x") for each in ("address:x", "account:x")]
    await tries.charge([PAIR, *shared])
    await tries.take_back([PAIR, *shared])
    for other in range(5):
        await tries.charge(
            [Scope(f"pair:{other}", PAIR.rule), *[Scope(each.key, each.rule) for each in shared]]
        )
    assert await tries.charge([PAIR, *shared]) == 0
    assert await tries.charge([Scope("pair:y", PAIR.rule), Scope("address:x", ADDRESS.rule)]) > 0
    assert await tries.charge([Scope("pair:y", PAIR.rule), Scope("account:x", ADDRESS.rule)]) > 0


async def test_right_tries_do_not_keep_wrong_ones_from_being_forgotten() -> None:
    clock = Clock()
    tries = limit(clock)
    for number in range(4):
        await tries.charge([Scope(f"pair:{number}", PAIR.rule), ADDRESS])
    for _ in range(3):
        clock.seconds += 25
        await tries.charge([PAIR, ADDRESS])
        await tries.take_back([PAIR, ADDRESS])
    for number in range(4):
        assert await tries.charge([Scope(f"pair:{number}", PAIR.rule), ADDRESS]) == 0
    assert await tries.charge([PAIR, ADDRESS]) == 0


async def test_a_try_that_was_not_judged_leaves_nothing_behind_and_clears_nothing() -> None:
    clock = Clock()
    tries = limit(clock)
    spared = Scope("account:x", ADDRESS.rule, spared_by="known:x")
    await tries.charge([PAIR, spared])
    for _ in range(20):
        assert await tries.charge([PAIR, spared]) == 0
        await tries.take_back_unjudged([PAIR, spared])
    assert await tries.charge([PAIR, spared]) == 0
    assert await tries.charge([PAIR, spared]) == 0
    assert await tries.charge([PAIR, spared]) > 0


@given(st.integers(0, 10_000), st.integers(0, 100))
def test_the_wait_never_shrinks_and_never_exceeds_the_most(count: int, free: int) -> None:
    rule = Rule(free=free, first_wait_ms=1_000, most_wait_ms=900_000, forget_ms=1)
    assert 0 <= rule.wait_ms(count) <= rule.wait_ms(count + 1) <= 900_000
    assert (rule.wait_ms(count) == 0) == (count <= free)
