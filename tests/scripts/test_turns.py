"""Where there is no time for all of them, dear tests take turns."""

from __future__ import annotations

from typing import cast

import pytest

from tests.conftest import is_late, take_turns

pytestmark = pytest.mark.unit


class Item:
    """What of a test is looked at."""

    def __init__(self, name: str, *, dear: bool) -> None:
        self.name = name
        self.marks = [pytest.mark.dear] if dear else []

    def get_closest_marker(self, name: str) -> pytest.MarkDecorator | None:
        return next((mark for mark in self.marks if mark.name == name), None)

    def add_marker(self, mark: pytest.MarkDecorator) -> None:
        self.marks.append(mark)


def held(turn: str) -> list[str]:
    items = [
        Item(f"{'dear' if dear else 'cheap'}{number}", dear=dear) for number in range(9) for dear in (0, 1)
    ]
    take_turns(cast("list[pytest.Item]", items), turn)
    return [item.name for item in items if not item.get_closest_marker("skip")]


def test_a_cheap_test_is_held_in_each_turn_and_a_dear_one_in_exactly_one() -> None:
    turns = [held(f"{turn}/4") for turn in (1, 2, 3, 4)]
    for number in range(9):
        assert all(f"cheap{number}" in names for names in turns)
        assert sum(f"dear{number}" in names for names in turns) == 1


def test_without_turns_all_are_held() -> None:
    assert len(held("1/1")) == 18


def test_a_dear_test_begins_only_while_there_is_time() -> None:
    assert [is_late("1000", now) for now in (999.0, 1001.0)] == [False, True]
    assert not is_late("", 1e12)
