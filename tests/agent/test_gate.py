"""What the gate lets through: nothing without the caller's own later yes to what they heard."""

import pytest
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from agent.gate import LIFETIME_SECONDS, MAX_REPEATS, Action, By, Gate, Outcome, Pending, Step

pytestmark = pytest.mark.unit

MILK = Action("delete_task", {"task_id": "t1"}, ("Buy milk",))
BREAD = Action("delete_task", {"task_id": "t2"}, ("Buy bread",))


class Clock:
    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


def gate_with_question(clock: Clock | None = None) -> Gate:
    gate = Gate(clock or Clock())
    pending = gate.ask(MILK, turn=1)
    gate.played(pending.id)
    return gate


def test_a_clear_yes_in_a_later_turn_releases_exactly_what_was_asked() -> None:
    assert gate_with_question().read("Yes.", turn=2, by="voice") == (Step.RUN, [MILK])


@pytest.mark.parametrize(
    ("began_at", "step"),
    [(6.0, Step.ASK_AGAIN), (9.5, Step.RUN), (11.0, Step.RUN)],
    ids=["into the question", "on its last word", "after it"],
)
def test_a_yes_that_was_said_into_the_question_is_no_answer_to_it(began_at: float, step: Step) -> None:
    clock = Clock()
    gate = Gate(clock)
    pending = gate.ask(MILK, turn=1)
    clock.now = 10.0
    gate.played(pending.id)
    clock.now = 12.0
    assert gate.read("Yes.", turn=2, by="voice", began_at=began_at)[0] is step


def test_what_is_added_while_a_question_is_asked_makes_a_new_question() -> None:
    gate = Gate(Clock())
    first = gate.ask(MILK, turn=1)
    first.asked = True
    second = gate.ask(BREAD, turn=1)
    assert second.actions == [MILK, BREAD]
    assert gate.press("yes", by="click", pending_id=first.id) is None
    gate.played(first.id)
    gate.shown(first.id)
    assert gate.read("Yes.", turn=2, by="voice") == (Step.ASK_AGAIN, [])


def test_two_actions_before_anything_is_asked_share_one_question() -> None:
    gate = Gate(Clock())
    assert gate.ask(MILK, turn=1) is gate.ask(BREAD, turn=1)


def test_a_key_answers_what_was_heard_and_a_click_what_was_shown() -> None:
    gate = Gate(Clock())
    pending = gate.ask(MILK, turn=1)
    gate.shown(pending.id)
    assert gate.press("yes", by="key") is None
    assert gate.press("yes", by="click", pending_id=pending.id) == [MILK]


def test_a_yes_in_the_same_turn_releases_nothing() -> None:
    assert gate_with_question().read("Yes.", turn=1, by="voice") == (Step.GO_ON, [])


def test_a_yes_before_the_question_was_heard_makes_us_ask_again() -> None:
    gate = Gate(Clock())
    gate.ask(MILK, turn=1)
    assert gate.read("Yes.", turn=2, by="voice") == (Step.ASK_AGAIN, [])


def test_a_typed_yes_counts_when_the_question_was_shown() -> None:
    gate = Gate(Clock())
    gate.shown(gate.ask(MILK, turn=1).id)
    assert gate.read("yes", turn=2, by="text") == (Step.RUN, [MILK])


def test_a_yes_is_used_up_by_what_it_released() -> None:
    gate = gate_with_question()
    gate.read("Yes.", turn=2, by="voice")
    assert gate.read("Yes.", turn=3, by="voice") == (Step.GO_ON, [])


def test_a_late_yes_releases_nothing() -> None:
    clock = Clock()
    gate = gate_with_question(clock)
    clock.now = LIFETIME_SECONDS
    assert gate.read("Yes.", turn=2, by="voice") == (Step.GO_ON, [])


def test_a_no_declines_and_a_no_with_a_new_wish_lets_the_wish_through() -> None:
    assert gate_with_question().read("No.", turn=2, by="voice") == (Step.DECLINE, [])
    assert gate_with_question().read("No, add eggs.", turn=2, by="voice") == (Step.DECLINE_AND_GO_ON, [])


def test_talk_of_something_else_voids_the_question() -> None:
    gate = gate_with_question()
    assert gate.read("What do I have today?", turn=2, by="voice") == (Step.GO_ON, [])
    assert gate.read("Yes.", turn=3, by="voice") == (Step.GO_ON, [])


def test_an_unclear_answer_is_asked_again_and_then_dropped() -> None:
    gate = gate_with_question()
    for turn in range(2, 2 + MAX_REPEATS):
        assert gate.read("What?", turn=turn, by="voice") == (Step.ASK_AGAIN, [])
    assert gate.read("What?", turn=9, by="voice") == (Step.GO_ON, [])
    assert gate.pending is None


def test_actions_of_one_turn_share_a_question_and_those_of_a_later_turn_void_it() -> None:
    gate = Gate(Clock())
    first = gate.ask(MILK, turn=1)
    assert gate.ask(BREAD, turn=1) is first
    assert first.objects == ["Buy milk", "Buy bread"]
    later = gate.ask(BREAD, turn=2)
    assert later is not first
    assert later.actions == [BREAD]


def test_a_yes_to_one_of_two_things_releases_neither_and_leaves_the_turn_to_the_model() -> None:
    gate = Gate(Clock())
    gate.ask(MILK, turn=1)
    gate.played(gate.ask(BREAD, turn=1).id)
    assert gate.read("Yes, just the milk.", turn=2, by="voice") == (Step.GO_ON, [])
    assert gate.pending is None


def test_a_click_counts_only_for_the_question_that_it_saw() -> None:
    gate = gate_with_question()
    assert gate.press("yes", by="click", pending_id="another") is None
    pending = gate.pending
    assert pending is not None
    assert gate.press("yes", by="click", pending_id=pending.id) == [MILK]


def test_a_key_counts_once_something_was_heard() -> None:
    gate = Gate(Clock())
    pending = gate.ask(MILK, turn=1)
    assert gate.press("yes", by="key") is None
    gate.played(pending.id)
    assert gate.press("yes", by="key") == [MILK]


def test_how_each_question_ended_is_told() -> None:
    ends: list[tuple[Outcome, By | None]] = []
    gate = Gate(Clock())
    gate.on_close(lambda _pending, outcome, by: ends.append((outcome, by)))
    gate.played(gate.ask(MILK, turn=1).id)
    gate.read("Yes.", turn=2, by="voice")
    gate.ask(MILK, turn=3)
    gate.press("no", by="click")
    assert ends == [("confirmed", "voice"), ("declined", "click")]


class AnyOrder(RuleBasedStateMachine):
    """Whatever happens in whatever order, only a heard or shown question is released, by a later turn, once."""

    def __init__(self) -> None:
        super().__init__()
        self.clock = Clock()
        self.gate = Gate(self.clock)
        self.turn = 0
        self.asked_in: dict[str, int] = {}
        self.perceived: set[str] = set()
        self.released: list[Action] = []
        self.closed: list[tuple[Pending, Outcome]] = []
        self.gate.on_close(lambda pending, outcome, _by: self.closed.append((pending, outcome)))
        self.number = 0

    @rule()
    def ask(self) -> None:
        self.number += 1
        pending = self.gate.ask(
            Action("delete_task", {"task_id": self.number}, (f"t{self.number}",)), turn=self.turn
        )
        self.asked_in[pending.id] = self.turn

    @precondition(lambda self: self.gate.pending is not None)
    @rule(how=st.sampled_from(["played", "shown"]))
    def perceive(self, how: str) -> None:
        pending = self.gate.pending
        assert pending is not None
        getattr(self.gate, how)(pending.id)
        self.perceived.add(pending.id)

    @rule(
        said=st.sampled_from(["yes", "no", "what?", "add milk", "yes but no"]),
        by=st.sampled_from(["voice", "text"]),
    )
    def speak(self, said: str, by: By) -> None:
        self.turn += 1
        self._release(self.gate.read(said, turn=self.turn, by=by)[1])

    @rule(answer=st.sampled_from(["yes", "no"]), by=st.sampled_from(["key", "click"]))
    def press(self, answer: str, by: By) -> None:
        self.turn += 1
        self._release(self.gate.press("yes" if answer == "yes" else "no", by=by) or [])

    @rule(seconds=st.sampled_from([1.0, 59.0, 61.0]))
    def wait(self, seconds: float) -> None:
        self.clock.now += seconds

    def _release(self, actions: list[Action]) -> None:
        if actions:
            pending, outcome = self.closed[-1]
            assert outcome == "confirmed"
            assert pending.actions == actions
            assert pending.id in self.perceived
            assert self.asked_in[pending.id] < self.turn
        self.released += actions

    @invariant()
    def nothing_runs_twice(self) -> None:
        ids = [action.arguments["task_id"] for action in self.released]
        assert len(ids) == len(set(ids))


TestAnyOrder = AnyOrder.TestCase
