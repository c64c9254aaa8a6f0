"""What must not end a call: links, «back», a line that drops, another tab; and what a page says when it is away."""

from __future__ import annotations

import json

import pytest
from livekit import rtc
from playwright.async_api import expect

from tests.web.page_agent import StagedCall
from tests.web.page_alone import BOB, PageAlone, account
from tests.web.page_driver import PATIENT_MS
from tests.web.site import eventually
from tests.web.test_page_call_keys import has_its_line_again, loses_its_line
from tests.web.test_page_screen_paused import A_WINDOW

pytestmark = [pytest.mark.browser, pytest.mark.timeout(300)]

ELSEWHERE = "new BroadcastChannel('voicetasks.call').postMessage({ kind: 'here', callId: 'other' })"


async def test_neither_back_to_the_console_nor_a_link_ends_a_call(
    alone: PageAlone, staged_alone: StagedCall
) -> None:
    alone.answers["GET /api/me"] = (200, account(role="admin"))
    alone.answers["POST /api/calls"] = (201, json.loads(staged_alone.way_in()))
    agent = await staged_alone.agent()
    await agent.shows(tier="economy", stack="economy", state="listening")
    tab = await alone.tab("/#admin")
    await tab.page.get_by_role("link", name="Back to talking").click()
    status = tab.page.get_by_role("link", name="Status")
    await expect(status).not_to_have_attribute("target", "_blank")
    await tab.start()
    await tab.listening()
    await expect(status).to_have_attribute("target", "_blank")
    await tab.page.go_back()
    await tab.listening()
    await expect(tab.page.get_by_role("link", name="Back to talking")).to_have_count(0)
    await expect(tab.page).to_have_title("Call · voicetasks")
    await tab.hang_up()
    await expect(tab.page.get_by_role("group", name="How was the call?")).to_be_visible()


async def test_a_dropped_line_is_no_goodbye_to_the_agent(alone: PageAlone, staged_alone: StagedCall) -> None:
    tab, agent = await staged_alone.in_a_call(alone)
    why: list[int] = []
    came: list[str] = []
    agent.room.on("participant_disconnected", lambda one: why.append(one.disconnect_reason))
    agent.room.on("participant_connected", lambda one: came.append(one.identity))
    await loses_its_line(tab, alone, staged_alone)
    await has_its_line_again(tab, alone, staged_alone)

    async def is_back() -> bool:
        return bool(came)

    await eventually(is_back)
    assert rtc.DisconnectReason.CLIENT_INITIATED not in why


async def test_a_screen_that_was_shared_over_a_line_that_dropped_is_told_not_to_be_any_more(
    alone: PageAlone, staged_alone: StagedCall
) -> None:
    tab, _ = await staged_alone.in_a_call(alone)
    await tab.page.evaluate(A_WINDOW)
    await tab.page.get_by_role("button", name="Share screen").click()
    await tab.page.get_by_role("button", name="Choose what to share").click()
    await expect(tab.page.get_by_role("button", name="Stop sharing")).to_be_visible(timeout=PATIENT_MS)
    await loses_its_line(tab, alone, staged_alone)
    await has_its_line_again(tab, alone, staged_alone)
    await expect(tab.page.get_by_text("Your screen is no longer shared: the line was lost")).to_be_visible()


async def test_a_page_that_is_loaded_anew_while_the_server_is_away_says_that_it_tries(
    alone: PageAlone, staged_alone: StagedCall
) -> None:
    tab, _ = await staged_alone.in_a_call(alone)
    alone.answers[f"POST {staged_alone.way_back}"] = (0, None)
    await tab.page.reload()
    await expect(tab.state).to_have_text("Reconnecting…", timeout=PATIENT_MS)
    await has_its_line_again(tab, alone, staged_alone)


async def test_a_call_that_was_left_by_loading_is_not_taken_up_by_somebody_else(
    alone: PageAlone, staged_alone: StagedCall
) -> None:
    tab, _ = await staged_alone.in_a_call(alone)
    alone.answers["GET /api/me"] = (200, account(BOB))
    await tab.page.reload()
    await expect(tab.page.get_by_text(BOB)).to_be_visible()
    await expect(tab.page.get_by_role("button", name="Start talking")).to_be_visible()
    assert f"POST {staged_alone.way_back}" not in alone.asked


async def test_after_a_call_the_button_says_that_it_would_take_another_tabs(
    alone: PageAlone, staged_alone: StagedCall
) -> None:
    tab, _ = await staged_alone.in_a_call(alone)
    other = await alone.tab()
    await tab.hang_up()
    await other.page.evaluate(ELSEWHERE)
    await expect(tab.page.get_by_role("button", name="Move the call here")).to_be_visible()
    await expect(tab.page.get_by_text("You are in a call in another tab")).to_be_visible()
    await expect(tab.page.get_by_role("button", name="Call again")).to_have_count(0)
    await expect(tab.page.get_by_role("button", name="Start a new call")).to_be_visible()
