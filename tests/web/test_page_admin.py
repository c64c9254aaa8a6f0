"""The console of admins in a real browser: every page large and small, light and dark, and a call moved by a switch.

VOICETASKS_TEST_SCREENSHOTS names a folder to keep the screenshots in.
"""

from __future__ import annotations

import json
import re
import secrets
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from playwright.async_api import expect

from routing.journal import Entry, Journal
from tests.web.all_looks import AllLooks
from tests.web.console_driver import console, fails, go
from tests.web.page_driver import PATIENT_MS, OpenTab, StartWith
from tests.web.test_page_looks import folder_of
from tiers.usage import Usage

pytestmark = [pytest.mark.browser, pytest.mark.timeout(400)]

MOVED_SECONDS = 5.0


@pytest.fixture
def demo_data(demo: Any) -> Iterator[None]:
    """Made-up calls, taken away again."""
    made = demo.voicetasks("admin", "demo-data", "--calls", "120", "--json")
    assert made.returncode == 0, made.stderr
    yield
    gone = demo.voicetasks("admin", "demo-data", "--remove", "--json")
    assert gone.returncode == 0, gone.stderr


@pytest.fixture
def switched_on_again(demo: Any) -> Iterator[None]:
    """Whatever a test switched off."""
    yield
    args = ("--tier-on", "premium", "--stack-on", "quality", "--stack-on", "budget")
    assert demo.voicetasks("admin", "policy", "set", *args).returncode == 0


@pytest.fixture
async def bill(demo: Any, tmp_path: Path) -> Path:
    """A stand-ins' invoice of a request that a call could only estimate, and of one that nobody here made."""
    now_ms, call_id = time.time_ns() // 1_000_000, f"estimated-{secrets.token_hex(4)}"
    usage = Usage(
        event_id="s:resp_1:estimate",
        vendor="openai",
        model="gpt-realtime",
        part="speech_to_speech",
        stack="premium",
        units={"audio_output_tokens": 1},
        certainty="estimated",
        outcome="ok",
    )
    async with Journal(f"sqlite+aiosqlite:///{demo.data_dir / 'routing.db'}") as journal:
        details = {"usage": json.loads(usage.to_json()), "price": 10_000, "price_version": "v1"}
        await journal.append(
            [Entry(f"{call_id}:e1", "charge", now_ms - 1_000, call_id, "premium", 10_000, details=details)]
        )
    when = datetime.fromtimestamp(now_ms / 1000, UTC).isoformat(timespec="milliseconds")
    rows = [
        {"model": "gpt-realtime", "request_id": "resp_1", "tag": call_id, "microdollars": 12_000},
        {"model": "no-such-model", "request_id": "resp_2", "microdollars": 42_300},
    ]
    file = tmp_path / "invoice.json"
    same = {"vendor": "openai", "units": {}, "status": "ok", "time": when}
    file.write_text(json.dumps({"sandbox": True, "rows": [row | same for row in rows]}))
    return file


@pytest.mark.dear
async def test_every_page_of_the_console_can_be_seen_and_read_by_everybody(
    open_tab: OpenTab, demo_data: None, bill: Path, tmp_path: Path
) -> None:
    look = AllLooks(await open_tab(), folder_of(tmp_path))
    page = await console(look.tab)
    await expect(page.get_by_text("Nobody calls at the moment")).to_be_visible(timeout=PATIENT_MS)
    await look.holds("admin-live-empty")

    await go(page, "Money")
    bars = page.locator(".recharts-bar-rectangle path")
    await expect(bars.first).to_be_visible(timeout=PATIENT_MS)
    await bars.nth(await bars.count() // 2).hover()
    await expect(page.locator(".recharts-tooltip-wrapper").first).to_contain_text("$")
    await expect(page.get_by_text("demo data", exact=True).first).to_be_visible()
    await look.holds("admin-money")
    await page.get_by_role("button", name="Arm of an experiment").click()
    await page.get_by_text("As a table").click()
    await expect(
        page.get_by_role("columnheader", name=re.compile("demo-cheaper-voice: control"))
    ).to_be_visible()
    await look.holds("admin-money-arms")
    await page.get_by_text("As a table").click()
    await page.get_by_label(re.compile("Whose")).fill("nobody@example.org")
    await page.get_by_role("button", name="Show", exact=True).click()
    await expect(page.get_by_role("alert")).to_contain_text("There is no such user")

    await look.go_on("phone")
    await go(page, "Calls")
    await page.keyboard.press("/")
    await expect(page.get_by_label("Call id begins with")).to_be_focused()
    await page.get_by_label("Days").select_option("30")
    await page.keyboard.press("Tab")
    await page.get_by_label("Call id begins with").fill("demo-1-00")
    await page.keyboard.press("Enter")
    await expect(page.get_by_role("link", name=re.compile("demo-1-00")).first).to_be_visible(
        timeout=PATIENT_MS
    )
    await look.holds("admin-calls")
    story = await page.get_by_role("link", name=re.compile("demo-1-00")).first.get_attribute("href")
    await page.get_by_label("Call id begins with").fill("no such call")
    await page.keyboard.press("Enter")
    await expect(page.get_by_text("No call matches")).to_be_visible(timeout=PATIENT_MS)
    await look.holds("admin-calls-empty")

    await go(page, "Experiments")
    await expect(page.get_by_text("Demo data: a cheaper voice")).to_be_visible(timeout=PATIENT_MS)
    await expect(page.get_by_role("region", name="Arms of demo-cheaper-voice")).to_be_visible(
        timeout=PATIENT_MS
    )
    await look.holds("admin-experiments")

    await go(page, "Vendors")
    await expect(page.get_by_role("cell", name="openai-realtime", exact=True).first).to_be_visible(
        timeout=PATIENT_MS
    )
    await look.holds("admin-vendors")
    await fails(page, "**/api/admin/health")
    await expect(page.get_by_role("alert").first).to_contain_text(
        "What you see is from before", timeout=PATIENT_MS
    )
    await look.holds("admin-vendors-error")
    await page.unroute("**/api/admin/health")

    await go(page, "Journal")
    await page.get_by_label("Kind").select_option("decision")
    await page.get_by_label("At most").select_option("20")
    await page.get_by_label("At most").press("Tab")
    await page.keyboard.press("Enter")
    entries = page.get_by_role("region", name="Journal").get_by_role("row")
    await expect(entries.nth(1)).to_contain_text("decision", timeout=PATIENT_MS)
    await expect(entries.filter(has_text="charge")).to_have_count(0)
    await look.holds("admin-journal")
    await page.get_by_label(re.compile("Call id, whole")).fill("no-such-call")
    await page.keyboard.press("Enter")
    await expect(page.get_by_text("No entry matches.")).to_be_visible(timeout=PATIENT_MS)
    compare = page.get_by_role("button", name="Compare…")
    await compare.click()
    await expect(page.get_by_role("alert")).to_have_text("Choose a file.")
    file = page.get_by_label("Usage export, JSON")
    await expect(file).to_be_focused()
    await file.set_input_files(bill)
    await compare.press("Enter")
    dialog = page.get_by_role("dialog", name="The journal beside invoice.json")
    await expect(dialog).to_contain_text(
        "1 estimate will be settled; that changes the journal by +$0.0020.", timeout=PATIENT_MS
    )
    await expect(dialog.get_by_role("row", name=re.compile("no-such-model"))).to_contain_text("$0.0423")
    await look.holds("admin-journal-compared")
    await page.keyboard.press("Escape")
    await expect(page.get_by_role("dialog")).to_have_count(0)
    await expect(compare).to_be_focused()
    await page.keyboard.press("Enter")
    settle = dialog.get_by_role("button", name="Settle them")
    await expect(settle).to_be_enabled(timeout=PATIENT_MS)
    await settle.press("Enter")
    await expect(page.get_by_text("1 estimate was settled.")).to_be_visible(timeout=PATIENT_MS)
    await compare.press("Enter")
    await expect(dialog).to_contain_text("No estimate can be settled by it", timeout=PATIENT_MS)
    await expect(settle).to_be_disabled()
    await page.keyboard.press("Escape")
    await expect(page.get_by_role("dialog")).to_have_count(0)

    await go(page, "Audit")
    await expect(page.get_by_role("cell", name="sign in").first).to_be_visible(timeout=PATIENT_MS)
    await look.holds("admin-audit")

    await page.get_by_label(re.compile("Whose")).fill("nobody@example.org")
    await page.keyboard.press("Enter")
    await expect(page.get_by_role("alert")).to_contain_text("There is no such user")

    await look.go_on("light")
    await go(page, "Policy")
    toggle = page.get_by_role("switch", name="stack quality")
    await expect(toggle).to_be_checked(timeout=PATIENT_MS)
    await look.holds("admin-policy")
    await toggle.focus()
    await page.keyboard.press("Enter")
    await expect(page.get_by_role("dialog")).to_contain_text("No call goes on now", timeout=PATIENT_MS)
    await look.holds("admin-policy-confirm")
    await page.keyboard.press("Escape")
    await expect(page.get_by_role("dialog")).to_have_count(0)
    await expect(toggle).to_be_focused()
    await expect(toggle).to_be_checked()

    assert story is not None
    await page.goto(look.tab.url + story)
    await expect(page.get_by_text("demo data: this call never was")).to_be_visible()
    await look.holds("admin-story")
    assert look.tab.errors == []


async def test_nobody_but_admins_has_a_console(open_tab: OpenTab, start_with: StartWith) -> None:
    tab = await open_tab()
    loaded: list[str] = []
    tab.page.on("request", lambda request: loaded.append(request.url))
    await tab.page.goto(f"{tab.url}#admin/policy")
    await tab.sign_in("economy@example.com")
    await expect(tab.page.get_by_role("button", name="Start talking")).to_be_visible()
    await expect(tab.page.get_by_role("link", name="Admin")).to_have_count(0)
    assert not [url for url in loaded if "/assets/Admin" in url]


@pytest.mark.dear
async def test_of_two_admins_the_second_sees_what_the_first_changed(
    open_tab: OpenTab, switched_on_again: None, tmp_path: Path
) -> None:
    first = await console(await open_tab(), "Policy")
    late = await open_tab()
    second = await console(late, "Policy")
    await expect(second.get_by_role("switch", name="stack budget")).to_be_checked(timeout=PATIENT_MS)
    # What the second one looked at stays what it was.
    await second.route(
        "**/api/admin/policy",
        lambda route: route.abort() if route.request.method == "GET" else route.continue_(),
    )

    await first.get_by_role("switch", name="stack quality").click()
    await expect(first.get_by_role("dialog")).to_contain_text("No call goes on now", timeout=PATIENT_MS)
    await first.get_by_label("Why, for the history").fill("it sounds odd")
    await first.get_by_role("button", name="Change it").click()
    await expect(first.get_by_role("switch", name="stack quality")).not_to_be_checked(timeout=PATIENT_MS)
    await expect(first.get_by_role("status").first).to_contain_text("The policy is version")
    await expect(first.get_by_text("«it sounds odd»").first).to_be_visible(timeout=PATIENT_MS)

    await second.get_by_role("switch", name="stack budget").click()
    dialog = second.get_by_role("dialog")
    await expect(dialog.get_by_role("alert")).to_contain_text(
        "Somebody else changed the policy", timeout=PATIENT_MS
    )
    await expect(dialog).to_contain_text("stacks off")
    await expect(dialog.locator("ins")).to_have_text("quality")
    await AllLooks(late, folder_of(tmp_path)).holds("admin-conflict")
    await second.unroute("**/api/admin/policy")
    await dialog.get_by_role("button", name="Look at it").click()
    await expect(second.get_by_role("switch", name="stack quality")).not_to_be_checked(timeout=PATIENT_MS)
    await expect(second.get_by_role("switch", name="stack budget")).to_be_checked()


@pytest.mark.dear
async def test_a_live_call_that_a_switch_moves_is_on_the_other_stack_within_five_seconds_and_its_story_shows_why(
    open_tab: OpenTab, start_with: StartWith, switched_on_again: None
) -> None:
    await start_with("premium@example.com")
    caller = await open_tab()
    await caller.sign_in("premium@example.com")
    await caller.start()
    await caller.greeted()
    page = await console(await open_tab())
    row = page.get_by_role("region", name="Live calls").get_by_role("row").nth(1)
    await expect(row).to_contain_text("premium", timeout=PATIENT_MS)
    call_id = (await row.get_by_role("link").inner_text()).strip()
    await go(page, "Money")
    await page.get_by_role("group", name="call").get_by_label("premium, $").fill("0.00")
    await page.keyboard.press("Enter")
    dialog = page.get_by_role("dialog", name="Change the caps of everybody")
    await expect(dialog).to_contain_text("1 live call will move.", timeout=PATIENT_MS)
    await expect(dialog).to_contain_text("A call keeps the money that it holds.")
    await expect(dialog.locator("ins")).to_have_text("$0.00")
    await page.keyboard.press("Escape")
    await expect(page.get_by_role("dialog")).to_have_count(0)
    await go(page, "Policy")
    await page.get_by_role("switch", name="premium", exact=True).click()
    dialog = page.get_by_role("dialog")
    await expect(dialog).to_contain_text("1 live call will move.", timeout=PATIENT_MS)
    await expect(dialog).to_contain_text("premium → economy")
    await dialog.get_by_label("Why, for the history").fill("too dear this week")
    began = time.monotonic()
    await dialog.get_by_role("button", name="Change it").click()
    await expect(caller.page.locator(".news")).to_contain_text(
        "Switched to standard voice", timeout=PATIENT_MS
    )
    took = time.monotonic() - began
    print(f"moved after {took:.2f} s")
    assert took < MOVED_SECONDS
    await go(page, "Live calls")
    mine = page.get_by_role("row").filter(
        has_text=call_id
    )  # whoever left without a word is there for two minutes
    await expect(mine.locator(".stack")).to_have_text("economy", timeout=PATIENT_MS)
    await caller.hang_up()

    async def told() -> dict[str, Any]:
        found: dict[str, Any] = await page.evaluate(
            "id => fetch(`/api/admin/calls/${id}/story`).then((answer) => answer.json())", call_id
        )
        return found

    story = await told()
    while story["ended"] is None:
        await page.wait_for_timeout(200)
        story = await told()
    (swap,) = [each for each in story["swaps"] if each["reason"] == "policy"]
    assert (swap["before"], swap["after"]) == ("premium", "economy")
    why = next(each for each in story["decisions"] if each["cause"] == "policy")
    assert why["policy"]["note"] == "too dear this week"
    assert why["policy"]["changes"] == ['tiers_off: [] → ["premium"]']
    assert {each["who"] for each in story["spoken"]} >= {"assistant"}
    assert story["words"] == []  # nobody agreed to it
    await page.goto(f"{caller.url}/api/admin/calls/{call_id}/story.html")
    await expect(page.get_by_text("An admin changed the policy: economy is to serve").first).to_be_visible()
    await expect(page.get_by_text("economy takes over from premium")).to_be_visible()
