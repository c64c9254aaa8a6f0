"""A deployment renews the page under whoever has it open: its old parts are not there any more."""

from __future__ import annotations

import re

import pytest
from playwright.async_api import expect

from tests.web.page_alone import PageAlone

pytestmark = [pytest.mark.browser, pytest.mark.timeout(300)]

AN_OLD_PART = re.compile("/page/assets/AccountPage")


async def test_a_page_that_was_renewed_says_so_and_is_loaded_anew(alone: PageAlone) -> None:
    tab = await alone.tab()
    await tab.page.route(AN_OLD_PART, lambda route: route.fulfill(status=404))
    await tab.page.get_by_role("button", name="Account").click()
    notice = tab.page.get_by_role("alert").filter(has_text="This page was renewed")
    await expect(notice).to_be_visible()
    await tab.page.unroute(AN_OLD_PART)
    await notice.get_by_role("button", name="Reload").click()
    await tab.page.get_by_role("button", name="Account").click()
    await expect(tab.page.get_by_role("heading", name="Your account")).to_be_visible()
