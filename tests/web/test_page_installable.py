"""The page can be installed as an app, by Chromium's own judgement."""

from __future__ import annotations

import json
from urllib.parse import urljoin

import pytest

from tests.web.page_driver import OpenTab

pytestmark = [pytest.mark.browser, pytest.mark.timeout(200)]


async def test_the_page_is_an_app_that_a_browser_installs(open_tab: OpenTab) -> None:
    tab = await open_tab()
    await tab.open()
    chromium = await tab.page.context.new_cdp_session(tab.page)
    manifest = await chromium.send("Page.getAppManifest")
    assert manifest["errors"] == []
    assert manifest["url"] == f"{tab.url}/page/manifest.webmanifest"
    errors = (await chromium.send("Page.getInstallabilityErrors"))["installabilityErrors"]
    # An incognito window, as tests have, installs nothing: that is the browser's only reason.
    assert [error["errorId"] for error in errors if error["errorId"] != "in-incognito"] == []
    told = json.loads(manifest["data"])
    for icon in [*told["icons"], {"src": "/page/icon-180.png", "type": "image/png"}]:
        answer = await tab.page.request.get(urljoin(tab.url, icon["src"]))
        assert answer.ok, icon
        assert answer.headers["content-type"].startswith(icon["type"])
    answer = await tab.page.request.get(manifest["url"])
    assert answer.headers["content-type"].startswith("application/manifest+json")
    assert tab.errors == []
