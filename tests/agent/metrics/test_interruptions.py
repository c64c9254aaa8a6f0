import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.metrics.interruptions import PAUSE_SECONDS, Interruptions, Outcome

pytestmark = pytest.mark.unit


class Told(Interruptions):
    def __init__(self) -> None:
        self.outcomes: list[tuple[Outcome, float | None]] = []
        super().__init__(lambda outcome, seconds: self.outcomes.append((outcome, seconds)))

    @property
    def names(self) -> list[Outcome]:
        return [name for name, _ in self.outcomes]


@pytest.mark.parametrize(("silent_at", "outcome"), [(10.4, "taken"), (10.9, "late")])
@pytest.mark.parametrize("item_first", [True, False])
def test_who_silences_us_was_let_in_soon_or_late(silent_at: float, outcome: str, item_first: bool) -> None:
    told = Told()
    told.we(True, 8.0)
    told.caller(True, 10.0)
    steps = [lambda: told.said(interrupted=True), lambda: told.we(False, silent_at)]
    for step in steps if item_first else reversed(steps):
        step()
    told.caller(False, 12.0)
    assert told.names == [outcome]
    seconds = told.outcomes[0][1]
    assert seconds == pytest.approx(silent_at - 9.95)


def test_speech_that_we_talk_through_is_missed_when_long_and_a_backchannel_when_short() -> None:
    told = Told()
    told.we(True, 0.0)
    told.caller(True, 1.0)
    told.caller(False, 1.25 + PAUSE_SECONDS)
    told.caller(True, 3.0)
    told.caller(False, 4.0 + PAUSE_SECONDS)
    assert told.names == ["backchannel", "missed"]


def test_a_speech_that_pauses_and_goes_on_was_not_interrupted() -> None:
    told = Told()
    told.we(True, 0.0)
    told.caller(True, 1.0)
    told.we(False, 1.3)
    told.caller(False, 1.6)
    told.resumed()
    told.we(True, 2.0)
    told.said(interrupted=False)
    assert told.outcomes == [("backchannel", None)]


def test_our_own_end_while_the_caller_begins_is_nobodys_interruption() -> None:
    told = Told()
    told.we(True, 0.0)
    told.caller(True, 1.0)
    told.we(False, 1.1)
    told.said(interrupted=False)
    told.caller(False, 3.0)
    assert told.outcomes == []


def test_a_turn_after_our_words_is_no_interruption() -> None:
    told = Told()
    told.we(True, 0.0)
    told.we(False, 2.0)
    told.said(interrupted=False)
    told.caller(True, 3.0)
    told.caller(False, 4.0)
    told.we(True, 5.0)
    assert told.outcomes == []


@given(
    st.lists(st.tuples(st.sampled_from(["we", "caller", "cut", "whole", "on"]), st.booleans()), max_size=40)
)
def test_whatever_comes_in_whatever_order_no_speech_of_the_callers_counts_twice(
    events: list[tuple[str, bool]],
) -> None:
    told, begun = Told(), 0
    for at, (kind, flag) in enumerate(events):
        if kind == "we":
            told.we(flag, at)
        elif kind == "caller":
            begun += flag
            told.caller(flag, at)
        elif kind == "on":
            told.resumed()
        else:
            told.said(interrupted=kind == "cut")
    assert len(told.outcomes) <= begun
    assert all(seconds is None or seconds >= 0 for _, seconds in told.outcomes)
