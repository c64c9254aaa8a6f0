from html.parser import HTMLParser

import pytest

from tests.web.site import OpenSite

pytestmark = pytest.mark.unit


class Page(HTMLParser):
    def __init__(self, html: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.attributes: list[tuple[str, str | None]] = []
        self.words: list[str] = []
        self.rows: list[list[str]] = []
        """Of all tables, the text of each cell."""
        self._in_cell = False
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.attributes.extend(attrs)
        if tag == "tr":
            self.rows.append([])
        elif tag in ("th", "td"):
            self.rows[-1].append("")
            self._in_cell = True

    def handle_endtag(self, tag: str) -> None:
        if tag in ("th", "td"):
            self._in_cell = False

    def handle_data(self, data: str) -> None:
        self.words.append(data)
        if self._in_cell:
            self.rows[-1][-1] += data

    @property
    def text(self) -> str:
        return " ".join(" ".join(self.words).split())


async def page(open_site: OpenSite) -> Page:
    answer = await (await open_site()).browser().client.get("/status")
    assert answer.status_code == 200
    return Page(answer.text)


async def test_it_says_what_is_missing_and_how_to_call(
    environment: pytest.MonkeyPatch, open_site: OpenSite
) -> None:
    environment.setenv("VOICETASKS_WEB_DEMO", "true")
    shown = await page(open_site)
    assert "A call cannot be made yet" in shown.text
    assert "accounts ok : answers" in shown.text
    assert "livekit missing : does not answer" in shown.text
    assert "redis degraded" in shown.text
    assert "voicetasks call --as economy@example.com --say" in shown.text
    assert "premium@example.com" in shown.text


async def test_off_a_demo_it_names_no_account(open_site: OpenSite) -> None:
    shown = await page(open_site)
    assert "@example.com" not in shown.text
    assert "password" not in shown.text


async def test_each_stack_is_labelled_sandbox_real_or_not_configured(
    environment: pytest.MonkeyPatch, open_site: OpenSite
) -> None:
    environment.setenv("OPENAI_API_KEY", "a key")
    environment.delenv("OPENAI_BASE_URL", raising=False)
    for vendor in ("DEEPGRAM", "CARTESIA"):
        environment.setenv(f"{vendor}_API_KEY", "sandbox")
        environment.setenv(f"{vendor}_BASE_URL", "http://127.0.0.1:8082/vendor")
    environment.delenv("ELEVEN_API_KEY", raising=False)
    states = {row[0]: row[-1] for row in (await page(open_site)).rows}
    assert states["text"] == "real"
    assert states["economy"] == "sandbox: stand-ins on this machine, no real money"
    assert states["quality"] == "not configured: ELEVEN_API_KEY is not set"


async def test_vendors_with_real_addresses_are_called_real(
    environment: pytest.MonkeyPatch, open_site: OpenSite
) -> None:
    for vendor in ("OPENAI", "DEEPGRAM", "CARTESIA"):
        environment.setenv(f"{vendor}_API_KEY", "a key")
        environment.delenv(f"{vendor}_BASE_URL", raising=False)
    shown = (await page(open_site)).text
    assert "deepgram nova-3 (real)" in shown
    assert "economy economy deepgram" in shown


async def test_it_is_plain_html_that_a_screen_reader_can_read(open_site: OpenSite) -> None:
    shown = await page(open_site)
    assert ("lang", "en") in shown.attributes
    assert "script" not in shown.tags
    assert "style" not in shown.tags
    assert not any(name == "style" or name.startswith("on") for name, _ in shown.attributes)
    assert shown.tags.count("h1") == 1
    assert {"main", "header", "nav", "title"} <= set(shown.tags)
    assert {("scope", "col"), ("scope", "row")} <= set(shown.attributes)
    assert ("href", "/openapi.json") in shown.attributes
