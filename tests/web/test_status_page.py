from datetime import UTC, datetime, time, timedelta
from html.parser import HTMLParser

import pytest

from people.user import Role
from tests.web.site import PASSWORD, OpenSite, Site
from tiers.catalogue import MODELS
from tiers.settings import VendorSettings
from web.status_page import render

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


async def seen_by_an_admin(site: Site) -> Page:
    chief = await site.services.people.create_user(
        email="chief@example.org", password=PASSWORD, role=Role.ADMIN
    )
    answer = await (await site.signed_in(chief)).client.get("/status")
    assert answer.status_code == 200
    return Page(answer.text)


async def page(open_site: OpenSite) -> Page:
    return await seen_by_an_admin(await open_site())


async def test_it_says_what_is_missing_and_how_to_call(
    environment: pytest.MonkeyPatch, open_site: OpenSite
) -> None:
    environment.setenv("VOICETASKS_WEB_DEMO", "true")
    shown = Page((await (await open_site()).browser().client.get("/status")).text)
    assert ("href", "/readyz") in shown.attributes
    assert "A call cannot be made yet" in shown.text
    assert "accounts ok : answers" in shown.text
    assert "livekit missing : does not answer" in shown.text
    assert "redis degraded" in shown.text
    assert "voicetasks call --as economy@example.com --say" in shown.text
    assert "premium@example.com" in shown.text


async def test_off_a_demo_it_names_no_account_and_nothing_that_only_machines_inside_reach(
    open_site: OpenSite,
) -> None:
    shown = await page(open_site)
    assert "@example.com" not in shown.text
    assert "password" not in shown.text
    assert not {("href", "/readyz"), ("href", "/metrics")} & set(shown.attributes)


async def test_off_a_demo_what_is_down_is_for_admins_alone(open_site: OpenSite) -> None:
    site = await open_site()
    for browser, status in ((site.browser(), 401), (await site.signed_in(site.ann), 403)):
        refused = await browser.client.get("/status")
        assert refused.status_code == status
        assert "REDIS" not in refused.text
    assert "redis degraded" in (await seen_by_an_admin(site)).text


async def test_off_a_demo_it_does_not_take_its_own_lack_of_keys_for_the_workers(open_site: OpenSite) -> None:
    shown = (await page(open_site)).text
    assert "not configured" not in shown
    assert "they alone have the vendors' keys" in shown


async def test_each_stack_is_labelled_sandbox_real_or_not_configured(
    environment: pytest.MonkeyPatch, open_site: OpenSite
) -> None:
    environment.setenv("VOICETASKS_WEB_DEMO", "true")
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


@pytest.mark.parametrize(("days_before", "is_told"), [(61, False), (59, True)])
def test_it_warns_of_a_model_that_ends_from_sixty_days_before(
    environment: pytest.MonkeyPatch, days_before: int, is_told: bool
) -> None:
    model = MODELS["gpt-4o-mini"]
    assert model.shutdown is not None
    today = datetime.combine(model.shutdown - timedelta(days_before), time(), UTC)
    shown = Page(render([], demo=True, vendors=VendorSettings(), today=today)).text
    told = "gpt-4o-mini ends : openai stops it on 2027-01-14, in 59 days; gpt-5.6-luna is served from 2026-12-15."
    assert (told in shown) == is_told
    assert ("gpt-4o-mini ends" in shown) == is_told
