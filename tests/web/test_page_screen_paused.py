"""A shared window that is minimised shows nothing for a while: the sharing goes on, and so does the leave to look."""

from __future__ import annotations

import pytest
from playwright.async_api import Locator, expect

from agent.screen import Screen
from tests.agent.test_screen import FakeVision
from tests.web.page_agent import StagedCall
from tests.web.page_alone import PageAlone
from tests.web.page_driver import PATIENT_MS, Tab
from tests.web.site import eventually

pytestmark = [pytest.mark.browser, pytest.mark.timeout(200)]

CALLER = "somebody"
A_WINDOW = """() => {
  const canvas = document.createElement('canvas')
  canvas.width = 640
  canvas.height = 360
  const drawn = canvas.getContext('2d')
  let step = 0
  setInterval(() => {
    drawn.fillStyle = `hsl(${(step += 40)} 80% 50%)`
    drawn.fillRect(0, 0, 640, 360)
  }, 100)
  const stream = canvas.captureStream(10)
  window.minimised = (yes) => stream.getVideoTracks()[0].dispatchEvent(new Event(yes ? 'mute' : 'unmute'))
  navigator.mediaDevices.getDisplayMedia = async () => stream
}"""
"""Stands for a window of the desktop, of which Chromium tells in this way that there is nothing to see."""


def sign(tab: Tab) -> Locator:
    return tab.page.locator(".screen .sign")


async def test_a_minimised_window_is_seen_again_and_leave_that_was_lost_is_given_again(
    alone: PageAlone, staged_alone: StagedCall
) -> None:
    tab, agent = await staged_alone.in_a_call(alone)
    visions: list[FakeVision] = []

    def vision() -> FakeVision:
        visions.append(FakeVision())
        return visions[-1]

    async def is_seen() -> bool:
        return bool(visions) and not visions[-1].closed

    async def is_not_seen() -> bool:
        return not await is_seen()

    screen = Screen(
        agent.room,
        caller_identity=CALLER,
        vision=vision,  # type: ignore[arg-type]
        funds=lambda: "held",
        is_spoken=lambda: False,
    )
    screen.open()
    try:
        await tab.page.evaluate(A_WINDOW)
        await tab.page.get_by_role("button", name="Share screen").click()
        await tab.page.get_by_role("button", name="Choose what to share").click()
        await expect(sign(tab)).to_have_text("The agent sees your screen.", timeout=PATIENT_MS)

        await tab.page.evaluate("window.minimised(true)")
        cannot = "The agent cannot see your screen at the moment."
        await expect(sign(tab)).to_have_text(cannot, timeout=PATIENT_MS)
        await eventually(is_not_seen)
        await tab.page.evaluate("window.minimised(false)")
        await expect(sign(tab)).to_have_text("The agent sees your screen.", timeout=PATIENT_MS)
        await eventually(is_seen)

        screen.allow(False)  # as with an agent that lost the line for a moment, and with it the sharing
        before = len(visions)

        async def is_seen_anew() -> bool:
            return len(visions) > before and await is_seen()

        await eventually(is_seen_anew)
        await expect(sign(tab)).to_have_text("The agent sees your screen.", timeout=PATIENT_MS)
    finally:
        await screen.aclose()


async def test_where_nothing_can_look_at_a_screen_none_is_asked_for(
    alone: PageAlone, staged_alone: StagedCall
) -> None:
    tab, agent = await staged_alone.in_a_call(alone)
    share = tab.page.get_by_role("button", name="Share screen")
    await expect(share).to_be_visible()
    await agent.shows(sight="false")
    await expect(share).to_have_count(0)
