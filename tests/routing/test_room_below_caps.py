"""What is said of caps before they hold is what Redis answers once they do."""

from __future__ import annotations

import random
from dataclasses import replace

import pytest

from routing.budget import Booked, Counters, Refused
from routing.caps import Cap, Caps
from routing.decision import BudgetState
from routing.forecast import Offer
from routing.kinds import Tier
from routing.live_leases import LiveLease, live_leases
from routing.room_below_caps import kind_of, money_below
from tests.routing.conftest import PLENTY, Bank

pytestmark = pytest.mark.system

ROUNDS = 150
TIERS: tuple[Tier, ...] = ("premium", "economy")


def asks(microdollars: int) -> list[tuple[Offer, int]]:
    """The same amount with a stack of each tier, which has its name."""
    return [(Offer.of(tier, tier), microdollars) for tier in TIERS]


def some_caps(chance: random.Random, spent: list[Counters]) -> Caps:
    """Of each scope out of reach, or not far from what was spent there."""

    def some(counted: Counters) -> Cap:
        if chance.random() < 0.5:
            return PLENTY
        total = max(0, counted.committed + chance.choice((-40, 0, 20, 60, 200)))
        premium = max(0, counted.premium_committed + chance.choice((-40, 0, 20, 60, 200)))
        return Cap(premium=min(premium, total), total=total)

    kinds = ("call", "user_day", "user_month", "global_day")
    return Caps(**{kind: some(each) for kind, each in zip(kinds, spent, strict=True)})


async def test_the_answer_below_other_caps_is_the_one_that_redis_gives_below_them(bank: Bank) -> None:
    chance = random.Random(7)
    account = await bank.account("c1")
    names = [scope.name for scope in account.scopes]
    await bank.budget.recount_all(account)

    async def counted() -> list[Counters]:
        found = await bank.budget.counters(names)
        return [each for each in found if each is not None]

    async def hold(caps: Caps, tier: Tier, microdollars: int) -> Booked | Refused:
        below = replace(account, caps=caps)
        answer = await bank.budget.hold(
            below, operation=bank.operation(), tier=tier, microdollars=microdollars, ttl_ms=60_000
        )
        assert answer is not None
        return answer

    seen = set()
    for _ in range(ROUNDS):
        if chance.random() < 0.5:  # what stands beside the caps is paid
            await hold(account.caps, "economy", 1)
        answer = await hold(some_caps(chance, await counted()), chance.choice(TIERS), chance.randint(1, 60))
        if isinstance(answer, Refused):
            continue
        for amount in chance.sample(range(10, 60), k=chance.randint(0, 2)):
            below = replace(account, caps=some_caps(chance, await counted()))
            await bank.budget.meter(
                below, operation=bank.operation(), tier=chance.choice(TIERS), microdollars=amount
            )
        (lease,) = await live_leases(bank.link)
        assert lease.scopes == tuple(names)
        caps, asked = some_caps(chance, await counted()), chance.choice(TIERS)
        counters = dict(zip(names, await counted(), strict=True))
        told = money_below(
            caps, lease, counters, BudgetState(premium="held", economy="held"), asks(lease.microdollars)
        )
        answer = await hold(caps, asked, lease.microdollars)
        if isinstance(answer, Refused):
            assert told.of(asked, asked) == ("unpaid" if answer.why == "unpaid" else "exhausted")
            if asked == "economy":  # it is told last, so that its scope is the one that is named
                assert told.scope == answer.scope.partition(":")[0]
        else:
            assert told.of(asked, asked) == "held"
        seen.add((asked, told.of(asked, asked)))
    assert seen == {(tier, money) for tier in TIERS for money in ("held", "exhausted")} | {
        ("premium", "unpaid")
    }


def test_money_that_was_refused_before_is_asked_for_anew_where_there_is_room() -> None:
    lease = LiveLease("c1", "economy", 5, 1_000, ("call:c1",))
    known = BudgetState(premium="unasked", economy="held")
    counters = {"call:c1": Counters(0, 0, 5, 5, 0, 0, 0, 0)}
    assert money_below(Caps(), lease, counters, known, asks(5)) == known
    told = money_below(Caps(call=Cap(premium=0, total=10)), lease, counters, known, asks(5))
    assert (told.of("premium", "premium"), told.of("economy", "economy"), told.scope) == (
        "exhausted",
        "held",
        "call",
    )


def test_only_names_of_scopes_have_a_kind() -> None:
    assert [kind_of(name) for name in ("call:c1", "user-day:s_1:2026-11-25")] == ["call", "user_day"]
    with pytest.raises(ValueError, match="no scope"):
        kind_of("week:s_1")
