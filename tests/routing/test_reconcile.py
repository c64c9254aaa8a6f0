"""Estimates settled by the vendors' exports: exactly, once, and only where the export can know."""

from __future__ import annotations

import asyncio
import json
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest

from routing.charges import read_charges
from routing.exports.form import Export, Line
from routing.journal import Entry
from routing.kinds import Tier
from routing.reconcile import Drift, Settlement, counters_follow, settle, settlement_of
from tests.routing.conftest import Bank
from tiers.usage import Usage

pytestmark = pytest.mark.system

DAY_MS = 1_795_564_800_000
"""2026-11-25, 00:00 UTC."""
NEXT_MS = DAY_MS + 86_400_000
LATER_MS = NEXT_MS + 25 * 3_600_000


def charge(
    event_id: str,
    microdollars: int,
    *,
    call: str = "c1",
    vendor: str = "openai",
    model: str = "gpt-realtime",
    certainty: str = "actual",
    replaces: str | None = None,
    at_ms: int = DAY_MS + 1000,
    tier: Tier = "premium",
    blind: bool = False,
) -> Entry:
    usage = Usage(
        event_id=event_id,
        vendor=vendor,
        model=model,
        part="speech_to_speech",
        stack="premium",
        units={"audio_output_tokens": 1},
        certainty=certainty,  # type: ignore[arg-type]
        outcome="ok",
        replaces=replaces,
    )
    return Entry(
        operation=f"{call}:{event_id}",
        kind="charge",
        at_ms=at_ms,
        call_id=call,
        tier=tier,
        microdollars=microdollars,
        blind=blind,
        scopes=(f"call:{call}", "user-day:s_a:2026-11-25", "user-month:s_a:2026-11", "global-day:2026-11-25"),
        details={"usage": json.loads(usage.to_json()), "price": microdollars, "price_version": "v1"},
    )


def request(
    request_id: str,
    microdollars: int,
    *,
    call: str = "c1",
    vendor: str = "openai",
    model: str = "gpt-realtime",
    at_ms: int = DAY_MS + 1000,
) -> Line:
    return Line(vendor, model, at_ms, at_ms + 1, microdollars, request_id=request_id, call_id=call)


def invoice(*lines: Line) -> Export:
    return Export("sandbox invoice", lines, by_request=True, sandbox=True)


def usage(
    microdollars: int,
    *,
    vendor: str = "openai",
    model: str = "gpt-realtime",
    starts_ms: int = DAY_MS,
    ends_ms: int = NEXT_MS,
) -> Export:
    return Export("OpenAI usage", (Line(vendor, model, starts_ms, ends_ms, microdollars),), by_request=False)


async def reconcile(
    bank: Bank, export: Export, now_ms: int = LATER_MS, *, is_whole: bool = False
) -> Settlement:
    settlement = await settlement_of(bank.journal, export, now_ms=now_ms, is_whole=is_whole)
    await settle(bank.journal, settlement)
    return settlement


async def total(bank: Bank, scope: str = "global-day:2026-11-25") -> int:
    return (await bank.journal.sums(scope, upto_ms=0)).total


async def test_an_estimate_becomes_what_the_invoice_says_and_a_report_stays_as_it_is(bank: Bank) -> None:
    await bank.journal.append(
        [charge("s:resp_1", 30_000), charge("s:resp_2:estimate", 10_000, certainty="estimated")]
    )
    done = await reconcile(bank, invoice(request("resp_1", 30_001), request("resp_2", 12_345)))
    assert done.drifts == (
        Drift("openai", "gpt-realtime", invoiced=42_346, booked=40_000, corrected=2_345, settled=1),
    )
    assert (done.drifts[0].before, done.drifts[0].after) == (-2_346, -1)
    assert done.drifts[0].percent == pytest.approx(-0.002)
    assert await total(bank) == 42_345


async def test_the_correction_is_a_charge_of_its_own_that_names_what_it_settles(bank: Bank) -> None:
    estimate = charge("s:resp_2:estimate", 10_000, certainty="estimated", blind=True)
    await bank.journal.append([estimate])
    await reconcile(bank, invoice(request("resp_2", 4_000)))
    (correction,) = [each for each in await bank.journal.entries() if each.operation.startswith("reconcile:")]
    assert correction == replace(
        estimate,
        operation=correction.operation,
        at_ms=LATER_MS,
        microdollars=-6_000,
        details={
            "usage": estimate.details["usage"]
            | {
                "event_id": "s:resp_2:estimate:reconciled",
                "certainty": "reconciled",
                "replaces": "s:resp_2:estimate",
            },
            "price": 4_000,
            "price_version": "v1",
            "used_ms": estimate.at_ms,
        },
    )


async def test_the_same_export_twice_changes_nothing(bank: Bank) -> None:
    await bank.journal.append([charge("s:resp_2:estimate", 10_000, certainty="estimated")])
    export = invoice(request("resp_2", 12_345))
    first = await reconcile(bank, export)
    again = await reconcile(bank, export)
    assert (len(first.corrections), again.corrections, await total(bank)) == (1, (), 12_345)
    assert again.drifts[0] == Drift("openai", "gpt-realtime", invoiced=12_345, booked=12_345)
    assert again.scopes == first.scopes  # Redis is told again, should the first run have been cut short
    # Two runs at once, of which neither has seen the other's corrections.
    assert await bank.journal.append(first.corrections) == 0


async def test_an_estimate_that_was_right_is_no_estimate_any_more(bank: Bank) -> None:
    await bank.journal.append([charge("s:resp_2:estimate", 500, certainty="estimated")])
    done = await reconcile(bank, invoice(request("resp_2", 500)))
    assert [entry.microdollars for entry in done.corrections] == [0]
    (estimate, correction), _ = await read_charges(bank.journal, since_ms=0)
    assert (estimate.is_open, correction.is_open) == (False, False)


async def test_an_estimate_that_was_reported_after_all_is_left_alone(bank: Bank) -> None:
    await bank.journal.append(
        [
            charge("s:resp_2:estimate", 10_000, certainty="estimated"),
            charge("s:resp_2", 2_000, replaces="s:resp_2:estimate", at_ms=DAY_MS + 9_000),
        ]
    )
    done = await reconcile(bank, invoice(request("resp_2", 12_500)))
    assert (done.corrections, done.drifts[0].after) == ((), -500)


async def test_a_voice_whose_sentences_have_names_of_two_parts_is_settled(bank: Bank) -> None:
    await bank.journal.append(
        [charge("s:socket:sentence:estimate", 900, certainty="estimated", vendor="cartesia", model="sonic-3")]
    )
    line = request("socket:sentence", 1_000, call="", vendor="cartesia", model="sonic-3")
    done = await reconcile(bank, invoice(line))
    assert [(drift.settled, drift.after) for drift in done.drifts] == [(1, 0)]


async def test_a_stream_booked_in_slices_is_settled_as_one_request(bank: Bank) -> None:
    slices = [
        charge(f"s:dg-1:{number}", 642, vendor="deepgram", model="nova-3", tier="economy")
        for number in (1, 2, 3)
    ]
    last = charge("s:dg-1:4", 300, vendor="deepgram", model="nova-3", tier="economy", certainty="estimated")
    await bank.journal.append([*slices, last])
    await reconcile(bank, invoice(request("dg-1", 2_100, vendor="deepgram", model="nova-3")))
    assert await total(bank) == 2_100


async def test_a_request_whose_id_was_never_known_is_found_by_its_call_and_model(bank: Bank) -> None:
    await bank.journal.append(
        [
            charge("s:chatcmpl-1", 700, model="gpt-4o-mini"),
            charge("s:7f3a:estimate", 90, model="gpt-4o-mini", certainty="estimated"),
            charge("s:7f3b:estimate", 10, model="gpt-4o-mini", certainty="estimated"),
            charge("s:7f3c:estimate", 50, model="gpt-4o-mini", certainty="estimated", call="another"),
        ]
    )
    lines = [request(f"chatcmpl-{number}", 700, model="gpt-4o-mini") for number in (1, 2, 3)]
    done = await reconcile(bank, invoice(*lines))
    assert sorted(entry.microdollars for entry in done.corrections) == [140 - 10, 1_260 - 90]
    assert await total(bank) == 2_100 + 50


async def test_what_the_invoice_says_nothing_of_cost_nothing_unless_it_came_later(bank: Bank) -> None:
    await bank.journal.append(
        [
            charge("s:resp_1", 30_000),
            charge("s:x:estimate", 10_000, certainty="estimated"),
            charge("s:y:estimate", 7_000, certainty="estimated", at_ms=DAY_MS + 60_000),
            charge("s:z:estimate", 5_000, certainty="estimated", vendor="cartesia", model="sonic-3"),
        ]
    )
    done = await reconcile(bank, invoice(request("resp_1", 30_000, at_ms=DAY_MS + 2_000)))
    assert [entry.microdollars for entry in done.corrections] == [-10_000]
    assert done.drifts[0].not_invoiced == 10_000
    assert await total(bank) == 42_000


async def test_a_request_that_the_journal_does_not_know_is_reported(bank: Bank) -> None:
    done = await reconcile(bank, invoice(request("resp_9", 777, call="nobody")))
    assert done.drifts == (Drift("openai", "gpt-realtime", invoiced=777, not_booked=777),)
    assert done.drifts[0].percent == -100


@pytest.mark.parametrize(
    ("said", "parts"), [(1_000, [334, 333, 333]), (301, [101, 100, 100]), (0, [0, 0, 0])]
)
async def test_an_aggregate_is_divided_in_proportion_exact_to_the_microdollar(
    bank: Bank, said: int, parts: list[int]
) -> None:
    await bank.journal.append(
        [
            charge("s:known", 5_000),
            *(charge(f"s:{name}:estimate", 400, certainty="estimated") for name in "abc"),
            charge("s:other-day:estimate", 400, certainty="estimated", at_ms=NEXT_MS),
        ]
    )
    done = await reconcile(bank, usage(5_000 + said))
    assert sorted((400 + entry.microdollars for entry in done.corrections), reverse=True) == parts
    assert (done.drifts[0].after, done.drifts[0].settled) == (0, 3)
    assert await total(bank) == 5_000 + said + 400
    again = await reconcile(bank, usage(5_000 + said))
    assert (again.corrections, again.drifts[0].after) == ((), 0)


async def test_what_was_counted_exactly_is_not_changed_by_an_aggregate_only_reported(bank: Bank) -> None:
    await bank.journal.append([charge("s:a", 5_000), charge("s:b:estimate", 100, certainty="estimated")])
    done = await reconcile(bank, usage(4_900))
    assert (done.drifts[0].before, done.drifts[0].corrected, done.drifts[0].after) == (200, -100, 100)


async def test_a_correction_counts_for_the_day_of_what_it_corrects(bank: Bank) -> None:
    await bank.journal.append([charge("s:b:estimate", 100, certainty="estimated", at_ms=NEXT_MS - 1)])
    await reconcile(bank, usage(130))
    assert (await reconcile(bank, usage(130))).drifts[0].booked == 130


@pytest.mark.parametrize(
    "says_when", [True, False], ids=["says when it was used", "written before it said so"]
)
async def test_a_correction_that_is_made_days_later_is_not_taken_from_the_day_on_which_it_is_made(
    bank: Bank, *, says_when: bool
) -> None:
    monday_ms = DAY_MS + 3 * 86_400_000
    tuesday_ms = monday_ms + 86_400_000
    await bank.journal.append(
        [
            charge("s:friday:estimate", 1_000, certainty="estimated"),
            charge("s:monday:estimate", 1_000, certainty="estimated", at_ms=monday_ms + 1_000),
        ]
    )
    friday = await settlement_of(bank.journal, usage(800), now_ms=monday_ms + 3_600_000)
    (correction,) = friday.corrections
    if not says_when:
        details = {name: value for name, value in correction.details.items() if name != "used_ms"}
        friday = replace(friday, corrections=(replace(correction, details=details),))
    await settle(bank.journal, friday)
    mondays = usage(1_000, starts_ms=monday_ms, ends_ms=tuesday_ms)
    done = await reconcile(bank, mondays, now_ms=tuesday_ms + 25 * 3_600_000)
    assert done.drifts == (Drift("openai", "gpt-realtime", invoiced=1_000, booked=1_000, settled=1),)
    assert await total(bank) == 1_800
    again = await reconcile(bank, usage(800), now_ms=tuesday_ms + 25 * 3_600_000)
    assert (again.corrections, again.drifts[0].booked) == ((), 800)


async def test_a_day_that_is_not_over_is_not_settled(bank: Bank) -> None:
    await bank.journal.append([charge("s:b:estimate", 100, certainty="estimated")])
    done = await reconcile(bank, usage(60), now_ms=NEXT_MS - 1)
    assert (done.corrections, done.drifts[0].after) == ((), 40)
    assert "not over yet" in done.notes[0]
    assert (await reconcile(bank, usage(60), now_ms=NEXT_MS - 1, is_whole=True)).corrections == ()
    assert len((await reconcile(bank, usage(100), now_ms=NEXT_MS, is_whole=True)).corrections) == 1


async def test_a_day_that_has_just_ended_is_not_settled_before_the_vendor_has_counted_it(bank: Bank) -> None:
    await bank.journal.append([charge("s:b:estimate", 100, certainty="estimated")])
    whole_ms = NEXT_MS + 24 * 3_600_000
    done = await reconcile(bank, usage(60), now_ms=whole_ms - 1)
    assert (done.corrections, done.drifts[0].after) == ((), 40)
    assert "less than 24 hours ago" in done.notes[0]
    assert len((await reconcile(bank, usage(100), now_ms=whole_ms)).corrections) == 1


async def test_an_export_that_holds_less_than_is_known_exactly_takes_no_estimate_away(bank: Bank) -> None:
    await bank.journal.append(
        [charge("s:a", 50_000), charge("s:b:estimate", 4_000, certainty="estimated")],
    )
    for is_whole in (False, True):
        done = await reconcile(bank, usage(27_000), is_whole=is_whole)
        assert (done.corrections, await total(bank)) == ((), 54_000)
        assert "may not be whole" in done.notes[0]
    # What came in later is settled as if nobody had looked before.
    assert [entry.microdollars for entry in (await reconcile(bank, usage(53_000))).corrections] == [-1_000]


async def test_usage_of_another_application_is_not_put_on_our_estimates(bank: Bank) -> None:
    await bank.journal.append([charge("s:b:estimate", 100, certainty="estimated")])
    done = await reconcile(bank, usage(301))
    assert (done.corrections, await total(bank)) == ((), 100)
    assert "another application" in done.notes[0]


async def test_a_dated_model_of_the_export_is_the_journals_model(bank: Bank) -> None:
    await bank.journal.append(
        [charge("s:b:1", 100, certainty="estimated", vendor="deepgram", model="nova-3-general")]
    )
    done = await reconcile(bank, usage(120, vendor="deepgram", model="nova-3"))
    assert done.drifts == (Drift("deepgram", "nova-3", invoiced=120, booked=100, corrected=20, settled=1),)


async def test_a_charge_that_does_not_tell_its_usage_is_said_and_left_alone(bank: Bank) -> None:
    strange: list[dict[str, Any]] = [{}, {"usage": None}, {"usage": {"vendor": "openai"}}]
    await bank.journal.append(
        replace(charge("x", 100), operation=f"strange-{number}", details=details)
        for number, details in enumerate(strange)
    )
    done = await reconcile(bank, usage(100))
    assert done.notes == ("3 charges of the journal do not tell their usage.",)


async def test_more_charges_than_one_page_are_all_read(bank: Bank) -> None:
    await bank.journal.append(charge(f"s:{number}", 1) for number in range(2_500))
    charges, unreadable = await read_charges(bank.journal, since_ms=0)
    assert (len(charges), len({each.entry.operation for each in charges}), unreadable) == (2_500, 2_500, 0)


async def test_the_counters_in_redis_follow_the_correction(bank: Bank) -> None:
    account = await bank.account("c1", user="s_a")
    estimate = charge("s:resp_2:estimate", 10_000, certainty="estimated")
    await bank.budget.hold(account, operation="open", tier="premium", microdollars=50_000, ttl_ms=60_000)
    await bank.budget.meter(
        account,
        operation=estimate.operation,
        tier="premium",
        microdollars=10_000,
        details=dict(estimate.details),
    )
    await bank.drain()
    at_ms = (await bank.journal.entries(kind="charge"))[0].at_ms
    done = await reconcile(bank, invoice(request("resp_2", 4_000, at_ms=at_ms)), now_ms=at_ms + 60_000)
    assert done.scopes == {scope.name for scope in account.scopes}
    await counters_follow(bank.budget, done.scopes)
    booked = await bank.budget.meter(account, operation="next", tier="premium", microdollars=1_000)
    assert (booked.spent, booked.held) == (5_000, 39_000)
    for counters in await bank.counters(account):
        assert (counters["pc"], counters["tc"], counters["th"]) == (5_000, 5_000, 39_000)


async def test_two_runs_at_once_settle_once(bank: Bank) -> None:
    await bank.journal.append(
        charge(f"s:resp_{number}:estimate", 100, certainty="estimated") for number in range(20)
    )
    export = invoice(*(request(f"resp_{number}", 90 + number) for number in range(20)))
    await asyncio.gather(*(reconcile(bank, export) for _ in range(4)))
    assert await total(bank) == sum(range(90, 110))


def test_the_day_of_these_tests_is_a_day() -> None:
    assert datetime.fromtimestamp(DAY_MS / 1000, UTC).isoformat() == "2026-11-25T00:00:00+00:00"
