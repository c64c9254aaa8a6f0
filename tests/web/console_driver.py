"""The console of admins, as tests walk through it."""

from __future__ import annotations

import json

from playwright.async_api import Page, expect

from tests.web.page_driver import Tab

ADMIN = "admin@example.com"


async def console(tab: Tab, place: str = "") -> Page:
    """The console, signed in as an admin."""
    await tab.sign_in(ADMIN)
    await tab.page.get_by_role("link", name="Admin").click()
    await expect(tab.page.get_by_role("heading", level=1, name="Live calls")).to_be_visible()
    if place:
        await go(tab.page, place)
    return tab.page


async def go(page: Page, place: str) -> None:
    """Go to one of its pages."""
    await page.get_by_role("navigation", name="Console").get_by_role("link", name=place, exact=True).click()
    await expect(page.get_by_role("heading", level=1, name=place)).to_be_focused()


async def fails(page: Page, path: str) -> None:
    """Have the server refuse what is asked of it."""
    error = {"code": "unavailable", "message": "Redis does not answer.", "fix": "Look at REDIS_URL."}
    await page.route(path, lambda route: route.fulfill(status=503, body=json.dumps({"error": error})))
