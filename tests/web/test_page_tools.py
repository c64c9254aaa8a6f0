"""What a call can do beside talking: keys, push-to-talk, large captions, the transcript's switch."""

from __future__ import annotations

import pytest
from playwright.async_api import Route, expect

from tests.web.page_agent import StagedCall
from tests.web.page_driver import PATIENT_MS, OpenTab, Tab
from tests.web.site import eventually
from tests.web.test_page_stacks import in_a_staged_call

pytestmark = [pytest.mark.browser, pytest.mark.timeout(300)]

FONT_SIZE = "element => parseFloat(getComputedStyle(element).fontSize)"


async def test_the_key_pad_sends_what_a_telephone_sends(open_tab: OpenTab, staged: StagedCall) -> None:
    tab, agent = await in_a_staged_call(open_tab, staged)
    pad = tab.page.get_by_role("group", name="Keys")
    await expect(pad).to_have_count(0)
    await tab.page.get_by_role("button", name="Keys").click()
    for name in ("1, Yes", "2, No", "0, Help", "Star, Repeat", "Hash, Enter", "7"):
        await pad.get_by_role("button", name=name, exact=True).click()

    async def pressed() -> bool:
        return agent.keys == [(1, "1"), (2, "2"), (0, "0"), (10, "*"), (11, "#"), (7, "7")]

    await eventually(pressed)
    assert tab.errors == []


async def test_with_push_to_talk_only_held_words_are_heard(open_tab: OpenTab, staged: StagedCall) -> None:
    tab, _ = await in_a_staged_call(open_tab, staged)
    page = tab.page
    await expect(page.get_by_role("button", name="Mute", exact=True)).to_be_visible()
    tools = page.get_by_role("group", name="More ways to talk")
    await tools.get_by_role("button", name="Push to talk").click()
    hold = page.locator("button.hold")
    await expect(hold).to_have_text("Hold to talk")

    async def muted() -> bool:
        return await tab.muted()

    async def open_() -> bool:
        return not await tab.muted()

    await eventually(muted)
    await hold.hover()
    await page.mouse.down()
    await expect(hold).to_have_text("Talking: let go to send")
    await eventually(open_)
    await page.mouse.up()
    await eventually(muted)
    await page.locator("h1, .state").first.click()  # the space bar is nobody's
    await page.keyboard.down("Space")
    await eventually(open_)
    await page.keyboard.up("Space")
    await eventually(muted)
    await page.get_by_label("Type a message").fill("two")
    await page.keyboard.press("Space")  # and here it types
    await expect(page.get_by_label("Type a message")).to_have_value("two ")
    assert await tab.muted()
    await tools.get_by_role("button", name="Push to talk").click()
    await eventually(open_)
    await expect(page.get_by_role("button", name="Mute", exact=True)).to_be_visible()
    assert tab.errors == []


async def test_captions_are_large_enough_for_the_other_side_of_a_room(
    open_tab: OpenTab, staged: StagedCall
) -> None:
    tab, agent = await in_a_staged_call(open_tab, staged)
    await agent.writes("You have two tasks: buy milk, due today, and call the plumber.")
    await expect(tab.lines("assistant")).to_have_count(1)
    await tab.page.get_by_role("button", name="Large captions").click()
    captions = tab.page.locator(".captions")
    await expect(captions).to_contain_text("buy milk, due today")
    # Of a window 1280 px wide: 64 px are 17 mm on a laptop's screen, read at some five metres (a letter of 1/300).
    assert await captions.evaluate(FONT_SIZE) >= 64
    await expect(tab.lines("assistant")).to_have_count(1)  # there still, for screen readers
    await agent.writes("Anything else?")
    await expect(captions).to_contain_text("Anything else?")
    await expect(captions).not_to_contain_text("buy milk")
    await tab.page.set_viewport_size({"width": 390, "height": 844})
    assert await captions.evaluate(FONT_SIZE) >= 30
    assert tab.errors == []


async def test_whether_a_transcript_is_kept_is_seen_and_changed_in_the_call(
    open_tab: OpenTab, staged: StagedCall
) -> None:
    tab = await open_tab()

    async def never_asked(route: Route) -> None:
        await route.fulfill(json={"transcripts": None, "days": 30})

    await tab.page.route("**/api/consent", never_asked)

    async def this_one(**_: object) -> Tab:
        return tab

    _, agent = await in_a_staged_call(this_one, staged)
    ask = tab.page.get_by_role("group", name="Transcripts")
    await expect(ask).to_contain_text("May we keep a transcript")
    await tab.page.unroute("**/api/consent")
    await ask.get_by_role("button", name="Yes, keep it").click()
    line = tab.page.locator(".recording")
    await expect(line).to_contain_text("Transcript on", timeout=PATIENT_MS)
    await expect(line).to_have_attribute("data-on", "true")
    # Said, or clicked elsewhere: the next turn shows it.
    await tab.page.evaluate(
        "async () => { const { csrf } = await (await fetch('/api/me')).json();"
        " await fetch('/api/consent', { method: 'PUT', body: JSON.stringify({ transcripts: false }),"
        " headers: { 'Content-Type': 'application/json', 'X-CSRF-Token': csrf } }) }"
    )
    await agent.shows(state="speaking")
    await agent.shows(state="listening")
    await expect(line).to_contain_text("No transcript", timeout=PATIENT_MS)
    await line.get_by_role("button", name="Keep one").click()
    await expect(line).to_contain_text("Transcript on", timeout=PATIENT_MS)
    await line.get_by_role("button", name="Stop and delete").click()
    await expect(line).to_contain_text("No transcript", timeout=PATIENT_MS)
    assert tab.errors == []
