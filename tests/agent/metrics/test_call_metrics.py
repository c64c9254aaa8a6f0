import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any, get_args

import pytest
from livekit.agents import llm

from agent.ending import HANDED_ON, OUTCOMES, Ending
from agent.metrics.call_metrics import CallMetrics
from agent.metrics.names import VENDOR_FAILURES
from routing.decision import RouteInputs, StackState
from routing.router import decide
from tests.agent.metrics.counted import Counted
from tests.conftest import CHECKOUT
from tiers.faults import Fault
from tiers.watch import Failure

pytestmark = pytest.mark.unit

ANSWERED = {"stack": "economy", "channel": "phone"}


class Session:
    """What serves, as far as it is listened to."""

    def __init__(self) -> None:
        self._heard: dict[str, Callable[[Any], None]] = {}

    def on(self, event: str, callback: Callable[[Any], None]) -> None:
        self._heard[event] = callback

    def tell(self, event: str, **what: Any) -> None:
        self._heard[event](SimpleNamespace(**what))

    def speaks(self, speaking: bool) -> None:
        self.tell("agent_state_changed", new_state="speaking" if speaking else "listening")


class Clock:
    now = 50.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def call(clock: Clock) -> CallMetrics:
    call = CallMetrics("phone", clock)
    stack = StackState(name="economy", tier="economy", configured=True)
    call.decided(decide(RouteInputs(plan="economy", stacks=(stack,))), "economy")
    return call


@pytest.fixture
def session(call: CallMetrics) -> Session:
    session = Session()
    call.listen(session)
    return session


def test_first_audio_counts_from_the_end_of_the_turn_and_once_a_turn(
    call: CallMetrics, session: Session, clock: Clock
) -> None:
    counted = Counted()
    session.speaks(True)  # a greeting answers nobody
    session.speaks(False)
    call.turn_ended()
    clock.now += 0.4
    session.speaks(True)
    clock.now += 3
    session.speaks(False)
    session.speaks(True)
    assert counted.grown("voicetasks_first_audio_seconds_count", **ANSWERED) == 1
    assert counted.grown("voicetasks_first_audio_seconds_sum", **ANSWERED) == pytest.approx(0.4)


def test_an_answer_is_counted_by_what_the_library_measured_and_nonsense_is_not(session: Session) -> None:
    counted = Counted()
    for latency in (0.6, -1.0, 3_600.0, None):
        metrics: Any = {} if latency is None else {"e2e_latency": latency, "llm_node_ttft": 0.2}
        session.tell(
            "conversation_item_added",
            item=llm.ChatMessage(role="assistant", content=["Here you are."], metrics=metrics),
        )
    session.tell(
        "conversation_item_added",
        item=llm.ChatMessage(role="user", content=["Hm"], metrics={"end_of_turn_delay": 0.3}),
    )
    session.tell("conversation_item_added", item=llm.FunctionCall(call_id="1", name="undo", arguments="{}"))
    assert counted.grown("voicetasks_response_seconds_count", **ANSWERED) == 1
    assert counted.grown("voicetasks_response_seconds_sum", **ANSWERED) == pytest.approx(0.6)
    assert counted.grown("voicetasks_stage_seconds_sum", stage="end_of_turn", stack="economy") == 0.3
    assert counted.grown("voicetasks_stage_seconds_count", stage="mind", stack="economy") == 3


def test_an_interruption_is_told_with_the_time_that_it_took(session: Session, clock: Clock) -> None:
    counted = Counted()
    session.speaks(True)
    session.tell("user_state_changed", new_state="speaking")
    clock.now += 0.3
    session.speaks(False)
    session.tell(
        "conversation_item_added",
        item=llm.ChatMessage(role="assistant", content=["You have"], interrupted=True),
    )
    assert counted.grown("voicetasks_interruptions_total", outcome="taken", channel="phone") == 1
    assert counted.grown("voicetasks_interruption_seconds_sum", channel="phone") == pytest.approx(0.35)


@pytest.mark.parametrize("reason", sorted(get_args(Ending)))
def test_every_end_of_a_call_has_one_of_a_few_names(call: CallMetrics, reason: Ending) -> None:
    counted = Counted()
    call.ended(reason)
    name = "handed_on" if reason in HANDED_ON else reason
    assert name in OUTCOMES
    told = {"channel": "phone", "tier": "economy", "outcome": name}
    assert counted.grown("voicetasks_calls_total", **told) == 1


@pytest.mark.parametrize(
    ("reason", "counts"), [("busy", 1), ("nothing_can_serve", 1), ("people_unavailable", 1), ("left", 0)]
)
def test_a_call_that_was_not_served_is_unanswered(call: CallMetrics, reason: Ending, counts: int) -> None:
    counted = Counted()
    call.ended(reason)
    assert counted.grown("voicetasks_calls_unanswered_total", reason=reason) == counts


def test_what_failed_and_how_long_money_was_not_seen_is_told(call: CallMetrics) -> None:
    counted = Counted()
    call.vendor_failed(Failure("cartesia", Fault.VENDOR_DOWN, "closed"))
    call.blind(1.5)
    call.rated(5)
    assert counted.grown("voicetasks_vendor_failures_total", vendor="cartesia", fault="vendor_down") == 1
    assert counted.grown("voicetasks_blind_seconds_total", channel="phone") == 1.5
    assert counted.grown("voicetasks_satisfaction_sum", channel="phone") == 5
    with pytest.raises(ValueError, match="1 to 5"):
        call.rated(6)


def test_a_full_disk_ends_no_call(call: CallMetrics, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: str) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(VENDOR_FAILURES, "labels", full)
    call.vendor_failed(Failure("cartesia", Fault.VENDOR_DOWN, "closed"))


def test_importing_a_worker_counts_nothing_yet(tmp_path: Path) -> None:
    """What is counted before livekit's server begins is thrown away by it, and what comes after goes with it."""
    subprocess.run(
        [sys.executable, "-c", "import agent.worker"],
        cwd=CHECKOUT,
        env=os.environ | {"PROMETHEUS_MULTIPROC_DIR": str(tmp_path)},
        check=True,
        timeout=120,
    )
    assert list(tmp_path.iterdir()) == []


def test_usage_that_nobody_was_charged_for_is_counted_by_its_part(call: CallMetrics) -> None:
    counted = Counted()
    call.usage_lost("stt")
    call.usage_lost("stt")
    assert counted.grown("voicetasks_usage_lost_total", part="stt") == 2
