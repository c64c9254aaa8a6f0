"""The browser's session and the page that lives by it: another tab signs in, a sign-out fails, it ends in a call."""

from __future__ import annotations

import pytest
from playwright.async_api import Request, expect

from tests.web.page_agent import StagedCall
from tests.web.page_alone import ANN, BOB, Answer, PageAlone, Said, account, refusal
from tests.web.page_driver import PATIENT_MS
from tests.web.site import eventually

pytestmark = [pytest.mark.browser, pytest.mark.timeout(300)]

WITHOUT_TOKEN = refusal(403, "csrf", "The request does not carry this session's X-CSRF-Token.")
NO_SESSION = refusal(401, "unauthorized", "You are not signed in.")


def only_with(token: str, answer: Said) -> Answer:
    """Answers a change that carries the session's token."""

    def give(request: Request) -> Said:
        return answer if request.headers.get("x-csrf-token") == token else WITHOUT_TOKEN

    return give


async def test_a_session_that_the_same_person_began_in_another_tab_serves_this_one(alone: PageAlone) -> None:
    tab = await alone.tab()
    await expect(tab.page.get_by_text(ANN)).to_be_visible()
    alone.answers["GET /api/me"] = (200, account(csrf="second"))
    alone.answers["POST /api/calls"] = only_with("second", refusal(503, "busy", "All lines are busy."))
    await tab.page.get_by_role("button", name="Start talking").click()
    await expect(tab.page.get_by_role("heading", name="All lines are busy")).to_be_visible()
    assert alone.asked.count("POST /api/calls") == 2
    await tab.page.get_by_role("button", name="Try again").click()

    async def asked_again() -> bool:
        return alone.asked.count("POST /api/calls") == 3  # the new token is known by now

    await eventually(asked_again)
    await expect(tab.page.get_by_text(ANN)).to_be_visible()


async def test_a_page_whose_person_is_not_the_one_signed_in_any_more_shows_nothing_of_either(
    alone: PageAlone,
) -> None:
    tab = await alone.tab()
    await expect(tab.page.get_by_text("Buy milk")).to_be_visible()
    alone.answers["GET /api/me"] = (200, account(BOB, csrf="his"))
    alone.answers["POST /api/calls"] = only_with("his", refusal(503, "busy", "All lines are busy."))
    await tab.page.get_by_role("button", name="Start talking").click()
    await expect(tab.page.get_by_text("You have been signed out")).to_be_visible()
    await expect(tab.page.get_by_text("Buy milk")).to_have_count(0)
    assert alone.asked.count("POST /api/calls") == 1, "nothing is done in somebody else's name"


async def test_a_tab_hears_at_once_that_somebody_else_has_signed_in_with_another(alone: PageAlone) -> None:
    first = await alone.tab()
    await expect(first.page.get_by_text("Buy milk")).to_be_visible()
    alone.answers["GET /api/me"] = (200, account(BOB))
    second = await alone.tab()
    await expect(second.page.get_by_text(BOB)).to_be_visible()
    await expect(first.page.get_by_text("You have been signed out")).to_be_visible()
    await expect(first.page.get_by_text("Buy milk")).to_have_count(0)
    await expect(second.page.get_by_text(BOB)).to_be_visible()


@pytest.mark.parametrize("failure", [(0, None), refusal(503, "unavailable", "The database is away.")])
async def test_a_sign_out_that_failed_is_told_and_tried_again(alone: PageAlone, failure: Said) -> None:
    tab = await alone.tab()
    alone.answers["POST /api/logout"] = failure
    await tab.page.get_by_role("button", name="Sign out").click()
    notice = tab.page.get_by_role("alert").filter(has_text="You are still signed in")
    await expect(notice).to_be_visible()
    await expect(tab.page.get_by_label("Password")).to_have_count(0)
    alone.answers["POST /api/logout"] = (204, None)
    await notice.get_by_role("button", name="Try again").click()
    await expect(tab.page.get_by_label("Password")).to_be_visible()


async def test_a_sign_out_without_any_session_is_one(alone: PageAlone) -> None:
    tab = await alone.tab()
    alone.answers["POST /api/logout"] = NO_SESSION
    await tab.page.get_by_role("button", name="Sign out").click()
    await expect(tab.page.get_by_label("Password")).to_be_visible()


async def test_a_call_outlives_the_session_it_was_begun_with(
    alone: PageAlone, staged_alone: StagedCall
) -> None:
    tab, agent = await staged_alone.in_a_call(alone)
    alone.answers["GET /api/tasks"] = NO_SESSION
    await agent.shows(state="speaking")
    await agent.shows(state="listening")
    await expect(tab.page.get_by_text("The call goes on; once it has ended, sign in again")).to_be_visible(
        timeout=PATIENT_MS
    )
    await tab.type("Are you there?")

    async def was_heard() -> bool:
        return agent.messages == ["Are you there?"]

    await eventually(was_heard)
    await tab.page.get_by_role("button", name="End", exact=True).click()
    await expect(tab.page.get_by_label("Password")).to_be_visible()


async def test_a_page_that_asks_for_a_sign_in_notices_that_another_tab_has_signed_in(
    alone: PageAlone,
) -> None:
    alone.answers["GET /api/me"] = NO_SESSION
    first = await alone.tab()
    await expect(first.page.get_by_label("Password")).to_be_visible()
    alone.answers["GET /api/me"] = (200, account())
    await alone.tab()
    await expect(first.page.get_by_role("button", name="Start talking")).to_be_visible()
    await expect(first.page.get_by_text(ANN)).to_be_visible()


async def test_an_answer_that_cannot_be_read_is_none_and_signs_nobody_out(alone: PageAlone) -> None:
    tab = await alone.tab("/#nowhere")
    await tab.page.route("**/api/me", lambda route: route.fulfill(status=200, body="<html>A cache"))
    await tab.page.reload()
    await expect(tab.page.get_by_role("alert")).to_contain_text("The server does not answer")
    await expect(tab.page.get_by_label("Password")).to_have_count(0)
    await tab.page.unroute("**/api/me")
    await tab.page.get_by_role("button", name="Try again").click()
    await expect(tab.page.get_by_role("button", name="Start talking")).to_be_visible()
