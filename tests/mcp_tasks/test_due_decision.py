"""Which due a task gets from the words, the model's reading, the title and what was due before."""

from datetime import date, datetime
from zoneinfo import ZoneInfo

import pytest

from mcp_tasks.due_decision import decide_due
from mcp_tasks.errors import TaskError

pytestmark = pytest.mark.unit

LA = ZoneInfo("America/Los_Angeles")
TUESDAY = datetime(2026, 11, 24, 10, tzinfo=LA)


def refused(words: str, own: str = "", title: str = "") -> TaskError:
    with pytest.raises(TaskError) as found:
        decide_due(words, own, now=TUESDAY, zone=LA, title=title)
    assert found.value.code == "bad_date"
    return found.value


def due(words: str, own: str) -> date | datetime | None:
    found = decide_due(words, own, now=TUESDAY, zone=LA)
    assert found is not None
    return found.due


def test_the_persons_words_win_over_the_models_reading() -> None:
    assert due("by Friday", "2026-12-31") == date(2026, 11, 27)


def test_a_models_reading_settles_nothing_that_the_words_leave_open() -> None:
    error = refused("next Friday", "2026-11-27")
    assert [one.due for one in error.candidates] == ["2026-11-27", "2026-12-04"]


def test_a_models_reading_of_words_that_are_not_understood_is_only_offered() -> None:
    error = refused("the week after the trade fair", "2026-12-07")
    assert [one.due for one in error.candidates] == ["2026-12-07"]
    assert "Monday, December 7th?" in error.message


def test_a_models_reading_in_the_past_or_of_no_day_is_not_offered() -> None:
    assert refused("the week after the trade fair", "2026-11-02").candidates == ()
    assert refused("the week after the trade fair", "2026-02-30").candidates == ()


def test_a_models_reading_stands_alone_when_there_are_no_words() -> None:
    assert due("", "2026-12-07T17:00") == datetime(2026, 12, 7, 17, tzinfo=LA)


def test_nothing_said_is_no_decision_and_no_date_is_one() -> None:
    assert decide_due(" ", "", now=TUESDAY, zone=LA) is None
    cleared = decide_due("no date", "2026-12-07", now=TUESDAY, zone=LA)
    assert cleared is not None
    assert cleared.due is None


def test_date_words_of_a_title_decide_nothing_whatever_the_model_read() -> None:
    film = "watch Friday the 13th"
    assert decide_due("Friday the 13th", "2026-11-13", now=TUESDAY, zone=LA, title=film) is None
    error = refused("Monday", "2026-11-30", title="prepare the Monday report")
    assert error.message == "Is it due «Monday», or is that only part of the title?"
    assert [one.due for one in error.candidates] == ["2026-11-30"]


def test_a_repetition_is_never_made_a_single_day() -> None:
    found = decide_due("every other Friday", "2026-11-27", now=TUESDAY, zone=LA)
    assert found is not None
    assert (found.due, found.recurrence) == (date(2026, 11, 27), "FREQ=WEEKLY;BYDAY=FR;INTERVAL=2")
    assert found.spoken == "every other Friday, starting Friday, November 27th"


@pytest.mark.parametrize("own", ["2026-11-27T09:00", "2026-11-27"])
def test_a_time_alone_is_today_unless_the_model_heard_another_day(own: str) -> None:
    error = refused("at 9", own)
    assert [one.due for one in error.candidates] == ["2026-11-24T21:00:00", "2026-11-27T09:00:00"]
    assert (
        error.message
        == "I am not sure about the day. Do you mean today at 9 PM or Friday, November 27th at 9 AM?"
    )


def test_a_time_alone_is_not_asked_about_where_its_day_is_known() -> None:
    nine = datetime(2026, 11, 24, 21, tzinfo=LA)
    for own in ("", "2026-11-24T21:00", "2026-11-24", "2026-11-23T09:00"):
        assert due("at 9", own) == nine
    assert due("Friday at 9", "2026-12-04T09:00") == datetime(2026, 11, 27, 9, tzinfo=LA)
    kept = decide_due("at 9", "2026-11-24T09:00", now=TUESDAY, zone=LA, before=date(2026, 11, 27))
    assert kept is not None
    assert kept.due == datetime(2026, 11, 27, 9, tzinfo=LA)


@pytest.mark.parametrize(
    ("title", "own", "offered"),
    [
        ("call ann next friday", "2026-12-04", ["2026-11-27", "2026-12-04"]),
        ("call ann next friday", "2026-12-04T09:00", ["2026-11-27T09:00:00", "2026-12-04T09:00:00"]),
        ("call ann on Friday", "2026-11-28", ["2026-11-27", "2026-11-28"]),
        ("buy christmas tree", "2026-12-25", ["2026-12-25"]),
        ("print tomorrow's agenda", "2026-11-25", ["2026-11-25"]),
        ("read Saturday", "2026-11-28", ["2026-11-28"]),
    ],
)
def test_a_reading_without_words_is_asked_about_where_the_title_names_another_day_or_the_only_one(
    title: str, own: str, offered: list[str]
) -> None:
    assert [one.due for one in refused("", own, title).candidates] == offered


@pytest.mark.parametrize(
    ("title", "own"),
    [
        ("buy milk", "2026-11-27"),
        ("call Bob on Friday", "2026-11-27"),
        ("call Bob tomorrow at 5", "2026-11-25T17:00"),
        ("call Bob tomorrow about the Sunday match", "2026-11-25"),
        ("prepare the Monday report", "2026-11-27"),
        ("buy christmas tree", "2026-12-20"),
        ("watch Friday the 13th", "2026-11-28"),
        ("take the bins out every Friday", "2026-11-28"),
        ("call the 2nd plumber", "2026-11-28"),
    ],
)
def test_a_reading_without_words_is_taken_where_the_title_agrees_or_says_nothing_of_it(
    title: str, own: str
) -> None:
    found = decide_due("", own, now=TUESDAY, zone=LA, title=title)
    assert found is not None
    assert found.due is not None
    assert found.due.isoformat()[: len(own)] == own
