"""The panel that breaks the sandbox's vendors."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import pytest
from axe_playwright_python.async_playwright import Axe
from playwright.async_api import expect

from tests.web.page_driver import PATIENT_MS, OpenTab

pytestmark = [pytest.mark.browser, pytest.mark.timeout(300)]

NAME = "Deepgram, the second voice"
SERVICE = "deepgram-tts"  # no call of another test needs it


async def test_a_vendor_is_broken_made_silent_and_healed_on_the_page(
    open_tab: OpenTab, demo: Any, tmp_path: Path
) -> None:
    def kinds() -> set[str]:
        shown = json.loads(demo.voicetasks("sandbox", "faults", "--json").stdout)["faults"]
        return {each["kind"] for each in shown if each["service"] == SERVICE}

    tab = await open_tab(viewport={"width": 390, "height": 844})
    await tab.sign_in("economy@example.com")
    await tab.page.get_by_role("button", name="Tasks").click()
    buttons = tab.page.get_by_role("group", name=NAME)
    await expect(buttons).to_be_hidden()
    await tab.page.locator("summary", has_text="Sandbox").click()
    row = tab.page.locator(".sandbox li", has_text=NAME)
    await expect(row.get_by_role("status")).to_have_text("works", timeout=PATIENT_MS)
    try:
        await buttons.get_by_role("button", name="Break").click()
        await expect(row.get_by_role("status")).to_have_text("broken", timeout=PATIENT_MS)
        assert kinds() == {"cut"}
        await buttons.get_by_role("button", name="Make silent").click()
        await expect(row.get_by_role("status")).to_have_text("broken, silent", timeout=PATIENT_MS)
        folder = Path(os.environ.get("VOICETASKS_TEST_SCREENSHOTS") or tmp_path)
        await tab.page.screenshot(path=folder / "sandbox-phone.png", full_page=True)
        found = (await Axe().run(tab.page)).response["violations"]
        assert [one["id"] for one in found if one["impact"] in ("serious", "critical")] == []
        await buttons.get_by_role("button", name="Heal").click()
        await expect(row.get_by_role("status")).to_have_text("works", timeout=PATIENT_MS)
        assert kinds() == set()
    finally:
        demo.voicetasks("sandbox", "heal", SERVICE)
    assert tab.errors == []
