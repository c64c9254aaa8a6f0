import asyncio
import logging
from datetime import UTC, datetime, timedelta
from http.cookies import SimpleCookie

import jwt
import pytest
from sqlalchemy import text

from people.database import create_engine
from people.sessions import SessionRecords
from tests.refusing_postgres import STARTING_UP, refusing_postgres
from tests.web.site import PASSWORD, OpenSite, Site
from web import browser_session

pytestmark = pytest.mark.unit

COOKIE = "voicetasks_session"


async def test_the_right_password_opens_a_session(site: Site) -> None:
    browser = site.browser()
    answer = await browser.sign_in(" ANN@example.org ")
    assert answer.status_code == 200
    assert answer.json()["user"] == {
        "email": "ann@example.org",
        "plan": "premium",
        "role": "user",
        "time_zone": "Etc/UTC",
    }
    cookie = SimpleCookie(answer.headers["set-cookie"])[COOKIE]
    assert cookie["httponly"]
    assert cookie["samesite"].lower() == "lax"
    assert cookie["path"] == "/"
    assert not cookie["secure"]
    assert cookie["domain"] == ""
    assert int(cookie["max-age"]) == 12 * 3600
    assert site.ann.email not in cookie.value
    me = await browser.client.get("/api/me")
    assert me.json() == answer.json()


async def test_behind_https_the_cookie_is_secure_and_bound_to_the_host(
    environment: pytest.MonkeyPatch, open_site: OpenSite
) -> None:
    environment.setenv("VOICETASKS_WEB_PUBLIC_URL", "https://tasks.example.org")
    answer = await (await open_site()).browser().sign_in("ann@example.org")
    cookie = SimpleCookie(answer.headers["set-cookie"])["__Host-voicetasks_session"]
    assert cookie["secure"]
    assert cookie["httponly"]
    assert "max-age" in answer.headers["strict-transport-security"]


async def test_a_wrong_password_and_an_unknown_address_answer_alike(site: Site) -> None:
    wrong = await site.browser().sign_in("ann@example.org", "wrong")
    unknown = await site.browser().sign_in("nobody@example.org", "wrong")
    assert wrong.status_code == unknown.status_code == 401
    assert wrong.json() == unknown.json()
    assert wrong.json()["error"]["code"] == "wrong_credentials"
    assert "set-cookie" not in wrong.headers


@pytest.mark.usefixtures("long_waits")
async def test_a_hundred_tries_are_stopped_even_when_they_come_at_once(site: Site) -> None:
    browser = site.browser()
    tries = await asyncio.gather(*(browser.sign_in("ann@example.org", f"guess {n}") for n in range(100)))
    codes = [answer.status_code for answer in tries]
    # Five are free and the sixth starts the wait.
    assert (codes.count(401), codes.count(429)) == (6, 94)
    refused = next(answer for answer in reversed(tries) if answer.status_code == 429)
    assert 1 <= int(refused.headers["retry-after"]) <= 900
    assert refused.json()["error"]["code"] == "rate_limited"


@pytest.mark.usefixtures("long_waits")
async def test_guessing_from_one_address_does_not_lock_the_owner_out_elsewhere(site: Site) -> None:
    thief = site.browser("203.0.113.9")
    for number in range(7):
        await thief.sign_in("ann@example.org", f"guess {number}")
    stopped = await thief.sign_in("ann@example.org")
    assert stopped.status_code == 429
    assert (await site.browser("198.51.100.77").sign_in("ann@example.org")).status_code == 200


async def strangers_guess(site: Site) -> None:
    """From many addresses, until everybody who is new has to wait for the account."""
    for stranger in range(13):
        browser = site.browser(f"203.0.113.{stranger}")
        for number in range(5):
            await browser.sign_in("ann@example.org", f"guess {number}")


async def owner_stays_in(site: Site) -> None:
    owner = site.browser("198.51.100.77")
    assert (await owner.sign_in("ann@example.org")).status_code == 200
    await strangers_guess(site)
    assert (await site.browser("203.0.113.99").sign_in("ann@example.org")).status_code == 429
    assert (await owner.sign_in("ann@example.org")).status_code == 200
    still = await site.browser("203.0.113.99").sign_in("ann@example.org")
    assert still.status_code == 429, "the owner's right try frees no stranger"
    for number in range(6):
        await owner.sign_in("ann@example.org", f"guess {number}")
    assert (await owner.sign_in("ann@example.org")).status_code == 429, "there tries are counted all the same"


@pytest.mark.usefixtures("long_waits")
async def test_strangers_lock_nobody_out_where_they_signed_in_before(site: Site) -> None:
    await owner_stays_in(site)


async def owner_shares_an_address(site: Site) -> None:
    office = site.browser("203.0.113.7")
    assert (await office.sign_in("ann@example.org")).status_code == 200
    guest = site.browser("203.0.113.7")
    for number in range(41):
        assert (await guest.sign_in(f"guess-{number}@example.org")).status_code == 401
    assert (await guest.sign_in("bob@example.org")).status_code == 429, "who never was there waits"
    assert (await office.sign_in("ann@example.org")).status_code == 200
    for number in range(6):
        await office.sign_in("ann@example.org", f"guess {number}")
    assert (await office.sign_in("ann@example.org")).status_code == 429, (
        "there tries are counted all the same"
    )


@pytest.mark.usefixtures("long_waits")
async def test_a_guest_locks_nobody_out_at_an_address_that_they_share(site: Site) -> None:
    await owner_shares_an_address(site)


async def test_right_tries_are_not_counted(site: Site) -> None:
    browser = site.browser()
    for _ in range(8):
        assert (await browser.sign_in("ann@example.org")).status_code == 200


def _forgeries(site: Site, good: str) -> dict[str, str]:
    claims = {
        "aud": "voicetasks-web",
        "sub": site.ann.id,
        "sid": "made-up",
        "exp": datetime.now(UTC) + timedelta(hours=1),
    }
    key = site.services.keys.key("session")
    head, body, signature = good.split(".")
    real = jwt.decode(good, key, algorithms=["HS256"], audience="voicetasks-web")
    return {
        "nonsense": "nonsense",
        "another key": jwt.encode(claims, b"another key of thirty-two bytes.", algorithm="HS256"),
        "no signature": jwt.encode(claims, "", algorithm="none"),
        "a body that was changed": f"{head}.{body[:-2]}AA.{signature}",
        "the csrf key": jwt.encode(claims, site.services.keys.key("csrf"), algorithm="HS256"),
        "a session that was never begun": jwt.encode(claims, key, algorithm="HS256"),
        "another user in a real session": jwt.encode({**real, "sub": site.bob.id}, key, algorithm="HS256"),
        "a task server's audience": jwt.encode({**real, "aud": "voicetasks-tasks"}, key, algorithm="HS256"),
        "no end": jwt.encode({k: v for k, v in real.items() if k != "exp"}, key, algorithm="HS256"),
        "expired": jwt.encode(
            {**real, "exp": datetime.now(UTC) - timedelta(seconds=1)}, key, algorithm="HS256"
        ),
    }


async def test_forged_and_expired_cookies_are_nobodys(site: Site) -> None:
    browser = await site.signed_in(site.ann)
    for forgery, cookie in _forgeries(site, browser.cookie).items():
        stranger = site.browser()
        stranger.client.cookies.set(COOKIE, cookie)
        for answer in (
            await stranger.client.get("/api/me"),
            await stranger.client.get("/api/tasks"),
            await stranger.client.post("/api/calls", headers={"X-CSRF-Token": browser.csrf}),
        ):
            assert answer.status_code == 401, forgery
            assert answer.json()["error"]["code"] == "unauthorized"
    assert (await browser.client.get("/api/me")).status_code == 200


async def test_a_cookie_from_a_machine_whose_clock_is_ahead_is_believed(site: Site) -> None:
    browser = await site.signed_in(site.ann)
    key = site.services.keys.key("session")
    real = jwt.decode(browser.cookie, key, algorithms=["HS256"], audience="voicetasks-web")
    ahead = {**real, "iat": datetime.now(UTC) + timedelta(seconds=40)}
    other = site.browser()
    other.client.cookies.set(COOKIE, jwt.encode(ahead, key, algorithm="HS256"))
    assert (await other.client.get("/api/me")).status_code == 200


async def test_a_session_ends_when_its_time_in_the_database_is_over(site: Site) -> None:
    browser = await site.signed_in(site.ann)
    async with site.services.people.engine.begin() as connection:
        await connection.execute(
            text("UPDATE people_sessions SET expires_at = :past"), {"past": "2026-01-01 00:00:00.000000"}
        )
    assert (await browser.client.get("/api/me")).status_code == 401


async def test_signing_out_voids_every_copy_of_the_cookie(site: Site) -> None:
    browser = await site.signed_in(site.ann)
    copy = site.browser()
    copy.client.cookies.set(COOKIE, browser.cookie)
    other = await site.signed_in(site.ann)
    assert (await browser.post("/api/logout")).status_code == 204
    assert (await browser.client.get("/api/me")).status_code == 401
    assert (await copy.client.get("/api/me")).status_code == 401
    assert (await other.client.get("/api/me")).status_code == 200


@pytest.mark.parametrize("path", ["/api/calls", "/api/logout"])
async def test_a_changing_request_without_the_sessions_csrf_token_changes_nothing(
    site: Site, path: str
) -> None:
    browser = await site.signed_in(site.ann)
    elsewhere = await site.signed_in(site.ann)
    for token in (None, "", "é", elsewhere.csrf):
        headers = {} if token is None else {b"X-CSRF-Token": token.encode()}
        answer = await browser.client.post(path, headers=headers)
        assert (answer.status_code, answer.json()["error"]["code"]) == (403, "csrf")
    assert (await browser.client.get("/api/me")).status_code == 200


async def test_requests_that_another_site_sends_are_refused(site: Site) -> None:
    browser = await site.signed_in(site.ann)
    for path in ("/api/login", "/api/logout", "/api/calls"):
        answer = await browser.client.post(
            path,
            json={"email": "bob@example.org", "password": PASSWORD},
            headers={"Sec-Fetch-Site": "cross-site", "X-CSRF-Token": browser.csrf},
        )
        assert (answer.status_code, answer.json()["error"]["code"]) == (403, "cross_site")
    form = await site.browser().client.post(
        "/api/login",
        content=f'{{"email": "ann@example.org", "password": "{PASSWORD}"}}',
        headers={"Content-Type": "text/plain"},
    )
    assert form.status_code == 422
    assert "set-cookie" not in form.headers


async def test_while_the_database_is_away_a_signature_is_believed_and_accounts_are_unavailable(
    site: Site,
) -> None:
    browser = await site.signed_in(site.ann)
    async with site.services.people.engine.begin() as connection:
        await connection.execute(text("ALTER TABLE people_sessions RENAME TO away"))
        await connection.execute(text("ALTER TABLE people_users RENAME TO away_too"))
    unknown = await browser.client.get("/api/calls/" + "0" * 40)
    assert unknown.status_code == 404
    me = await browser.client.get("/api/me")
    assert (me.status_code, me.json()["error"]["code"]) == (503, "unavailable")
    again = await site.browser().sign_in("ann@example.org")
    assert (again.status_code, again.json()["error"]["code"]) == (503, "unavailable")
    metrics = (await browser.client.get("/metrics")).text
    assert "voicetasks_web_sessions_unchecked_total 2.0" in metrics


async def test_an_outage_of_the_database_is_no_wrong_try(site: Site) -> None:
    browser = site.browser()
    for old, new in (("people_users", "away"), ("away", "people_users")):
        for _ in range(8):
            status = (await browser.sign_in("ann@example.org")).status_code
            assert status == (200 if old == "people_users" else 503)
        async with site.services.people.engine.begin() as connection:
            await connection.execute(text(f"ALTER TABLE {old} RENAME TO {new}"))
    assert (await browser.sign_in("ann@example.org", "wrong")).status_code == 401
    assert (await browser.sign_in("ann@example.org")).status_code == 200


@pytest.mark.parametrize("code", [STARTING_UP, None])
async def test_while_postgres_refuses_or_says_nothing_a_signature_is_believed_too(
    site: Site, monkeypatch: pytest.MonkeyPatch, code: str | None
) -> None:
    browser = await site.signed_in(site.ann)
    monkeypatch.setattr(browser_session, "PATIENCE_SECONDS", 0.2)
    async with refusing_postgres(code) as url:
        engine = create_engine(url)
        monkeypatch.setattr(site.services.sessions, "_records", SessionRecords(engine))
        session = await site.services.sessions.read(browser.cookie)
        await engine.dispose()
    assert session is not None
    assert session.user_id == site.ann.id


async def test_a_new_cookie_that_is_on_its_way_while_somebody_signs_out_signs_nobody_in(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    browser = await site.signed_in(site.ann)
    monkeypatch.setattr(site.services.sessions, "_rotate_after", timedelta(0))
    asking = site.browser()
    asking.client.cookies.set(COOKIE, browser.cookie)
    late = (await asking.client.get("/api/me")).cookies[COOKIE]
    assert late != browser.cookie, "it will reach the browser after the sign-out"
    assert (await browser.post("/api/logout")).status_code == 204
    after = site.browser()
    after.client.cookies.set(COOKIE, late)
    assert (await after.client.get("/api/me")).status_code == 401


async def test_whoever_signs_out_with_the_new_cookie_has_voided_the_old_one_too(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    browser = await site.signed_in(site.ann)
    copy = site.browser()
    copy.client.cookies.set(COOKIE, browser.cookie)
    monkeypatch.setattr(site.services.sessions, "_rotate_after", timedelta(0))
    assert "set-cookie" in (await browser.client.get("/api/me")).headers
    assert (await browser.post("/api/logout")).status_code == 204
    assert (await copy.client.get("/api/me")).status_code == 401


async def test_a_session_that_was_signed_out_meanwhile_gets_no_new_cookie(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    browser = await site.signed_in(site.ann)
    session = await site.services.sessions.read(browser.cookie)
    assert session is not None
    assert (await browser.post("/api/logout")).status_code == 204
    monkeypatch.setattr(site.services.sessions, "_rotate_after", timedelta(0))
    assert await site.services.sessions.rotate(session) is None


async def test_a_deleted_user_is_signed_out(site: Site) -> None:
    browser = await site.signed_in(site.ann)
    async with site.services.people.engine.begin() as connection:
        await connection.execute(text("DELETE FROM people_users WHERE id = :id"), {"id": site.ann.id})
    assert (await browser.client.get("/api/me")).status_code == 401


async def test_nothing_of_a_user_reaches_the_log(site: Site, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    browser = await site.signed_in(site.ann)
    await site.browser().sign_in("ann@example.org", "a wrong password")
    await browser.post("/api/calls")
    await browser.client.get("/api/tasks", params={"query": "my secret plan"})
    await browser.post("/api/logout")
    written = "\n".join(str(record.__dict__) for record in caplog.records if record.name.startswith("web"))
    assert "request" in written
    for word in ("ann@example", PASSWORD, "a wrong password", browser.csrf, "secret plan", site.ann.id):
        assert word not in written


async def test_bad_credentials_are_refused_without_repeating_them(site: Site) -> None:
    for body in (
        {"email": "ann@example.org"},
        {"email": "x" * 300, "password": "hunter2"},
        ["hunter2"],
        None,
    ):
        answer = await site.browser().client.post("/api/login", json=body)
        assert (answer.status_code, answer.json()["error"]["code"]) == (422, "invalid")
        assert "hunter2" not in answer.text


async def test_signing_in_again_ends_the_session_that_the_browser_had(site: Site) -> None:
    browser = await site.signed_in(site.ann)
    planted = site.browser()
    planted.client.cookies.set(COOKIE, browser.cookie)
    await browser.sign_in(site.ann.email)
    assert (await browser.client.get("/api/me")).status_code == 200
    assert (await planted.client.get("/api/me")).status_code == 401


async def test_an_old_session_gets_another_cookie_and_the_old_one_is_soon_worth_nothing(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    browser = await site.signed_in(site.ann)
    before = browser.cookie
    assert "set-cookie" not in (await browser.client.get("/api/me")).headers, "it is young"
    monkeypatch.setattr(site.services.sessions, "_rotate_after", timedelta(0))
    answers = await asyncio.gather(*(browser.client.get("/api/me") for _ in range(5)))
    assert [answer.status_code for answer in answers] == [200] * 5
    assert sum("set-cookie" in answer.headers for answer in answers) == 1, "one successor, however many ask"
    assert browser.cookie != before
    assert answers[0].json()["csrf"] == browser.csrf, "an open page goes on"
    assert (await browser.put("/api/consent", {"transcripts": True})).status_code == 200
    thief = site.browser()
    thief.client.cookies.set(COOKIE, before)
    assert (await thief.client.get("/api/consent")).status_code == 200, "requests were under way with it"
    monkeypatch.setattr("web.browser_session.GRACE", timedelta(0))
    now = datetime.now(UTC)
    async with site.services.people.engine.begin() as connection:
        await connection.execute(
            text("UPDATE people_sessions SET expires_at = :past WHERE expires_at < :soon"),
            {
                "past": "2026-01-01 00:00:00.000000",
                "soon": f"{now + timedelta(minutes=1):%Y-%m-%d %H:%M:%S.%f}",
            },
        )
    assert (await thief.client.get("/api/me")).status_code == 401
    assert (await browser.client.get("/api/me")).status_code == 200
    assert (await browser.post("/api/logout")).status_code == 204


async def test_whoever_never_got_the_new_cookie_stays_signed_in_and_gets_another(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    browser = await site.signed_in(site.ann)
    before = browser.cookie
    monkeypatch.setattr(site.services.sessions, "_rotate_after", timedelta(0))
    monkeypatch.setattr("web.browser_session.GRACE", timedelta(0))
    for _ in range(2):
        assert "set-cookie" in (await browser.client.get("/api/me")).headers
        assert browser.cookie != before
        browser.client.cookies.set(COOKIE, before, domain="127.0.0.1")  # the answer did not arrive
        assert (await browser.client.get("/api/consent")).status_code == 200
    assert "set-cookie" in (await browser.client.get("/api/me")).headers
    assert (await browser.client.get("/api/consent")).status_code == 200
    browser.client.cookies.set(COOKIE, before, domain="127.0.0.1")
    assert (await browser.client.get("/api/consent")).status_code == 401, "now the new one was shown"


async def test_a_session_ends_when_it_would_have_however_often_its_cookie_changed(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    browser = await site.signed_in(site.ann)
    ends = jwt.decode(browser.cookie, options={"verify_signature": False})["exp"]
    monkeypatch.setattr(site.services.sessions, "_rotate_after", timedelta(0))
    answer = await browser.client.get("/api/me")
    cookie = SimpleCookie(answer.headers["set-cookie"])[COOKIE]
    assert jwt.decode(cookie.value, options={"verify_signature": False})["exp"] == ends
    assert int(cookie["max-age"]) <= 12 * 3600
