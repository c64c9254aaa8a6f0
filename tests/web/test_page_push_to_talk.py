"""Push-to-talk: what is said while nothing is held is heard by nobody, whatever else happens."""

from __future__ import annotations

import pytest
from playwright.async_api import expect

from tests.web.page_agent import StagedCall
from tests.web.page_alone import PageAlone
from tests.web.page_driver import PATIENT_MS, Tab
from tests.web.site import eventually
from tests.web.test_page_call_keys import has_its_line_again, loses_its_line

pytestmark = [pytest.mark.browser, pytest.mark.timeout(300)]

WATCH_RECORDINGS = """
window.__recorded = []
const start = MediaRecorder.prototype.start
MediaRecorder.prototype.start = function (...how) {
  window.__recorded.push(this.stream.getAudioTracks().some((track) => track.enabled))
  return start.apply(this, how)
}
"""
"""Of each recording, whether its microphone was open when it began."""


async def holding_to_talk(alone: PageAlone, staged: StagedCall) -> Tab:
    """In a call, with push-to-talk on."""
    tab, _ = await staged.in_a_call(alone)
    await tab.page.get_by_role("button", name="Push to talk").click()
    await shut(tab)
    return tab


async def shut(tab: Tab) -> None:
    async def muted() -> bool:
        return await tab.muted()

    await eventually(muted)


async def open_(tab: Tab) -> None:
    async def heard() -> bool:
        return not await tab.muted()

    await eventually(heard)


async def test_a_later_call_records_nothing_before_the_button_is_held(
    alone: PageAlone, staged_alone: StagedCall
) -> None:
    await alone.context.add_init_script(WATCH_RECORDINGS)
    tab, agent = await staged_alone.in_a_call(alone)
    assert await tab.page.evaluate("window.__recorded") == [True]  # what is said at once is not lost
    await tab.page.get_by_role("button", name="Push to talk").click()
    await tab.hang_up()
    await agent.leaves()
    await tab.page.get_by_role("button", name="Call again").click()
    await tab.page.wait_for_function("window.__recorded.length === 2", timeout=PATIENT_MS)
    assert await tab.page.evaluate("window.__recorded") == [True, False]
    hold = tab.page.locator("button.hold")
    await expect(hold).to_have_text("Hold to talk")
    assert await tab.muted()
    # Held words are heard, though nobody is there yet.
    await hold.hover()
    await tab.page.mouse.down()
    await open_(tab)
    await tab.page.mouse.up()
    await shut(tab)
    come = await staged_alone.agent("another-agent")
    await come.shows(tier="economy", stack="economy", state="listening")
    await tab.listening()
    assert await tab.muted()


async def test_what_cannot_hold_a_button_presses_it_twice(alone: PageAlone, staged_alone: StagedCall) -> None:
    tab = await holding_to_talk(alone, staged_alone)
    hold = tab.page.locator("button.hold")
    await hold.press("Enter")
    await expect(hold).to_have_text("Talking: press again to send")
    await open_(tab)
    await hold.evaluate("button => button.click()")  # as a voice or a screen reader does
    await expect(hold).to_have_text("Hold to talk")
    await shut(tab)


async def test_a_line_that_drops_while_the_button_is_held_lets_go_of_it(
    alone: PageAlone, staged_alone: StagedCall
) -> None:
    tab = await holding_to_talk(alone, staged_alone)
    hold = tab.page.locator("button.hold")
    await hold.hover()
    await tab.page.mouse.down()
    await open_(tab)
    await loses_its_line(tab, alone, staged_alone)
    await expect(hold).to_have_text("Hold to talk")
    await tab.page.mouse.up()
    await has_its_line_again(tab, alone, staged_alone)
    await shut(tab)


async def test_who_asks_for_a_refused_microphone_again_opens_it_by_holding_alone(
    alone: PageAlone, staged_alone: StagedCall
) -> None:
    await alone.context.add_init_script(
        "localStorage.setItem('voicetasks.push-to-talk', 'on');"
        "window.__test.microphoneError = 'NotAllowedError'"
    )
    tab, _ = await staged_alone.in_a_call(alone)
    notice = tab.page.get_by_role("alert").filter(has_text="may not use your microphone")
    await expect(notice).to_be_visible()
    await tab.page.evaluate("window.__test.microphoneError = undefined")
    await notice.get_by_role("button", name="Use microphone").click()
    await expect(notice).to_have_count(0)
    assert await tab.muted()
    await tab.page.locator("button.hold").press("Enter")
    await open_(tab)
