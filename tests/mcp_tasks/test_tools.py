"""What the tools make of somebody's words, between the grammar and the store."""

from __future__ import annotations

from typing import Any

import pytest

from mcp_tasks.store import TaskStore
from mcp_tasks.tools import TaskTools
from tests.mcp_tasks.people import ANN

pytestmark = pytest.mark.unit


@pytest.fixture
def tools(store: TaskStore, monkeypatch: pytest.MonkeyPatch) -> TaskTools:
    """Ann's."""
    monkeypatch.setattr(TaskTools, "_caller", lambda self: ANN)
    return TaskTools(store)


async def created(tools: TaskTools, title: str, due_words: str = "", due: str = "") -> dict[str, Any]:
    answer = (await tools.create_task(title, due_words, due)).structured_content
    assert answer is not None
    task: dict[str, Any] = answer["task"]
    return task


@pytest.mark.parametrize(
    ("words", "rrule"),
    [
        ("the 31st of every month that has one", "FREQ=MONTHLY;BYMONTHDAY=31"),
        ("the last day of every month", "FREQ=MONTHLY;BYMONTHDAY=-1"),
        ("February 29th of every year that has one", "FREQ=YEARLY;BYMONTHDAY=29;BYMONTH=2"),
    ],
)
async def test_the_days_that_were_chosen_are_those_that_come_back(
    tools: TaskTools, words: str, rrule: str
) -> None:
    assert (await created(tools, "Pay rent", words))["rrule"] == rrule
