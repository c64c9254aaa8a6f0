"""The calls of a chaos run: everything is there, the beginning covers much, and the order is the same each time."""

from __future__ import annotations

import pytest

from cli.bench.chaos.plan import LADDERS, Point, cells, planned
from sandbox.faults import KINDS
from tiers.catalogue import STACKS

pytestmark = pytest.mark.unit

ALL = {service: sorted(kinds) for service, kinds in KINDS.items()}


def test_every_stack_with_a_voice_fails_in_every_way_at_every_point() -> None:
    found = cells(ALL)
    assert set(LADDERS) == {name for name, stack in STACKS.items() if stack.has_voice}
    for name in LADDERS:
        for service in STACKS[name].services:
            for kind in KINDS.get(service, ()):
                points = {
                    cell.point
                    for cell in found
                    if (cell.stack, cell.service, cell.kind) == (name, service, kind)
                }
                assert points == set(Point)
    assert len(found) == len(set(found))


def test_no_call_comes_twice_before_all_others_of_its_kind_were_there() -> None:
    found = cells(ALL)
    premium = [cell for cell in found if cell.stack == "premium"]
    run = [each.cell for each in planned(found, 2 * len(premium), seed=3)]
    assert sorted(map(str, run[::2])) == sorted(map(str, premium))
    assert len(set(run[1::2])) == len(premium)


def test_the_first_thirty_calls_meet_every_stack_and_every_service() -> None:
    run = [each.cell for each in planned(cells(ALL), 30, seed=1)]
    assert {cell.stack for cell in run} == set(LADDERS)
    assert {cell.service for cell in run} == {cell.service for cell in cells(ALL)}
    assert {cell.point for cell in run} == set(Point)


def test_a_longer_run_begins_with_the_shorter_one_and_another_seed_is_another_order() -> None:
    found = cells(ALL)
    assert planned(found, 50, seed=1)[:20] == planned(found, 20, seed=1)
    assert planned(found, 20, seed=2) != planned(found, 20, seed=1)


def test_single_calls_are_asked_for_by_their_words() -> None:
    found = cells(ALL, ("premium cut tool-running", "local"))
    assert {str(cell) for cell in found if cell.stack == "premium"} == {
        "premium/openai-realtime/cut/tool-running"
    }
    assert {cell.stack for cell in found} == {"premium", "local"}
    assert planned(cells(ALL, ("no such word",)), 5, seed=1) == []
