"""The rules by which a service is given up, probed and taken up again."""

from __future__ import annotations

from dataclasses import dataclass, field

import pytest
from hypothesis import given
from hypothesis import strategies as st

from routing.health import PROBE_MS, BreakerRules, Health
from tiers.faults import Fault

pytestmark = pytest.mark.unit

RULES = BreakerRules(failures=3, window_ms=30_000, cool_ms=15_000, longest_ms=300_000)
DOWN = Fault.VENDOR_DOWN
START = 1_000_000


def fail(health: Health, at: int, fault: Fault = DOWN) -> Health:
    """A failure, told by a report of its own."""
    return health.failed(at, fault, RULES, f"at {at} after {len(health.failures)}")


def opened(at: int = START) -> Health:
    return fail(Health(), at, Fault.BAD_KEY)


def probed_badly(health: Health, times: int) -> list[int]:
    """The cool-downs after so many probes that fail, each made as soon as it is due."""
    cools = []
    for _ in range(times):
        now = health.retry
        health = health.claimed(now, "p", RULES).probed(now + 1_000, "p", DOWN, RULES)
        cools.append(health.retry - now - 1_000)
    return cools


def test_three_failures_within_the_window_open_it() -> None:
    health = fail(fail(Health(), START), START + 20_000)
    assert not health.is_open
    health = fail(health, START + 29_999)
    assert health.is_open
    assert health.retry == START + 29_999 + 15_000
    assert health.fault == "vendor_down"


def test_three_failures_over_more_than_the_window_do_not() -> None:
    health = Health()
    for at in (START, START + 20_000, START + 30_001):
        health = fail(health, at)
    assert not health.is_open
    assert fail(health, START + 30_002).is_open


@pytest.mark.parametrize("fault", [Fault.NO_CREDIT, Fault.BAD_KEY])
def test_one_failure_that_leaves_no_doubt_opens_it(fault: Fault) -> None:
    assert fail(Health(), START, fault).is_open


@pytest.mark.parametrize("fault", [fault for fault in Fault if not fault.counts])
def test_a_rate_limit_and_our_own_mistakes_are_neutral(fault: Fault) -> None:
    assert fail(Health(), START, fault) == Health()


def test_a_success_starts_the_count_anew() -> None:
    health = fail(fail(Health(), START), START)
    assert len(health.failures) == 2
    assert health.worked(START) == Health()


def test_a_report_that_is_sent_again_counts_once() -> None:
    health = Health()
    for at in range(5):
        health = health.failed(START + at, DOWN, RULES, "the same")
    assert health.failures == ((START, "the same"),)


def test_while_open_neither_late_failures_nor_old_connections_change_anything() -> None:
    health = opened()
    assert fail(health, START + 1) == health
    assert health.worked(START + 1) == health


def test_who_dialled_for_lack_of_anything_better_and_was_answered_closes_it() -> None:
    assert not opened().worked(START + 1, against_advice=True).is_open


def test_nobody_probes_before_the_cool_down_is_over_and_then_one_does() -> None:
    health = opened()
    assert health.claimed(health.retry - 1, "early", RULES) == health
    claimed = health.claimed(health.retry, "one", RULES)
    assert claimed.probe == "one"
    assert claimed.claimed(health.retry + 1, "two", RULES) == claimed


def test_a_probe_that_died_with_its_worker_is_made_by_another() -> None:
    claimed = opened().claimed(opened().retry, "dead", RULES)
    later = claimed.claimed(claimed.retry + PROBE_MS, "two", RULES)
    assert later.probe == "two"
    assert later.probed(claimed.retry + PROBE_MS + 1, "dead", None, RULES) == later


def test_each_probe_that_fails_doubles_the_cool_down_up_to_the_longest() -> None:
    assert probed_badly(opened(), 6) == [30_000, 60_000, 120_000, 240_000, 300_000, 300_000]


def test_a_probe_that_succeeds_closes_it() -> None:
    health = opened()
    well = health.claimed(health.retry, "p", RULES).probed(health.retry + 500, "p", None, RULES)
    assert not well.is_open
    assert well.failures == ()


def test_a_vendor_that_answers_a_probe_with_a_rate_limit_answers() -> None:
    health = opened()
    busy = health.claimed(health.retry, "p", RULES).probed(health.retry, "p", Fault.VENDOR_BUSY, RULES)
    assert not busy.is_open


def test_given_up_again_soon_after_it_was_well_it_is_left_alone_twice_as_long() -> None:
    health = opened()
    well = health.claimed(health.retry, "p", RULES).probed(health.retry, "p", None, RULES)
    again = fail(well, well.well_again + 1_000, Fault.BAD_KEY)
    assert again.cool == 30_000
    long_after = fail(well, well.well_again + RULES.longest_ms, Fault.BAD_KEY)
    assert long_after.cool == 15_000


def test_one_that_failed_is_suspect_and_probed_soon_unless_it_works() -> None:
    suspect = fail(Health(), START)
    assert not suspect.is_due(START + 4_999, RULES)
    assert suspect.is_due(START + 5_000, RULES)
    assert not suspect.worked(START + 1).is_due(START + 5_000, RULES)


def test_a_suspect_whose_probe_fails_is_given_up_and_one_whose_probe_succeeds_is_cleared() -> None:
    probed = fail(Health(), START).claimed(START + 5_000, "p", RULES)
    assert not probed.is_open
    assert probed.claimed(START + 5_001, "q", RULES) == probed
    assert probed.probed(START + 6_000, "p", DOWN, RULES).retry == START + 6_000 + RULES.cool_ms
    assert probed.probed(START + 6_000, "p", None, RULES) == Health()


def test_a_success_during_a_suspects_probe_makes_its_failure_the_first() -> None:
    probed = fail(Health(), START).claimed(START + 5_000, "p", RULES).worked(START + 5_500)
    after = probed.probed(START + 6_000, "p", DOWN, RULES)
    assert (after.is_open, len(after.failures)) == (False, 1)


def test_a_suspect_that_is_given_up_while_it_is_probed_keeps_that_probe() -> None:
    probed = fail(Health(), START).claimed(START + 5_000, "p", RULES)
    given_up = fail(probed, START + 5_100, Fault.NO_CREDIT)
    assert given_up.is_open
    assert given_up.is_probed(START + 5_200)


@dataclass
class History:
    """One service over time, and the probes under way in the world, whoever makes them."""

    health: Health = field(default_factory=Health)
    now: int = START
    probes: dict[str, int] = field(default_factory=dict)

    def under_way(self) -> list[str]:
        """Probes that may still dial: each ends by itself in half the time that its claim lasts."""
        return [token for token, began in self.probes.items() if self.now < began + PROBE_MS // 2]


steps = st.lists(
    st.tuples(
        st.sampled_from(["fail", "certain", "work", "claim", "well", "ill", "die"]),
        st.integers(min_value=0, max_value=40_000),
    ),
    max_size=60,
)


@given(steps)
def test_whatever_happens_two_probes_are_never_under_way_and_none_begins_before_it_is_due(
    happened: list[tuple[str, int]],
) -> None:
    history = History()
    for number, (what, later) in enumerate(happened):
        history.now += later
        before, now = history.health, history.now
        token = next(iter(history.under_way()), "")
        match what:
            case "fail":
                history.health = fail(before, now)
            case "certain":
                history.health = fail(before, now, Fault.NO_CREDIT)
            case "work":
                history.health = before.worked(now)
            case "claim":
                history.health = before.claimed(now, f"p{number}", RULES)
                if history.health.probe == f"p{number}":
                    assert history.under_way() == []
                    assert now >= (before.retry if before.is_open else before.failures[-1][0] + 5_000)
                    history.probes[f"p{number}"] = now
            case "well" | "ill":
                fault = None if what == "well" else DOWN
                history.health = before.probed(now, token, fault, RULES)
                history.probes.pop(token, None)
            case "die":
                history.probes.pop(token, None)
        after = history.health
        assert Health.model_validate_json(after.model_dump_json(exclude_defaults=True)) == after
        if before.is_open and not after.is_open:
            assert what == "well"
        if after.is_open and not before.is_open:
            assert what in ("fail", "certain", "ill")
        if after.is_open:
            assert RULES.cool_ms <= after.cool <= RULES.longest_ms
