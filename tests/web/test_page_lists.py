"""Lists that are longer than an answer, and lists that change while somebody looks at them."""

from __future__ import annotations

from datetime import UTC, datetime
from urllib.parse import parse_qs, urlsplit

import pytest
from playwright.async_api import Request, expect

from tests.web.page_alone import Answer, PageAlone, Said, refusal, tasks, view_of

pytestmark = [pytest.mark.browser, pytest.mark.timeout(300)]


def open_tasks(*titles: str, total: int | None = None) -> Answer:
    return lambda request: (200, tasks(*titles, total=total) if view_of(request) == "all" else tasks())


async def test_tasks_that_are_not_shown_are_counted(alone: PageAlone) -> None:
    alone.answers["GET /api/tasks"] = open_tasks("Buy milk", "Call the plumber", total=130)
    tab = await alone.tab()
    panel = tab.page.locator(".tasks")
    await expect(panel.get_by_role("heading", level=2)).to_have_text("Tasks 130")
    await expect(panel).to_contain_text("128 more are not shown")


async def test_a_transcript_is_shown_to_its_last_line(alone: PageAlone) -> None:
    call = {
        "call_id": "c1",
        "channel": "browser",
        "began_at": "2026-11-30T10:00:00Z",
        "ended_at": "2026-11-30T10:01:00Z",
        "cost_microdollars": 0,
        "served": [],
        "consent": True,
        "lines_kept": 2,
        "stars": None,
    }
    alone.answers["GET /api/calls"] = (200, {"sandbox": False, "calls": [call], "next": None})

    def piece(request: Request) -> Said:
        after = int(parse_qs(urlsplit(request.url).query).get("after", ["0"])[0])
        text = {0: "the first line", 7: "the last line"}[after]
        line = {"id": after + 7, "speaker": "caller", "text": text}
        return 200, {"lines": [line], "next": None if after else 7}

    alone.answers["GET /api/transcript"] = piece
    tab = await alone.tab()
    await tab.page.get_by_role("button", name="Calls").click()
    await tab.page.get_by_text("Show the transcript").click()
    lines = tab.page.locator("details li")
    await expect(lines).to_have_text(["You the first line", "You the last line"])


async def test_what_was_changed_elsewhere_is_seen_within_a_minute(alone: PageAlone) -> None:
    tab = await alone.tab("/page/icon.svg")
    await tab.page.clock.install()
    await tab.open()
    await expect(tab.shown_tasks()).to_have_text(["Buy milk"])
    alone.answers["GET /api/tasks"] = open_tasks("Buy milk", "Call the plumber")
    await tab.page.clock.fast_forward(60_000)
    await expect(tab.shown_tasks()).to_have_text(["Buy milk", "Call the plumber"])


async def test_a_look_at_the_tasks_that_failed_is_tried_once_more_by_itself(alone: PageAlone) -> None:
    tab = await alone.tab("/page/icon.svg")
    await tab.page.clock.install()
    alone.answers["GET /api/tasks"] = refusal(503, "unavailable", "The task server does not answer.")
    await tab.open()
    told = tab.page.get_by_role("alert").filter(has_text="The task server does not answer")
    await expect(told).to_be_visible()
    alone.answers["GET /api/tasks"] = open_tasks("Buy milk")
    await tab.page.clock.fast_forward(5_000)
    await expect(told).to_have_count(0)
    await expect(tab.shown_tasks()).to_have_text(["Buy milk"])


async def test_the_last_change_can_be_undone_for_as_long_as_the_server_takes_it_back(
    alone: PageAlone,
) -> None:
    """Whatever the clock of this machine says."""
    await alone.context.add_init_script("const now = Date.now; Date.now = () => now() + 1_200_000")
    change = {"kind": "delete", "at": datetime.now(UTC).isoformat(), "task_id": "t1", "title": "Buy milk"}
    alone.answers["GET /api/tasks"] = (200, tasks() | {"changes": [change]})
    alone.answers["POST /api/tasks/undo"] = (200, {"task": tasks("Buy milk")["tasks"][0]})
    tab = await alone.tab()
    await tab.page.get_by_role("button", name="Bring back “Buy milk”").click(timeout=10_000)
    await expect(tab.page.get_by_text("Undone: “Buy milk”.")).to_be_visible()
