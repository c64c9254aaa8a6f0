"""The signed-in page stands still while it loads: a press and its release meet the same button."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from playwright.async_api import Route, expect

from tests.web.page_driver import PATIENT_MS, OpenTab, StartWith
from tests.web.test_page_looks import LOOKS

pytestmark = [pytest.mark.browser, pytest.mark.timeout(200)]

EMAIL = "economy@example.com"
# https://wicg.github.io/layout-instability/, every shift, also one that follows a press.
WATCH_SHIFTS = """
window.__shifts = []
new PerformanceObserver((list) => {
  for (const entry of list.getEntries()) {
    const moved = entry.sources.map(({ node, previousRect: from, currentRect: to }) =>
      `${node?.parentElement?.className} ${node?.outerHTML?.slice(0, 80) ?? node?.textContent}: ` +
      `${from.x},${from.y} to ${to.x},${to.y}`)
    window.__shifts.push({ value: entry.value, moved })
  }
}).observe({ type: 'layout-shift', buffered: true })
"""
TWO_FRAMES = "() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))"
LATE = ("**/api/consent", "**/api/tasks?*", "**/api/budget")


@pytest.mark.parametrize("name", ["light", "phone"])
async def test_nothing_moves_when_what_is_loaded_late_arrives(
    open_tab: OpenTab, start_with: StartWith, name: str
) -> None:
    await start_with(EMAIL, "Buy milk", "Call the plumber about the kitchen", due=("today", "in three weeks"))
    tab = await open_tab(**LOOKS[name])
    await tab.page.add_init_script(WATCH_SHIFTS)
    await tab.sign_in(EMAIL)
    arrives = asyncio.Event()

    async def late(route: Route) -> None:
        await arrives.wait()
        await route.continue_()

    for path in LATE:
        await tab.page.route(path, late)
    await tab.page.reload()
    start = tab.page.get_by_role("button", name="Start talking")
    await expect(start).to_be_visible(timeout=PATIENT_MS)
    await tab.page.evaluate(TWO_FRAMES)
    before = await start.bounding_box()
    arrives.set()
    await expect(tab.page.get_by_label("Keep a written transcript")).to_be_enabled(timeout=PATIENT_MS)
    await expect(tab.shown_tasks()).to_have_count(2)
    await tab.page.evaluate(TWO_FRAMES)
    assert await start.bounding_box() == before
    shifts: list[dict[str, Any]] = await tab.page.evaluate("window.__shifts")
    assert shifts == []


async def test_a_refusal_instead_of_the_consent_moves_nothing_either(open_tab: OpenTab) -> None:
    tab = await open_tab()
    await tab.page.add_init_script(WATCH_SHIFTS)
    arrives = asyncio.Event()

    async def refuse(route: Route) -> None:
        await arrives.wait()
        await route.fulfill(
            status=503, json={"error": {"code": "unavailable", "message": "Away.", "fix": ""}}
        )

    await tab.sign_in(EMAIL)
    await tab.page.route("**/api/consent", refuse)
    await tab.page.reload()
    start = tab.page.get_by_role("button", name="Start talking")
    await expect(start).to_be_visible(timeout=PATIENT_MS)
    await tab.page.evaluate(TWO_FRAMES)
    before = await start.bounding_box()
    arrives.set()
    await expect(tab.page.get_by_text("We could not find out")).to_be_visible(timeout=PATIENT_MS)
    await tab.page.evaluate(TWO_FRAMES)
    assert await start.bounding_box() == before
    assert await tab.page.evaluate("window.__shifts") == []
