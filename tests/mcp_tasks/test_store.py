import asyncio
import contextlib
import tempfile
from collections.abc import AsyncIterator
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy.ext.asyncio import AsyncSession

from mcp_tasks.caller import Caller
from mcp_tasks.database import create_engine
from mcp_tasks.due import Due
from mcp_tasks.edit import Edit
from mcp_tasks.errors import TaskError
from mcp_tasks.exactly_once import Ledger, Operation
from mcp_tasks.migrate import migrate
from mcp_tasks.store import TaskStore
from tests.mcp_tasks.people import ANN, BOB, LA, NOW, later, make, op, titles

pytestmark = pytest.mark.unit


async def test_a_new_task_is_open_and_knows_when_it_was_made(store: TaskStore) -> None:
    made = (await make(store, due=datetime(2026, 11, 24, 17, tzinfo=LA)))["task"]
    assert made["status"] == "open"
    assert made["due"] == "2026-11-24T17:00:00"
    assert made["due_spoken"] == "today at 5 PM"
    assert made["time_zone"] == "America/Los_Angeles"
    assert datetime.fromisoformat(made["created_at"]) == NOW
    assert made["completed_at"] is None
    assert made["version"] == 1


async def test_an_empty_list_is_an_answer(store: TaskStore) -> None:
    found = await store.list_tasks(ANN, "all", "", 50)
    assert (found.tasks, found.total, found.today) == ([], 0, "2026-11-24")


async def test_views_go_by_the_users_day(store: TaskStore) -> None:
    await make(store, "none")
    await make(store, "past day", due=date(2026, 11, 23))
    await make(store, "past hour", due=datetime(2026, 11, 24, 9, tzinfo=LA))
    await make(store, "later today", due=datetime(2026, 11, 24, 23, 30, tzinfo=LA))
    await make(store, "today", due=date(2026, 11, 24))
    await make(store, "in six days", due=date(2026, 11, 30))
    await make(store, "in seven days", due=date(2026, 12, 1))
    assert await titles(store, "today") == ["past hour", "today", "later today"]
    assert await titles(store, "overdue") == ["past day", "past hour"]
    assert await titles(store, "week") == ["past hour", "today", "later today", "in six days"]
    assert await titles(store) == [
        "past day", "past hour", "today", "later today", "in six days", "in seven days", "none",
    ]  # fmt: skip
    assert await titles(store, "done") == []


async def test_a_due_moment_follows_a_traveller_into_another_zone(store: TaskStore) -> None:
    await make(store, due=datetime(2026, 11, 24, 17, tzinfo=LA))
    in_berlin = Caller("ann", ZoneInfo("Europe/Berlin"), NOW)
    (task,) = (await store.list_tasks(in_berlin, "all", "", 50)).tasks
    assert task.due_spoken == "tomorrow at 2 AM"
    assert (task.due, task.time_zone) == (
        "2026-11-25T02:00:00",
        "Europe/Berlin",
    )  # what the page shows and groups by
    (at_home,) = (await store.list_tasks(ANN, "all", "", 50)).tasks
    assert (at_home.due, at_home.time_zone) == ("2026-11-24T17:00:00", "America/Los_Angeles")


async def test_a_limit_shortens_the_list_and_not_the_total(store: TaskStore) -> None:
    for number in range(5):
        await make(store, f"task {number}")
    found = await store.list_tasks(ANN, "all", "", 2)
    assert (len(found.tasks), found.total) == (2, 5)


@pytest.mark.parametrize(
    ("query", "hits"), [("ÉMILE", 1), ("émile", 1), ("100%", 1), ("%", 1), ("_", 0), ("x", 0)]
)
async def test_search_folds_case_and_takes_signs_as_they_are(store: TaskStore, query: str, hits: int) -> None:
    await make(store, "Call Émile", notes="about the 100% plan")
    await make(store, "Buy milk")
    assert len(await titles(store, query=query)) == hits


async def test_completing_twice_changes_once(store: TaskStore) -> None:
    task_id = (await make(store))["task"]["id"]
    first = await store.complete(ANN, None, task_id, None)
    again = await store.complete(later(1), None, task_id, None)
    assert first["changed"] is True
    assert again["changed"] is False
    assert again["task"]["completed_at"] == first["task"]["completed_at"]
    assert again["task"]["version"] == 2
    assert await titles(store, "done") == ["Buy milk"]


async def test_an_update_changes_what_was_named_and_clears_a_due(store: TaskStore) -> None:
    task_id = (await make(store, due=date(2026, 11, 27), notes="two litres"))["task"]["id"]
    renamed = (await store.update(ANN, None, task_id, Edit(title="Buy oat milk"), None))["task"]
    assert (renamed["title"], renamed["notes"], renamed["due"]) == (
        "Buy oat milk",
        "two litres",
        "2026-11-27",
    )
    cleared = (await store.update(ANN, None, task_id, Edit(due=None), None))["task"]
    assert cleared["due"] is None
    assert (await store.update(ANN, None, task_id, Edit(), None))["changed"] is False


async def test_the_same_due_in_other_words_is_no_change_and_leaves_nothing_to_undo(store: TaskStore) -> None:
    task_id = (await make(store, due=date(2026, 11, 27)))["task"]["id"]
    again = Edit(due=Due(date(2026, 11, 27)), due_words="on Friday")
    assert (await store.update(ANN, None, task_id, again, None))["changed"] is False
    assert (await store.undo(ANN, None))["undone"] == "create"


async def test_a_stale_version_is_a_conflict_and_changes_nothing(store: TaskStore) -> None:
    task_id = (await make(store))["task"]["id"]
    await store.update(ANN, None, task_id, Edit(title="Buy tea"), 1)
    for attempt in (
        store.update(ANN, None, task_id, Edit(title="Buy rum"), 1),
        store.complete(ANN, None, task_id, 1),
        store.delete(ANN, None, task_id, 1),
    ):
        with pytest.raises(TaskError, match="conflict"):
            await attempt
    assert await titles(store) == ["Buy tea"]


async def test_another_users_task_looks_like_one_that_never_was(store: TaskStore) -> None:
    task_id = (await make(store))["task"]["id"]
    refusals = []
    for stranger, wanted in ((BOB, task_id), (ANN, "zzzzzzzz")):
        for attempt in (
            store.update(stranger, None, wanted, Edit(title="mine"), None),
            store.complete(stranger, None, wanted, None),
            store.delete(stranger, None, wanted, None),
        ):
            with pytest.raises(TaskError) as refused:
                await attempt
            refusals.append((refused.value.code, refused.value.message))
    assert len(set(refusals)) == 1
    assert refusals[0][0] == "not_found"
    assert await titles(store, caller=BOB) == []
    assert await titles(store) == ["Buy milk"]


async def test_the_same_operation_twenty_times_at_once_makes_one_task(store: TaskStore) -> None:
    answers = await asyncio.gather(*(make(store, operation=op("op-1")) for _ in range(20)))
    assert [answer["repeated"] for answer in answers].count(False) == 1
    assert len({answer["task"]["id"] for answer in answers}) == 1
    assert await titles(store) == ["Buy milk"]


@pytest.fixture
def lost(monkeypatch: pytest.MonkeyPatch) -> list[OSError]:
    """What the database's connection dies of at the end of each next write, once that is stored."""
    errors: list[OSError] = []
    alone = Ledger.alone

    @contextlib.asynccontextmanager
    async def losing(ledger: Ledger, owner: str) -> AsyncIterator[AsyncSession]:
        async with alone(ledger, owner) as session:
            yield session
        if errors:
            raise errors.pop()

    monkeypatch.setattr(Ledger, "alone", losing)
    return errors


async def test_a_write_whose_end_was_lost_is_looked_up_and_not_done_again(
    store: TaskStore, lost: list[OSError]
) -> None:
    lost.append(ConnectionResetError())
    made = await make(store, operation=op("one"))
    assert await titles(store) == ["Buy milk"]
    assert (await store.list_tasks(ANN, "all", "", 5)).tasks[0].id == made["task"]["id"]


@pytest.mark.parametrize(("operation", "losses"), [(None, 1), (op("one"), 2)])
async def test_what_may_have_happened_is_not_said_to_have_failed(
    store: TaskStore, lost: list[OSError], operation: Operation | None, losses: int
) -> None:
    lost.extend(ConnectionResetError() for _ in range(losses))
    with pytest.raises(TaskError) as unknown:
        await make(store, operation=operation)
    assert unknown.value.payload() == {
        "error": {
            "code": "unavailable",
            "message": "The task server lost its database: it may have happened, or not. Look before it is done again.",
            "may_have_happened": True,
        }
    }
    assert await titles(store) == ["Buy milk"]


async def test_an_operation_id_belongs_to_its_owner(store: TaskStore) -> None:
    await make(store, operation=op("op-1"))
    assert (await make(store, "Bob's", caller=BOB, operation=op("op-1")))["repeated"] is False


async def test_one_operation_id_cannot_name_two_requests(store: TaskStore) -> None:
    await make(store, operation=op("op-1", title="a"))
    with pytest.raises(TaskError, match="conflict"):
        await make(store, "b", operation=op("op-1", title="b"))
    assert await titles(store) == ["Buy milk"]


async def test_a_repeat_gets_the_first_answer_even_when_the_task_has_gone(store: TaskStore) -> None:
    first = await make(store, operation=op("op-1"))
    await store.delete(ANN, None, first["task"]["id"], None)
    assert await make(store, operation=op("op-1")) == {**first, "repeated": True}
    assert await titles(store) == []


async def test_a_refused_operation_is_not_remembered(store: TaskStore) -> None:
    with pytest.raises(TaskError, match="not_found"):
        await store.delete(ANN, op("op-1", "delete_task"), "zzzzzzzz", None)
    assert await store.answered(ANN, op("op-1", "delete_task")) is None


@pytest.mark.parametrize("bad", ["", "x" * 129, "é", "a\nb"])
def test_an_operation_id_is_short_and_printable(bad: str) -> None:
    with pytest.raises(TaskError, match="operation_id"):
        op(bad)


async def test_undo_takes_back_each_kind_of_change_newest_first(store: TaskStore) -> None:
    task_id = (await make(store, due=datetime(2026, 11, 24, 17, tzinfo=LA), notes="fresh"))["task"]["id"]
    await store.update(later(1), None, task_id, Edit(title="Buy tea", due=None), None)
    await store.complete(later(2), None, task_id, None)
    await store.delete(later(3), None, task_id, None)
    assert await titles(store) == []
    undone = [await store.undo(later(4), None) for _ in range(4)]
    assert [answer["undone"] for answer in undone] == ["delete", "complete", "update", "create"]
    assert [answer["task"]["status"] for answer in undone] == ["done", "open", "open", "open"]
    assert [answer["task"]["title"] for answer in undone] == ["Buy tea", "Buy tea", "Buy milk", "Buy milk"]
    assert undone[2]["task"]["due"] == "2026-11-24T17:00:00"
    assert undone[2]["task"]["due_spoken"] == "today at 5 PM"
    versions = [answer["task"]["version"] for answer in undone[:3]]
    assert versions == [4, 5, 6]  # a version is never used twice
    with pytest.raises(TaskError, match="nothing to undo"):
        await store.undo(later(5), None)
    assert await titles(store) == []


async def test_undo_reaches_back_ten_minutes_and_only_ones_own_changes(store: TaskStore) -> None:
    await make(store)
    with pytest.raises(TaskError, match="nothing to undo"):
        await store.undo(later(1, BOB), None)
    with pytest.raises(TaskError, match="nothing to undo"):
        await store.undo(later(10), None)
    assert (await store.undo(later(9.9), None))["undone"] == "create"


async def test_a_repeated_undo_undoes_once(store: TaskStore) -> None:
    await make(store, "first")
    await make(store, "second")
    answers = [await store.undo(ANN, op("u-1", "undo")) for _ in range(3)]
    assert [answer["repeated"] for answer in answers] == [False, True, True]
    assert await titles(store) == ["first"]


async def test_forgetting_drops_old_snapshots_and_answers_and_no_task(store: TaskStore) -> None:
    task_id = (await make(store, operation=op("op-1")))["task"]["id"]
    await store.update(ANN, None, task_id, Edit(title="Buy oat milk"), None)
    await store.update(ANN, None, task_id, Edit(title="Buy milk"), None)
    await store.forget(NOW + timedelta(minutes=11))
    with pytest.raises(TaskError, match="nothing to undo"):
        await store.undo(later(11), None)
    assert await store.answered(ANN, op("op-1")) is not None
    await store.forget(NOW + timedelta(hours=25))
    assert await store.answered(ANN, op("op-1")) is None
    assert await titles(store) == ["Buy milk"]


async def test_ids_are_short_and_no_two_are_equal(store: TaskStore) -> None:
    ids = [(await make(store))["task"]["id"] for _ in range(50)]
    assert len(set(ids)) == 50
    assert {len(one) for one in ids} == {8}


async def test_two_users_at_once_never_see_each_others_rows(store: TaskStore) -> None:
    async def work(caller: Caller) -> None:
        for number in range(25):
            task_id = (await make(store, f"{caller.owner} {number}", caller=caller))["task"]["id"]
            if number % 2:
                with contextlib.suppress(TaskError):  # the same person's other undo may have taken it back
                    await store.complete(caller, None, task_id, None)
            for title in await titles(store, caller=caller) + await titles(store, "done", caller=caller):
                assert title.startswith(caller.owner)
            if number % 5 == 0:
                await store.undo(caller, None)

    await asyncio.gather(work(ANN), work(BOB), work(ANN), work(BOB))


@given(st.lists(st.tuples(st.integers(0, 3), st.sampled_from([ANN, BOB])), min_size=1, max_size=12))
@settings(max_examples=25, deadline=None)
async def test_whatever_is_repeated_each_request_has_one_effect(requests: list[tuple[int, Caller]]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        url = f"sqlite:///{folder}/tasks.db"
        await migrate(url)
        store = TaskStore(create_engine(url))
        seen: set[tuple[int, str]] = set()
        for number, caller in requests:
            answer = await make(store, f"{number}", caller=caller, operation=op(f"op-{number}", title=number))
            assert answer["repeated"] is ((number, caller.owner) in seen)
            seen.add((number, caller.owner))
        kept = {
            (int(title), caller.owner)
            for caller in (ANN, BOB)
            for title in await titles(store, caller=caller)
        }
        totals = [(await store.list_tasks(caller, "all", "", 1)).total for caller in (ANN, BOB)]
        await store.close()
        assert kept == seen
        assert sum(totals) == len(seen)
