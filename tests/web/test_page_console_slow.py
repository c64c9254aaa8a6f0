"""The console beside a slow server: what it shows is true, and what was begun is not lost sight of."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime

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


async def test_a_change_whose_answer_was_lost_is_not_blamed_on_somebody_else(console: PageAlone) -> None:
    conflict = {"version": "v2", "difference": [{"path": "stacks_off", "before": [], "after": ["economy"]}]}
    console.answers["PATCH /api/admin/policy"] = (0, None)
    tab = await console.tab("/#admin/policy")
    await tab.page.get_by_role("switch", name="stack economy").click()
    dialog = tab.page.get_by_role("dialog")
    await dialog.get_by_role("button", name="Change it").click()
    await expect(dialog.get_by_role("alert")).to_contain_text("The server does not answer")
    console.answers["PATCH /api/admin/policy"] = (409, conflict)
    await dialog.get_by_role("button", name="Change it").click()
    await expect(dialog.get_by_role("alert")).to_contain_text("Your first try")
    await expect(dialog).not_to_contain_text("Somebody else")
    await expect(tab.page).to_have_title("Policy · voicetasks")


async def test_somebody_whose_addition_was_not_answered_is_said_to_be_there_perhaps(
    console: PageAlone,
) -> None:
    console.answers["GET /api/admin/users"] = (200, {"users": [], "more": False})
    console.answers["POST /api/admin/users"] = (0, None)
    tab = await console.tab("/#admin/people")
    add = tab.page.get_by_role("region", name="Add somebody")
    await add.get_by_label("Email").fill("zoe@example.net")
    await add.get_by_label("First password").fill("correct horse battery")
    await add.get_by_label("Time zone").fill("Europe/Atlantis")
    await add.get_by_role("button", name="Add…").click()
    await expect(add.get_by_role("alert")).to_contain_text("There is no time zone «Europe/Atlantis»")
    await add.get_by_label("Time zone").fill("Europe/Berlin")
    await add.get_by_role("button", name="Add…").click()
    dialog = tab.page.get_by_role("dialog")
    await dialog.get_by_role("button", name="Add somebody").click()
    await expect(dialog.get_by_role("alert")).to_contain_text("The server does not answer")
    console.answers["POST /api/admin/users"] = refusal(409, "taken", "Somebody has this address already.")
    await dialog.get_by_role("button", name="Add somebody").click()
    await expect(dialog.get_by_role("alert")).to_contain_text("may have added zoe@example.net")


async def test_a_settlement_that_is_not_as_it_was_told_is_looked_at_again_where_it_stands(
    console: PageAlone,
) -> None:
    effect = {
        "form": "openai",
        "sandbox": False,
        "models": [],
        "corrections": 1,
        "settlement": "s1",
        "notes": [],
    }
    stale = refusal(409, "stale", "Something else would be settled now. Look at the effect again.")
    console.answers |= {
        "GET /api/admin/journal": (200, {"entries": [], "more": False}),
        "POST /api/admin/reconcile/effect": (200, effect),
        "POST /api/admin/reconcile": stale,
    }
    tab = await console.tab("/#admin/journal")
    file = {"name": "usage.json", "mimeType": "application/json", "buffer": b"{}"}
    await tab.page.get_by_label("Usage export, JSON").set_input_files([file])  # type: ignore[list-item]
    await tab.page.get_by_role("button", name="Compare…").click()
    dialog = tab.page.get_by_role("dialog")
    await dialog.get_by_role("button", name="Settle them").click()
    await expect(dialog.get_by_role("alert")).to_contain_text("Look at the effect again")
    await dialog.get_by_role("button", name="Look again").click()
    await expect(dialog).to_contain_text("1 estimate will be settled")
    await expect(dialog.get_by_role("alert")).to_have_count(0)


async def test_money_goes_by_the_servers_days_and_caps_that_cannot_be_are_not_proposed(
    console: PageAlone,
) -> None:
    await console.context.add_init_script("const now = Date.now; Date.now = () => now() - 259_200_000")
    today = datetime.now(UTC).date().isoformat()
    spent = {"day": today, "stack": "economy", "channel": "browser", "arm": "", "demo": False}
    budget = {"sandbox": False, "whose": "global", "version": "v1", "own_caps": False, "redis_answers": True}
    console.answers |= {
        "GET /api/admin/costs": (
            200,
            {"sandbox": False, "days": 14, "rows": [spent | {"microdollars": 5_000_000, "calls": 1}]},
        ),
        "GET /api/admin/budget": (
            200,
            budget | {"caps": {"user_day": {"premium": 1_000_000, "total": 2_000_000}}, "scopes": []},
        ),
    }
    tab = await console.tab("/#admin/money")
    await tab.page.get_by_text("As a table").click()
    row = tab.page.get_by_role("region", name="Costs by day").get_by_role("row").filter(has_text=today)
    await expect(row).to_contain_text("5.00")
    await tab.page.get_by_label("premium, $").fill("3.00")
    await tab.page.get_by_role("button", name="Change caps…").click()
    await expect(tab.page.get_by_role("alert")).to_contain_text("Premium cannot be more than all tiers")
    await expect(tab.page.get_by_role("dialog")).to_have_count(0)
