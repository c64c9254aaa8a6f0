"""A call by keyboard: who talks, writes or answers by keys is not interrupted by what happens to the call."""

from __future__ import annotations

import asyncio
import json

import pytest
from playwright.async_api import Request, expect

from tests.web.page_agent import StagedCall
from tests.web.page_alone import PageAlone, Said
from tests.web.page_driver import PATIENT_MS, Tab
from tests.web.site import eventually

pytestmark = [pytest.mark.browser, pytest.mark.timeout(300)]


async def loses_its_line(tab: Tab, alone: PageAlone, staged: StagedCall) -> None:
    """The connection drops, and does not come back yet."""
    alone.answers[f"POST {staged.way_back}"] = (0, None)
    await tab.page.evaluate("dispatchEvent(new Event('offline'))")
    await expect(tab.state).to_have_text("Reconnecting…", timeout=PATIENT_MS)


async def has_its_line_again(tab: Tab, alone: PageAlone, staged: StagedCall) -> None:
    alone.answers[f"POST {staged.way_back}"] = (201, json.loads(staged.way_in()))
    await tab.page.evaluate("dispatchEvent(new Event('online'))")
    await tab.listening()


async def test_the_space_bar_talks_as_soon_as_push_to_talk_is_switched_on(
    alone: PageAlone, staged_alone: StagedCall
) -> None:
    tab, _ = await staged_alone.in_a_call(alone)

    async def muted() -> bool:
        return await tab.muted()

    async def heard() -> bool:
        return not await tab.muted()

    await eventually(heard)
    await tab.page.get_by_role("button", name="Push to talk").focus()
    await tab.page.keyboard.press("Enter")
    await eventually(muted)
    hold = tab.page.locator("button.hold")
    await expect(hold).to_be_focused()
    await tab.page.keyboard.down("Space")
    await eventually(heard)
    await expect(hold).to_have_text("Talking: let go to send")
    await tab.page.keyboard.up("Space")
    await eventually(muted)
    await expect(hold).to_have_text("Hold to talk")


async def test_a_dropped_line_leads_to_the_field_and_gives_the_keyboard_back(
    alone: PageAlone, staged_alone: StagedCall
) -> None:
    tab, _ = await staged_alone.in_a_call(alone)
    keys = tab.page.get_by_role("button", name="Keys")
    await keys.focus()
    await loses_its_line(tab, alone, staged_alone)
    await expect(tab.page.get_by_label("Type a message")).to_be_focused()
    await has_its_line_again(tab, alone, staged_alone)
    await expect(keys).to_be_focused()
    await loses_its_line(tab, alone, staged_alone)
    await expect(tab.page.get_by_label("Type a message")).to_be_focused()
    await tab.page.keyboard.type("Remember")
    await has_its_line_again(tab, alone, staged_alone)
    await expect(tab.page.get_by_label("Type a message")).to_be_focused()  # in the middle of a sentence


async def test_a_dropped_line_leaves_the_keyboard_to_push_to_talk(
    alone: PageAlone, staged_alone: StagedCall
) -> None:
    tab, _ = await staged_alone.in_a_call(alone)
    await tab.page.get_by_role("button", name="Push to talk").click()
    keys = tab.page.get_by_role("button", name="Keys")
    await keys.focus()
    await loses_its_line(tab, alone, staged_alone)
    await expect(tab.page.get_by_label("Type a message")).to_have_attribute(
        "placeholder", "Type here; it is sent when the line is back"
    )
    await expect(keys).to_be_focused()


async def test_what_was_written_to_nobody_is_there_after_another_try(
    alone: PageAlone, staged_alone: StagedCall
) -> None:
    alone.answers["POST /api/calls"] = (201, json.loads(staged_alone.way_in()))
    tab = await alone.tab()
    await tab.start()
    field = tab.page.get_by_label("Type a message")
    await field.fill("Remember this")
    again = tab.page.locator(".notice", has_text="Nobody has answered yet")
    await again.get_by_role("button", name="Try again").click()
    await expect(again).to_have_count(0)
    await expect(field).to_have_value("Remember this")
    await tab.page.get_by_role("button", name="End", exact=True).click()
    await expect(tab.page.get_by_text("Not sent: “Remember this”")).to_be_visible()


async def test_a_look_at_what_is_kept_leaves_the_keyboard_on_its_button(
    alone: PageAlone, staged_alone: StagedCall
) -> None:
    alone.answers["GET /api/consent"] = (200, {"transcripts": None, "days": 30})
    tab, agent = await staged_alone.in_a_call(alone)
    yes = tab.page.get_by_role("button", name="Yes, keep it")
    await yes.focus()
    asked, answered = asyncio.Event(), asyncio.Event()

    async def slowly(_: Request) -> Said:
        asked.set()
        await answered.wait()
        return 200, {"transcripts": None, "days": 30}

    alone.answers["GET /api/consent"] = slowly
    await agent.shows(state="speaking")
    await agent.shows(state="listening")
    async with asyncio.timeout(30):
        await asked.wait()
    await expect(yes).to_be_enabled()
    await tab.page.evaluate(
        "new Promise((drawn) => requestAnimationFrame(() => requestAnimationFrame(drawn)))"
    )
    await expect(yes).to_be_enabled()
    await expect(yes).to_be_focused()
    answered.set()


async def test_an_answer_that_did_not_arrive_is_read_out(alone: PageAlone, staged_alone: StagedCall) -> None:
    tab, agent = await staged_alone.in_a_call(alone)
    await agent.asks("Shall I delete buy milk?")
    await expect(tab.card).to_contain_text("Shall I delete buy milk?")
    await tab.card.get_by_role("button", name="Yes, delete").press("Enter")
    await expect(tab.card.get_by_role("status")).to_contain_text("did not arrive", timeout=PATIENT_MS)


async def test_what_is_typed_while_a_message_is_on_its_way_stays(
    alone: PageAlone, staged_alone: StagedCall
) -> None:
    tab, agent = await staged_alone.in_a_call(alone)
    field = tab.page.get_by_label("Type a message")
    await field.fill("One")
    # In one go: the answer to the first cannot come between.
    await field.evaluate(
        """(field) => {
          field.form.requestSubmit()
          Object.getOwnPropertyDescriptor(HTMLInputElement.prototype, 'value').set.call(field, 'Two')
          field.dispatchEvent(new Event('input', { bubbles: true }))
        }"""
    )

    async def was_heard() -> bool:
        return agent.messages == ["One"]

    await eventually(was_heard)
    await expect(tab.page.get_by_role("button", name="Send")).to_be_enabled()
    await expect(field).to_have_value("Two")


async def test_more_than_fits_into_a_message_is_sent_in_two(
    alone: PageAlone, staged_alone: StagedCall
) -> None:
    tab, agent = await staged_alone.in_a_call(alone)
    field = tab.page.get_by_label("Type a message")
    first, second = "word " * 399 + "end", "word " * 10 + "last"
    await field.evaluate("field => field.removeAttribute('maxlength')")  # as what an earlier call left
    await field.fill(f"{first} {second}")
    await tab.page.get_by_role("button", name="Send").click()
    await expect(field).to_have_value(second)
    await tab.page.get_by_role("button", name="Send").click()
    await expect(field).to_have_value("")

    async def were_heard() -> bool:
        return agent.messages == [first, second]

    await eventually(were_heard)


async def test_share_screen_leads_the_keyboard_to_what_is_asked_and_back(
    alone: PageAlone, staged_alone: StagedCall
) -> None:
    tab, _ = await staged_alone.in_a_call(alone)
    await tab.page.get_by_role("button", name="Share screen").press("Enter")
    await expect(tab.page.get_by_role("region", name="Share your screen")).to_be_focused()
    await tab.page.get_by_role("button", name="Not now").press("Enter")
    await expect(tab.page.get_by_role("region", name="Screen", exact=True)).to_be_focused()
