"""How the page looks and weighs, large and small, light and dark: accessibility by axe, the weight of the first load,
screenshots for the eye.

VOICETASKS_TEST_SCREENSHOTS names a folder to keep the screenshots in.
"""

from __future__ import annotations

import json
import os
import re
from pathlib import Path
from typing import Any

import pytest
from axe_playwright_python.async_playwright import Axe
from playwright.async_api import Response, expect

from tests.web.all_looks import SEVERE, AllLooks
from tests.web.page_agent import StagedCall, answer_calls_with
from tests.web.page_driver import PATIENT_MS, OpenTab, StartWith, Tab
from tests.web.test_page_stacks import in_a_staged_call

pytestmark = [pytest.mark.browser, pytest.mark.timeout(400)]

EMAIL = "economy@example.com"
FIRST_LOAD_BYTES = 300_000
LOOKS: dict[str, dict[str, Any]] = {
    "light": {"viewport": {"width": 1280, "height": 800}},
    "dark": {"viewport": {"width": 1280, "height": 800}, "color_scheme": "dark"},
    "phone": {"viewport": {"width": 390, "height": 844}, "has_touch": True, "is_mobile": True},
}


@pytest.fixture
async def look(open_tab: OpenTab, tmp_path: Path) -> AllLooks:
    return AllLooks(await open_tab(), folder_of(tmp_path))


def folder_of(tmp_path: Path) -> Path:
    """Where screenshots are kept."""
    return Path(os.environ.get("VOICETASKS_TEST_SCREENSHOTS") or tmp_path)


class Look:
    """A tab whose states are photographed and held against the rules of accessibility."""

    def __init__(self, tab: Tab, name: str, folder: Path) -> None:
        self.tab, self.name, self._folder = tab, name, folder

    async def holds(self, state: str) -> None:
        """No serious finding, nothing wider than the screen."""
        page = self.tab.page
        await page.screenshot(path=self._folder / f"{state}-{self.name}.png")
        found = (await Axe().run(page)).response["violations"]
        severe = [
            (one["id"], [node["html"] for node in one["nodes"]]) for one in found if one["impact"] in SEVERE
        ]
        assert severe == [], state
        overhang = await page.evaluate("document.documentElement.scrollWidth - innerWidth")
        assert overhang <= 0, f"{state} is {overhang} px wider than the screen"


@pytest.mark.dear
async def test_every_state_can_be_seen_and_read_by_everybody(look: AllLooks, start_with: StartWith) -> None:
    await start_with(EMAIL, "Buy milk", "Call the plumber about the kitchen", due=("today", "in three weeks"))
    tab = look.tab
    await tab.open()
    await expect(tab.page.get_by_label("Email")).to_be_visible()
    await look.holds("sign-in")
    await tab.page.get_by_role("button", name="Sign in", exact=True).click()
    await expect(tab.page.get_by_text("Enter your email address")).to_be_visible()
    await look.holds("sign-in-error")

    await tab.sign_in(EMAIL)
    await expect(tab.shown_tasks()).to_have_count(2)
    await look.holds("idle")
    await tab.page.evaluate(
        "new BroadcastChannel('voicetasks.call').postMessage({ kind: 'here', callId: 'elsewhere' })"
    )
    await expect(tab.page.get_by_role("button", name="Move the call here")).to_be_visible()
    await look.holds("elsewhere")
    await tab.page.evaluate("new BroadcastChannel('voicetasks.call').postMessage({ kind: 'over' })")

    error = {"code": "busy", "message": "All lines are busy.", "fix": "Try again in a minute."}
    await answer_calls_with(tab, 503, json.dumps({"error": error}))
    await tab.start()
    await expect(tab.page.get_by_role("heading", name="All lines are busy")).to_be_visible(timeout=PATIENT_MS)
    await look.holds("busy")
    await tab.page.unroute("**/api/calls")

    await tab.page.evaluate("window.__test.microphoneError = 'NotAllowedError'")
    await tab.page.get_by_role("button", name="Try again").click()
    await tab.greeted()
    await look.holds("no-microphone")
    await tab.page.evaluate("window.__test.microphoneError = undefined")
    await tab.page.locator(".notice").get_by_role("button", name="Use microphone").click()
    await expect(tab.page.get_by_role("button", name="Mute", exact=True)).to_be_visible(timeout=PATIENT_MS)

    await tab.type("What is on my list?")
    await tab.said_since(1, "milk")
    await look.holds("in-call")
    await tab.page.get_by_text("Why?").click()
    await expect(tab.page.locator(".badge.sandboxed")).to_have_text("sandbox")
    await expect(tab.page.locator(".reason")).not_to_be_empty()
    await look.holds("why")
    await tab.page.get_by_text("Why?").click()

    await tab.type("Delete call the plumber about the kitchen")
    await expect(tab.card).to_be_visible(timeout=PATIENT_MS)
    await look.holds("card")
    await tab.card.get_by_role("button", name="No").click()
    await tab.said_since(0, "you said no", who="note")
    await look.go_on("phone")
    await tab.page.get_by_role("button", name="Tasks", exact=False).click()
    await expect(tab.shown_tasks().first).to_be_visible()
    await look.holds("tasks")
    await tab.page.get_by_role("button", name="Talk", exact=True).click()
    await tab.hang_up()
    await look.holds("ended")
    assert tab.errors == []


@pytest.mark.dear
async def test_every_trouble_can_be_seen_and_read_by_everybody(
    look: AllLooks, staged: StagedCall, start_with: StartWith
) -> None:
    await start_with(EMAIL, "Buy milk")
    tab = look.tab

    async def this_one(**_: object) -> Tab:
        return tab

    _, agent = await in_a_staged_call(this_one, staged)
    page = tab.page
    await agent.writes("Hello, I am an AI assistant. What can I do for you?")
    await expect(tab.lines("assistant")).to_have_count(1)
    reason = "Your plan includes premium, whose voice service fails; economy serves this call."
    await agent.shows(tier="economy", stack="economy", reason=reason)
    await expect(page.locator(".news")).to_contain_text("Switched to standard voice")
    await look.holds("switched")
    await page.get_by_text("Why?").click()
    await expect(page.get_by_label("What has served this call")).to_be_visible()
    await look.holds("switched-why")
    await page.get_by_text("Why?").click()

    await page.evaluate("window.__test.silenceMicrophone(true)")
    await expect(page.get_by_text("muted outside this page")).to_be_visible()
    await look.holds("microphone-silenced")
    await page.evaluate("window.__test.silenceMicrophone(false)")
    await agent.shows(tier="economy", stack="text", reason="No voice service answers at the moment.")
    await expect(page.get_by_text("Voice is unavailable right now")).to_be_visible()
    await look.holds("text-only")
    await agent.shows(tier="economy", stack="budget", reason="Voice works again, with the budget stack.")
    await expect(page.locator(".news")).to_contain_text("Voice is back")
    await look.holds("voice-is-back")

    await page.context.set_offline(True)
    await expect(tab.state).to_have_text("Reconnecting…", timeout=PATIENT_MS)
    await look.holds("reconnecting")
    await page.evaluate("const now = Date.now; Date.now = () => now() + 130_000")
    await expect(page.get_by_role("heading", name="The connection was lost")).to_be_visible(
        timeout=PATIENT_MS
    )
    await look.holds("lost")
    await page.context.set_offline(False)
    assert tab.errors == []


async def test_a_call_that_moved_can_be_seen_and_read_by_everybody(
    look: AllLooks, staged: StagedCall
) -> None:
    tab = look.tab

    async def this_one(**_: object) -> Tab:
        return tab

    await in_a_staged_call(this_one, staged)
    await staged.comes_from_elsewhere()
    await expect(tab.page.get_by_role("heading", name="This call goes on in another tab")).to_be_visible(
        timeout=PATIENT_MS
    )
    await look.holds("moved")


async def test_the_first_load_is_light_and_all_of_it_ours(open_tab: OpenTab) -> None:
    tab = await open_tab()
    loaded: list[Response] = []

    def note(response: Response) -> None:
        loaded.append(response)

    tab.page.on("response", note)
    # The call's part is loaded ahead of the call.
    async with tab.page.expect_response("**/page/assets/Call-*.js") as ahead:
        await tab.sign_in(EMAIL)
    await (await ahead.value).finished()
    await expect(tab.page.locator(".tasks .count")).to_have_text(re.compile(r"\d"))
    assert {response.url.removeprefix(tab.url)[:1] for response in loaded} == {"/"}
    sizes = [(await response.request.sizes())["responseBodySize"] for response in loaded]
    assert 30_000 < sum(sizes) < FIRST_LOAD_BYTES
