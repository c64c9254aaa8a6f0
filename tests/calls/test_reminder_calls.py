"""A call that we made: nothing of the task before the PIN, the task after it, and no more of them where that is keyed."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from typing import Any

import pytest

from agent.no_more_calls import STOPPED
from agent.phone_prompts import NO_MORE, PROMPTS, REMINDER
from people.demo_accounts import DEMO_PIN
from people.phones import Phones
from people.reminder_calls import Caps, ReminderCalls, Wish
from people.reminder_consent import ReminderConsents
from people.store import People
from tests.calls.phone_caller import secret, telephone
from tests.calls.room_caller import until

pytestmark = [pytest.mark.system, pytest.mark.timeout(240)]

NUMBER = "+15550100"
EMAIL = "economy@example.com"
CAPS = Caps(per_minute=100, per_day=100, per_person_day=100)
PIN = DEMO_PIN.get_secret_value()


def people_of(demo: Any) -> People:
    return People(f"sqlite+aiosqlite:///{demo.data_dir / 'people.db'}")


async def dialled(people: People, task_id: str) -> tuple[str, str]:
    """A call about a task that is ringing now, and whose it is."""
    user = await people.user_by_email(EMAIL)
    assert user is not None
    calls, now = ReminderCalls(people.engine), datetime.now(UTC)
    await calls.note([Wish(user.id, task_id, now)])
    claimed = await calls.claim("test", datetime.now(UTC))
    assert claimed is not None
    assert await calls.may_dial(claimed, "test", CAPS, datetime.now(UTC)) is None
    return claimed.id, user.id


async def outcome(people: People, call_id: str) -> str:
    async with people.engine.connect() as connection:
        found = await connection.exec_driver_sql(
            "SELECT outcome FROM people_reminder_calls WHERE id = ?", (call_id,)
        )
        return str(found.scalar_one())


async def eventually(what: Callable[[], Awaitable[object]], wanted: object) -> None:
    async with asyncio.timeout(30):
        while await what() != wanted:
            await asyncio.sleep(0.1)


async def test_the_task_is_told_after_the_pin_and_stop_calling_me_ends_it(
    demo: Any, person: Callable[..., Any]
) -> None:
    ids = await person(demo).start_with("Water the tomatoes")
    async with people_of(demo) as people:
        consents = ReminderConsents(people.engine, secret(demo, "VOICETASKS_TASKS_TOKEN_SECRET"))
        call_id, user_id = await dialled(people, ids["Water the tomatoes"])
        await consents.set(user_id, given=True, how="page")
        async with telephone(demo, NUMBER, reminder=call_id) as phone:
            await phone.hears(PROMPTS[REMINDER], 60)
            assert "tomatoes" not in " ".join(phone.heard).lower()
            await phone.press(f"{PIN}#")
            await phone.hears("about this: Water the tomatoes", 40)
            await phone.quiet()
            assert await outcome(people, call_id) == "told"
            await phone.press("9")
            await phone.hears(STOPPED, 40)
        assert not await consents.of(user_id)


async def test_whoever_picks_up_and_presses_nine_is_never_called_again(
    demo: Any, person: Callable[..., Any]
) -> None:
    ids = await person(demo).start_with("Water the tomatoes")
    async with people_of(demo) as people:
        consents = ReminderConsents(people.engine, secret(demo, "VOICETASKS_TASKS_TOKEN_SECRET"))
        call_id, _ = await dialled(people, ids["Water the tomatoes"])
        async with telephone(demo, "+14155550177", reminder=call_id) as phone:
            await phone.hears(PROMPTS[REMINDER], 60)
            await phone.press("9#")
            await phone.hears(PROMPTS[NO_MORE], 40)
            await until(lambda: phone.is_over, 30, "the room is gone")
            assert "tomatoes" not in " ".join(phone.heard).lower()
        await eventually(lambda: outcome(people, call_id), "opted_out")
        stranger = await people.create_user(email="stranger@example.org", password="x")
        await Phones(people.engine).link(stranger.id, "+14155550177")
        assert await consents.number_of(stranger.id) == (None, "do_not_call")


async def test_who_hangs_up_hears_nothing_of_the_task(demo: Any, person: Callable[..., Any]) -> None:
    ids = await person(demo).start_with("Water the tomatoes")
    async with people_of(demo) as people:
        call_id, _ = await dialled(people, ids["Water the tomatoes"])
        async with telephone(demo, NUMBER, reminder=call_id) as phone:
            await phone.hears(PROMPTS[REMINDER], 60)
            assert "tomatoes" not in " ".join(phone.heard).lower()
        await eventually(lambda: outcome(people, call_id), "hung_up")
