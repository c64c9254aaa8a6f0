"""What the page shows of a task beside its title: priority, how it repeats, its list and its tags."""

from __future__ import annotations

import json
from typing import Any

import pytest
from playwright.async_api import Route, expect

from tests.web.page_driver import OpenTab

pytestmark = [pytest.mark.browser, pytest.mark.timeout(200)]

EMAIL = "economy@example.com"


def task(number: int, title: str, **more: Any) -> dict[str, Any]:
    return {
        "id": f"t{number}",
        "title": title,
        "due": None,
        "due_spoken": None,
        "status": "open",
        "version": 1,
    } | more


async def test_what_is_known_of_a_task_is_shown_and_the_urgent_come_first(open_tab: OpenTab) -> None:
    known = [
        task(1, "Buy milk"),
        task(2, "Water the plants", repeats="every Tuesday", list_name="home", tags=["green", "weekly"]),
        task(3, "Pay the rent", priority="high"),
        task(4, "Tidy up", priority="low"),
    ]

    async def answer(route: Route) -> None:
        tasks = known if "view=all" in route.request.url else []
        await route.fulfill(content_type="application/json", body=json.dumps({"tasks": tasks}))

    tab = await open_tab()
    await tab.page.route("**/api/tasks?*", answer)
    await tab.open()
    await tab.sign_in(EMAIL)
    titles = tab.page.locator(".tasks .task .title")
    await expect(titles).to_have_text(["Pay the rent", "Buy milk", "Water the plants", "Tidy up"])
    facts = tab.page.locator(".tasks .task .facts")
    await expect(facts).to_have_count(3)
    await expect(facts.nth(0)).to_have_text("High priority")
    for said in ("every Tuesday", "List: home", "#green", "#weekly"):
        await expect(facts.nth(1)).to_contain_text(said)
    await expect(facts.nth(2)).to_have_text("Low priority")
