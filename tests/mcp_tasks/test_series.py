from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from mcp_tasks.caller import Caller
from mcp_tasks.due import Due
from mcp_tasks.edit import Edit
from mcp_tasks.errors import TaskError
from mcp_tasks.store import TaskStore
from tests.mcp_tasks.people import ANN, LA, NOW, later, make, op, titles

pytestmark = pytest.mark.unit

WEEKLY = "FREQ=WEEKLY;BYDAY=TU"


async def test_completing_a_task_that_repeats_makes_its_next_occurrence(store: TaskStore) -> None:
    made = await make(
        store,
        "Water the plants",
        due=date(2026, 11, 24),
        rrule=WEEKLY,
        tags=["home"],
        priority="high",
        list_name="home",
    )
    assert made["task"]["repeats"] == "every Tuesday"
    done = await store.complete(ANN, None, made["task"]["id"], None)
    following = done["next"]
    assert (following["due"], following["due_spoken"]) == ("2026-12-01", "Tuesday, December 1st")
    assert {
        name: following[name] for name in ("title", "tags", "priority", "list_name", "rrule", "version")
    } == {
        **{"title": "Water the plants", "tags": ["home"], "priority": "high", "list_name": "home"},
        **{"rrule": WEEKLY, "version": 1},
    }
    assert following["id"] != done["task"]["id"]
    assert "rrule" not in done["task"]
    assert await titles(store) == ["Water the plants"]
    assert await titles(store, "done") == ["Water the plants"]


async def test_undoing_that_takes_back_both(store: TaskStore) -> None:
    made = (await make(store, due=date(2026, 11, 24), rrule=WEEKLY))["task"]
    done = await store.complete(ANN, None, made["id"], None)
    undone = await store.undo(later(1), None)
    assert (undone["undone"], undone["task"]["due"], undone["task"]["rrule"]) == (
        "complete",
        "2026-11-24",
        WEEKLY,
    )
    (left,) = (await store.list_tasks(ANN, "all", "", 5)).tasks
    assert left.id == made["id"] != done["next"]["id"]
    again = await store.complete(later(2), None, made["id"], None)
    assert again["next"]["due"] == "2026-12-01"


async def test_completing_twice_or_again_makes_one_next_occurrence(store: TaskStore) -> None:
    task_id = (await make(store, due=date(2026, 11, 24), rrule=WEEKLY))["task"]["id"]
    first = await store.complete(ANN, op("c-1", "complete_task"), task_id, None)
    assert await store.complete(ANN, op("c-1", "complete_task"), task_id, None) == {**first, "repeated": True}
    assert (await store.complete(ANN, None, task_id, None))["changed"] is False
    assert await titles(store) == ["Buy milk"]


async def test_a_moved_occurrence_leaves_the_series_alone_and_a_new_rule_begins_anew(
    store: TaskStore,
) -> None:
    task_id = (await make(store, due=date(2026, 11, 24), rrule=WEEKLY))["task"]["id"]
    moved = await store.update(ANN, None, task_id, Edit(due=Due(date(2026, 11, 26))), None)
    assert moved["task"]["rrule"] == WEEKLY
    assert (await store.complete(ANN, None, task_id, None))["next"]["due"] == "2026-12-01"
    await store.undo(later(1), None)
    thursdays = Edit(due=Due(date(2026, 11, 26)), rrule="FREQ=WEEKLY")
    await store.update(later(1), None, task_id, thursdays, None)
    assert (await store.complete(later(1), None, task_id, None))["next"]["due"] == "2026-12-03"


async def test_an_occurrence_that_was_moved_to_before_its_place_does_not_come_back_there(
    store: TaskStore,
) -> None:
    task_id = (await make(store, due=date(2026, 11, 24), rrule=WEEKLY))["task"]["id"]
    moved = await store.update(ANN, None, task_id, Edit(due=Due(date(2026, 11, 22))), None)
    assert moved["task"]["rrule"] == WEEKLY
    assert (await store.complete(ANN, None, task_id, None))["next"]["due"] == "2026-12-01"
    await store.undo(later(1), None)
    await store.undo(later(1), None)
    back = (await store.list_tasks(ANN, "all", "", 5)).tasks[0]
    assert back.due == "2026-11-24"
    assert (await store.complete(later(1), None, task_id, None))["next"]["due"] == "2026-12-01"


async def test_one_that_was_moved_later_and_then_sooner_leaves_out_nothing(store: TaskStore) -> None:
    task_id = (await make(store, due=date(2026, 11, 23), rrule="FREQ=DAILY"))["task"]["id"]
    for day in (27, 24):
        await store.update(ANN, None, task_id, Edit(due=Due(date(2026, 11, day))), None)
    assert (await store.complete(ANN, None, task_id, None))["next"]["due"] == "2026-11-25"


async def test_one_that_is_moved_to_before_its_place_twice_and_back_is_the_same_one(store: TaskStore) -> None:
    first = (await make(store, due=date(2026, 11, 17), rrule=WEEKLY))["task"]["id"]
    task_id = (await store.complete(ANN, None, first, None))["next"]["id"]  # the 24th
    for day in (23, 22, 24):
        await store.update(ANN, None, task_id, Edit(due=Due(date(2026, 11, day))), None)
    assert (await store.complete(ANN, None, task_id, None))["next"]["due"] == "2026-12-01"


async def test_of_three_times_the_second_sooner_leaves_one(store: TaskStore) -> None:
    rule = "FREQ=WEEKLY;BYDAY=TU;COUNT=3"
    first = (await make(store, due=date(2026, 11, 24), rrule=rule))["task"]["id"]
    second = (await store.complete(ANN, None, first, None))["next"]
    assert second["due"] == "2026-12-01"
    sooner = Edit(due=Due(date(2026, 11, 29)))
    assert (await store.update(ANN, None, second["id"], sooner, None))["task"][
        "rrule"
    ] == "FREQ=WEEKLY;COUNT=1;BYDAY=TU"
    third = (await store.complete(ANN, None, second["id"], None))["next"]
    assert third["due"] == "2026-12-08"
    moved = await store.update(ANN, None, third["id"], Edit(due=Due(date(2026, 12, 6))), None)
    assert "rrule" not in moved["task"], "it was the last one"
    assert "next" not in await store.complete(ANN, None, third["id"], None)


async def test_a_time_that_is_dropped_brings_no_second_one_on_its_day(store: TaskStore) -> None:
    task_id = (await make(store, due=datetime(2026, 11, 24, 17, tzinfo=LA), rrule="FREQ=DAILY"))["task"]["id"]
    await store.update(ANN, None, task_id, Edit(due=Due(date(2026, 11, 24))), None)
    assert (await store.complete(ANN, None, task_id, None))["next"]["due"] == "2026-11-25T17:00:00"


async def test_a_series_ends_when_it_is_told_to_or_loses_its_date(store: TaskStore) -> None:
    for edit in (Edit(rrule=None), Edit(due=None)):
        task_id = (await make(store, due=date(2026, 11, 24), rrule=WEEKLY))["task"]["id"]
        assert "rrule" not in (await store.update(ANN, None, task_id, edit, None))["task"]
        assert "next" not in await store.complete(ANN, None, task_id, None)


async def test_what_repeats_needs_a_first_date(store: TaskStore) -> None:
    with pytest.raises(TaskError, match="first date"):
        await make(store, rrule=WEEKLY)
    task_id = (await make(store))["task"]["id"]
    with pytest.raises(TaskError, match="first date"):
        await store.update(ANN, None, task_id, Edit(rrule=WEEKLY), None)
    assert await titles(store) == ["Buy milk"]


async def test_the_next_occurrence_is_on_the_clock_of_whoever_did_it(store: TaskStore) -> None:
    task_id = (await make(store, due=datetime(2026, 11, 24, 9, tzinfo=LA), rrule="FREQ=DAILY"))["task"]["id"]
    in_berlin = Caller("ann", ZoneInfo("Europe/Berlin"), NOW)  # 19:00 there
    following = (await store.complete(in_berlin, None, task_id, None))["next"]
    assert (following["due"], following["time_zone"]) == ("2026-11-25T09:00:00", "Europe/Berlin")
    assert following["due_spoken"] == "tomorrow at 9 AM"


async def test_the_last_of_a_series_has_none_after_it(store: TaskStore) -> None:
    task_id = (await make(store, due=date(2026, 11, 24), rrule="FREQ=DAILY;COUNT=2"))["task"]["id"]
    second = (await store.complete(ANN, None, task_id, None))["next"]["id"]
    assert "next" not in await store.complete(later(1), None, second, None)
    assert await titles(store) == []


async def test_a_stale_version_makes_no_next_occurrence(store: TaskStore) -> None:
    task_id = (await make(store, due=date(2026, 11, 24), rrule=WEEKLY))["task"]["id"]
    await store.update(ANN, None, task_id, Edit(title="Buy tea"), 1)
    with pytest.raises(TaskError, match="conflict"):
        await store.complete(ANN, None, task_id, 1)
    assert await titles(store) == ["Buy tea"]


async def test_undoing_a_whole_evening_leaves_what_was_there_before(store: TaskStore) -> None:
    task_id = (await make(store, due=date(2026, 11, 20), rrule="FREQ=DAILY"))["task"]["id"]
    await store.forget(NOW + timedelta(hours=1))
    evening = later(60)
    for minute in range(3):
        now = Caller("ann", LA, evening.now + timedelta(minutes=minute))
        task_id = (await store.complete(now, None, task_id, None))["next"]["id"]
    for _ in range(3):
        await store.undo(Caller("ann", LA, evening.now + timedelta(minutes=4)), None)
    (left,) = (await store.list_tasks(evening, "all", "", 5)).tasks
    assert (left.due, left.rrule, left.status) == ("2026-11-20", "FREQ=DAILY", "open")
    assert await titles(store, "done") == []
