"""A call is promised for a time that is known and still to come; else the time is asked for."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from mcp_tasks.caller import Caller
from mcp_tasks.errors import TaskError
from mcp_tasks.phone_reminders import PhoneReminders
from mcp_tasks.store import TaskStore
from mcp_tasks.tools import TaskTools
from tests.mcp_tasks.people import LA

pytestmark = pytest.mark.unit

EIGHT = datetime(2026, 11, 24, 8, tzinfo=LA)
TEN = EIGHT + timedelta(hours=2)


@pytest.fixture
def at(store: TaskStore, monkeypatch: pytest.MonkeyPatch) -> Callable[[datetime], TaskTools]:
    """Ann's tools, at some time of hers."""

    def tools(now: datetime) -> TaskTools:
        monkeypatch.setattr(TaskTools, "_caller", lambda self: Caller("ann", LA, now.astimezone(UTC)))
        return TaskTools(store)

    return tools


async def made(tools: TaskTools, words: str, **more: Any) -> dict[str, Any]:
    answer = await tools.create_task("Pills", words, **({"by_phone": True} | more))
    assert answer.structured_content is not None
    task: dict[str, Any] = answer.structured_content["task"]
    return task


@pytest.mark.parametrize(
    "words",
    [
        *("tonight", "this evening", "tomorrow evening", "tomorrow afternoon", "every evening", "today"),
        *("", "yesterday at 8 am"),
    ],
)
async def test_a_time_that_is_not_known_is_asked_for_and_nothing_is_stored(
    at: Callable[[datetime], TaskTools], store: TaskStore, words: str
) -> None:
    with pytest.raises(TaskError) as asked:
        await made(at(TEN), words)
    assert (asked.value.code, asked.value.message) == ("bad_date", "At what time shall I call?")
    assert await PhoneReminders(store._engine).due(TEN + timedelta(days=2), within=timedelta(days=3)) == []


async def test_the_morning_and_a_time_of_its_own_need_no_question(
    at: Callable[[datetime], TaskTools],
) -> None:
    assert (await made(at(EIGHT), "today"))["due"] == "2026-11-24"
    assert (await made(at(TEN), "tomorrow morning"))["due"] == "2026-11-25"
    assert (await made(at(TEN), "Friday"))["due"] == "2026-11-27"
    assert (await made(at(TEN), "tonight at 8"))["due"] == "2026-11-24T20:00:00"
    assert (await made(at(TEN), "tonight", by_phone=False))["due"] == "2026-11-24"


async def test_a_change_asks_too_where_a_call_would_be_promised(at: Callable[[datetime], TaskTools]) -> None:
    silent = (await made(at(TEN), "tonight", by_phone=False))["id"]
    with pytest.raises(TaskError):
        await at(EIGHT).update_task(silent, by_phone=True)
    await at(TEN).update_task(silent, "Buy pills")
    called = (await made(at(TEN), "Friday"))["id"]
    with pytest.raises(TaskError):
        await at(TEN).update_task(called, due_words="Friday evening")
    await at(TEN).update_task(called, due_words="Friday evening", by_phone=False)


async def test_the_next_of_a_series_that_is_due_today_still_rings_nobody_at_once(
    at: Callable[[datetime], TaskTools], store: TaskStore
) -> None:
    task = await made(at(EIGHT - timedelta(days=1)), "every day")
    done = await at(TEN).complete_task(task["id"])
    assert done.structured_content is not None
    assert done.structured_content["next"]["due"] == "2026-11-24"
    found = await PhoneReminders(store._engine).due(TEN, within=timedelta(hours=6))
    assert found == []
