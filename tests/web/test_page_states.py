"""What can go wrong around a call: the page says it in words, says what to do, and goes on where it can."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from playwright.async_api import expect

from tests.web.page_agent import StagedCall, answer_calls_with
from tests.web.page_driver import PATIENT_MS, OpenTab, StartWith, Tab
from tests.web.test_page_looks import Look, folder_of

pytestmark = [pytest.mark.browser, pytest.mark.timeout(400)]

EMAIL = "economy@example.com"


async def test_a_wrong_password_is_told_in_words(open_tab: OpenTab) -> None:
    tab = await open_tab()
    await tab.open()
    await tab.page.get_by_label("Email").fill(EMAIL)
    await tab.page.get_by_label("Password").fill("wrong")
    await tab.page.keyboard.press("Enter")
    await expect(tab.page.get_by_role("alert")).to_contain_text("Address or password is wrong")
    await expect(tab.page.get_by_label("Password")).to_have_value("")
    await expect(tab.page.get_by_label("Email")).to_be_focused()


@pytest.mark.dear
async def test_a_whole_call_needs_no_mouse(open_tab: OpenTab, start_with: StartWith) -> None:
    await start_with(EMAIL, "Buy milk")
    tab = await open_tab()
    keys = tab.page.keyboard
    await tab.open()
    await expect(tab.page.get_by_label("Email")).to_be_focused()
    await keys.type(EMAIL)
    await keys.press("Tab")
    await keys.type("demo")
    await keys.press("Enter")
    start = tab.page.get_by_role("button", name="Start talking")
    await expect(start).to_be_visible()
    await tab_to(tab, "Start talking")
    await keys.press("Enter")
    await tab.greeted()
    await tab_to(tab, "Type a message")
    await keys.type("Delete buy milk")
    await keys.press("Enter")
    await expect(tab.card).to_contain_text("Buy milk", timeout=PATIENT_MS)
    await expect(tab.page.get_by_label("Type a message")).to_be_focused()  # whoever types is left alone
    await keys.press("Shift+Tab")
    await expect(tab.card.get_by_role("button", name="No")).to_be_focused()
    await keys.press("Shift+Tab")
    await keys.press("Enter")
    await tab.said_since(0, "you said yes by click", who="note")
    assert await tab.titles() == []
    await tab_to(tab, "End")
    await keys.press("Enter")
    await expect(tab.page.get_by_role("button", name="Call again")).to_be_focused()


async def tab_to(tab: Tab, name: str) -> None:
    for _ in range(30):
        focused = await tab.page.evaluate(
            "(document.activeElement.labels?.[0] ?? document.activeElement).innerText"
        )
        if (focused or "").strip() == name:
            return
        await tab.page.keyboard.press("Tab")
    pytest.fail(f"no way by keyboard to «{name}»")


@pytest.mark.dear
async def test_a_browser_that_blocks_sound_is_tapped_once(open_tab: OpenTab, tmp_path: Path) -> None:
    tab = await open_tab()
    await tab.page.add_init_script(
        "const play = HTMLMediaElement.prototype.play;"
        "HTMLMediaElement.prototype.play = function () {"
        "  return window.__soundAllowed ? play.call(this)"
        "    : Promise.reject(new DOMException('no gesture yet', 'NotAllowedError')) }"
    )
    await tab.sign_in(EMAIL)
    await tab.start()
    tap = tab.page.get_by_role("button", name="Tap to hear")
    await expect(tap).to_be_visible(timeout=PATIENT_MS)
    await tab.greeted()  # in writing
    await Look(tab, "light", folder_of(tmp_path)).holds("silent-page")
    await tab.page.evaluate("window.__soundAllowed = true")
    await tap.click()
    await expect(tap).to_have_count(0)
    await tab.greeted()
    await tab.type("What is on my list?")
    before = len(await tab.heard_ms())
    await tab.page.wait_for_function(
        "count => window.__test.heard.length > count", arg=before, timeout=PATIENT_MS
    )


@pytest.mark.dear
async def test_nobody_within_ten_seconds_is_told_and_can_be_tried_again(
    open_tab: OpenTab, staged: StagedCall, tmp_path: Path
) -> None:
    tab = await open_tab()
    await answer_calls_with(tab, 201, staged.way_in())
    await tab.sign_in(EMAIL)
    await tab.start()
    notice = tab.page.locator(".notice", has_text="Nobody has answered yet")
    await expect(notice).to_be_visible(timeout=PATIENT_MS)
    await Look(tab, "light", folder_of(tmp_path)).holds("nobody-yet")
    await tab.page.unroute("**/api/calls")
    await notice.get_by_role("button", name="Try again").click()
    await tab.greeted()
    await expect(notice).to_have_count(0)


@pytest.mark.dear
async def test_busy_lines_are_told(open_tab: OpenTab) -> None:
    tab = await open_tab()
    error = {"code": "busy", "message": "All lines are busy.", "fix": "Try again in a minute."}
    await answer_calls_with(tab, 503, json.dumps({"error": error}))
    await tab.sign_in(EMAIL)
    await tab.start()
    await expect(tab.page.get_by_role("heading", name="All lines are busy")).to_be_visible(timeout=PATIENT_MS)
    await tab.page.unroute("**/api/calls")
    await tab.page.get_by_role("button", name="Try again").click()
    await tab.greeted()


async def test_whoever_was_signed_out_signs_in_again(open_tab: OpenTab) -> None:
    tab = await open_tab()
    await tab.sign_in(EMAIL)
    await tab.page.context.clear_cookies()
    # Unless a look at the tasks has found it out already.
    button = tab.page.get_by_role("button", name="Start talking")
    await button.or_(tab.page.get_by_label("Password")).first.click()
    await expect(tab.page.get_by_text("You have been signed out")).to_be_visible(timeout=PATIENT_MS)
    await expect(tab.page.get_by_label("Password")).to_be_visible()


@pytest.mark.dear
async def test_signing_out_ends_the_call_and_the_session(open_tab: OpenTab) -> None:
    tab = await open_tab()
    await tab.sign_in(EMAIL)
    await tab.start()
    await tab.greeted()
    await tab.page.get_by_role("button", name="Sign out").click()
    await expect(tab.page.get_by_role("button", name="Sign in", exact=True)).to_be_visible()
    await tab.page.reload()
    await expect(tab.page.get_by_role("button", name="Sign in", exact=True)).to_be_visible()
