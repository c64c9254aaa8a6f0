"""A reminder is told when its person heard it, and not when they proved who they are: until then it is tried again."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest
from livekit.agents.voice import SpeechHandle
from sqlalchemy import text

from agent.invitation import Invitation
from agent.reminder import GONE, UNSEEN, Opening, opening, over
from agent.reminder_call import ReminderCall
from agent.unwritten import Unwritten
from mcp_tasks.client import TaskClient
from people.migrate import migrate
from people.reminder_calls import Caps, ReminderCalls, Wish
from people.settings import PeopleSettings
from people.store import People
from tests.agent.ended_speech import ended

pytestmark = pytest.mark.unit

LINE = "You asked me to call you about this: Call mum."
GREETING = "Hello, what can I do for you?"
MUM = {"id": "t1", "title": "Call mum"}
OTHER = {"id": "t2", "title": "Buy milk"}
NOTHING = Unwritten(cast("Any", None))
"""The database answers: nothing is kept for later."""
MANY = Caps(per_minute=100, per_day=100, per_person_day=100)


class Tasks:
    """A task server with one task, unless its views say otherwise; a view that it has not is an error."""

    def __init__(self, **views: dict[str, Any]) -> None:
        self._views = views or {"all": {"tasks": [MUM], "total": 1}}

    async def call(self, _: str, asked: dict[str, Any]) -> Any:
        view = self._views.get(asked["view"])
        return SimpleNamespace(structured=view or {"error": {"code": "unavailable"}}, is_error=view is None)


class Stage:
    """A call about a task that Ann was rung for, and picked up."""

    def __init__(self, people: People, settings: PeopleSettings, user_id: str) -> None:
        self.people, self.settings, self.user_id = people, settings, user_id
        self.calls = ReminderCalls(people.engine)
        self.tasks = Tasks()
        self.id = ""

    async def picked_up(self) -> None:
        now = datetime.now(UTC)
        if not self.id:
            await self.calls.note([Wish(self.user_id, "t1", now)])
        claimed = await self.calls.claim("worker", now + timedelta(hours=1))
        assert claimed is not None, "it is to be tried again"
        self.id = claimed.id
        assert await self.calls.may_dial(claimed, "worker", MANY, now) is None

    async def proves(self, user_id: str | None = None) -> Opening:
        await ReminderCall(self.people, self.id, None, self.settings, NOTHING).proved(user_id or self.user_id)
        invitation = self.invitation.model_copy(update={"subject": user_id or self.user_id})
        return await opening(invitation, cast("TaskClient", self.tasks), self.settings, NOTHING)

    async def ends(self) -> tuple[str, str]:
        """The call ends; what is written of it."""
        await over(self.invitation, self.settings, NOTHING)
        async with self.people.engine.connect() as connection:
            row = (await connection.execute(text("SELECT state, outcome FROM people_reminder_calls"))).one()
        return row.state, row.outcome

    @property
    def invitation(self) -> Invitation:
        """As the call was dispatched: it names nobody."""
        return Invitation(call_id="c1", subject="", channel="phone", identity="sip_1", reminder=self.id)


@pytest.fixture
async def stage(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Stage]:
    url = f"sqlite+aiosqlite:///{tmp_path / 'people.db'}"
    await migrate(url)
    monkeypatch.setenv("VOICETASKS_PEOPLE_DATABASE_URL", url)
    monkeypatch.setenv("VOICETASKS_TASKS_TOKEN_SECRET", "a secret that only tests know, 32+ bytes")
    settings = PeopleSettings()
    async with People(url) as people:
        ann = await people.create_user(email="ann@example.org", password="x")
        made = Stage(people, settings, ann.id)
        await made.picked_up()
        yield made


async def test_it_is_told_when_the_task_was_heard(stage: Stage) -> None:
    begun = await stage.proves()
    assert begun.line == LINE
    await begun.heard_in(ended(f"{LINE} {GREETING}"), verbatim=True)
    assert await stage.ends() == ("over", "told")


async def test_who_talks_into_the_greeting_behind_it_was_told(stage: Stage) -> None:
    begun = await stage.proves()
    await begun.heard_in(ended(f"{LINE} Hello, what", interrupted=True), verbatim=True)
    assert await stage.ends() == ("over", "told")


async def test_who_hangs_up_before_it_was_said_is_called_once_more(stage: Stage) -> None:
    await stage.proves()
    assert await stage.ends() == ("waiting", "not_told")
    await stage.picked_up()
    begun = await stage.proves()
    await begun.heard_in(ended("You asked me to", interrupted=True), verbatim=True)
    assert await stage.ends() == ("over", "not_told")


async def test_who_hangs_up_while_it_is_said_was_not_told(stage: Stage) -> None:
    begun = await stage.proves()
    hearing = asyncio.create_task(begun.heard_in(SpeechHandle.create(), verbatim=True))
    await asyncio.sleep(0)
    hearing.cancel()
    await asyncio.gather(hearing, return_exceptions=True)
    assert await stage.ends() == ("waiting", "not_told")


@pytest.mark.parametrize(
    ("said", "state"), [("Hi, you wanted a call about calling mum.", "over"), ("", "waiting")]
)
async def test_a_model_that_speaks_by_itself_tells_it_in_its_own_words(
    stage: Stage, said: str, state: str
) -> None:
    begun = await stage.proves()
    await begun.heard_in(ended(said), verbatim=False)
    assert (await stage.ends())[0] == state


async def test_another_one_of_the_household_is_not_told_and_not_called_for_it_again(stage: Stage) -> None:
    begun = await stage.proves("usr_bob")
    assert begun == Opening()
    await begun.heard_in(ended(GREETING), verbatim=True)
    assert await stage.ends() == ("over", "no_proof")


async def test_a_task_among_too_many_to_list_is_found_where_it_is_due(stage: Stage) -> None:
    crowd = {"tasks": [OTHER], "total": 2}
    stage.tasks = Tasks(all=crowd, today={"tasks": [OTHER, MUM], "total": 2})
    assert (await stage.proves()).line == LINE
    stage.tasks = Tasks(all=crowd, today={"tasks": [], "total": 0}, overdue={"tasks": [MUM], "total": 1})
    assert (await stage.proves()).line == LINE


async def test_it_is_gone_where_all_tasks_were_seen(stage: Stage) -> None:
    stage.tasks = Tasks(all={"tasks": [OTHER], "total": 1})
    begun = await stage.proves()
    assert begun.line == GONE
    await begun.heard_in(ended(f"{begun.line} {GREETING}"), verbatim=True)
    assert await stage.ends() == ("over", "told")


@pytest.mark.parametrize(
    "views",
    [
        {"today": {"tasks": [], "total": 0}},
        {
            "all": {"tasks": [OTHER], "total": 2},
            "today": {"tasks": [], "total": 0},
            "overdue": {"tasks": [], "total": 0},
        },
    ],
    ids=["the database is away", "too many tasks"],
)
async def test_what_was_not_seen_is_not_said_to_be_gone_and_is_tried_again(
    stage: Stage, views: dict[str, dict[str, Any]]
) -> None:
    stage.tasks = Tasks(**views)
    begun = await stage.proves()
    assert begun.line == UNSEEN
    await begun.heard_in(ended(f"{begun.line} {GREETING}"), verbatim=True)
    assert await stage.ends() == ("waiting", "not_told")


async def test_a_database_that_is_away_when_it_is_to_be_told_keeps_the_call_and_has_it_tried_again(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def away(*_: object) -> None:
        raise ConnectionRefusedError

    with monkeypatch.context() as patch:
        patch.setattr(ReminderCalls, "wish", away)
        begun = await opening(
            stage.invitation.model_copy(update={"subject": stage.user_id}),
            cast("TaskClient", stage.tasks),
            stage.settings,
            NOTHING,
        )
    assert begun.line == UNSEEN
    await begun.heard_in(ended(f"{UNSEEN} {GREETING}"), verbatim=True)
    assert await stage.ends() == ("waiting", "not_told")
