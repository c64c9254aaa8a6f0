import pytest
from pydantic import ValidationError

from people.demo_accounts import ensure_demo_accounts
from people.settings import PeopleSettings
from tests.web.site import Site
from web.production import account_refusals, start_refusals, start_warnings
from web.settings import WebSettings

pytestmark = pytest.mark.unit


def refused(environment: pytest.MonkeyPatch, **changed: str) -> str:
    for name, value in changed.items():
        environment.setenv(name, value)
    return "\n".join(start_refusals(WebSettings(), PeopleSettings()))


def test_a_proper_start_is_not_refused(environment: pytest.MonkeyPatch) -> None:
    assert refused(environment) == ""
    https = "https://tasks.example.org"
    assert refused(environment, VOICETASKS_WEB_HOST="0.0.0.0", VOICETASKS_WEB_PUBLIC_URL=https) == ""


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("LIVEKIT_API_KEY", "devkey"),
        ("LIVEKIT_API_SECRET", "secret"),
        ("VOICETASKS_WEB_SECRET", "demo-secret-that-everybody-could-know"),
        ("VOICETASKS_TASKS_TOKEN_SECRET", "demo-secret-that-everybody-could-know"),
    ],
)
def test_production_refuses_values_that_everybody_knows_and_does_not_print_them(
    environment: pytest.MonkeyPatch, name: str, value: str
) -> None:
    sentence = refused(environment, **{name: value})
    assert sentence.startswith(name)
    assert value not in sentence.removeprefix(name)


def test_production_refuses_to_be_reached_without_tls(environment: pytest.MonkeyPatch) -> None:
    assert "VOICETASKS_WEB_PUBLIC_URL" in refused(environment, VOICETASKS_WEB_HOST="0.0.0.0")


def test_production_refuses_the_demo_switch_of_people(environment: pytest.MonkeyPatch) -> None:
    assert "VOICETASKS_PEOPLE_DEMO" in refused(environment, VOICETASKS_PEOPLE_DEMO="true")


@pytest.mark.parametrize(
    ("name", "value"),
    [("VOICETASKS_WEB_HOST", "0.0.0.0"), ("VOICETASKS_WEB_PUBLIC_URL", "https://demo.example.org")],
)
def test_a_demo_stays_on_this_machine(environment: pytest.MonkeyPatch, name: str, value: str) -> None:
    assert refused(environment, VOICETASKS_WEB_DEMO="true") == ""
    assert name in refused(environment, VOICETASKS_WEB_DEMO="true", **{name: value})


def test_a_start_without_a_livekit_key_is_refused(environment: pytest.MonkeyPatch) -> None:
    assert "LIVEKIT_API_KEY" in refused(environment, LIVEKIT_API_KEY="")


async def test_production_refuses_accounts_that_open_with_the_demos_password(
    environment: pytest.MonkeyPatch, site: Site
) -> None:
    settings = site.services.settings
    assert await account_refusals(settings, site.services.people) == []
    environment.setenv("VOICETASKS_WEB_DEMO", "true")
    await ensure_demo_accounts(site.services.people, PeopleSettings())
    (sentence,) = await account_refusals(settings, site.services.people)
    assert "demo accounts" in sentence
    assert await account_refusals(WebSettings(), site.services.people) == []


@pytest.mark.parametrize(
    "value", ["*", "0.0.0.0/0", "::/0", "10.0.0.1/8", "10.0.0.0/8,proxy", "10.0.0.0/8 192.168.0.1"]
)
def test_proxies_that_are_no_networks_are_refused(environment: pytest.MonkeyPatch, value: str) -> None:
    environment.setenv("VOICETASKS_WEB_TRUSTED_PROXIES", value)
    with pytest.raises(ValidationError, match="must be addresses and networks"):
        WebSettings()


def test_a_proxy_that_nobody_named_is_told_of(environment: pytest.MonkeyPatch) -> None:
    assert start_warnings(WebSettings()) == []
    environment.setenv("VOICETASKS_WEB_PUBLIC_URL", "https://tasks.example.org")
    assert "VOICETASKS_WEB_TRUSTED_PROXIES" in start_warnings(WebSettings())[0]
    environment.setenv("VOICETASKS_WEB_TRUSTED_PROXIES", " 10.0.0.0/8, 2001:db8::1 ")
    assert start_warnings(WebSettings()) == []
    assert WebSettings().trusted_proxies == "10.0.0.0/8,2001:db8::1"
