"""Serving the built page: its policy, its caching, the demo's accounts, and what stands there while it is not built."""

from __future__ import annotations

import gzip
from pathlib import Path

import pytest

from tests.web.site import OpenSite, Site
from web.page_files import content_security_policy
from web.settings import WebSettings

pytestmark = pytest.mark.unit

SOURCE = Path(__file__).resolve().parents[2] / "web/page/index.html"
SCRIPT = "console.log('a page');\n" * 200


@pytest.fixture
def built(environment: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """A built page, reached over a link as scripts/page leaves it."""
    folder = tmp_path / "cache" / "key"
    (folder / "assets").mkdir(parents=True)
    (folder / "index.html").write_text(SOURCE.read_text(encoding="utf-8"), encoding="utf-8")
    (folder / "assets/index-1.js").write_text(SCRIPT)
    (tmp_path / "page").symlink_to(folder)
    environment.setenv("VOICETASKS_WEB_PAGE_DIR", str(tmp_path / "page"))


@pytest.fixture
async def with_page(built: None, open_site: OpenSite) -> Site:
    return await open_site()


def policy_of(header: str) -> dict[str, list[str]]:
    return {words[0]: words[1:] for words in (part.split() for part in header.split(";"))}


async def test_the_page_runs_scripts_of_ours_only_and_reaches_the_room_server(with_page: Site) -> None:
    answer = await with_page.browser().client.get("/")
    assert answer.status_code == 200
    assert answer.headers["cache-control"] == "no-store"
    policy = policy_of(answer.headers["content-security-policy"])
    assert policy["default-src"] == ["'none'"]
    assert policy["script-src"] == ["'self'"]
    assert policy["style-src"] == ["'self'"]
    assert policy["frame-ancestors"] == ["'none'"]
    assert policy["connect-src"] == ["'self'", "ws://127.0.0.1:1", "http://127.0.0.1:1"]


def test_the_policy_names_the_room_server_as_browsers_reach_it(environment: pytest.MonkeyPatch) -> None:
    environment.setenv("VOICETASKS_WEB_LIVEKIT_BROWSER_URL", "wss://rooms.example.org/path")
    policy = policy_of(content_security_policy(WebSettings()))
    assert policy["connect-src"] == ["'self'", "wss://rooms.example.org", "https://rooms.example.org"]


async def test_built_files_are_compressed_and_kept_for_ever(with_page: Site) -> None:
    client = with_page.browser().client
    answer = await client.get("/page/assets/index-1.js", headers={"Accept-Encoding": "gzip"})
    assert answer.text == SCRIPT
    assert answer.headers["content-encoding"] == "gzip"
    assert int(answer.headers["content-length"]) < 2 * len(gzip.compress(SCRIPT.encode()))
    assert "immutable" in answer.headers["cache-control"]
    assert (await client.get("/page/assets/another-1.js")).status_code == 404
    assert (await client.get("/page/index.html")).headers["cache-control"] == "no-cache"


async def test_a_demos_page_offers_the_demos_accounts(
    environment: pytest.MonkeyPatch, built: None, open_site: OpenSite
) -> None:
    environment.setenv("VOICETASKS_WEB_DEMO", "true")
    shown = (await (await open_site()).browser().client.get("/")).text
    assert "economy@example.com" in shown
    assert '<meta name="voicetasks-demo" content="{&quot;password&quot;' in shown


async def test_off_a_demo_the_page_names_no_account(with_page: Site) -> None:
    assert "example.com" not in (await with_page.browser().client.get("/")).text


async def test_a_page_that_is_not_built_says_how_to_build_it(
    environment: pytest.MonkeyPatch, tmp_path: Path, open_site: OpenSite
) -> None:
    environment.setenv("VOICETASKS_WEB_PAGE_DIR", str(tmp_path / "nothing"))
    environment.setenv("VOICETASKS_WEB_DEMO", "true")
    client = (await open_site()).browser().client
    answer = await client.get("/")
    assert answer.status_code == 503
    assert "scripts/page" in answer.text
    assert (await client.get("/page/assets/index-1.js")).status_code == 404
    assert (await client.get("/status")).status_code == 200
