import contextlib
import json
from collections.abc import AsyncIterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import icalendar
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mcp_tasks.caller import Caller
from mcp_tasks.database import create_engine
from mcp_tasks.due import Due
from mcp_tasks.edit import Edit
from mcp_tasks.errors import TaskError
from mcp_tasks.exchange import Exchange, Imported
from mcp_tasks.ical import from_ical, to_ical
from mcp_tasks.portable import PortableTask, from_json, to_json
from mcp_tasks.store import TaskStore
from tests.mcp_tasks.people import ANN, BOB, LA, NOW, later, make, titles

pytestmark = pytest.mark.unit

FORMS: Any = pytest.mark.parametrize("form", ["ical", "json"])


@pytest.fixture
async def exchange(store: TaskStore, tmp_path: Path) -> AsyncIterator[Exchange]:
    engine = create_engine(f"sqlite:///{tmp_path / 'deeper' / 'tasks.db'}")
    yield Exchange(engine)
    await engine.dispose()


async def fill(store: TaskStore) -> None:
    await make(
        store,
        "Buy milk; two, please\\now",
        notes="C:\\New\nsecond: «ü» 🥛",
        tags=["shop", "a,b"],
        list_name="Food",
    )
    await make(store, "Call Ann", due=datetime(2026, 11, 24, 17, tzinfo=LA), priority="high")
    await make(
        store, "Water the plants", due=date(2026, 11, 24), rrule="FREQ=WEEKLY;BYDAY=TU", priority="low"
    )
    done = await make(store, "Pay the rent", due=date(2026, 11, 20))
    await store.complete(later(1), None, done["task"]["id"], None)


async def told(store: TaskStore, caller: Caller) -> list[dict[str, Any]]:
    kept = []
    for view in ("all", "done"):
        for task in (await store.list_tasks(caller, view, "", 200)).tasks:
            kept.append(
                {
                    key: value
                    for key, value in task.model_dump().items()
                    if key not in ("id", "version", "due_words")
                }
            )
    return kept


@FORMS
async def test_what_leaves_comes_back_whole(store: TaskStore, exchange: Exchange, form: Any) -> None:
    await fill(store)
    file = await exchange.export(ANN, form)
    assert await exchange.take_in(BOB, file, form) == Imported(created=4)
    assert await told(store, BOB) == await told(store, ANN)


@FORMS
async def test_an_import_that_is_repeated_changes_nothing(
    store: TaskStore, exchange: Exchange, form: Any
) -> None:
    await fill(store)
    file = await exchange.export(ANN, form)
    before = await told(store, ANN)
    assert await exchange.take_in(ANN, file, form) == Imported(unchanged=4)
    assert await exchange.take_in(BOB, file, form) == Imported(created=4)
    assert await exchange.take_in(BOB, file, form) == Imported(unchanged=4)
    assert await told(store, ANN) == before
    assert await exchange.export(BOB, form) == file


@FORMS
async def test_a_series_goes_on_after_it_was_taken_elsewhere(
    store: TaskStore, exchange: Exchange, form: Any
) -> None:
    await fill(store)
    await exchange.take_in(BOB, await exchange.export(ANN, form), form)
    (plants,) = (await store.list_tasks(BOB, "all", "water the plants", 5)).tasks
    assert (await store.complete(BOB, None, plants.id, None))["next"]["due"] == "2026-12-01"


@FORMS
async def test_a_series_whose_occurrence_was_moved_to_before_its_place_goes_on_behind_it(
    store: TaskStore, exchange: Exchange, form: Any
) -> None:
    made = await make(store, "Water the plants", due=date(2026, 11, 24), rrule="FREQ=WEEKLY")
    sooner = Edit(due=Due(date(2026, 11, 22)))
    await store.update(ANN, None, made["task"]["id"], sooner, None)
    file = await exchange.export(ANN, form)
    if form == "ical":
        (todo,) = icalendar.Calendar.from_ical(file).walk("VTODO")
        assert todo["DTSTART"].dt <= todo["DUE"].dt
    await exchange.take_in(BOB, file, form)
    (task,) = (await store.list_tasks(BOB, "all", "", 5)).tasks
    assert (await store.complete(BOB, None, task.id, None))["next"]["due"] == "2026-12-01"


@FORMS
async def test_a_newer_file_changes_and_an_older_one_does_not(
    store: TaskStore, exchange: Exchange, form: Any
) -> None:
    task_id = (await make(store, "Buy milk"))["task"]["id"]
    older = await exchange.export(ANN, form)
    await store.update(later(60), None, task_id, Edit(title="Buy oat milk"), None)
    newer = await exchange.export(ANN, form)
    assert await exchange.take_in(ANN, older, form) == Imported(unchanged=1)
    assert await titles(store) == ["Buy oat milk"]
    await exchange.take_in(BOB, older, form)
    assert await exchange.take_in(BOB, newer, form) == Imported(updated=1)
    (task,) = (await store.list_tasks(BOB, "all", "oat", 5)).tasks
    assert (task.title, task.version) == ("Buy oat milk", 2)


async def test_an_import_is_not_undone_over_a_later_change(store: TaskStore, exchange: Exchange) -> None:
    await make(store, "Buy milk")
    file = from_json(await exchange.export(ANN, "json"))
    newer = to_json(
        [
            task.model_copy(update={"title": "Buy tea", "updated_at": NOW + timedelta(minutes=1)})
            for task in file
        ]
    )
    assert await exchange.take_in(ANN, newer, "json") == Imported(updated=1)
    with pytest.raises(TaskError, match="nothing to undo"):
        await store.undo(later(2), None)
    assert await titles(store) == ["Buy tea"]


REMINDERS = """BEGIN:VCALENDAR
VERSION:2.0
PRODID:-//Apple Inc.//Reminders//EN
X-WR-CALNAME:Errands
BEGIN:VTODO
UID:AAAA-1
DTSTAMP:20261120T100000Z
SUMMARY:Fetch the parcel
DUE;TZID=Europe/Berlin:20261127T173000
PRIORITY:5
END:VTODO
BEGIN:VTODO
UID:AAAA-2
DTSTAMP:20261120T100000Z
SUMMARY:Report
DUE:20261128T020000Z
PRIORITY:3
RRULE:FREQ=MONTHLY;BYMONTHDAY=-1
CATEGORIES:Work,Urgent
END:VTODO
BEGIN:VTODO
UID:AAAA-3
DTSTAMP:20261120T100000Z
SUMMARY:Old thing
STATUS:COMPLETED
COMPLETED:20261119T090000Z
END:VTODO
BEGIN:VTODO
UID:AAAA-4
DTSTAMP:20261120T100000Z
SUMMARY:
END:VTODO
BEGIN:VTODO
UID:AAAA-5
DTSTAMP:20261120T100000Z
SUMMARY:Every hour
DUE;VALUE=DATE:20261127
RRULE:FREQ=HOURLY
END:VTODO
BEGIN:VTODO
UID:AAAA-2
RECURRENCE-ID:20261231T020000Z
DTSTAMP:20261120T100000Z
SUMMARY:Report, moved
END:VTODO
BEGIN:VEVENT
UID:AAAA-6
DTSTAMP:20261120T100000Z
DTSTART:20261120T100000Z
SUMMARY:A meeting is no task
END:VEVENT
END:VCALENDAR
""".replace("\n", "\r\n")


async def test_other_programs_tasks_are_taken_and_what_cannot_be_is_named(
    store: TaskStore, exchange: Exchange
) -> None:
    result = await exchange.take_in(ANN, REMINDERS, "ical")
    assert (result.created, result.updated, result.unchanged) == (3, 0, 0)
    assert result.refused == ["task 4: A task needs a title.", "task 5: That is not a way to repeat a task."]
    tasks = {
        task.title: task for task in (await store.list_tasks(ANN, "all", "", 50, list_name="errands")).tasks
    }
    assert set(tasks) == {"Fetch the parcel", "Report"}
    in_berlin = Caller("ann", ZoneInfo("Europe/Berlin"), NOW)
    for caller, local in ((in_berlin, "2026-11-27T17:30:00"), (ANN, "2026-11-27T08:30:00")):
        (parcel,) = (await store.list_tasks(caller, "all", "parcel", 50)).tasks
        assert (parcel.due, parcel.time_zone) == (local, caller.zone.key)
    (kept,) = [each for each in from_json(await exchange.export(ANN, "json")) if "parcel" in each.title]
    assert (kept.due, kept.time_zone) == ("2026-11-27T17:30:00", "Europe/Berlin")
    report = tasks["Report"]
    assert (report.due, report.priority, report.tags) == ("2026-11-27T18:00:00", "high", ["work", "urgent"])
    assert report.repeats == "the last day of every month"
    assert await titles(store, "done") == ["Old thing"]
    assert (await exchange.take_in(ANN, REMINDERS, "ical")).created == 0


async def test_the_calendar_is_one_that_other_programs_read(store: TaskStore, exchange: Exchange) -> None:
    await fill(store)
    calendar = icalendar.Calendar.from_ical(await exchange.export(ANN, "ical"))
    assert isinstance(calendar, icalendar.Calendar)
    todos = {str(todo["SUMMARY"]): todo for todo in calendar.todos}
    assert len(todos) == 4
    assert calendar.timezones, "a time with a zone comes with what that zone is"
    assert todos["Call Ann"]["PRIORITY"] == 1
    assert todos["Call Ann"].decoded("DUE") == datetime(2026, 11, 24, 17, tzinfo=LA)
    assert todos["Water the plants"]["RRULE"]["FREQ"] == ["WEEKLY"]
    assert todos["Pay the rent"]["STATUS"] == "COMPLETED"


@pytest.mark.parametrize(
    "text", ["", "BEGIN:VCALENDAR", "{}", "hello", "BEGIN:VTODO\r\nEND:VTODO", "[" * 5000, "\x00"]
)
@FORMS
async def test_what_is_no_file_of_tasks_is_refused_or_empty(exchange: Exchange, text: str, form: Any) -> None:
    with contextlib.suppress(TaskError):
        assert (await exchange.take_in(ANN, text, form)).created == 0
    assert await exchange.export(BOB, "json") == to_json([])


TASKS = st.builds(
    PortableTask,
    uid=st.text("abc-1", min_size=1, max_size=20),
    title=st.text(st.characters(exclude_categories=("Cc", "Cs", "Co", "Zl", "Zp")), min_size=1, max_size=50)
    .map(str.strip)
    .filter(bool),
    notes=st.text(st.characters(exclude_categories=("Cc", "Cs", "Co", "Zl", "Zp")), max_size=80).map(
        str.strip
    ),
    due=st.none() | st.dates(date(2020, 1, 1), date(2040, 1, 1)).map(str),
    time_zone=st.sampled_from(["America/Los_Angeles", "UTC"]),
    priority=st.sampled_from(["high", "normal", "low"]),
    list_name=st.text("abc ", max_size=10).map(str.strip),
    tags=st.lists(st.text("abc,;", min_size=1, max_size=8), max_size=3, unique=True),
    created_at=st.datetimes(datetime(2020, 1, 1), datetime(2030, 1, 1)).map(
        lambda at: at.replace(tzinfo=UTC, microsecond=0)
    ),
    updated_at=st.datetimes(datetime(2020, 1, 1), datetime(2030, 1, 1)).map(
        lambda at: at.replace(tzinfo=UTC, microsecond=0)
    ),
)


@given(st.lists(TASKS, max_size=4))
@settings(max_examples=150, deadline=None)
def test_any_task_goes_through_either_form_unchanged(tasks: list[PortableTask]) -> None:
    zone = ZoneInfo("America/Los_Angeles")
    assert from_json(to_json(tasks)) == tasks
    back = from_ical(to_ical(tasks, NOW), zone)
    same = {"uid", "title", "notes", "due", "priority", "list_name", "tags", "created_at", "updated_at"}
    assert [task.model_dump(include=same) for task in back] == [
        task.model_dump(include=same) for task in tasks
    ]


@FORMS
async def test_words_about_a_date_go_with_it(store: TaskStore, exchange: Exchange, form: Any) -> None:
    made = await make(store, "Buy milk", due=date(2026, 11, 25), due_words="tomorrow")
    file = await exchange.export(ANN, form)
    (task,) = from_json(file) if form == "json" else from_ical(file, LA)

    async def words_after(**changed: Any) -> str | None:
        newer = task.model_copy(update=changed)
        text = to_json([newer]) if form == "json" else to_ical([newer], NOW)
        assert await exchange.take_in(ANN, text, form) == Imported(updated=1)
        (now,) = (await store.list_tasks(ANN, "all", "", 5)).tasks
        assert now.id == made["task"]["id"]
        return now.due_words

    assert await words_after(title="Buy tea", updated_at=NOW + timedelta(minutes=1)) == "tomorrow"
    assert await words_after(due="2026-11-27", updated_at=NOW + timedelta(minutes=2)) is None


NAMELESS = """BEGIN:VCALENDAR
VERSION:2.0
PRODID:-//somebody//EN
{}END:VCALENDAR
"""


def nameless(*todos: str) -> str:
    """A calendar whose tasks come without a UID."""
    return NAMELESS.format("".join(f"BEGIN:VTODO\n{todo}\nEND:VTODO\n" for todo in todos)).replace(
        "\n", "\r\n"
    )


async def test_tasks_without_a_uid_are_each_their_own_and_known_again(
    store: TaskStore, exchange: Exchange
) -> None:
    file = nameless("SUMMARY:Buy milk", "SUMMARY:Buy tea", "SUMMARY:Buy tea\nDUE;VALUE=DATE:20261127")
    assert await exchange.take_in(ANN, file, "ical") == Imported(created=3)
    assert sorted(await titles(store)) == ["Buy milk", "Buy tea", "Buy tea"]
    assert await exchange.take_in(ANN, nameless("SUMMARY:Buy milk", "SUMMARY:Call Ann"), "ical") == Imported(
        created=1, unchanged=1
    )


async def test_two_that_are_alike_and_without_a_uid_are_two_and_known_again(
    store: TaskStore, exchange: Exchange
) -> None:
    file = nameless("SUMMARY:Water plants\nSTATUS:COMPLETED", "SUMMARY:Water plants")
    assert await exchange.take_in(ANN, file, "ical") == Imported(created=2)
    assert await titles(store) == ["Water plants"], "the other one is done"
    assert await exchange.take_in(ANN, file, "ical") == Imported(unchanged=2)


@FORMS
async def test_a_deletion_is_not_undone_beside_what_was_taken_in_again(
    store: TaskStore, exchange: Exchange, form: Any
) -> None:
    await make(store, "Buy milk")
    file = await exchange.export(ANN, form)
    await exchange.take_in(BOB, file, form)
    for caller in (ANN, BOB):
        (task,) = (await store.list_tasks(caller, "all", "", 5)).tasks
        await store.delete(caller, None, task.id, None)
        assert await exchange.take_in(caller, file, form) == Imported(created=1)
        with pytest.raises(TaskError, match="nothing to undo"):
            await store.undo(caller, None)
        assert await titles(store, caller=caller) == ["Buy milk"]


@FORMS
async def test_a_call_by_phone_leaves_and_comes_back(store: TaskStore, exchange: Exchange, form: Any) -> None:
    await make(store, "Call Ann", due=datetime(2026, 11, 24, 17, tzinfo=LA), by_phone=True)
    await make(store, "Buy milk", due=date(2026, 11, 25))
    await exchange.take_in(BOB, await exchange.export(ANN, form), form)
    called = {task.title: task.by_phone for task in (await store.list_tasks(BOB, "all", "", 5)).tasks}
    assert called == {"Call Ann": True, "Buy milk": False}


async def test_a_file_that_does_not_speak_of_calls_leaves_them_as_they_are(
    store: TaskStore, exchange: Exchange
) -> None:
    made = await make(store, "Call Ann", due=date(2026, 11, 25), by_phone=True)
    uid = f"{made['task']['id']}@voicetasks"
    newer = PortableTask(uid=uid, title="Call Anna", due="2026-11-26", updated_at=NOW + timedelta(hours=1))
    assert await exchange.take_in(ANN, to_json([newer]), "json") == Imported(updated=1)
    (task,) = (await store.list_tasks(ANN, "all", "", 5)).tasks
    assert (task.title, task.due, task.by_phone) == ("Call Anna", "2026-11-26", True)


async def test_nobody_is_to_be_called_about_a_task_without_a_date(
    store: TaskStore, exchange: Exchange
) -> None:
    await exchange.take_in(ANN, to_json([PortableTask(uid="1", title="Call Ann", by_phone=True)]), "json")
    (task,) = (await store.list_tasks(ANN, "all", "", 5)).tasks
    assert not task.by_phone


@pytest.mark.parametrize("name", ["created_at", "updated_at", "completed_at"])
@pytest.mark.parametrize("is_known", [True, False])
async def test_a_moment_without_an_offset_is_told_with_its_place_and_nothing_is_taken_in(
    store: TaskStore, exchange: Exchange, name: str, *, is_known: bool
) -> None:
    made = await make(store, "Call Ann")
    uid = f"{made['task']['id']}@voicetasks" if is_known else "other"
    fine = {"uid": "fine", "title": "Buy milk"}
    file = json.dumps({"tasks": [fine, {"uid": uid, "title": "x", name: "2026-11-25T10:00:00"}]})
    with pytest.raises(TaskError, match=rf"tasks\.1\.{name}: .*timezone") as refused:
        await exchange.take_in(ANN, file, "json")
    assert refused.value.code == "invalid"
    assert await titles(store) == ["Call Ann"]
