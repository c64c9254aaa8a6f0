"""The stack changes under a call: the page says what serves now and why, and goes on in writing without a voice."""

from __future__ import annotations

import pytest
from playwright.async_api import expect

from tests.web.page_agent import ScriptedAgent, StagedCall, answer_calls_with
from tests.web.page_driver import PATIENT_MS, OpenTab, Tab
from tests.web.site import eventually

pytestmark = [pytest.mark.browser, pytest.mark.timeout(300)]

EMAIL = "economy@example.com"
BUSY = "Your plan includes premium, whose budget is used up; economy serves this call."


async def in_a_staged_call(open_tab: OpenTab, staged: StagedCall) -> tuple[Tab, ScriptedAgent]:
    """A tab in a call with an agent that serves with premium and listens."""
    tab = await open_tab()
    await answer_calls_with(tab, 201, staged.way_in())
    await tab.sign_in(EMAIL)
    agent = await staged.agent()
    await agent.shows(
        tier="premium",
        stack="premium",
        reason="Your plan includes premium.",
        state="listening",
        sandbox="true",
        cost_microdollars="31008",
    )
    await tab.start()
    await tab.listening()
    return tab, agent


async def test_a_new_tier_is_told_with_its_reason_and_the_news_goes_away(
    open_tab: OpenTab, staged: StagedCall
) -> None:
    tab, agent = await in_a_staged_call(open_tab, staged)
    badge, news = tab.page.locator(".badge[data-stack]"), tab.page.locator(".news")
    await expect(badge).to_have_text("Premium voice")
    await expect(news).to_have_attribute("aria-live", "polite")
    await expect(news).to_be_empty()
    await agent.shows(tier="economy", stack="economy", reason=BUSY)
    await expect(badge).to_have_text("Standard voice")
    await expect(news).to_have_text(f"Switched to standard voice: {BUSY}")
    await tab.page.get_by_text("Why?").click()
    await expect(tab.page.locator(".reason")).to_have_text(BUSY)
    await agent.shows(cost_microdollars="45000")
    await expect(tab.page.locator(".cost")).to_have_text("This call so far: $0.0450")
    await expect(tab.page.locator(".running")).to_have_text("$0.0450")
    await expect(tab.page.locator(".served .budget")).to_contain_text("Today your calls have cost $")
    history = tab.page.get_by_label("What has served this call").get_by_role("listitem")
    await expect(history).to_contain_text(["Premium voice (premium)", "Standard voice (economy)"])
    await expect(news).to_be_empty(timeout=PATIENT_MS)
    assert tab.errors == []


async def test_a_successor_of_the_agent_with_the_same_stack_is_no_news(
    open_tab: OpenTab, staged: StagedCall
) -> None:
    tab, agent = await in_a_staged_call(open_tab, staged)
    await agent.leaves()
    await expect(tab.state).to_have_text("Connecting")
    successor = await staged.agent("successor")
    await successor.shows(tier="premium", stack="premium", reason="As before.", state="listening")
    await tab.listening()
    await expect(tab.page.locator(".news")).to_be_empty()
    await eventually(lambda: has_said(successor, "on"))


async def has_said(agent: ScriptedAgent, word: str) -> bool:
    return agent.microphone[-1:] == [word]


async def test_without_a_voice_the_call_goes_on_in_writing_and_comes_back(
    open_tab: OpenTab, staged: StagedCall
) -> None:
    tab, agent = await in_a_staged_call(open_tab, staged)
    await expect(tab.page.get_by_role("button", name="Mute", exact=True)).to_be_visible()
    await eventually(lambda: has_said(agent, "on"))
    await agent.shows(tier="economy", stack="text", reason="No voice service answers.")
    notice = tab.page.get_by_role("alert").filter(has_text="Voice is unavailable right now; please type.")
    await expect(notice).to_contain_text("No voice service answers.")
    field = tab.page.get_by_label("Type a message")
    await expect(field).to_be_focused()
    await expect(tab.page.get_by_role("button", name="Microphone is off")).to_be_disabled()
    await expect(tab.state).to_have_text("Ready for your message")
    await eventually(lambda: has_said(agent, "off"))
    assert await tab.muted()
    await tab.page.keyboard.type("What is on my list?")
    await tab.page.keyboard.press("Enter")

    async def arrived() -> bool:
        return agent.messages == ["What is on my list?"]

    await eventually(arrived)
    await agent.writes("Nothing at all.")
    await expect(tab.lines("assistant").last).to_contain_text("Nothing at all.")

    await agent.shows(tier="economy", stack="budget", reason="Voice works again.")
    await expect(notice).to_have_count(0)
    await expect(tab.page.locator(".news")).to_contain_text("Voice is back. Switched to standard voice")
    await expect(tab.page.get_by_role("button", name="Mute", exact=True)).to_be_visible()
    await eventually(lambda: has_said(agent, "on"))
    assert not await tab.muted()


async def test_a_microphone_that_was_muted_before_stays_so_when_the_voice_is_back(
    open_tab: OpenTab, staged: StagedCall
) -> None:
    tab, agent = await in_a_staged_call(open_tab, staged)
    await tab.page.get_by_role("button", name="Mute", exact=True).click()
    await agent.shows(tier="economy", stack="text", reason="No voice service answers.")
    await expect(tab.page.get_by_role("button", name="Microphone is off")).to_be_visible()
    await agent.shows(tier="premium", stack="premium", reason="Voice works again.")
    await expect(tab.page.get_by_role("button", name="Unmute")).to_be_visible()
    assert await tab.muted()
