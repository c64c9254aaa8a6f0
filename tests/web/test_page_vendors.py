"""The console's vendors: which models are about to be shut down, when, and what is served in their place."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from playwright.async_api import expect

from tests.web.all_looks import AllLooks
from tests.web.page_alone import PageAlone, account
from tests.web.page_driver import Tab
from tests.web.test_page_looks import folder_of

pytestmark = [pytest.mark.browser, pytest.mark.timeout(300)]

NOBODY_CALLS = {"sandbox": False, "now_ms": 0, "calls": [], "why_behind": ""}
ENDING: dict[str, Any] = {
    "vendor": "openai",
    "model": "gpt-realtime",
    "day": "2026-12-20",
    "days_left": 25,
    "successor": "gpt-realtime-2",
    "since": "2026-12-13",
    "succeeded": False,
}


def health(*shutdowns: dict[str, Any]) -> dict[str, Any]:
    """What the server says of the vendors: all are well."""
    service = {"service": "openai-realtime", "state": "closed", "failures": 0}
    service |= {"fault": "", "since_ms": None, "retry_ms": None}
    return {"sandbox": False, "now_ms": 0, "services": [service], "turns": [], "shutdowns": list(shutdowns)}


async def at_vendors(alone: PageAlone, *shutdowns: dict[str, Any]) -> Tab:
    """An admin's console with those shutdowns ahead."""
    alone.answers |= {
        "GET /api/me": (200, account(role="admin")),
        "GET /api/admin/calls/live": (200, NOBODY_CALLS),
        "GET /api/admin/health": (200, health(*shutdowns)),
    }
    tab = await alone.tab("/#admin/vendors")
    await expect(tab.page.get_by_role("cell", name="openai-realtime", exact=True)).to_be_visible()
    return tab


async def test_models_that_end_are_told_with_their_day_and_what_is_served_in_their_place(
    alone: PageAlone, tmp_path: Path
) -> None:
    tomorrow = ENDING | {"model": "gpt-4o-mini", "day": "2026-11-26", "days_left": 1, "succeeded": True}
    today = ENDING | {"model": "sonic-2", "vendor": "cartesia", "day": "2026-11-25", "days_left": 0}
    alone_in_the_world = {"model": "nova-2", "vendor": "deepgram", "successor": None, "since": None}
    tab = await at_vendors(alone, ENDING, tomorrow, today, ENDING | alone_in_the_world)
    table = tab.page.get_by_role("region", name="Models that end").get_by_role("table")
    await expect(table.get_by_role("columnheader")).to_have_text(
        ["Model", "Vendor", "Ends", "Served in its place"]
    )
    rows = [
        await row.get_by_role("cell").all_inner_texts() for row in (await table.get_by_role("row").all())[1:]
    ]
    assert rows == [
        ["gpt-realtime", "openai", "2026-12-20, in 25 days", "gpt-realtime-2 from 2026-12-13"],
        ["gpt-4o-mini", "openai", "2026-11-26, in 1 day", "gpt-realtime-2 already"],
        ["sonic-2", "cartesia", "ended on 2026-11-25", "gpt-realtime-2 from 2026-12-13"],
        ["nova-2", "deepgram", "2026-12-20, in 25 days", "nothing: choose another model"],
    ]
    await AllLooks(tab, folder_of(tmp_path)).holds("admin-vendors-shutdowns")
    assert tab.errors == []


async def test_where_no_model_ends_nothing_is_said_of_it(alone: PageAlone) -> None:
    tab = await at_vendors(alone)
    await expect(tab.page.get_by_role("heading", name="Services")).to_be_visible()
    await expect(tab.page.get_by_text("Models that end")).to_have_count(0)
