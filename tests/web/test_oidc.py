"""Signing in at a provider that speaks OpenID Connect over real HTTP."""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qs, parse_qsl, urlencode, urlsplit

import httpx
import pytest

from cli.ports import FreePorts
from people.audit import Audit
from people.user import Role
from tests.conftest import CHECKOUT
from tests.web.site import Browser, OpenSite, Site

pytestmark = pytest.mark.system

GROUPS = {"realm_access": {"roles": ["staff", "voicetasks-admin"]}}


@dataclass(frozen=True)
class Provider:
    """Where it is, and who is there."""

    url: str

    def knows(self, subject: str, **claims: Any) -> None:
        httpx.put(f"{self.url}/users/{subject}", json=claims, trust_env=False).raise_for_status()


@pytest.fixture(scope="module")
def provider(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Provider]:
    """A provider with PKCE and nonces."""
    port = FreePorts().take()
    log = tmp_path_factory.mktemp("provider") / "log"
    with log.open("wb") as output:
        process = subprocess.Popen(
            [sys.executable, "-m", "tests.web.provider", str(port)],
            cwd=CHECKOUT,
            stdout=output,
            stderr=subprocess.STDOUT,
        )
    url = f"http://127.0.0.1:{port}"
    deadline = time.monotonic() + 30
    try:
        while True:
            try:
                httpx.get(f"{url}/.well-known/openid-configuration", trust_env=False).raise_for_status()
                break
            except httpx.HTTPError:
                assert process.poll() is None, log.read_text()
                assert time.monotonic() < deadline, log.read_text()
                time.sleep(0.05)
        yield Provider(url)
    finally:
        process.terminate()
        process.wait(10)


@pytest.fixture
def settings(environment: pytest.MonkeyPatch, provider: Provider) -> pytest.MonkeyPatch:
    for name, value in {
        "ISSUER": provider.url,
        "CLIENT_ID": "voicetasks",
        "CLIENT_SECRET": "a secret that the provider shares",
        "NAME": "Example & Sons",
    }.items():
        environment.setenv(f"VOICETASKS_WEB_OIDC_{name}", value)
    return environment


@pytest.fixture
async def site(settings: pytest.MonkeyPatch, open_site: OpenSite) -> Site:
    return await open_site()


async def to_provider(browser: Browser) -> str:
    """Press «sign in with …»; gives where the browser is sent."""
    answer = await browser.client.get("/api/oidc/login")
    assert answer.status_code == 302, answer.text
    return answer.headers["location"]  # type: ignore[no-any-return]


async def allow(address: str, subject: str, **form: str) -> str:
    """Sign in at the provider; gives where it sends the browser back to."""
    async with httpx.AsyncClient(trust_env=False) as client:
        answer = await client.post(address, data={"sub": subject, **form})
    assert answer.status_code == 302, answer.text
    return answer.headers["location"]  # type: ignore[no-any-return]


async def sign_in(browser: Browser, subject: str, **form: str) -> httpx.Response:
    """The whole way; gives our answer to the provider's."""
    back = await allow(await to_provider(browser), subject, **form)
    return await browser.client.get(back)


def why(answer: httpx.Response) -> str:
    assert answer.status_code == 303
    assert "voicetasks_session=" not in answer.headers.get("set-cookie", "")
    return str(parse_qs(urlsplit(answer.headers["location"]).query)["sign-in"][0])


async def test_somebody_new_signs_in_and_has_an_account_without_a_password(
    site: Site, provider: Provider
) -> None:
    provider.knows("cy", email="Cy@example.org", email_verified=True, zoneinfo="Asia/Tokyo")
    browser = site.browser()
    answer = await sign_in(browser, "cy")
    assert (answer.status_code, answer.headers["location"]) == (303, "/")
    me = (await browser.client.get("/api/me")).json()
    assert me["user"] == {
        "email": "cy@example.org",
        "plan": "economy",
        "role": "user",
        "time_zone": "Asia/Tokyo",
    }
    assert (await browser.client.get("/api/account")).json()["sign_in"] == ["Example & Sons"]
    for password in ("", " ", "nobody signs in with this"):
        assert (await site.browser("198.51.100.9").sign_in("cy@example.org", password)).status_code in (
            401,
            422,
        )
    again = site.browser()
    provider.knows("cy", email="new-address@example.org", email_verified=True)
    await sign_in(again, "cy")
    assert (await again.client.get("/api/me")).json()["user"]["email"] == "cy@example.org", "the same person"


async def test_two_tabs_may_sign_in_at_once_and_many_that_were_left_do_no_harm(
    site: Site, provider: Provider
) -> None:
    provider.knows("twice", email="twice@example.org", email_verified=True)
    browser = site.browser()
    for _ in range(12):
        await to_provider(browser)
    size = sum(len(each.name) + len(each.value or "") for each in browser.client.cookies.jar)
    assert size < 3_500, "browsers drop a cookie above 4 kB"
    tabs = [await to_provider(browser) for _ in range(3)]
    no, *yes = [
        await allow(tab, "twice", **form)
        for tab, form in zip(tabs, ({"action": "deny"}, {}, {}), strict=True)
    ]
    assert why(await browser.client.get(no)) == "denied"
    for back in yes:
        answer = await browser.client.get(back)
        assert (answer.status_code, answer.headers["location"]) == (303, "/")


async def test_the_request_carries_pkce_state_and_nonce_and_the_cookie_is_for_the_callback_alone(
    site: Site,
) -> None:
    answer = await site.browser().client.get("/api/oidc/login")
    asked = parse_qs(urlsplit(answer.headers["location"]).query)
    assert asked["code_challenge_method"] == ["S256"]
    assert len(asked["code_challenge"][0]) == 43
    assert len(asked["state"][0]) > 20
    assert len(asked["nonce"][0]) > 15
    assert asked["redirect_uri"] == [f"{site.services.settings.address}/api/oidc/callback"]
    cookie = answer.headers["set-cookie"].lower()
    assert "httponly" in cookie
    assert "samesite=lax" in cookie
    assert "path=/api/oidc" in cookie


async def test_an_answer_that_this_browser_did_not_ask_for_signs_nobody_in(
    site: Site, provider: Provider
) -> None:
    provider.knows("cy", email="cy@example.org", email_verified=True)
    thief, victim = site.browser(), site.browser()
    back = await allow(await to_provider(thief), "cy")
    assert why(await victim.client.get(back)) == "failed"
    assert why(await thief.client.get(_with(back, state="forged"))) == "failed"
    assert (await victim.client.get("/api/me")).status_code == 401


async def test_an_answer_is_good_once(site: Site, provider: Provider) -> None:
    provider.knows("cy", email="cy@example.org", email_verified=True)
    browser = site.browser()
    back = await allow(await to_provider(browser), "cy")
    assert (await browser.client.get(back)).headers["location"] == "/"
    assert why(await browser.client.get(back)) == "failed"


async def test_a_code_that_was_asked_for_elsewhere_is_refused(site: Site, provider: Provider) -> None:
    provider.knows("cy", email="cy@example.org", email_verified=True)
    mine, other = site.browser(), site.browser()
    stolen = parse_qs(urlsplit(await allow(await to_provider(other), "cy")).query)["code"][0]
    back = await allow(await to_provider(mine), "cy")
    assert why(await mine.client.get(_with(back, code=stolen))) == "failed"


async def test_who_says_no_at_the_provider_is_told_so(site: Site) -> None:
    assert why(await sign_in(site.browser(), "cy", action="deny")) == "denied"


@pytest.mark.parametrize(
    "claims",
    [
        {"email": "dan@example.org"},
        {"email": "dan@example.org", "email_verified": False},
        {"email": "dan@example.org", "email_verified": "true"},
        {"email_verified": True},
        {"email": "nonsense", "email_verified": True},
    ],
)
async def test_an_address_that_the_provider_has_not_verified_is_nobodys(
    site: Site, provider: Provider, claims: dict[str, Any]
) -> None:
    provider.knows("dan", **claims)
    assert why(await sign_in(site.browser(), "dan")) == "unverified"


async def test_a_local_account_is_not_taken_over_by_its_address_unless_that_is_wanted(
    site: Site, provider: Provider
) -> None:
    provider.knows("ann-there", email=site.ann.email, email_verified=True)
    assert why(await sign_in(site.browser(), "ann-there")) == "in_use"


async def test_with_the_setting_a_local_account_and_the_providers_become_one(
    settings: pytest.MonkeyPatch, open_site: OpenSite, provider: Provider
) -> None:
    settings.setenv("VOICETASKS_WEB_OIDC_LINK_BY_EMAIL", "true")
    site = await open_site()
    provider.knows("ann-there", email=site.ann.email, email_verified=True)
    browser = site.browser()
    await sign_in(browser, "ann-there")
    assert (await browser.client.get("/api/me")).json()["user"]["plan"] == "premium"
    assert (await browser.client.get("/api/account")).json()["sign_in"] == ["password", "Example & Sons"]
    assert (await site.browser().sign_in(site.ann.email)).status_code == 200


async def test_a_claim_makes_an_admin_and_unmakes_one_and_ends_their_other_sessions(
    settings: pytest.MonkeyPatch, open_site: OpenSite, provider: Provider
) -> None:
    settings.setenv("VOICETASKS_WEB_OIDC_ADMIN_CLAIM", "realm_access.roles")
    site = await open_site()
    first, second, third = site.browser(), site.browser(), site.browser()
    provider.knows("eve", email="eve@example.org", email_verified=True, **GROUPS)
    await sign_in(first, "eve")
    assert (await first.client.get("/api/me")).json()["user"]["role"] == "admin"
    provider.knows("eve", email="eve@example.org", email_verified=True, realm_access={"roles": ["staff"]})
    await sign_in(second, "eve")
    assert (await second.client.get("/api/me")).json()["user"]["role"] == "user"
    assert (await first.client.get("/api/me")).status_code == 401
    provider.knows("eve", email="eve@example.org", email_verified=True, realm_access="voicetasks-admin")
    await sign_in(third, "eve")
    assert (await third.client.get("/api/me")).json()["user"]["role"] == "user"
    user = await site.services.people.user_by_email("eve@example.org")
    assert user is not None
    trail = await Audit(site.services.people.engine).entries(user.id)
    changes = [(each.actor, each.details) for each in trail if each.event == "role.changed"]
    assert changes == [("provider", "user to admin"), ("provider", "admin to user")]


async def test_without_the_setting_no_claim_makes_an_admin(site: Site, provider: Provider) -> None:
    provider.knows("eve", email="eve@example.org", email_verified=True, role="admin", **GROUPS)
    browser = site.browser()
    await sign_in(browser, "eve")
    assert (await browser.client.get("/api/me")).json()["user"]["role"] == Role.USER


async def test_a_provider_that_is_away_or_another_than_it_says_signs_nobody_in(
    settings: pytest.MonkeyPatch, open_site: OpenSite, provider: Provider
) -> None:
    settings.setenv("VOICETASKS_WEB_OIDC_ISSUER", f"http://127.0.0.1:{FreePorts().take()}")
    answer = await (await open_site()).browser().client.get("/api/oidc/login")
    assert why(answer) == "provider_away"


async def test_another_issuer_than_the_one_that_was_set_is_not_believed(
    settings: pytest.MonkeyPatch, open_site: OpenSite, provider: Provider
) -> None:
    settings.setenv("VOICETASKS_WEB_OIDC_ISSUER", provider.url.replace("127.0.0.1", "localhost") + "/")
    site = await open_site()
    provider.knows("cy", email="cy@example.org", email_verified=True)
    browser = site.browser()
    back = await allow(await to_provider(browser), "cy")
    # It names itself by the address it is asked at: here it was asked at «localhost», and its tokens are of that one.
    assert (await browser.client.get(back)).headers["location"] == "/"
    site.app.state.services.settings.oidc_issuer = provider.url
    back = await allow(await to_provider(browser), "cy")
    assert why(await browser.client.get(back)) == "failed"


async def test_without_a_provider_there_is_nothing(
    environment: pytest.MonkeyPatch, open_site: OpenSite
) -> None:
    browser = (await open_site()).browser()
    for path in ("/api/oidc/login", "/api/oidc/callback?code=a&state=b"):
        assert (await browser.client.get(path)).status_code == 404


def _with(address: str, **changed: str) -> str:
    parts = urlsplit(address)
    return parts._replace(query=urlencode({**dict(parse_qsl(parts.query)), **changed})).geturl()
