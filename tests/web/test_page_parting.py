"""A call that nothing may serve any more: the page says why, while it is said and afterwards."""

from __future__ import annotations

import pytest
from playwright.async_api import expect

from tests.web.page_agent import StagedCall
from tests.web.page_alone import PageAlone
from tests.web.page_driver import PATIENT_MS

pytestmark = pytest.mark.browser


@pytest.mark.parametrize(
    ("state", "meanwhile", "title"),
    [
        ("trouble", "Something on our side has failed", "The assistant had to stop"),
        ("out_of_money", "The budget for calls is used up", "The budget for calls is used up"),
        ("switched_off", "Calls are switched off", "Calls are switched off for now"),
    ],
)
async def test_why_a_call_ends_is_shown_while_it_is_said_and_when_it_is_over(
    alone: PageAlone, staged_alone: StagedCall, state: str, meanwhile: str, title: str
) -> None:
    tab, agent = await staged_alone.in_a_call(alone)
    await agent.shows(state=state)
    await expect(tab.page.locator(".agent .quiet")).to_contain_text(meanwhile)
    await staged_alone.ends()
    await expect(tab.page.get_by_role("heading", name=title)).to_be_visible(timeout=PATIENT_MS)
    await expect(tab.page.get_by_role("alert")).to_contain_text("What was confirmed is saved")
