"""The way from the page to the status page: for admins, and in a demo for everybody."""

from __future__ import annotations

from pathlib import Path

import pytest
from playwright.async_api import Route, expect

from tests.web.all_looks import AllLooks
from tests.web.page_agent import StagedCall
from tests.web.page_alone import URL, PageAlone, account
from tests.web.test_page_looks import folder_of
from web.page_files import _NO_DEMO, _demo
from web.settings import WebSettings

pytestmark = [pytest.mark.browser, pytest.mark.timeout(300)]

AN_ADMIN = (200, account(role="admin"))
STATUS = "<!doctype html><html lang=en><title>status</title><h1>What runs</h1></html>"


@pytest.fixture
async def alone(alone: PageAlone) -> PageAlone:
    """The page alone, and beside it a status page, which the server renders itself."""

    async def status(route: Route) -> None:
        await route.fulfill(body=STATUS, content_type="text/html")

    await alone.context.route(f"{URL}/status", status)
    return alone


async def test_an_admin_has_a_link_to_the_status_page_and_it_leads_there(
    alone: PageAlone, tmp_path: Path
) -> None:
    alone.answers["GET /api/me"] = AN_ADMIN
    tab = await alone.tab()
    link = tab.page.get_by_role("contentinfo").get_by_role("link", name="Status", exact=True)
    await expect(link).to_be_visible()
    await AllLooks(tab, folder_of(tmp_path)).holds("home-admin")
    await link.press("Enter")
    await expect(tab.page).to_have_url(f"{URL}/status")
    await expect(tab.page.get_by_role("heading", name="What runs")).to_be_visible()
    assert tab.errors == []


async def test_nobody_else_has_that_link(alone: PageAlone) -> None:
    tab = await alone.tab()
    await expect(tab.page.get_by_role("button", name="Start talking")).to_be_visible()
    await expect(tab.page.get_by_role("contentinfo")).to_be_visible()
    await expect(tab.page.get_by_role("link", name="Status")).to_have_count(0)


async def test_in_a_demo_everybody_has_it(alone: PageAlone) -> None:
    index = WebSettings.model_fields["page_dir"].default / "index.html"
    shown = index.read_text(encoding="utf-8")
    assert _NO_DEMO in shown

    async def as_in_a_demo(route: Route) -> None:
        await route.fulfill(body=shown.replace(_NO_DEMO, _demo()), content_type="text/html")

    await alone.context.route(f"{URL}/", as_in_a_demo)
    tab = await alone.tab()
    await expect(tab.page.get_by_role("link", name="Status", exact=True)).to_be_visible()


async def test_in_a_call_it_opens_beside_the_call_which_goes_on(
    alone: PageAlone, staged_alone: StagedCall
) -> None:
    alone.answers["GET /api/me"] = AN_ADMIN
    tab, _ = await staged_alone.in_a_call(alone)
    async with alone.context.expect_page() as opening:
        await tab.page.get_by_role("link", name="Status", exact=True).click()
    await expect((await opening.value).get_by_role("heading", name="What runs")).to_be_visible()
    assert tab.page.url == f"{URL}/"
    await tab.listening()
