"""One's own pages where answers are late, lost or unordered: stars, calls, account."""

from __future__ import annotations

import asyncio
import re
from pathlib import Path
from typing import Any

import pytest
from playwright.async_api import Request, expect

from tests.web.all_looks import AllLooks
from tests.web.page_agent import StagedCall
from tests.web.page_alone import ANN, PageAlone, Said, refusal
from tests.web.page_driver import PATIENT_MS
from tests.web.site import eventually
from tests.web.test_page_looks import folder_of

pytestmark = [pytest.mark.browser, pytest.mark.timeout(300)]

ACCOUNT: dict[str, Any] = {
    "email": ANN,
    "plan": "economy",
    "time_zone": "UTC",
    "phone": None,
    "pin": False,
    "reminder_calls": False,
    "called_countries": ["CA", "US"],
    "phone_called": None,
    "sign_in": ["password"],
}
NO_SESSION = refusal(401, "unauthorized", "You are not signed in.")


def past_call(name: str) -> dict[str, Any]:
    """A call as the list tells it."""
    return {
        "call_id": name,
        "channel": "browser",
        "began_at": "2026-05-04T10:00:00Z",
        "ended_at": "2026-05-04T10:01:00Z",
        "cost_microdollars": 0,
        "served": [],
        "consent": None,
        "lines_kept": 0,
        "stars": None,
    }


async def test_stars_that_arrow_keys_walk_over_are_not_given(
    alone: PageAlone, staged_alone: StagedCall
) -> None:
    tab, _ = await staged_alone.in_a_call(alone)
    given: list[int] = []
    under_way, answered = asyncio.Event(), asyncio.Event()

    async def rate(request: Request) -> Said:
        given.append(request.post_data_json["stars"])
        under_way.set()
        await answered.wait()
        return 200, {"stars": given[-1]}

    call = staged_alone.way_back.removesuffix("/token")
    alone.answers[f"PUT {call}/rating"] = rate
    await tab.hang_up()
    await tab.page.get_by_label("1 star of 5").focus()
    for _ in range(3):
        await tab.page.keyboard.press("ArrowRight")
    async with asyncio.timeout(30):
        await under_way.wait()
    assert given == [4]
    # Another choice while that is on its way: it is sent after it, not beside it.
    await tab.page.keyboard.press("ArrowRight")
    await tab.page.keyboard.press("Tab")
    assert given == [4]
    answered.set()

    async def both_are_given() -> bool:
        return given == [4, 5]

    await eventually(both_are_given)
    await expect(tab.page.get_by_text("Thank you.")).to_be_visible()
    await expect(tab.page.get_by_label("5 stars of 5")).to_be_checked()


async def test_older_calls_that_could_not_be_shown_are_asked_for_again_beside_the_newer_ones(
    alone: PageAlone,
) -> None:
    page = {"sandbox": False, "calls": [past_call("new")], "next": 7, "next_id": "new"}
    alone.answers["GET /api/calls"] = (200, page)
    tab = await alone.tab()
    await tab.page.get_by_role("button", name="Calls").click()
    listed = tab.page.locator(".past-calls > li")
    await expect(listed).to_have_count(1)
    alone.answers["GET /api/calls"] = (0, None)
    await tab.page.get_by_role("button", name="Show older calls").click()
    await expect(tab.page.get_by_role("alert")).to_be_visible()
    page = {"sandbox": False, "calls": [past_call("old")], "next": None, "next_id": None}
    alone.answers["GET /api/calls"] = (200, page)
    await tab.page.get_by_role("button", name="Try again").click()
    await expect(listed).to_have_count(2)


async def test_an_erasure_whose_answer_was_lost_is_told_once_the_account_is_gone(alone: PageAlone) -> None:
    alone.answers["GET /api/account"] = (200, ACCOUNT)
    alone.answers["POST /api/erase"] = (0, None)
    tab = await alone.tab()
    await tab.page.get_by_role("button", name="Account").click()
    await tab.page.get_by_role("button", name="Erase my account…").click()
    await tab.page.get_by_label("To erase everything").fill(ANN)
    await tab.page.keyboard.press("Enter")
    await expect(tab.page.get_by_role("alert").filter(has_text="does not answer")).to_be_visible()
    alone.answers["GET /api/me"] = NO_SESSION
    await tab.page.get_by_label("To erase everything").press("Enter")
    await expect(tab.page.get_by_text("your account is not there any more")).to_be_visible()
    await expect(tab.page.get_by_label("Password")).to_be_visible()


async def test_the_keyboard_and_the_title_follow_to_ones_own_pages_and_back(alone: PageAlone) -> None:
    alone.answers["GET /api/account"] = (200, ACCOUNT)
    tab = await alone.tab()
    await tab.page.get_by_role("button", name="Account").press("Enter")
    await expect(tab.page.get_by_role("heading", name="Your account")).to_be_focused()
    await expect(tab.page).to_have_title("Your account · voicetasks")
    ask = tab.page.get_by_role("button", name="Erase my account…")
    await ask.press("Enter")
    await tab.page.get_by_role("button", name="Keep my account").press("Enter")
    await expect(ask).to_be_focused()
    await tab.page.get_by_role("button", name="Back").press("Enter")
    await expect(tab.page.get_by_role("button", name="Account")).to_be_focused()
    await expect(tab.page).to_have_title("voicetasks")


async def test_a_telephone_that_was_linked_with_a_code_is_seen_and_the_code_goes(alone: PageAlone) -> None:
    alone.answers["GET /api/account"] = (200, ACCOUNT)
    alone.answers["POST /api/account/phone-code"] = (200, {"code": "12345678"})
    tab = await alone.tab()
    await tab.page.get_by_role("button", name="Account").click()
    await tab.page.get_by_role("button", name="Show a code").click()
    code = tab.page.get_by_text("Call and key in")
    await expect(code).to_be_visible()
    linked = {"number": "+4930901820", "verified_at": "2026-05-04T10:00:00Z"}
    alone.answers["GET /api/account"] = (200, ACCOUNT | {"phone": linked})
    await expect(tab.page.get_by_label("Phone number")).to_have_value("+4930901820", timeout=PATIENT_MS)
    await expect(code).to_have_count(0)


async def test_whose_number_is_of_a_country_that_is_never_called_is_told_at_the_switch(
    alone: PageAlone, tmp_path: Path
) -> None:
    linked = {"number": "+4930901820", "verified_at": "2026-05-04T10:00:00Z"}
    alone.answers["GET /api/account"] = (200, ACCOUNT | {"phone": linked, "phone_called": False})
    own = {"number": "+14155550132", "verified_at": None}
    alone.answers["PATCH /api/account"] = (200, ACCOUNT | {"phone": own, "phone_called": True})
    tab = await alone.tab()
    await tab.page.get_by_role("button", name="Account").click()
    switch = tab.page.get_by_label("Call me about tasks")
    never_at_night = re.compile("never at night")
    countries = re.compile("of these countries alone are called: Canada and United States\\.")
    not_yours = re.compile("Yours will not be called\\.")
    # Heard with the switch, by whoever does not see what stands beside it.
    for told in (never_at_night, countries, not_yours):
        await expect(switch).to_have_accessible_description(told)
    await expect(tab.page.get_by_text(not_yours)).to_be_visible()
    await tab.page.get_by_text(not_yours).scroll_into_view_if_needed()
    await AllLooks(tab, folder_of(tmp_path)).holds("account-not-called")
    await tab.page.get_by_label("Phone number").fill("+14155550132")
    await tab.page.get_by_label("Phone number").press("Enter")
    await expect(tab.page.get_by_text(not_yours)).to_have_count(0)
    await expect(switch).to_have_accessible_description(countries)


async def test_nothing_of_the_page_is_wider_than_a_very_narrow_window(alone: PageAlone) -> None:
    tab = await alone.tab()
    await tab.page.set_viewport_size({"width": 320, "height": 640})
    await expect(tab.page.get_by_role("button", name="Sign out")).to_be_in_viewport(ratio=1)
    wide = await tab.page.evaluate("document.documentElement.scrollWidth - innerWidth")
    assert wide <= 0
