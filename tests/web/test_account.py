"""One's own account on the page."""

from __future__ import annotations

import time
from datetime import timedelta

import jwt
import pytest
from pydantic import SecretStr

from people.phone_codes import PhoneCodes
from people.phones import Phones
from tests.web.site import OpenSite, Site

pytestmark = pytest.mark.unit


async def test_people_see_their_account_and_nobody_elses(site: Site) -> None:
    ann = await site.signed_in(site.ann)
    account = (await ann.client.get("/api/account")).json()
    assert account == {
        "email": "ann@example.org",
        "plan": "premium",
        "time_zone": "Etc/UTC",
        "phone": None,
        "pin": False,
        "reminder_calls": False,
        "called_countries": ["CA", "US"],
        "phone_called": None,
        "sign_in": ["password"],
        "made_at": site.ann.created_at.isoformat().replace("+00:00", "Z"),
    }
    assert (await site.browser().client.get("/api/account")).status_code == 401


async def test_zone_and_phone_are_changed_one_without_the_other_and_noted(site: Site) -> None:
    ann = await site.signed_in(site.ann)
    changed = await change(ann, {"time_zone": "Europe/Berlin"})
    assert (changed["time_zone"], changed["phone"]) == ("Europe/Berlin", None)
    changed = await change(ann, {"phone": "+49 (30) 90 18 20"})
    assert changed["phone"] == {"number": "+4930901820", "verified_at": None}
    assert changed["time_zone"] == "Europe/Berlin"
    assert (await change(ann, {"phone": None}))["phone"] is None
    assert (await ann.client.get("/api/me")).json()["user"]["time_zone"] == "Europe/Berlin"
    entries = (await ann.client.get("/api/account/history")).json()["entries"]
    noted = [(each["event"], each["details"]) for each in entries if each["event"] == "account.changed"]
    assert noted == [
        ("account.changed", "time zone"),
        ("account.changed", "phone"),
        ("account.changed", "phone"),
    ]
    assert "901820" not in str(entries)


async def test_a_number_that_somebody_claims_is_kept_from_nobody(site: Site) -> None:
    ann, bob = await site.signed_in(site.ann), await site.signed_in(site.bob)
    for browser in (ann, bob):
        assert (await change(browser, {"phone": "+4930901820"}))["phone"]["number"] == "+4930901820"


@pytest.mark.parametrize(
    "body",
    [
        {"time_zone": "Mars/Olympus"},
        {"phone": "090182"},
        {"phone": "+49"},
        {"phone": "+49 30 901820 and more"},
        {"phone": "x" * 50},
        {"plan": "premium"},
        {"email": "other@example.org"},
        {"role": "admin"},
        [],
    ],
)
async def test_nothing_else_can_be_changed_and_nothing_into_nonsense(site: Site, body: object) -> None:
    bob = await site.signed_in(site.bob)
    headers = {"X-CSRF-Token": bob.csrf}
    assert (await bob.client.patch("/api/account", json=body, headers=headers)).status_code == 422
    account = (await bob.client.get("/api/account")).json()
    assert (account["plan"], account["phone"], account["time_zone"]) == ("economy", None, "Europe/Berlin")


async def test_a_foreign_page_changes_nothing(site: Site) -> None:
    bob = await site.signed_in(site.bob)
    answer = await bob.client.patch("/api/account", json={"time_zone": "Asia/Tokyo"})
    assert answer.status_code == 403


async def test_a_pin_is_set_changed_and_taken_away_and_never_shown(site: Site) -> None:
    ann = await site.signed_in(site.ann)
    answer = await ann.put("/api/account/pin", {"pin": "530817"})
    assert (answer.status_code, answer.json()["pin"]) == (200, True)
    for weak in ("123456", "12345", "x" * 20, "1" * 40, ""):
        refused = await ann.put("/api/account/pin", {"pin": weak})
        assert refused.status_code == 422
        assert not weak or weak not in refused.text
    entries = (await ann.client.get("/api/account/history")).text
    exported = (await ann.client.get("/api/export")).text
    assert "pin.changed" in entries
    for shown in (entries, exported, answer.text):
        assert "530817" not in shown
        assert "$argon2" not in shown
    assert (await ann.put("/api/account/pin", {"pin": None})).json()["pin"] is False
    foreign = await ann.client.put("/api/account/pin", json={"pin": "530817"})
    assert foreign.status_code == 403


async def test_a_code_links_the_telephone_it_is_keyed_on_and_is_no_others(site: Site) -> None:
    ann = await site.signed_in(site.ann)
    answer = await ann.post("/api/account/phone-code")
    assert answer.status_code == 200
    assert answer.headers["Cache-Control"] == "no-store"
    codes = PhoneCodes(site.services.people.engine, site.services.people_settings.tasks_token_secret)
    code = SecretStr(answer.json()["code"])
    assert await codes.redeem(code) == site.ann.id
    assert await codes.redeem(code) is None
    assert (await site.browser().client.post("/api/account/phone-code")).status_code == 401


async def test_pin_and_linking_code_need_a_fresh_sign_in_which_no_stolen_session_has(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    ann = await site.signed_in(site.ann)
    assert (await ann.put("/api/account/pin", {"pin": "530817"})).status_code == 200
    monkeypatch.setattr(site.services.sessions, "_rotate_after", timedelta(0))
    assert "set-cookie" in (await ann.client.get("/api/me")).headers
    monkeypatch.setattr("web.sign_in.FRESH_FOR", timedelta(seconds=-1))
    for answer in (
        await ann.put("/api/account/pin", {"pin": "280461"}),
        await ann.put("/api/account/pin", {"pin": None}),
        await ann.post("/api/account/phone-code"),
    ):
        assert (answer.status_code, answer.json()["error"]["code"]) == (403, "sign_in_again")
    assert (await change(ann, {"time_zone": "Asia/Tokyo"}))["pin"] is True


async def test_another_cookie_does_not_make_the_sign_in_fresh(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    key = site.services.keys.key("session")
    for since in ({"auth_time": int(time.time()) - 16 * 60}, {}):
        ann = await site.signed_in(site.ann)
        claims = jwt.decode(ann.cookie, key, algorithms=["HS256"], audience="voicetasks-web")
        older = {name: value for name, value in claims.items() if name != "auth_time"} | since
        browser = site.browser()
        browser.client.cookies.set(
            "voicetasks_session", jwt.encode(older, key, algorithm="HS256"), domain="127.0.0.1"
        )
        monkeypatch.setattr(site.services.sessions, "_rotate_after", timedelta(0))
        monkeypatch.setattr("web.browser_session.GRACE", timedelta(0))
        answer = await browser.client.get("/api/me")
        assert "set-cookie" in answer.headers
        browser.csrf = answer.json()["csrf"]
        refused = await browser.post("/api/account/phone-code")
        assert (refused.status_code, refused.json()["error"]["code"]) == (403, "sign_in_again")


async def test_who_wants_to_be_called_needs_a_telephone_that_is_theirs(site: Site) -> None:
    ann = await site.signed_in(site.ann)
    agree = {"given": True}
    refused = await ann.put("/api/account/reminder-calls", agree)
    assert (refused.status_code, refused.json()["error"]["code"]) == (409, "no_number")
    await change(ann, {"phone": "+14155550132"})
    refused = await ann.put("/api/account/reminder-calls", agree)
    assert (refused.status_code, refused.json()["error"]["code"]) == (409, "not_verified")
    assert (await ann.client.get("/api/account")).json()["reminder_calls"] is False
    await Phones(site.services.people.engine).link(site.ann.id, "+14155550132")
    assert (await ann.put("/api/account/reminder-calls", agree)).json()["reminder_calls"] is True
    assert (await ann.put("/api/account/reminder-calls", {"given": False})).json()["reminder_calls"] is False
    assert (await ann.client.put("/api/account/reminder-calls", json=agree)).status_code == 403


async def test_the_account_tells_whether_its_number_is_of_a_country_that_is_called(
    environment: pytest.MonkeyPatch, open_site: OpenSite
) -> None:
    environment.setenv("VOICETASKS_OUTBOUND_COUNTRIES", '["DE", "US", "nowhere"]')
    ann = await (site := await open_site()).signed_in(site.ann)
    told = {}
    for number in ("+4930901820", "+14155550132", "+14165550132", "+881612345678", None):
        account = await change(ann, {"phone": number})
        assert account["called_countries"] == ["DE", "US"]
        told[number] = account["phone_called"]
    berlin, san_francisco, toronto, satellite, none = told.values()
    assert (berlin, san_francisco) == (True, True)
    assert (toronto, satellite) == (False, False)
    assert none is None


async def change(browser: object, body: object) -> dict[str, object]:
    answer = await browser.client.patch(  # type: ignore[attr-defined]
        "/api/account",
        json=body,
        headers={"X-CSRF-Token": browser.csrf},  # type: ignore[attr-defined]
    )
    assert answer.status_code == 200, answer.text
    return answer.json()  # type: ignore[no-any-return]
