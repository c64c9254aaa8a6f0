"""The console beside a slow server: what it shows is true, and what was begun is not lost sight of."""

from __future__ import annotations

import asyncio

import pytest
from playwright.async_api import Request, expect

from tests.web.page_alone import Answer, PageAlone, Said, account, refusal
from tests.web.page_driver import PATIENT_MS

pytestmark = [pytest.mark.browser, pytest.mark.timeout(300)]

SLOWER_THAN_LOOKS = 3.0
"""Seconds; live calls are looked at every two."""
NOBODY_CALLS = {"sandbox": False, "now_ms": 0, "calls": [], "why_behind": ""}
POLICY = {
    "version": "v1",
    "in_redis": "v1",
    "policy": {
        "version": "v1",
        "premium": ["premium"],
        "economy": ["economy"],
        "local_enabled": False,
        "tiers_off": [],
        "stacks_off": [],
        "caps": {},
    },
    "stacks": {"premium": "premium", "economy": "economy"},
}
NO_EFFECT = {"version": "v1", "changes": [], "live": 0, "moves": [], "phases": [], "why_behind": ""}


@pytest.fixture
async def console(alone: PageAlone) -> PageAlone:
    """Signed in as an admin."""
    alone.answers |= {
        "GET /api/me": (200, account(role="admin")),
        "GET /api/admin/policy": (200, POLICY),
        "GET /api/admin/policy/history": (200, {"versions": [], "more": False}),
        "POST /api/admin/policy/effect": (200, NO_EFFECT),
    }
    return alone


def slowly(answer: Said) -> Answer:
    """The same, later than the page looks again."""

    async def give(_: Request) -> Said:
        await asyncio.sleep(SLOWER_THAN_LOOKS)
        return answer

    return give


async def test_an_answer_that_takes_longer_than_the_next_look_is_shown_and_so_is_a_failure(
    console: PageAlone,
) -> None:
    console.answers["GET /api/admin/calls/live"] = slowly((200, NOBODY_CALLS))
    tab = await console.tab("/#admin/live")
    await expect(tab.page.get_by_text("Nobody calls at the moment")).to_be_visible(timeout=15_000)
    failure = refusal(503, "unavailable", "Redis does not answer.")
    console.answers["GET /api/admin/calls/live"] = slowly(failure)
    await expect(tab.page.get_by_text("What you see is from before")).to_be_visible(timeout=15_000)


async def test_a_change_that_is_under_way_is_not_left_before_its_outcome_is_known(console: PageAlone) -> None:
    answered = asyncio.Event()

    async def written(_: Request) -> Said:
        await answered.wait()
        return 200, {"version": "v2", "told_redis": True}

    console.answers["PATCH /api/admin/policy"] = written
    tab = await console.tab("/#admin/policy")
    await tab.page.get_by_role("switch", name="stack economy").click()
    dialog = tab.page.get_by_role("dialog")
    await dialog.get_by_role("button", name="Change it").click()
    await expect(dialog.get_by_role("button", name="Changing…")).to_be_visible()
    await expect(dialog.get_by_role("button", name="Leave it")).to_be_disabled()
    for _ in range(3):
        await tab.page.keyboard.press("Escape")
    await expect(dialog).to_be_visible()
    answered.set()
    await expect(tab.page.get_by_text("The policy is version v2 now")).to_be_visible(timeout=PATIENT_MS)
    await expect(dialog).to_have_count(0)


async def test_an_erasure_that_is_under_way_is_not_left_before_its_proof_is_there(console: PageAlone) -> None:
    person = {"id": "u1", "email": "zoe@example.net", "plan": "economy", "role": "user", "time_zone": "UTC"}
    console.answers["GET /api/admin/users"] = (200, {"users": [person], "more": False})
    console.answers["POST /api/admin/erase/effect"] = (200, {"live_calls": 0})
    answered = asyncio.Event()

    async def erased(_: Request) -> Said:
        await answered.wait()
        return 200, {"complete": True, "digest": "d1", "at": "", "steps": []}

    console.answers["POST /api/admin/erase"] = erased
    tab = await console.tab("/#admin/people")
    await tab.page.get_by_role("button", name="Erase zoe@example.net").click()
    await tab.page.get_by_label("To erase everything").fill("zoe@example.net")
    await tab.page.get_by_role("dialog").get_by_role("button", name="Erase everything").click()
    await expect(tab.page.get_by_role("button", name="One moment…")).to_be_visible()
    for _ in range(3):
        await tab.page.keyboard.press("Escape")
    await expect(tab.page.get_by_role("dialog")).to_be_visible()
    answered.set()
    await expect(tab.page.get_by_role("dialog", name="The proof")).to_contain_text("Nothing is left")
