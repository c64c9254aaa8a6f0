"""Another microphone in mid-call: it works, or the one from before does, and the page says which."""

from __future__ import annotations

import pytest
from playwright.async_api import Locator, expect

from tests.web.page_agent import StagedCall
from tests.web.page_alone import PageAlone
from tests.web.page_driver import PATIENT_MS, Tab
from tests.web.site import eventually

pytestmark = [pytest.mark.browser, pytest.mark.timeout(300)]

DEVICES = """
const quiet = navigator.mediaDevices.getUserMedia
const devices = (window.__devices = { taken: [], none: false, loud: null })
navigator.mediaDevices.getUserMedia = async (wanted) => {
  const id = wanted.audio.deviceId?.exact ?? 'default'
  if (devices.none || devices.taken.includes(id))
    throw new DOMException('Could not start audio source', 'NotReadableError')
  if (id !== devices.loud) return quiet(wanted)
  const context = new AudioContext()
  const tone = context.createOscillator()
  const out = context.createMediaStreamDestination()
  tone.connect(out)
  tone.start()
  return out.stream
}
"""
"""Which devices other programs have, if not all of them, and which one is loud."""


async def other_of(tab: Tab) -> tuple[Locator, str]:
    """The choice of devices, and one that is not used."""
    choice = tab.page.get_by_label("Microphone device")
    await expect(choice).to_be_visible(timeout=PATIENT_MS)
    ids = [await each.get_attribute("value") or "" for each in await choice.locator("option").all()]
    used = await choice.input_value()
    return choice, next(each for each in ids if each != used)


async def is_heard(tab: Tab) -> None:
    async def heard() -> bool:
        return not await tab.muted()

    await eventually(heard)
    await expect(tab.page.get_by_role("button", name="Mute", exact=True)).to_be_visible()


async def test_a_device_that_another_program_has_leaves_the_one_from_before_on(
    alone: PageAlone, staged_alone: StagedCall
) -> None:
    await alone.context.add_init_script(DEVICES)
    tab, _ = await staged_alone.in_a_call(alone)
    await is_heard(tab)
    choice, other = await other_of(tab)
    await tab.page.evaluate("id => window.__devices.taken.push(id)", other)
    await choice.select_option(other)
    told = tab.page.get_by_role("alert").filter(has_text="That microphone cannot be used")
    await expect(told).to_be_visible()
    await is_heard(tab)
    assert tab.errors == []


async def test_where_neither_device_can_be_used_the_page_says_why_and_asks_again(
    alone: PageAlone, staged_alone: StagedCall
) -> None:
    await alone.context.add_init_script(DEVICES)
    tab, _ = await staged_alone.in_a_call(alone)
    await is_heard(tab)
    choice, other = await other_of(tab)
    await tab.page.evaluate("window.__devices.none = true")
    await choice.select_option(other)
    told = tab.page.get_by_role("alert").filter(has_text="Another program is using your microphone")
    await expect(told).to_be_visible()
    await tab.page.evaluate("window.__devices.none = false")
    await told.get_by_role("button", name="Use microphone").click()
    await is_heard(tab)
    await expect(told).to_have_count(0)
    assert tab.errors == []


async def test_another_device_can_be_chosen_where_the_usual_one_is_taken(
    alone: PageAlone, staged_alone: StagedCall
) -> None:
    await alone.context.add_init_script(f"{DEVICES}; window.__devices.taken.push('default')")
    tab, _ = await staged_alone.in_a_call(alone)
    told = tab.page.get_by_role("alert").filter(has_text="Another program is using your microphone")
    await expect(told).to_be_visible()
    choice, other = await other_of(tab)
    await choice.select_option(other)
    await is_heard(tab)
    await expect(told).to_have_count(0)


async def test_the_level_is_that_of_the_device_that_was_chosen(
    alone: PageAlone, staged_alone: StagedCall
) -> None:
    await alone.context.add_init_script(DEVICES)
    tab, _ = await staged_alone.in_a_call(alone)
    await is_heard(tab)
    level = tab.page.get_by_role("meter", name="Microphone level")
    await expect(level).to_have_attribute("aria-valuenow", "0")
    choice, other = await other_of(tab)
    await tab.page.evaluate("id => (window.__devices.loud = id)", other)
    await choice.select_option(other)
    await expect(level).to_have_attribute("aria-valuenow", "10")
