"""A real tab is shared with the agent: what is on it becomes a task after a yes, and the browser's own end ends sight."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from playwright.async_api import Locator, Page, expect

from tests.web.page_driver import PATIENT_MS, OpenTab, StartWith, Tab

pytestmark = [pytest.mark.browser, pytest.mark.timeout(400)]

PAGES = Path(__file__).parents[1] / "sandbox" / "sight" / "pages"
TITLE = "The shared page of this test"
FLAGS = (f"--auto-select-tab-capture-source-by-title={TITLE}",)
"""Chromium then shares the tab of that title without asking a person, and draws it as any shared tab."""
GONE_MS = 2_000


async def beside(tab: Tab, name: str) -> Page:
    """Another tab with a made page in it."""
    page = await tab.page.context.new_page()
    await page.goto((PAGES / f"{name}.html").as_uri())
    await page.evaluate("title => { document.title = title }", TITLE)
    return page


def sign(tab: Tab) -> Locator:
    return tab.page.locator(".screen .sign")


async def share(tab: Tab) -> None:
    await tab.page.bring_to_front()
    await tab.page.get_by_role("button", name="Share screen").click()
    await expect(tab.page.locator(".screen.leave")).to_contain_text("Nobody keeps them")
    await tab.page.get_by_role("button", name="Choose what to share").click()
    await expect(sign(tab)).to_have_text("The agent sees your screen.", timeout=PATIENT_MS)


async def add_what_is_shown(tab: Tab, words: str, question: str) -> None:
    """Say it, see the card with a piece of the screen, and agree."""
    await tab.type(words)
    await expect(tab.card).to_contain_text(question, timeout=PATIENT_MS)
    await expect(tab.card.locator("canvas.thumbnail[data-drawn=true]")).to_be_visible()
    await tab.card.get_by_role("button", name="Yes, add it").click()
    await expect(tab.card).to_have_count(0, timeout=PATIENT_MS)


async def hear(tab: Tab, count: int, pattern: str) -> None:
    """Hear it said after the first `count` lines, without waiting for the end of the sentence."""
    line = tab.page.locator(f".transcript li.assistant:nth-child(n+{count + 1})")
    await expect(line.filter(has_text=re.compile(pattern)).first).to_be_visible(timeout=PATIENT_MS)


async def share_again(tab: Tab) -> None:
    await beside(tab, "deadlines_pointed")
    await share(tab)
    await add_what_is_shown(
        tab, "Remind me about this deadline", '"Register for the exam", due December 17, 2026'
    )
    await expect(tab.shown_tasks().filter(has_text=re.compile("Register"))).to_have_count(
        1, timeout=PATIENT_MS
    )
    await tab.page.get_by_role("button", name="Stop sharing").click()
    await expect(tab.page.get_by_role("button", name="Share screen")).to_be_visible()


@pytest.mark.dear
@pytest.mark.parametrize(
    ("email", "once_more"), [("economy@example.com", True), ("premium@example.com", False)]
)
async def test_a_shared_tab_becomes_a_task_and_is_forgotten_when_its_sharing_ends(
    open_tab: OpenTab, start_with: StartWith, email: str, once_more: bool
) -> None:
    """To share again and to stop it by the page's own button is the page's affair, whatever tier serves."""
    await start_with(email)
    tab = await open_tab(flags=FLAGS)
    await tab.sign_in(email)
    await tab.start()
    await tab.greeted()
    shared = await beside(tab, "ticket_light")
    await share(tab)
    await expect(tab.page.locator(".screen video.preview")).to_be_visible()
    await add_what_is_shown(
        tab, "Add this to my tasks", 'add "Fix the login button on Android", due December 11, 2026'
    )
    await expect(tab.page.locator(".screen .read")).to_contain_text("Fix the login button on Android")
    await expect(tab.shown_tasks()).to_have_text(["Fix the login button on Android"], timeout=PATIENT_MS)
    assert [task["due"] for task in await tab.tasks()] == ["2026-12-11"]

    # The end that the browser brings about, as its own «Stop sharing» does: the page is told by the track.
    said = await tab.count()
    await shared.close()
    await expect(sign(tab)).to_have_count(0, timeout=GONE_MS)
    await hear(tab, said, "no longer see your screen")
    said = await tab.count()
    await tab.type("Add this to my tasks")
    await hear(tab, said, "can.t see a screen")
    assert len(await tab.tasks()) == 1

    if once_more:
        await share_again(tab)
    await tab.hang_up()
    assert tab.errors == []
