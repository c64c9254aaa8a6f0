"""A person's own calls as the journal has them, how they were liked, and what they cost and may cost."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from routing.allowance import allowance
from routing.erasure import forget_name
from routing.experiments.reading import read_calls
from routing.outcomes import SUCCESS_MS, Outcomes
from routing.own_calls import Served, is_own, own_calls
from routing.policy_store import PolicyStore
from routing.ratings import rate, ratings_of
from routing.redis_link import RedisLink
from routing.spool import Spool
from routing.taken_back import took_back
from tests.routing.conftest import Bank
from tests.routing.experiments.past import MINUTE, charge, decision, ended, plain_call, task, usage
from tests.routing.experiments.test_reading import CHEAP, T

pytestmark = pytest.mark.system

ANN, BOB = "usr_ann", "usr_bob"


async def test_own_calls_are_told_newest_first_with_what_served_them_and_their_cost(bank: Bank) -> None:
    ann, bob = [await bank.journal.subject_of(user) for user in (ANN, BOB)]
    await bank.journal.append(
        [
            *plain_call("c1", T, subject=ann, minutes=3),
            *plain_call("c2", T + 10 * MINUTE, subject=ann, microdollars=70_000),
            decision("c2", T + 11 * MINUTE, subject=ann, number=2, plan="premium", channel="phone"),
            decision("c2", T + 12 * MINUTE, subject=ann, number=3, plan="premium", channel="phone"),
            charge("c2", T + 12 * MINUTE, usage("u2", "premium"), 5, subject=ann),
            *plain_call("c3", T + 5 * MINUTE, subject=bob),
        ]
    )
    await rate(bank.journal, call_id="c1", subject=ann, channel="browser", stars=2, at_ms=T + 60 * MINUTE)
    newest, first = await own_calls(bank.journal.engine, ANN)
    assert (newest.call_id, newest.microdollars, newest.stars) == ("c2", 70_005, None)
    assert newest.served == (Served("economy", "economy"), Served("premium", "premium"))
    assert (first.call_id, first.began_ms, first.ended_ms) == ("c1", T, T + 3 * MINUTE)  # not its rating
    assert (first.stars, first.channel) == (2, "browser")
    [older] = await own_calls(bank.journal.engine, ANN, before_ms=newest.began_ms)
    assert older == first
    assert [call.call_id for call in await own_calls(bank.journal.engine, ANN, limit=1)] == ["c2"]
    assert await is_own(bank.journal.engine, ANN, "c1") == "browser"
    assert await is_own(bank.journal.engine, ANN, "c3") is None
    assert await own_calls(bank.journal.engine, "usr_nobody") == []


async def test_what_is_settled_or_cleared_away_later_does_not_make_a_call_longer(bank: Bank) -> None:
    ann = await bank.journal.subject_of(ANN)
    late = T + 3 * 24 * 60 * MINUTE
    settled = charge("c1", late, usage("u1:reconciled", certainty="reconciled"), -500, subject=ann)
    cleared = replace(ended("c1", late, subject=ann), operation="expired:c1:1", details={"event": "expired"})
    await bank.journal.append([*plain_call("c1", T, subject=ann, minutes=3), settled, cleared])
    [call] = await own_calls(bank.journal.engine, ANN)
    assert (call.ended_ms, call.microdollars) == (T + 3 * MINUTE, 39_500)


async def test_the_last_stars_of_a_call_count_and_lose_their_name_with_the_person(bank: Bank) -> None:
    ann = await bank.journal.subject_of(ANN)
    await bank.journal.append(plain_call("c1", T, subject=ann))
    for at, stars in enumerate((1, 5, 4)):
        await rate(bank.journal, call_id="c1", subject=ann, channel="browser", stars=stars, at_ms=T + at)
    assert await ratings_of(bank.journal.engine, ["c1", "c9"]) == {"c1": 4}
    await forget_name(bank.journal.engine, ANN)
    assert await own_calls(bank.journal.engine, ANN) == []
    entries = await bank.journal.entries(call_id="c1", kind="outcome")
    assert ANN not in repr(entries)


async def test_stars_by_key_are_kept_like_those_by_click(bank: Bank, tmp_path: Path) -> None:
    outcomes = Outcomes(
        bank.journal,
        Spool(tmp_path / "spool"),
        call_id="c1",
        subject="s_a",
        now_ms=lambda: T + 1,
    )
    outcomes.rated(3, "phone")
    for stars in (0, 6):
        with pytest.raises(ValueError, match="1 to 5"):
            outcomes.rated(stars, "phone")
    await outcomes.aclose()
    assert await ratings_of(bank.journal.engine, ["c1"]) == {"c1": 3}


async def test_a_task_taken_back_by_click_has_not_succeeded(bank: Bank) -> None:
    events = [task("created", "t1"), task("created", "t2")]
    await bank.journal.append(plain_call("c1", T, subject="s_a", assignment=CHEAP, events=events))
    told = T + 5 * MINUTE
    assert await took_back(bank.journal, subject="s_a", task_id="t1", now_ms=told)
    assert not await took_back(bank.journal, subject="s_b", task_id="t2", now_ms=told)
    assert not await took_back(bank.journal, subject="s_a", task_id="t2", now_ms=T + MINUTE + SUCCESS_MS + 1)
    [call], _ = await read_calls(bank.journal.engine, "x", phase=2, since_ms=T, now_ms=T + SUCCESS_MS * 2)
    assert (call.tasks, call.successes) == (2, 1)


async def test_what_was_spent_is_told_with_and_without_redis(bank: Bank) -> None:
    subject = await bank.journal.subject_of(ANN)
    zone = bank.zone = ZoneInfo("Etc/UTC")  # the charges are of UTC's day, at whatever hour this runs
    now_ms = await bank.budget.time_ms()
    await bank.journal.append(
        [
            charge("c1", now_ms, usage("u1", "premium"), 31_008, subject=subject),
            charge("c1", now_ms, usage("u2"), 2_000, subject=subject),
            ended("c1", now_ms, subject=subject),
        ]
    )
    store = PolicyStore(bank.journal.engine, bank.link)
    from_journal = await allowance(bank.journal, store, bank.link, user_id=ANN, zone=zone)
    assert (from_journal.day.premium, from_journal.day.total) == (31_008, 33_008)
    assert (from_journal.day.total_cap, from_journal.month.total_cap) == (5_000_000, 50_000_000)
    account = await bank.account("c2", user=subject)
    booked = await bank.budget.meter(account, operation="m1", tier="economy", microdollars=500)
    assert booked.spent == 500
    away = RedisLink("redis://127.0.0.1:1/0")
    try:
        blind = await allowance(bank.journal, store, away, user_id=ANN, zone=zone)
    finally:
        await away.aclose()
    assert blind.day.total == 33_008  # what waits in Redis' stream is not in the journal yet
    counted = await allowance(bank.journal, store, bank.link, user_id=ANN, zone=zone)
    assert counted.day.total == 33_508
    assert counted.call_cap == 2_500_000
