"""A call is promised only to somebody who will be called, and for the moment at which their telephone will ring."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from agent import persona
from agent.carried_out import told
from agent.gate import Action
from agent.outbound_rules import Rules
from agent.promised_calls import PromisedCalls
from agent.reminder import promised_calls
from mcp_tasks.client import ToolOutcome
from people.migrate import migrate
from people.phones import Phones
from people.reminder_consent import ReminderConsents
from people.settings import PeopleSettings
from people.store import People
from people.user import User

pytestmark = pytest.mark.unit

NEW_YORK = ZoneInfo("America/New_York")
NOW = datetime(2026, 11, 24, 15, tzinfo=NEW_YORK)
CALLED_AT_EIGHT = "tomorrow at 8 AM, after quiet hours"


def promises(rules: Rules | None = None) -> PromisedCalls:
    return PromisedCalls(NEW_YORK, (NEW_YORK,), rules or Rules(frozenset({"US"})), clock=lambda: NOW)


def task(due: str | None, **more: Any) -> dict[str, Any]:
    return {
        "id": "t1",
        "title": "Leave for the airport",
        "due": due,
        "due_spoken": due and "as it is said",
        "time_zone": NEW_YORK.key,
        "status": "open",
        "by_phone": True,
        **more,
    }


def calls_at(one: dict[str, Any], rules: Rules | None = None) -> str | None:
    found: str | None = promises(rules).told({"task": one})["task"].get("calls_at_spoken")
    return found


@pytest.fixture
async def person(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[tuple[People, User]]:
    url = f"sqlite+aiosqlite:///{tmp_path / 'people.db'}"
    await migrate(url)
    monkeypatch.setenv("VOICETASKS_PEOPLE_DATABASE_URL", url)
    monkeypatch.setenv("VOICETASKS_TASKS_TOKEN_SECRET", "a secret that only tests know, 32+ bytes")
    monkeypatch.setenv("VOICETASKS_OUTBOUND_TRUNK_ID", "ST_1")
    async with People(url) as people:
        ann = await people.create_user(email="ann@example.org", password="x", time_zone="Europe/Berlin")
        await Phones(people.engine).link(ann.id, "+4930901820")
        secret = PeopleSettings().tasks_token_secret
        await ReminderConsents(people.engine, secret).set(ann.id, given=True, how="page")
        yield people, ann


@pytest.mark.parametrize(("countries", "is_promised"), [('["US", "CA"]', False), ('["US", "DE"]', True)])
async def test_nobody_is_promised_a_call_whose_country_is_not_called(
    person: tuple[People, User], monkeypatch: pytest.MonkeyPatch, countries: str, is_promised: bool
) -> None:
    monkeypatch.setenv("VOICETASKS_OUTBOUND_COUNTRIES", countries)
    assert (await promised_calls(person[1], PeopleSettings()) is not None) == is_promised


async def test_what_is_promised_keeps_the_quiet_hours_of_the_settings_on_the_persons_clock(
    person: tuple[People, User], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("VOICETASKS_OUTBOUND_COUNTRIES", '["DE"]')
    monkeypatch.setenv("VOICETASKS_OUTBOUND_QUIET_UNTIL", "07:30")
    found = await promised_calls(person[1], PeopleSettings())
    assert found is not None
    assert found.clocks == (found.zone,) == (ZoneInfo("Europe/Berlin"),)
    early = task("2030-06-12T06:00:00", time_zone="Europe/Berlin")
    said = found.told({"task": early})["task"]["calls_at_spoken"]
    assert said == "Wednesday, June 12th, 2030 at 7:30 AM, after quiet hours"


async def test_without_a_trunk_or_consent_nothing_is_promised(
    person: tuple[People, User], monkeypatch: pytest.MonkeyPatch
) -> None:
    people, ann = person
    monkeypatch.setenv("VOICETASKS_OUTBOUND_COUNTRIES", '["DE"]')
    monkeypatch.setenv("VOICETASKS_OUTBOUND_TRUNK_ID", "")
    assert await promised_calls(ann, PeopleSettings()) is None
    monkeypatch.setenv("VOICETASKS_OUTBOUND_TRUNK_ID", "ST_1")
    consents = ReminderConsents(people.engine, PeopleSettings().tasks_token_secret)
    await consents.set(ann.id, given=False, how="page")
    assert await promised_calls(ann, PeopleSettings()) is None


@pytest.mark.parametrize(
    ("due", "said"),
    [
        ("2026-11-25T06:00:00", CALLED_AT_EIGHT),
        ("2026-11-24T22:00:00", CALLED_AT_EIGHT),
        ("2026-11-25T08:00:00", None),
        ("2026-11-25T20:59:00", None),
        ("2026-11-25", "tomorrow at 9 AM"),
        ("2026-11-24", None),  # this morning has passed
        ("2026-11-23T06:00:00", None),
        (None, None),
    ],
)
def test_it_is_said_when_the_telephone_rings_where_the_due_does_not_say_it(
    due: str | None, said: str | None
) -> None:
    assert calls_at(task(due)) == said


def test_a_day_whose_morning_is_quiet_is_called_about_after_it() -> None:
    late = Rules(frozenset({"US"}), quiet_until=datetime(2026, 1, 1, 10).time())
    assert calls_at(task("2026-11-25"), late) == "tomorrow at 10 AM, after quiet hours"


def test_nothing_is_said_of_calls_about_what_is_done_or_rings_nobody() -> None:
    assert calls_at(task("2026-11-25T06:00:00", status="done")) is None
    assert calls_at(task("2026-11-25T06:00:00", by_phone=False)) is None


def test_what_comes_next_and_each_of_a_list_is_told_too() -> None:
    early, later = task("2026-11-25T06:00:00"), task("2026-11-25T12:00:00")
    answer = promises().told({"task": later, "next": early, "tasks": [early, later], "total": 2})
    assert answer["next"]["calls_at_spoken"] == CALLED_AT_EIGHT
    assert [each.get("calls_at_spoken") for each in answer["tasks"]] == [CALLED_AT_EIGHT, None]
    assert answer["total"] == 2
    assert "calls_at_spoken" not in early


@pytest.mark.parametrize(
    ("arguments", "there", "said"),
    [
        (
            {"title": "Go", "due_words": "tomorrow at six in the morning", "by_phone": True},
            None,
            CALLED_AT_EIGHT,
        ),
        ({"title": "Go", "due_words": "tomorrow at noon", "by_phone": True}, None, ""),
        ({"title": "Go", "due_words": "tomorrow at six in the morning"}, None, ""),
        ({"title": "Go", "due_words": "at some time or other", "by_phone": True}, None, ""),
        ({"by_phone": True}, task("2026-11-25T06:00:00", by_phone=False), CALLED_AT_EIGHT),
        ({"due_words": "tomorrow at six in the morning"}, task("2026-11-25T12:00:00"), CALLED_AT_EIGHT),
        ({"due_words": "six in the morning", "by_phone": False}, task("2026-11-25T12:00:00"), ""),
        ({"due_words": "no date"}, task("2026-11-25T06:00:00"), ""),
        ({"due_words": "only once"}, task("2026-11-25T06:00:00"), CALLED_AT_EIGHT),
    ],
)
def test_who_is_asked_first_is_asked_for_the_call_that_will_come(
    arguments: dict[str, Any], there: dict[str, Any] | None, said: str
) -> None:
    assert promises().asked_for(arguments, there) == said


def test_the_question_names_the_call_and_its_time() -> None:
    new = {"title": "Leave", "due_words": "six tomorrow", "by_phone": True}
    asked = persona.question([Action("create_task", new, ("Leave",), calls_at=CALLED_AT_EIGHT)])
    assert asked == f'Shall I add "Leave", due six tomorrow, with a call {CALLED_AT_EIGHT}?'
    asked = persona.question([Action("create_task", new, ("Leave",))])
    assert asked == 'Shall I add "Leave", due six tomorrow, with a call when it is due?'
    moved = {"task_id": "t1", "due_words": "six tomorrow"}
    asked = persona.question([Action("update_task", moved, ("Leave",), calls_at=CALLED_AT_EIGHT)])
    assert asked == f'Shall I change "Leave" to be due six tomorrow and with a call {CALLED_AT_EIGHT}?'


def test_what_was_agreed_to_is_told_with_the_time_of_its_call() -> None:
    answer = promises().told({"task": task("2026-11-25T06:00:00", due_spoken="tomorrow at 6 AM")})
    outcome = ToolOutcome(answer, is_error=False, code=None, text="")
    action = Action("create_task", {"title": "Leave"}, ("Leave",))
    assert told([(action, outcome)]) == (
        f'I\'ve added "Leave for the airport", due tomorrow at 6 AM, with a call {CALLED_AT_EIGHT}.'
    )
    following = task("2026-11-25T06:00:00", due_spoken="tomorrow at 6 AM")
    assert persona.comes_next([promises().told({"next": following})]) == (
        f"It is next due tomorrow at 6 AM, with a call {CALLED_AT_EIGHT}."
    )


def test_a_person_without_a_zone_is_told_the_moment_on_the_clock_of_their_tasks() -> None:
    utc = ZoneInfo("Etc/UTC")
    calls = PromisedCalls(utc, (NEW_YORK,), Rules(frozenset({"US"})), clock=lambda: NOW.astimezone(UTC))
    early = task("2026-11-25T11:00:00", time_zone=utc.key)
    assert calls.told({"task": early})["task"]["calls_at_spoken"] == "tomorrow at 1 PM, after quiet hours"
