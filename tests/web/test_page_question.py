"""The card of a question: it is seen, it stays until the agent closes it, and a click is never lost in silence."""

from __future__ import annotations

import asyncio
import json

import pytest
from playwright.async_api import expect

from tests.web.page_agent import ScriptedAgent, StagedCall
from tests.web.page_alone import PageAlone
from tests.web.page_driver import PATIENT_MS
from tests.web.test_page_call_keys import has_its_line_again, loses_its_line

pytestmark = [pytest.mark.browser, pytest.mark.timeout(300)]

CLOCK_AHEAD = "const now = Date.now; Date.now = () => now() + 120_000"
LONGER_THAN_A_CLOCK_IS_TRUSTED = 16.0
"""Seconds after which a page that counts by its own clock takes the question for closed."""


async def closes(agent: ScriptedAgent, outcome: str) -> None:
    message = {"id": "q1", "outcome": outcome, "by": "voice", "answer": None}
    await agent.room.local_participant.send_text(json.dumps(message), topic="voicetasks.confirm")


async def test_a_question_stays_until_the_agent_closes_it_though_the_clock_is_ahead(
    alone: PageAlone, staged_alone: StagedCall
) -> None:
    await alone.context.add_init_script(CLOCK_AHEAD)
    tab, agent = await staged_alone.in_a_call(alone)
    await agent.asks("Shall I delete buy milk?")
    await expect(tab.card).to_be_visible()
    await asyncio.sleep(LONGER_THAN_A_CLOCK_IS_TRUSTED)
    await expect(tab.card).to_be_visible()
    await expect(tab.lines("note")).to_have_count(0)
    await closes(agent, "confirmed")
    await expect(tab.card).to_have_count(0)
    await expect(tab.lines("note")).to_contain_text("You said yes by voice.")


async def test_an_answer_while_the_line_is_lost_is_told_not_to_have_arrived(
    alone: PageAlone, staged_alone: StagedCall
) -> None:
    tab, agent = await staged_alone.in_a_call(alone)
    await agent.asks("Shall I delete buy milk?")
    await expect(tab.card).to_be_visible()
    await loses_its_line(tab, alone, staged_alone)
    await tab.card.get_by_role("button", name="Yes, delete").click()
    await expect(tab.card.get_by_role("status")).to_contain_text("did not arrive")
    await has_its_line_again(tab, alone, staged_alone)


async def test_what_must_be_seen_of_a_call_comes_before_the_tasks_on_a_narrow_screen(
    alone: PageAlone, staged_alone: StagedCall
) -> None:
    tab, agent = await staged_alone.in_a_call(alone)
    await tab.page.set_viewport_size({"width": 390, "height": 844})
    tasks = tab.page.get_by_role("group", name="What is shown").get_by_role("button", name="Tasks")

    await tasks.click()
    await expect(tab.state).to_be_hidden()
    await agent.asks("Shall I delete buy milk?")
    await expect(tab.card).to_be_visible()
    await expect(tab.card).to_be_focused()
    await closes(agent, "declined")
    await expect(tab.card).to_have_count(0)

    await tasks.click()
    await expect(tab.state).to_be_hidden()
    await loses_its_line(tab, alone, staged_alone)
    await expect(tab.state).to_be_visible()
    await has_its_line_again(tab, alone, staged_alone)

    await tasks.click()
    await expect(tab.state).to_be_hidden()
    await agent.shows(tier="text", stack="text", state="listening", reason="No voice.")
    await expect(tab.page.get_by_text("Voice is unavailable right now")).to_be_visible(timeout=PATIENT_MS)


async def test_a_card_gives_the_keyboard_back_when_it_is_answered(
    alone: PageAlone, staged_alone: StagedCall
) -> None:
    tab, agent = await staged_alone.in_a_call(alone)
    await expect(tab.state).to_be_focused()  # where a call begins
    keys = tab.page.get_by_role("button", name="Keys")
    await keys.focus()
    await agent.asks("Shall I delete buy milk?")
    await expect(tab.card).to_be_focused()
    await tab.card.get_by_role("button", name="No, keep").focus()
    await closes(agent, "declined")
    await expect(tab.card).to_have_count(0)
    await expect(keys).to_be_focused()
