"""The account page: what people change of themselves, take along and take away."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
from playwright.async_api import expect

from tests.conftest import RunningDemo
from tests.web.all_looks import AllLooks
from tests.web.page_driver import PATIENT_MS, OpenTab, Tab
from tests.web.site import PASSWORD
from tests.web.test_page_looks import folder_of

pytestmark = [pytest.mark.browser, pytest.mark.timeout(400)]


async def at_account(tab: Tab, email: str) -> None:
    await tab.sign_in(email, PASSWORD)
    await tab.page.get_by_role("button", name="Account").click()
    await expect(tab.page.get_by_role("heading", name="Your account")).to_be_visible()
    await expect(tab.page.get_by_label("Time zone")).to_be_visible(timeout=PATIENT_MS)


@pytest.mark.dear
async def test_the_account_can_be_seen_and_read_by_everybody(
    open_tab: OpenTab, email: str, tmp_path: Path
) -> None:
    tab = await open_tab()
    look = AllLooks(tab, folder_of(tmp_path))
    await at_account(tab, email)
    await look.holds("account")
    await tab.page.get_by_role("button", name="Erase my account…").click()
    await expect(tab.page.get_by_role("button", name="Erase everything")).to_be_disabled()
    await tab.page.get_by_role("button", name="Erase everything").scroll_into_view_if_needed()
    await look.holds("account-erase")
    assert tab.errors == []


async def test_zone_phone_and_transcripts_are_changed_and_stay(open_tab: OpenTab, email: str) -> None:
    tab = await open_tab()
    page = tab.page
    await at_account(tab, email)
    await page.get_by_label("Time zone").select_option("Asia/Tokyo")
    await page.locator("form", has=page.get_by_label("Time zone")).get_by_role("button", name="Save").click()
    await expect(page.get_by_text("Saved.")).to_be_visible(timeout=PATIENT_MS)
    phone = page.locator("form", has=page.get_by_label("Phone number"))
    await page.get_by_label("Phone number").fill("12")
    await phone.get_by_role("button", name="Save").click()
    await expect(page.get_by_text("That is no phone number")).to_be_visible(timeout=PATIENT_MS)
    await page.get_by_label("Phone number").fill("+49 (30) 90 18 20")
    await phone.get_by_role("button", name="Save").click()
    await expect(page.get_by_text("Not verified yet")).to_be_visible(timeout=PATIENT_MS)
    await page.get_by_label("Keep a written transcript").click()
    await expect(page.get_by_label("Keep a written transcript")).to_be_checked(timeout=PATIENT_MS)
    await page.get_by_role("button", name="Back").click()
    await page.reload()
    await page.get_by_role("button", name="Account").click()
    await expect(page.get_by_label("Time zone")).to_have_value("Asia/Tokyo", timeout=PATIENT_MS)
    await expect(page.get_by_label("Phone number")).to_have_value("+4930901820")
    await expect(page.get_by_label("Keep a written transcript")).to_be_checked()
    assert tab.errors == []


async def test_a_pin_and_a_code_for_the_telephone_are_set_on_the_page(open_tab: OpenTab, email: str) -> None:
    tab = await open_tab()
    page = tab.page
    await at_account(tab, email)
    form = page.locator("form", has=page.get_by_label("PIN for the telephone"))
    await page.get_by_label("PIN for the telephone").fill("123456")
    await form.get_by_role("button", name="Save").click()
    await expect(page.get_by_text("too easy to guess")).to_be_visible(timeout=PATIENT_MS)
    await page.get_by_label("PIN for the telephone").fill("530817")
    await form.get_by_role("button", name="Save").click()
    await expect(page.get_by_text("You have one.")).to_be_visible(timeout=PATIENT_MS)
    await expect(page.get_by_label("PIN for the telephone")).to_have_value("")
    await page.get_by_role("button", name="Show a code").click()
    await expect(page.get_by_text(re.compile(r"Call and key in \d{4} \d{4} #"))).to_be_visible(
        timeout=PATIENT_MS
    )
    # Nobody is called at a number that is not linked.
    await page.get_by_label("Call me about tasks").click()
    await expect(page.get_by_text("There is no telephone to call.")).to_be_visible(timeout=PATIENT_MS)
    await expect(page.get_by_label("Call me about tasks")).not_to_be_checked()
    await form.get_by_role("button", name="Remove").click()
    await expect(page.get_by_text("You have none yet.")).to_be_visible(timeout=PATIENT_MS)
    assert tab.errors == []


async def test_people_download_what_is_kept_of_them(open_tab: OpenTab, email: str) -> None:
    tab = await open_tab()
    await at_account(tab, email)
    async with tab.page.expect_download() as coming:
        await tab.page.get_by_role("link", name="Download my data").click()
    file = await (await coming.value).path()
    assert json.loads(file.read_text())["account"]["email"] == email


async def test_whoever_types_their_address_is_erased_and_signed_out(
    open_tab: OpenTab, email: str, demo: RunningDemo
) -> None:
    tab = await open_tab()
    page = tab.page
    await at_account(tab, email)
    await page.get_by_role("button", name="Erase my account…").click()
    await page.get_by_label("To erase everything").fill("somebody@example.org")
    await page.get_by_role("button", name="Erase everything").click()
    await expect(page.get_by_text("not the address of this account")).to_be_visible(timeout=PATIENT_MS)
    await page.get_by_label("To erase everything").fill(email)
    await page.get_by_role("button", name="Erase everything").click()
    await expect(page.get_by_text("Your account and everything in it are erased.")).to_be_visible(
        timeout=PATIENT_MS
    )
    await page.get_by_label("Email").fill(email)
    await page.get_by_label("Password").fill(PASSWORD)
    await page.get_by_role("button", name="Sign in", exact=True).click()
    await expect(page.get_by_text("Address or password is wrong.")).to_be_visible(timeout=PATIENT_MS)
    listed = demo.voicetasks("admin", "users", "list", "--json")
    assert email not in listed.stdout
    assert tab.errors == []


async def test_somebody_who_was_refused_at_the_provider_is_told_why_once(open_tab: OpenTab) -> None:
    tab = await open_tab()
    await tab.page.goto(f"{tab.url}/?sign-in=unverified")
    await expect(tab.page.get_by_text("has not verified an email address")).to_be_visible(timeout=PATIENT_MS)
    assert "sign-in" not in tab.page.url
    await tab.page.goto(f"{tab.url}/?sign-in=<script>alert(1)</script>")
    await expect(tab.page.get_by_text("could not be believed")).to_be_visible(timeout=PATIENT_MS)
    assert tab.errors == []
