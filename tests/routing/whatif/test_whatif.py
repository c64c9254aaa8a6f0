"""Calls of the past under another policy or other prices."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from routing.call_records import recent_calls
from routing.caps import Cap, Caps
from routing.charges import usage_of
from routing.experiments.assignment import Assignment, assigned
from routing.experiments.design import Arm, Experiment
from routing.journal import Entry
from routing.policy import DEFAULT_POLICY, Policy
from routing.whatif.answer import WhatIf, what_if
from tests.routing.conftest import Bank, Cost
from tests.routing.experiments.past import (
    MINUTE,
    charge,
    decision,
    ended,
    outcome,
    plain_call,
    usage,
)
from tests.routing.switchboard import Switchboard
from tiers.prices import BUNDLED, PriceTable, bundled

pytestmark = pytest.mark.system

T = 1_800_000_000_000
DAY = 24 * 60 * MINUTE
REALTIME = {"units": {"audio_output_tokens": 500}, "part": "speech_to_speech"}


async def ask(
    bank: Bank,
    policy: Policy | None = None,
    prices: PriceTable | None = None,
    *,
    since_ms: int = T,
    until_ms: int = T + 30 * DAY,
) -> WhatIf:
    return await what_if(bank.journal, since_ms=since_ms, until_ms=until_ms, policy=policy, prices=prices)


def policy(**update: Any) -> Policy:
    return DEFAULT_POLICY.model_copy(update={"version": "7", **update})


async def test_the_policy_that_was_in_force_gives_back_decisions_and_costs_exactly(
    bank: Bank, tmp_path: Path
) -> None:
    """Decisions as a worker's router makes them: money that runs out, vendors that fail, an experiment, a switch."""
    board = Switchboard(bank, tmp_path / "spool")
    board.caps(user_day=Cap(premium=50_000, total=10**9))
    arms = (Arm(name="control", stack="economy"), Arm(name="local", stack="local"))
    experiment = Experiment(
        hypothesis="h", arms=arms, plan="premium", channel="phone", state="running", phase=1
    )
    board.policy = board.policy.model_copy(update={"version": "3", "experiments": {"x": experiment}})
    since = await bank.budget.time_ms()
    for number in range(6):
        call = board.router(f"c{number}", subject=f"s_{number % 2}", slice_seconds=1)
        await call.open()
        call.meter(Cost(f"e{number}", 30_000))
        if number == 2:
            board.down("openai-realtime")
            board.down()
        if number == 4:
            call.failed("cartesia")
        await call.aclose()
    await board.aclose()
    await bank.drain()
    found = await ask(bank, board.policy, since_ms=since - 1, until_ms=since + DAY)
    assert found.calls == 6
    assert (found.decisions, found.unreadable_decisions) == (found.same_decisions, 0)
    assert found.decisions >= 6
    assert found.others == ()
    assert found.microdollars == found.recorded_microdollars == 180_000
    own = await ask(bank, since_ms=since - 1, until_ms=since + DAY)
    assert own.same_decisions == own.decisions


async def test_a_recorded_experiment_comes_out_the_same_under_its_policy(bank: Bank) -> None:
    arms = (Arm(name="control", stack="economy"), Arm(name="cheap", stack="budget"))
    running = policy(
        experiments={"x": Experiment(hypothesis="h", arms=arms, state="running", phase=1, since_ms=T)}
    )
    for number in range(20):
        user = f"usr_{number}"
        subject = await bank.journal.subject_of(user)
        drawn = assigned(running.experiments, user, plan="economy", channel="browser")
        assert drawn is not None
        await bank.journal.append(
            plain_call(
                f"c{number}", T + number, subject=subject, policy=running, assignment=drawn, stack=drawn.stack
            )
        )
    found = await ask(bank, running)
    assert (found.same_decisions, found.others) == (20, ())
    assert found.microdollars == found.recorded_microdollars
    without = await ask(bank, policy())
    assert {each.otherwise for each in without.others} == {("economy",)}
    assert 0 < len(without.others) < 20


async def test_an_experiment_that_was_not_running_draws_the_callers_as_it_would_have(bank: Bank) -> None:
    arms = (Arm(name="control", stack="economy"), Arm(name="cheap", stack="budget"))
    running = policy(experiments={"x": Experiment(hypothesis="h", arms=arms, state="running", phase=1)})
    cheap = set()
    for number in range(20):
        user = f"usr_{number}"
        subject = await bank.journal.subject_of(user)
        await bank.journal.append(plain_call(f"c{number}", T + number, subject=subject))
        drawn = assigned(running.experiments, user, plan="economy", channel="browser")
        if drawn is not None and drawn.arm == "cheap":
            cheap.add(f"c{number}")
    await bank.journal.append(plain_call("erased", T + 99, subject="s_of_nobody"))
    found = await ask(bank, running)
    assert {each.call_id for each in found.others} == cheap


async def test_another_voice_is_priced_by_what_was_said(bank: Bank) -> None:
    price = bundled().price(usage("u1", "economy"))
    await bank.journal.append(plain_call("c1", T, subject="s_a", microdollars=price))
    found = await ask(bank, policy(stacks_off=("economy",)))
    assert (found.recorded_microdollars, found.by_the_minute) == (price, 0)
    assert found.microdollars == found.low == found.high == bundled().price(usage("u1", "budget"))
    [other] = found.others
    assert (other.recorded, other.otherwise) == (("economy",), ("budget",))


async def test_an_estimate_and_what_took_its_place_are_carried_over_once(bank: Bank) -> None:
    guess = usage("u1", certainty="estimated")
    real = usage("u2", replaces="u1", units={"characters": 1_200})
    await bank.journal.append(
        [
            decision("c1", T, subject="s_a"),
            charge("c1", T + 1, guess, 40_000, subject="s_a"),
            charge("c1", T + 2, real, 8_000, subject="s_a"),
            ended("c1", T + MINUTE, subject="s_a"),
        ]
    )
    found = await ask(bank, policy(stacks_off=("economy",)))
    assert found.microdollars == bundled().price(usage("x", "budget", units={"characters": 1_200}))


async def test_premium_instead_of_a_cascade_is_told_from_premium_minutes_with_a_range(bank: Bank) -> None:
    for number, microdollars in enumerate((90_000, 110_000, 100_000, 100_000)):
        await bank.journal.append(
            [
                decision(f"p{number}", T + number, subject=f"s_{number}", plan="premium"),
                charge(
                    f"p{number}",
                    T + MINUTE,
                    usage("u", "premium", **REALTIME),
                    microdollars,
                    subject=f"s_{number}",
                ),
                ended(f"p{number}", T + number + MINUTE, subject=f"s_{number}"),
            ]
        )
    off = policy(tiers_off=("premium",))
    await bank.journal.append(plain_call("c1", T + 50, subject="s_9", plan="premium", policy=off, minutes=2))
    found = await ask(bank, policy())
    [other] = found.others
    assert (other.call_id, other.otherwise) == ("c1", ("premium",))
    assert other.microdollars == pytest.approx(200_000)
    assert found.by_the_minute == 1
    assert found.low < found.microdollars == 600_000 < found.high


async def test_stars_of_the_day_after_make_no_call_longer(bank: Bank) -> None:
    off = policy(tiers_off=("premium",))
    for call_id, under in (*((f"p{number}", policy()) for number in range(4)), ("c1", off)):
        subject = f"s_{call_id}"
        used = charge(call_id, T + 1, usage("u", "premium", **REALTIME), 100_000, subject=subject)
        await bank.journal.append(
            [
                decision(call_id, T, subject=subject, plan="premium", policy=under),
                *([] if under is off else [used]),
                ended(call_id, T + MINUTE, subject=subject),
                outcome(call_id, T + DAY, 1, subject=subject, stars=5),
            ]
        )
    found = await ask(bank, policy())
    [moved] = found.others
    assert moved.call_id == "c1"
    assert moved.microdollars == pytest.approx(100_000)


async def test_a_call_lasted_until_its_end_and_not_until_its_stars(bank: Bank) -> None:
    await bank.journal.append(plain_call("c1", T, subject="s_a", minutes=3))
    await bank.journal.append([outcome("c1", T + DAY, 1, subject="s_a", stars=5)])
    [record] = await recent_calls(bank.journal.engine, since_ms=T - 1)
    assert (record.first_ms, record.last_ms) == (T, T + 3 * MINUTE)


async def test_a_stack_that_nobody_was_served_with_costs_about_its_goal(bank: Bank) -> None:
    off = policy(tiers_off=("premium",))
    await bank.journal.append(plain_call("c1", T, subject="s_a", plan="premium", policy=off, minutes=1))
    found = await ask(bank, policy())
    assert found.microdollars == 120_000
    assert (found.low, found.high) == (60_000, 180_000)


async def test_lower_caps_end_premium_where_the_money_would_have_ended(bank: Bank) -> None:
    charges = [
        charge("c1", T + n * MINUTE, usage(f"u{n}", "premium", **REALTIME), 50_000, subject="s_a")
        for n in range(1, 9)
    ]
    begun = decision("c1", T, subject="s_a", plan="premium")
    await bank.journal.append([begun, *charges, ended("c1", T + 8 * MINUTE, subject="s_a")])
    caps = Caps(user_day=Cap(premium=170_000, total=10**9))
    found = await ask(bank, policy(caps=caps))
    [other] = found.others
    assert other.otherwise == ("premium", "economy")
    assert "budget is used up" in other.reason
    # After three charges the cap has no room for another slice.
    assert found.by_stack["premium"] == 150_000
    assert found.microdollars < found.recorded_microdollars
    tiny = await ask(bank, policy(caps=Caps(user_month=Cap(premium=0, total=10**9))))
    assert tiny.others[0].otherwise == ("economy",)


async def test_higher_caps_keep_premium_where_money_had_ended_it(bank: Bank) -> None:
    poor = policy(caps=Caps(user_day=Cap(premium=60_000, total=10**9)))
    await bank.journal.append(
        [
            decision("c1", T, subject="s_a", plan="premium", policy=poor),
            charge("c1", T + MINUTE, usage("u1", "premium", **REALTIME), 60_000, subject="s_a"),
            decision(
                "c1",
                T + MINUTE,
                number=2,
                subject="s_a",
                plan="premium",
                policy=poor,
                budget={"premium": "exhausted", "scope": "user-day"},
            ),
            charge("c1", T + 2 * MINUTE, usage("u2"), 30_000, subject="s_a"),
            ended("c1", T + 3 * MINUTE, subject="s_a"),
        ]
    )
    same = await ask(bank, poor)
    assert (same.same_decisions, same.microdollars) == (2, 90_000)
    found = await ask(bank, policy())
    assert found.others[0].otherwise == ("premium",)
    assert found.microdollars > 90_000


async def test_money_of_the_month_before_counts_in_its_caps(bank: Bank) -> None:
    first = 1_798_761_600_000  # 2027-01-01 UTC
    await bank.journal.append(
        plain_call("old", first + DAY, subject="s_a", stack="premium", plan="premium", microdollars=500_000)
    )
    await bank.journal.append(
        plain_call(
            "new", first + 2 * DAY, subject="s_a", stack="premium", plan="premium", microdollars=50_000
        )
    )
    caps = Caps(user_month=Cap(premium=510_000, total=10**9))
    found = await ask(bank, policy(caps=caps), since_ms=first + 2 * DAY, until_ms=first + 3 * DAY)
    assert [each.call_id for each in found.others] == ["new"]


async def test_other_prices_price_again_what_was_used(bank: Bank, tmp_path: Path) -> None:
    dearer = prices(tmp_path, double=True)
    price = bundled().price(usage("u1"))
    await bank.journal.append(plain_call("c1", T, subject="s_a", microdollars=price))
    assert (await ask(bank, prices=prices(tmp_path, double=False))).microdollars == price
    found = await ask(bank, prices=dearer)
    assert (found.recorded_microdollars, found.microdollars) == (price, 2 * price)
    assert found.others == ()


async def test_what_the_vendor_corrected_moves_with_the_price(bank: Bank, tmp_path: Path) -> None:
    price = bundled().price(usage("u1"))
    guess = charge("c1", T + 1, usage("u1", certainty="estimated"), price, subject="s_a")
    found_usage = usage_of(guess)
    assert found_usage is not None
    settled = replace(found_usage, event_id="u1:reconciled", certainty="reconciled", replaces="u1")
    correction = charge("c1", T + 20 * DAY, settled, -price // 10, subject="s_a")
    entries: list[Entry] = [decision("c1", T, subject="s_a"), guess, ended("c1", T + MINUTE, subject="s_a")]
    await bank.journal.append([*entries, correction])
    found = await ask(bank, prices=prices(tmp_path, double=True))
    assert found.microdollars == pytest.approx(1.8 * price, abs=2)
    assert (await ask(bank)).microdollars == pytest.approx(0.9 * price, abs=1)


async def test_a_decision_of_another_version_is_counted_and_the_rest_is_replayed(bank: Bank) -> None:
    broken = replace(
        decision("c1", T + 5, number=2, subject="s_a"), details={"subject": "s_a", "decision": {"stack": 1}}
    )
    await bank.journal.append([*plain_call("c1", T, subject="s_a"), broken])
    found = await ask(bank, policy())
    assert (found.decisions, found.unreadable_decisions, found.recorded_microdollars) == (1, 1, 40_000)


async def test_a_month_is_told_from_whole_days_with_a_range(bank: Bank) -> None:
    midnight = T // DAY * DAY
    for day, cost in enumerate((100_000, 120_000, 80_000, 100_000, 110_000, 90_000)):
        at_ms = midnight + day * DAY + 9 * 60 * MINUTE
        await bank.journal.append(plain_call(f"c{day}", at_ms, subject=f"s_{day}", microdollars=cost))
    found = await ask(bank, policy(), since_ms=midnight, until_ms=midnight + 6 * DAY + 5)
    assert found.recorded_month is not None
    assert found.month is not None
    assert found.recorded_month == found.month
    assert found.month.from_days == 6
    assert found.month.microdollars == pytest.approx(found.month.days * 100_000)
    assert found.month.low is not None
    assert found.month.high is not None
    assert found.month.low < found.month.microdollars < found.month.high


def prices(folder: Path, *, double: bool) -> PriceTable:
    """The bundled table, or one in which cartesia's voice costs twice as much."""
    table = PriceTable.load(BUNDLED)
    if not double:
        return table
    rates = {key: dict(units) for key, units in table.all.items()}
    for key, units in rates.items():
        if key[0] == "cartesia":
            rates[key] = {
                unit: replace(rate, microdollars=2 * rate.microdollars) for unit, rate in units.items()
            }
    return PriceTable("twice", rates)


CHEAP = Assignment(experiment="x", phase=1, arm="cheap", stack="budget", bucket=7_000)


async def test_an_arm_that_was_stopped_falls_to_the_ladder(bank: Bank) -> None:
    await bank.journal.append(plain_call("c1", T, subject="s_a", stack="budget", assignment=CHEAP))
    arms = (Arm(name="control", stack="economy"), Arm(name="cheap", stack="budget"))
    stopped = policy(experiments={"x": Experiment(hypothesis="h", arms=arms, state="stopped", phase=1)})
    assert (await ask(bank, stopped)).others[0].otherwise == ("economy",)
    off = policy(experiments={})
    assert (await ask(bank, off)).others[0].otherwise == ("economy",)
