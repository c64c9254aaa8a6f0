"""Experiments on the console: written down, begun, weighed anew and ended, each after its effect was told."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.async_api import Locator, Page, expect

from tests.web.all_looks import AllLooks
from tests.web.console_driver import console, fails, go
from tests.web.page_driver import PATIENT_MS, OpenTab
from tests.web.test_page_looks import folder_of

pytestmark = [pytest.mark.browser, pytest.mark.timeout(400)]

NAME = "cheap-voice"


@pytest.fixture
def taken_away_again(demo: Any, tmp_path: Path) -> Iterator[None]:
    """Whatever experiment a test makes, so that it serves nobody else's calls."""
    yield
    patch = tmp_path / "patch.json"
    patch.write_text(json.dumps({"experiments": {NAME: None}}))
    assert demo.voicetasks("admin", "policy", "set", "--file", str(patch)).returncode == 0


async def carry_out(page: Page, title: str, *said: str) -> None:
    """Read what a change will do, and do it."""
    dialog = await told(page, title, *said)
    await dialog.get_by_role("button", name="Change it").click()
    await expect(page.get_by_role("dialog")).to_have_count(0, timeout=PATIENT_MS)
    await expect(page.get_by_role("status").first).to_contain_text("The policy is version")


async def told(page: Page, title: str, *said: str) -> Locator:
    dialog = page.get_by_role("dialog", name=title)
    await expect(dialog).to_contain_text("No call goes on now: nobody is moved.", timeout=PATIENT_MS)
    for each in said:
        await expect(dialog).to_contain_text(each)
    return dialog


@pytest.mark.dear
async def test_an_experiment_is_made_begun_weighed_and_ended_on_the_page_each_after_its_effect(
    open_tab: OpenTab, demo: Any, taken_away_again: None, tmp_path: Path
) -> None:
    look = AllLooks(await open_tab(), folder_of(tmp_path))
    page = await console(look.tab, "Experiments")
    await expect(page.get_by_text("There is no experiment yet.")).to_be_visible(timeout=PATIENT_MS)
    form = page.get_by_role("region", name="New experiment")
    write = form.get_by_role("button", name="Write it down…")
    await expect(write).to_be_enabled(timeout=PATIENT_MS)
    await write.click()
    await expect(form.get_by_role("alert")).to_contain_text("small letters, digits and hyphens")
    await form.get_by_label("Name: small letters").fill(NAME)
    await form.get_by_label("Hypothesis").fill("a cheaper voice is as good")
    await form.get_by_label("Callers of the plan").select_option("economy")
    await form.get_by_label("Through the door").select_option("phone")
    await form.get_by_role("button", name="Another arm").click()
    await form.get_by_label("Arm 3, name").fill("dear")
    await form.get_by_label("Arm 3, stack").select_option("premium")
    await look.holds("admin-experiments-new")

    await page.get_by_label("Arm 3, name").press("Enter")
    dialog = page.get_by_role("dialog")
    await expect(dialog.get_by_role("alert")).to_contain_text(
        "nobody is served above their plan", timeout=PATIENT_MS
    )
    await expect(dialog.get_by_role("button", name="Change it")).to_be_disabled()
    await look.holds("admin-experiments-refused")
    await page.keyboard.press("Escape")
    await form.get_by_role("button", name="Take arm 3 away").click()
    await write.click()
    dialog = await told(page, f"Write {NAME} down", "Nothing changes for callers before it is started.")
    await look.holds("admin-experiments-create")
    await dialog.get_by_label("Why, for the history").fill("we pay too much")
    await carry_out(page, f"Write {NAME} down", "control: economy × 1, variant: budget × 1")
    card = page.get_by_role("region", name=re.compile(f"^{NAME}"))
    await expect(card).to_contain_text(
        "control: economy, 50 % · variant: budget, 50 % · plan economy · by phone"
    )
    await expect(card).to_contain_text("It has not begun, so nothing is known.")
    await expect(form.get_by_label("Name: small letters")).to_have_value("")  # done with what was typed

    await look.go_on("phone")
    await card.get_by_role("button", name=f"Start… {NAME}").click()
    await carry_out(
        page, f"Start {NAME}", f"Phase 1 of {NAME} begins.", "Calls that go on keep what they have."
    )
    await expect(card.locator(".badge").first).to_have_text("running")

    await card.get_by_role("button", name=f"Weights… {NAME}", exact=True).click()
    first = card.get_by_label(re.compile("^control"))
    await expect(first).to_be_focused()
    await first.fill("none")
    await page.keyboard.press("Enter")
    await expect(card.get_by_role("alert")).to_contain_text("whole numbers from 1 to 1000")
    await first.fill("9")
    await look.holds("admin-experiments-weights")
    await page.keyboard.press("Enter")
    await told(page, f"Change the weights of {NAME}", "What was found before stays with phase 1.")
    await look.holds("admin-experiments-weigh")
    await carry_out(page, f"Change the weights of {NAME}", f"Phase 2 of {NAME} begins.")
    await expect(card).to_contain_text("control: economy, 90 % · variant: budget, 10 %")
    await expect(card).to_contain_text("phase 2")

    await card.get_by_role("button", name=f"End… {NAME}").click()
    await carry_out(page, f"End {NAME}", "Calls that go on keep their arm")
    await expect(card.locator(".badge").first).to_have_text("stopped")
    stands = json.loads(demo.voicetasks("admin", "experiments", "list", "--json").stdout)["experiments"]
    assert [(each["name"], each["state"], each["phase"]) for each in stands] == [(NAME, "stopped", 2)]
    assert [arm["weight"] for arm in stands[0]["arms"]] == [9, 1]

    await fails(page, "**/api/admin/experiments")
    await go(page, "Policy")
    await expect(page.get_by_text("«we pay too much»").first).to_be_visible(timeout=PATIENT_MS)
    await go(page, "Experiments")
    await expect(page.get_by_role("alert").first).to_contain_text("Redis does not answer", timeout=PATIENT_MS)
    await look.holds("admin-experiments-error")
    assert look.tab.errors == []
