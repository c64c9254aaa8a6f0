"""A change that is asked for again by a model that does not know of it is the same request; a new wish is another."""

from __future__ import annotations

from typing import Any

import pytest

from agent.requests import SAME_REQUEST_SECONDS, Requests, operation_id

pytestmark = pytest.mark.unit

MILK = {"title": "Buy milk", "due_words": "tomorrow"}
LAMP = {"title": "check the lamp"}
STOVE = {"title": "dust the stove"}


class Clock:
    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


def of(turn: int, arguments: dict[str, Any], tool: str = "create_task") -> str:
    return operation_id("c1", turn, tool, arguments)


def taken_over(clock: Clock, turn: int = 7) -> Requests:
    """What the next worker knows of one that has had the lamp checked and something undone in its last turn."""
    before = Requests("c1", clock)
    before.sent("create_task", LAMP, before.operation("create_task", LAMP, turn), turn)
    before.sent("undo", {}, before.operation("undo", {}, turn), turn)
    before.changed(turn)
    requests = Requests("c1", clock)
    requests.goes_on_from(before.known())
    return requests


def test_what_another_worker_did_in_its_last_turn_is_the_same_request_in_the_turn_that_comes_next() -> None:
    requests = taken_over(Clock())
    assert requests.operation("create_task", LAMP, 7) == of(7, LAMP)
    assert requests.operation("create_task", LAMP, 8) == of(7, LAMP)


def test_it_is_so_for_all_that_one_answer_asks_for_in_whatever_order() -> None:
    requests = taken_over(Clock())
    stove = requests.operation("create_task", STOVE, 8)
    requests.sent("create_task", STOVE, stove, 8)
    requests.changed(8)
    assert requests.operation("create_task", LAMP, 8) == of(7, LAMP)


def test_after_a_turn_in_which_something_was_changed_the_same_words_are_a_new_wish() -> None:
    requests = taken_over(Clock())
    requests.changed(8)
    assert requests.operation("create_task", LAMP, 9) == of(9, LAMP)


def test_half_a_minute_after_another_worker_the_same_words_are_a_new_wish() -> None:
    clock = Clock()
    requests = taken_over(clock)
    clock.now += SAME_REQUEST_SECONDS
    assert requests.operation("create_task", LAMP, 8) == of(8, LAMP)


def test_undo_has_no_arguments_and_twice_means_twice() -> None:
    requests = taken_over(Clock())
    assert requests.operation("undo", {}, 8) == of(8, {}, "undo")


def test_a_worker_that_knows_of_no_request_asks_under_the_turn_in_which_it_is_asked() -> None:
    requests = Requests("c1", Clock())
    requests.goes_on_from(())
    assert requests.operation("create_task", LAMP, 5) == of(5, LAMP)


def test_what_was_followed_by_another_change_is_not_handed_on() -> None:
    clock = Clock()
    before = Requests("c1", clock)
    before.sent("create_task", LAMP, of(1, LAMP), 1)
    before.changed(1)
    before.changed(2)
    after = Requests("c1", clock)
    after.goes_on_from(before.known())
    assert after.operation("create_task", LAMP, 3) == of(3, LAMP)


def test_what_is_said_again_is_the_same_request_whatever_was_changed_in_the_turns_before_it() -> None:
    requests = Requests("c1", Clock())
    for turn, title in enumerate(["lamp", "stove", "sofa"], 1):
        wish = {"title": title}
        for again in range(10 * turn, 10 * turn + 3):
            assert requests.operation("create_task", wish, again) == of(10 * turn, wish)
            requests.sent("create_task", wish, of(10 * turn, wish), again)
            if again == 10 * turn:
                requests.changed(again)


def test_what_was_taken_back_in_between_is_a_new_wish_whatever_else_is_asked_for_with_it() -> None:
    requests = Requests("c1", Clock())
    requests.sent("create_task", LAMP, of(1, LAMP), 1)
    requests.changed(1)
    requests.changed(2)
    requests.changed(3)
    assert requests.operation("create_task", LAMP, 3) == of(3, LAMP)


def test_what_certainly_did_not_happen_is_a_new_request() -> None:
    requests = Requests("c1", Clock())
    requests.sent("create_task", LAMP, of(3, LAMP), 3)
    assert requests.operation("create_task", LAMP, 4) == of(3, LAMP)
    requests.forget("create_task", LAMP)
    assert requests.operation("create_task", LAMP, 4) == of(4, LAMP)


def test_one_of_which_nobody_knows_how_it_went_stands_until_that_is_known_also_for_another_worker() -> None:
    clock = Clock()
    before = Requests("c1", clock)
    before.sent("create_task", LAMP, of(1, LAMP), 1, is_unsure=True)
    clock.now += 10 * SAME_REQUEST_SECONDS
    before.changed(2)
    before.changed(3)
    after = Requests("c1", clock)
    after.goes_on_from(before.known())
    assert after.operation("create_task", LAMP, 4) == of(1, LAMP)
    after.sent("create_task", LAMP, of(1, LAMP), 4, is_unsure=True)
    after.answered("create_task", LAMP)
    clock.now += SAME_REQUEST_SECONDS
    assert after.operation("create_task", LAMP, 5) == of(5, LAMP)


@pytest.mark.parametrize(
    "again",
    [
        {"title": "buy milk", "due_words": "tomorrow"},
        {"title": "Buy milk.", "due_words": "tomorrow"},
        {"title": "Buy milk", "due_words": "by tomorrow"},
        {"title": "Buy milk", "due_words": "Tomorrow", "due": "2026-12-01"},
        {**MILK, "priority": "normal", "notes": "", "tags": [], "by_phone": False},
    ],
)
def test_a_new_task_that_is_asked_for_again_a_little_otherwise_is_the_same_request(
    again: dict[str, Any],
) -> None:
    requests = Requests("c1", Clock())
    requests.sent("create_task", MILK, of(1, MILK), 1)
    assert requests.operation("create_task", again, 2) == of(1, MILK)


@pytest.mark.parametrize(
    "other",
    [
        {"title": "Buy milk", "due_words": "Friday"},
        {"title": "Buy milk"},
        {"title": "Buy milk", "due": "2026-12-01"},
        {"title": "Buy oat milk", "due_words": "tomorrow"},
        {**MILK, "notes": "two bottles"},
        {**MILK, "priority": "high"},
    ],
)
def test_another_day_title_or_note_makes_another_task(other: dict[str, Any]) -> None:
    requests = Requests("c1", Clock())
    requests.sent("create_task", MILK, of(1, MILK), 1)
    assert requests.operation("create_task", other, 2) == of(2, other)


def test_what_was_done_in_an_earlier_turn_is_known_but_not_what_another_worker_did() -> None:
    requests = Requests("c1", Clock())
    operation = requests.operation("create_task", LAMP, 3)
    requests.sent("create_task", LAMP, operation, 3, is_unsure=True)
    assert not requests.was_done("create_task", LAMP, 4), "nobody knows how it went"
    requests.answered("create_task", LAMP)
    assert not requests.was_done("create_task", LAMP, 3), "it is asked for in this turn"
    assert requests.was_done("create_task", LAMP, 4)
    successor = Requests("c1", Clock())
    successor.goes_on_from(requests.known())
    assert not successor.was_done("create_task", LAMP, 4)
