"""One person's way through the page: a first call, what it changed, how it was, what is kept of it."""

from __future__ import annotations

from pathlib import Path

import pytest
from playwright.async_api import expect

from tests.web.page_driver import PATIENT_MS, OpenTab, Tab
from tests.web.site import PASSWORD
from tests.web.test_page_looks import LOOKS, Look, folder_of

pytestmark = [pytest.mark.browser, pytest.mark.timeout(400)]

SIZES = {"desktop": LOOKS["light"], "phone-dark": LOOKS["phone"] | {"color_scheme": "dark"}}


async def show(tab: Tab, half: str) -> None:
    """On a telephone one half of the page is shown at a time."""
    switch = tab.page.get_by_role("group", name="What is shown").get_by_role("button", name=half)
    if await switch.is_visible():
        await switch.click()


@pytest.mark.dear
@pytest.mark.parametrize("name", list(SIZES))
async def test_from_the_first_call_to_what_is_kept_of_it(
    open_tab: OpenTab, email: str, tmp_path: Path, name: str
) -> None:
    tab = await open_tab(**SIZES[name])
    page = tab.page
    look = Look(tab, name, folder_of(tmp_path))
    await tab.sign_in(email, PASSWORD)
    await page.get_by_role("button", name="Calls", exact=True).click()
    await expect(page.get_by_text("You have not called yet")).to_be_visible(timeout=PATIENT_MS)
    await look.holds("calls-none")
    await page.get_by_role("button", name="Back").click()

    await tab.start()
    await tab.greeted()
    await look.holds("call-asked")
    await page.get_by_role("button", name="Yes, keep it").click()
    await expect(page.locator(".recording")).to_contain_text("Transcript on", timeout=PATIENT_MS)
    await tab.type("Add a task to buy milk")
    await tab.said_since(1, "added.*milk")
    await tab.listening()
    await look.holds("call-transcript-on")
    await show(tab, "Tasks")
    await expect(tab.shown_tasks()).to_have_count(1)
    undo = page.get_by_role("button", name="Undo adding “Buy milk”")
    await expect(undo).to_be_visible(timeout=PATIENT_MS)
    await look.holds("undo")
    await undo.click()
    await expect(page.get_by_text("Undone: “Buy milk”.")).to_be_visible(timeout=PATIENT_MS)
    await expect(tab.shown_tasks()).to_have_count(0)
    assert await tab.titles() == []
    await look.holds("undone")
    await show(tab, "Talk")

    before = await tab.count()
    await page.get_by_role("button", name="Keys").click()
    await look.holds("keys")
    await page.get_by_role("button", name="0, Help").click()
    await tab.said_since(before, "press 1 for yes")
    await page.get_by_role("button", name="Keys").click()
    await tab.listening()
    await page.get_by_role("button", name="Large captions").click()
    await look.holds("captions")
    await page.get_by_role("button", name="Large captions").click()
    tools = page.get_by_role("group", name="More ways to talk")
    await tools.get_by_role("button", name="Push to talk").click()
    await expect(page.locator("button.hold")).to_be_visible()
    await look.holds("hold")
    await tools.get_by_role("button", name="Push to talk").click()

    await tab.hang_up()
    await look.holds("stars")
    await page.get_by_label("4 stars of 5").check(force=True)
    await expect(page.get_by_text("Thank you.")).to_be_visible(timeout=PATIENT_MS)
    await look.holds("stars-given")

    await page.get_by_role("button", name="Calls", exact=True).click()
    call = page.locator("[data-call]")
    await expect(call).to_have_count(1, timeout=PATIENT_MS)
    for said in ("In the browser", "Standard voice", "You had agreed to a transcript", "lines are kept"):
        await expect(call).to_contain_text(said)
    await expect(call.get_by_label("4 stars of 5")).to_be_checked()
    await call.get_by_text("Show the transcript").click()
    await expect(call.get_by_text("Add a task to buy milk")).to_be_visible(timeout=PATIENT_MS)
    await look.holds("calls")
    assert tab.errors == []
