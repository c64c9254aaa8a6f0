"""People on the console: added, given a plan, their data given out, erased; each is asked, naming whom."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from playwright.async_api import expect

from tests.web.all_looks import AllLooks
from tests.web.console_driver import ADMIN, console, fails, go
from tests.web.page_driver import PATIENT_MS, OpenTab
from tests.web.test_page_looks import folder_of

pytestmark = [pytest.mark.browser, pytest.mark.timeout(400)]

EMAIL = "zoe.quetzal@example.net"


@pytest.mark.dear
async def test_somebody_is_added_given_a_plan_given_out_and_erased_by_an_admin_who_was_asked_each_time(
    open_tab: OpenTab, demo: Any, tmp_path: Path
) -> None:
    look = AllLooks(await open_tab(), folder_of(tmp_path))
    page = await console(look.tab, "People")
    await expect(page.get_by_role("cell", name=ADMIN, exact=True)).to_be_visible(timeout=PATIENT_MS)
    await expect(page.get_by_role("button", name=f"Erase {ADMIN}")).to_have_count(0)
    await look.holds("admin-people")

    add = page.get_by_role("region", name="Add somebody")
    await add.get_by_role("button", name="Add…").click()
    await expect(add.get_by_role("alert")).to_contain_text("an address and a password")
    await add.get_by_label("Email").fill(EMAIL)
    await add.get_by_label("First password").fill("correct horse battery")
    await page.keyboard.press("Enter")
    dialog = page.get_by_role("dialog", name=f"Add {EMAIL}")
    await expect(dialog).to_contain_text("on the plan economy, as user")
    await dialog.get_by_role("button", name="Add somebody").click()
    await expect(page.get_by_role("status").first).to_have_text(f"{EMAIL} is there now.", timeout=PATIENT_MS)

    await look.go_on("phone")
    await page.get_by_label("Address begins with").fill("zoe.")
    await page.keyboard.press("Enter")
    await expect(page.get_by_role("row")).to_have_count(2, timeout=PATIENT_MS)
    await page.get_by_role("button", name=f"Plan of {EMAIL}").click()
    dialog = page.get_by_role("dialog", name=f"Give {EMAIL} another plan")
    await expect(dialog).to_contain_text("Calls that are under way keep theirs.")
    await look.holds("admin-people-plan")
    await dialog.get_by_role("button", name="Change it").click()
    await expect(page.get_by_role("cell", name="premium", exact=True)).to_be_visible(timeout=PATIENT_MS)

    await page.get_by_role("button", name=f"Export what is kept of {EMAIL}").click()
    dialog = page.get_by_role("dialog", name=f"Export all that is kept of {EMAIL}")
    async with page.expect_download() as coming:
        await dialog.get_by_role("button", name="Download it").click()
    file = await (await coming.value).path()
    assert json.loads(file.read_text())["account"]["email"] == EMAIL
    await expect(page.get_by_role("status").first).to_contain_text("is in the file")

    await page.get_by_role("button", name=f"Erase {EMAIL}").click()
    dialog = page.get_by_role("dialog", name=f"Erase {EMAIL} and everything that is kept of them")
    await expect(dialog).to_contain_text("No call of theirs goes on now.", timeout=PATIENT_MS)
    do_it = dialog.get_by_role("button", name="Erase everything")
    await expect(do_it).to_be_disabled()
    await look.holds("admin-people-erase")
    await page.keyboard.press("Escape")
    await expect(page.get_by_role("button", name=f"Erase {EMAIL}")).to_be_focused()
    await page.keyboard.press("Enter")
    await dialog.get_by_label("To erase everything").fill(EMAIL)
    await do_it.click()
    proof = page.get_by_role("dialog", name="The proof")
    await expect(proof).to_contain_text("Nothing is left that names them.", timeout=PATIENT_MS)
    await look.holds("admin-people-proof")
    assert EMAIL not in await proof.inner_text()
    await page.keyboard.press("Escape")
    await expect(page.get_by_text("Nobody has such an address.")).to_be_visible(timeout=PATIENT_MS)
    trail = json.loads(demo.voicetasks("admin", "users", "audit", "--json").stdout)["audit"]
    assert (trail[-1]["event"], trail[-1]["actor"][:6]) == ("account.erased", "web:s_")

    await fails(page, "**/api/admin/users*")
    await go(page, "Audit")
    await go(page, "People")
    await expect(page.get_by_role("alert").first).to_contain_text("Redis does not answer", timeout=PATIENT_MS)
    assert look.tab.errors == []
