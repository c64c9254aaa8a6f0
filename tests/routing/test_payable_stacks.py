"""Whatever caps, vendors and other calls do: no call is refused while a stack that could serve it can be paid."""

from __future__ import annotations

import asyncio
from typing import Any, Literal, NamedTuple, cast

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from routing.budget import Account, Booked, Refused
from routing.call_router import CallRouter
from routing.caps import Cap
from routing.decision import BudgetState, Money, RouteInputs, StackState
from routing.forecast import Offer
from routing.journal import Journal
from routing.kinds import Tier
from routing.lease import Lease, Verdict
from routing.live_leases import LiveLease, live_leases
from routing.policy import DEFAULT_POLICY
from routing.room_below_caps import money_below
from routing.router import decide
from routing.spool import Spool
from tests.routing.conftest import Bank
from tests.routing.test_budget_race import in_fresh_bank

NAMES = ("premium", "gemini", "quality", "economy", "budget", "local", "text")
PREMIUM_NAMES = ("premium", "gemini")
MONEY = st.integers(min_value=0, max_value=45_000)


class Till:
    """A call's lease below caps that are numbers of this process. What Redis answers is told by the test below."""

    def __init__(self, premium: int, total: int) -> None:
        self.premium_room, self.room = premium, total
        """µ$ that other calls and the call's own charges leave."""
        self.offer: Offer | None = None
        self.held = 0
        self.serving: Offer | None = None
        self.running = 0
        """µ$ of the next slice of what serves."""
        self.on_verdict: Any = None
        self.blind_since = None

    @property
    def tier(self) -> Tier | None:
        return None if self.offer is None else self.offer.tier

    def price(self, offer: Offer) -> int:
        return self.running if offer == self.serving and self.running else offer.first_slice

    def pays(self, offer: Offer) -> bool:
        price = self.price(offer)
        return price <= self.room and (offer.tier != "premium" or price <= self.premium_room)

    async def reserve(self, *offers: Offer) -> Verdict:
        await asyncio.sleep(0)
        assert len({offer.tier for offer in offers}) == 1
        for at, offer in enumerate(offers):
            if self.pays(offer):
                self.held = self.price(offer)
                self.move(offer)
                return Verdict("held", "user-day" if at else "", at)
        return Verdict("exhausted", "user-day")

    def move(self, offer: Offer) -> None:
        assert self.offer is None or self.held
        if offer != self.serving:
            self.running = 0
        self.offer = self.serving = offer

    async def release(self) -> None:
        self.offer, self.held = None, 0

    async def next_slice(self, price: int) -> None:
        """The slice ends, and the next one costs so much."""
        if self.offer is not None:
            offer, self.running = self.offer, price
            self.on_verdict(offer, await self.reserve(offer))

    async def aclose(self) -> None:
        await self.release()

    def now_ms(self) -> int:
        return 0


class NoJournal:
    async def append(self, _entries: object) -> int:
        return 0


class Step(NamedTuple):
    """One thing that happens to a call."""

    what: Literal["slice", "room", "premium room", "failed", "later"]
    amount: int
    name: str


STEPS = st.lists(
    st.builds(
        Step,
        st.sampled_from(["slice", "slice", "room", "premium room", "failed", "later"]),
        MONEY,
        st.sampled_from(NAMES),
    ),
    max_size=12,
)


@st.composite
def inputs(draw: st.DrawFn) -> RouteInputs:
    ladder = tuple(draw(st.permutations(NAMES)))[: draw(st.integers(1, len(NAMES)))]
    found = []
    for name in draw(st.sets(st.sampled_from(NAMES), min_size=1)):
        tier: Tier = "premium" if name in PREMIUM_NAMES else "economy"
        is_free = name == "local" and draw(st.booleans())
        parts = ((f"{name}-api",),)
        found.append(
            StackState(
                name=name,
                tier=tier,
                configured=True,
                free=is_free,
                voice=name != "text",
                alternatives=parts,
            )
        )
    off = tuple(draw(st.sets(st.sampled_from(NAMES), max_size=2)))
    policy = DEFAULT_POLICY.model_copy(update={"premium": ladder, "economy": ladder, "stacks_off": off})
    return RouteInputs(
        plan=draw(st.sampled_from(["premium", "premium", "economy"])), stacks=tuple(found), policy=policy
    )


def payable(known: RouteInputs, till: Till) -> list[str]:
    """What the router would serve the call with, one stack at a time alone in the world, and the till can pay for."""
    found = []
    for state in known.stacks:
        if any(service in known.failed for part in state.alternatives for service in part):
            continue
        alone = known.model_copy(update={"stacks": (state,), "budget": BudgetState()})
        if decide(alone).stack and (state.free or till.pays(Offer.of(state.name, state.tier))):
            found.append(state.name)
    return found


@pytest.mark.unit
@settings(max_examples=300, deadline=None)
@given(given_=inputs(), premium=MONEY, total=MONEY, steps=STEPS)
def test_no_call_is_refused_while_a_stack_that_is_allowed_healthy_and_payable_exists(
    given_: RouteInputs, premium: int, total: int, steps: list[Step]
) -> None:
    async def live() -> None:
        till, now = Till(premium, total), [0.0]
        router = CallRouter(
            cast("Lease", till),
            cast("Journal", NoJournal()),
            cast("Spool", None),
            given_,
            call_id="c1",
            subject="s_anna",
            policy=lambda: given_.policy,
            clock=lambda: now[0],
        )

        def look() -> bool:
            decision = router.decision
            state = next((each for each in given_.stacks if each.name == decision.stack), None)
            if state is None:
                assert not payable(decision.inputs, till)
            elif state.free:
                assert till.held == 0
            else:
                assert till.offer == Offer.of(state.name, state.tier), "it is served on money of its own tier"
                assert till.held > 0
            return state is not None

        await router.open()
        going_on = look()
        for step in steps:
            if not going_on:
                break
            match step.what:
                case "slice":
                    await till.next_slice(max(1, step.amount))
                case "room":
                    till.room = step.amount
                case "premium room":
                    till.premium_room = step.amount
                case "failed":
                    router.failed(f"{step.name}-api")
                case "later":
                    now[0] += 130
                    router.health_changed()
            while router._background:
                await asyncio.gather(*router._background)
            going_on = look()
        await router.aclose()

    asyncio.run(live())


AMOUNTS = st.lists(st.integers(min_value=0, max_value=400), min_size=1, max_size=4)
DEALS = st.lists(
    st.tuples(
        st.sampled_from(["hold", "hold", "meter", "settle"]),
        st.sampled_from(["c0", "c1"]),
        st.sampled_from(["premium", "economy"]),
        AMOUNTS,
    ),
    max_size=12,
)
Deal = tuple[str, str, Tier, list[int]]


@pytest.mark.system
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(premium=st.integers(0, 500), more=st.integers(0, 500), day=st.integers(0, 800), deals=DEALS)
def test_of_several_amounts_redis_holds_the_first_that_fits_and_no_cap_is_passed(
    valkey: str, premium: int, more: int, day: int, deals: list[Deal]
) -> None:
    caps = {
        "call": Cap(premium=premium, total=premium + more),
        "user_day": Cap(premium=min(premium, day), total=day),
    }

    async def run(bank: Bank) -> None:
        accounts = {call_id: await bank.account(call_id, **caps) for call_id in ("c0", "c1")}
        for account in accounts.values():
            await bank.budget.recount_all(account)
        for what, call_id, tier, amounts in deals:
            account, operation = accounts[call_id], bank.operation()
            if what == "meter":
                await bank.budget.meter(account, operation=operation, tier=tier, microdollars=amounts[0])
            elif what == "settle":
                await bank.budget.settle(account, operation=operation, tier=tier)
            else:
                expected = await _answers(bank, account, tier, amounts)
                answer = await bank.budget.hold(
                    account,
                    operation=operation,
                    tier=tier,
                    microdollars=amounts[0],
                    others=amounts[1:],
                    ttl_ms=600_000,
                )
                first = next((at for at, money in enumerate(expected) if money in ("held", "unasked")), None)
                if first is None:
                    assert isinstance(answer, Refused)
                    assert ("unpaid" if answer.why == "unpaid" else "exhausted") == expected[-1]
                else:
                    assert isinstance(answer, Booked)
                    assert (answer.held, bool(answer.short)) == (amounts[first], first > 0)
            for one in accounts.values():
                found = await bank.budget.counters([scope.name for scope in one.scopes])
                for scope, counters in zip(one.scopes, found, strict=True):
                    cap = one.caps.of(scope.kind)
                    assert counters is not None
                    assert counters.committed + counters.held <= cap.total
                    assert counters.premium_committed + counters.premium_held <= cap.premium
                    assert min(counters.held, counters.premium_held) >= 0

    asyncio.run(in_fresh_bank(valkey, run))


async def _answers(bank: Bank, account: Account, tier: Tier, amounts: list[int]) -> list[Money]:
    """What each amount would be answered alone, as an admin is told it beforehand."""
    names = [scope.name for scope in account.scopes]
    counters = {
        name: each
        for name, each in zip(names, await bank.budget.counters(names), strict=True)
        if each is not None
    }
    leases = {each.call_id: each for each in await live_leases(bank.link)}
    lease = leases.get(account.call_id, LiveLease(account.call_id, tier, 0, 0, tuple(names)))
    asks = [(Offer(str(at), tier, 0), amount) for at, amount in enumerate(amounts)]
    told = money_below(account.caps, lease, counters, BudgetState(premium="held", economy="held"), asks)
    return [told.of(str(at), tier) for at in range(len(amounts))]
