import pytest

from agent.metrics.costs import LONG_ENOUGH_SECONDS, Costs
from tests.agent.metrics.counted import Counted
from tiers.usage import Certainty, Usage

pytestmark = pytest.mark.unit


class Clock:
    now = 100.0

    def __call__(self) -> float:
        return self.now


def usage(event: str, *, certainty: Certainty = "actual", replaces: str | None = None) -> Usage:
    return Usage(
        event_id=event,
        vendor="cartesia",
        model="sonic-3",
        part="tts",
        stack="economy",
        units={"characters": 10},
        certainty=certainty,
        outcome="ok",
        replaces=replaces,
    )


def spent(counted: Counted) -> float:
    return counted.grown("voicetasks_cost_microdollars_total", stack="economy", vendor="cartesia")


def test_an_estimate_waits_for_its_real_figure_or_for_the_end() -> None:
    counted, costs = Counted(), Costs("browser", Clock())
    costs.charged(usage("a", certainty="estimated"), 900)
    costs.charged(usage("b", certainty="estimated"), 70)
    assert spent(counted) == 0
    costs.charged(usage("c", replaces="a"), 500)
    assert spent(counted) == 500
    costs.close()
    assert spent(counted) == 570


def test_what_is_told_twice_is_counted_once() -> None:
    counted, costs = Counted(), Costs("browser", Clock())
    for _ in range(2):
        costs.charged(usage("a"), 40)
    assert spent(counted) == 40


def test_a_minute_costs_what_each_stack_cost_while_it_served() -> None:
    counted, clock = Counted(), Clock()
    costs = Costs("browser", clock)
    costs.served_with("premium")
    clock.now += LONG_ENOUGH_SECONDS - 1
    costs.served_with("economy")
    costs.charged(usage("a"), 60_000)
    clock.now += 120
    costs.close()
    per_minute = "voicetasks_cost_per_minute_microdollars"
    assert counted.grown(f"{per_minute}_sum", stack="economy") == pytest.approx(30_000)
    assert counted.grown(f"{per_minute}_count", stack="economy") == 1
    assert counted.grown(f"{per_minute}_count", stack="premium") == 0
    served = "voicetasks_served_seconds_total"
    assert counted.grown(served, stack="economy", channel="browser") == pytest.approx(120)
    assert counted.grown(served, stack="premium", channel="browser") == pytest.approx(LONG_ENOUGH_SECONDS - 1)


def test_money_of_an_experiment_is_counted_by_arm() -> None:
    counted, costs = Counted(), Costs("browser", Clock())
    costs.arm = "voices", "b"
    costs.charged(usage("a"), 40)
    assert counted.grown("voicetasks_experiment_cost_microdollars_total", experiment="voices", arm="b") == 40


def test_a_telephones_line_is_no_part_of_what_a_minute_of_a_stack_costs() -> None:
    counted, now = Counted(), 0.0
    costs = Costs("phone", lambda: now)
    costs.served_with("economy")
    line = Usage(
        event_id="line:0",
        vendor="twilio",
        model="trunk-inbound",
        part="phone",
        stack="economy",
        units={"phone_ms": 60_000},
        certainty="actual",
        outcome="ok",
    )
    costs.charged(line, 3_400)
    now = 60.0
    costs.close()
    assert counted.grown("voicetasks_cost_microdollars_total", stack="line", vendor="twilio") == 3_400
    assert counted.grown("voicetasks_cost_per_minute_microdollars_sum", stack="economy") == 0
