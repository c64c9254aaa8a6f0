"""A chaos run goes on where it stopped."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from cli.bench.chaos.facts import Facts
from cli.bench.chaos.state import State, StateError

pytestmark = pytest.mark.unit

HEAD = {"bench": "chaos", "seed": 1, "only": []}
CALL = Facts(
    number=3,
    stack="economy",
    service="cartesia",
    kind="cut",
    point="we-speaking",
    heals=False,
    agrees=True,
    turns=[{"said": "What's on my list?", "answered": True}],
)


def test_what_was_done_is_there_again(tmp_path: Path) -> None:
    path = tmp_path / "deep" / "state.jsonl"
    first = State(path, HEAD)
    assert first.done == {}
    first.add(CALL)
    first.add(replace(CALL, number=5))
    assert State(path, HEAD).done == {3: CALL, 5: replace(CALL, number=5)}


def test_a_line_that_was_cut_off_when_the_run_was_killed_is_made_again(tmp_path: Path) -> None:
    path = tmp_path / "state.jsonl"
    State(path, HEAD).add(CALL)
    whole = path.read_text()
    path.write_text(whole + whole.splitlines()[1][:40])
    again = State(path, HEAD)
    assert again.done == {3: CALL}
    again.add(replace(CALL, number=4))
    assert set(State(path, HEAD).done) == {3, 4}


def test_another_runs_file_is_not_mixed_with_this_one(tmp_path: Path) -> None:
    path = tmp_path / "state.jsonl"
    State(path, HEAD).add(CALL)
    with pytest.raises(StateError, match="another run's"):
        State(path, {**HEAD, "seed": 2})


def test_a_file_that_is_no_state_is_left_as_it_is(tmp_path: Path) -> None:
    path = tmp_path / "notes.txt"
    path.write_text("buy milk\n")
    with pytest.raises(StateError, match="no state"):
        State(path, HEAD)
    assert path.read_text() == "buy milk\n"


def test_without_a_file_nothing_is_kept() -> None:
    state = State(None, HEAD)
    state.add(CALL)
    assert state.done == {3: CALL}
