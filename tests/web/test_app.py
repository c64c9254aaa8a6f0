from collections.abc import AsyncIterator

import pytest

from tests.web.site import OpenSite, Site
from web.body_limit import MAX_BODY_BYTES
from web.errors import ErrorBody

pytestmark = pytest.mark.unit


async def test_every_answer_takes_powers_away_from_the_page(site: Site) -> None:
    browser = site.browser()
    for path in ("/status", "/healthz", "/api/me", "/nothing", "/static/status.css", "/openapi.json"):
        headers = (await browser.client.get(path)).headers
        policy = headers["content-security-policy"]
        assert "default-src 'none'" in policy
        assert "frame-ancestors 'none'" in policy
        assert "unsafe" not in policy
        assert "script-src" not in policy
        assert headers["x-content-type-options"] == "nosniff"
        assert headers["referrer-policy"] == "no-referrer"
        assert "camera=()" in headers["permissions-policy"]
        assert "strict-transport-security" not in headers
        assert (headers.get("cache-control") == "no-store") == (not path.startswith("/static/"))


async def test_an_answer_that_failed_has_the_shape_and_the_headers_of_all_others(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def fails(_: str) -> None:
        raise RuntimeError("not meant for anybody's eyes")

    browser = await site.signed_in(site.ann)
    monkeypatch.setattr(site.services.people, "user_by_id", fails)
    answer = await browser.client.get("/api/account")
    assert (answer.status_code, answer.json()["error"]["code"]) == (500, "internal")
    assert "eyes" not in answer.text
    assert answer.headers["cache-control"] == "no-store"
    assert "default-src 'none'" in answer.headers["content-security-policy"]


async def test_a_body_over_64_kb_is_refused_announced_or_not(site: Site) -> None:
    browser = site.browser()
    too_much = b"x" * (MAX_BODY_BYTES + 1)

    async def unannounced() -> AsyncIterator[bytes]:
        for start in range(0, len(too_much), 8192):
            yield too_much[start : start + 8192]

    json = {"Content-Type": "application/json"}
    announced = await browser.client.post("/api/login", content=too_much, headers=json)
    streamed = await browser.client.post("/api/login", content=unannounced(), headers=json)
    for answer in (announced, streamed):
        assert (answer.status_code, answer.json()["error"]["code"]) == (413, "too_long")
    just_fits = await browser.client.post("/api/login", content=too_much[:-1], headers=json)
    assert just_fits.status_code == 422


async def test_errors_have_one_shape(site: Site) -> None:
    client = site.browser().client
    for answer, status, code in (
        (await client.get("/nothing"), 404, "not_found"),
        (await client.put("/api/login"), 405, "method_not_allowed"),
        (await client.post("/api/login", json={}), 422, "invalid"),
        (await client.get("/api/me"), 401, "unauthorized"),
    ):
        assert answer.status_code == status
        error = answer.json()["error"]
        assert set(error) == {"code", "message", "fix"}
        assert error["code"] == code


async def test_another_name_that_points_at_this_machine_is_not_answered(site: Site) -> None:
    client = site.browser().client
    refused = await client.get("/healthz", headers={"Host": "evil.example"})
    assert (refused.status_code, refused.json()["error"]["code"]) == (400, "unknown_host")
    assert "VOICETASKS_WEB_PUBLIC_URL" in refused.json()["error"]["fix"]
    assert (await client.get("/healthz", headers={"Host": "localhost:8080"})).status_code == 200


async def test_where_others_reach_us_who_watches_asks_by_our_address_and_nobody_else_by_a_name_of_their_own(
    environment: pytest.MonkeyPatch, open_site: OpenSite
) -> None:
    environment.setenv("VOICETASKS_WEB_HOST", "0.0.0.0")
    environment.setenv("VOICETASKS_WEB_PUBLIC_URL", "https://tasks.example.org")
    client = (await open_site()).browser().client
    for path, status in (("/healthz", 200), ("/readyz", 503), ("/metrics", 200)):
        assert (await client.get(path, headers={"Host": "10.42.0.7:8080"})).status_code == status
    for path in ("/openapi.json", "/status", "/api/me", "/healthz/", "//metrics"):
        assert (await client.get(path, headers={"Host": "10.42.0.7:8080"})).status_code == 400
    assert (await client.get("/openapi.json")).status_code == 200


async def test_with_nothing_behind_it_the_process_lives_and_says_what_is_missing(site: Site) -> None:
    client = site.browser().client
    assert (await client.get("/healthz")).json() == {"status": "ok"}
    ready = await client.get("/readyz")
    assert ready.status_code == 503
    assert [part["name"] for part in ready.json()["missing"]] == ["livekit", "tasks"]
    assert [part["name"] for part in ready.json()["degraded"]] == ["redis", "worker"]
    assert all(part["fix"] for part in ready.json()["missing"] + ready.json()["degraded"])


async def test_metrics_count_by_route_and_never_by_address(site: Site) -> None:
    browser = await site.signed_in(site.ann)
    await browser.client.get("/api/calls/" + "0" * 40)
    await browser.client.get("/made/up/address")
    metrics = (await browser.client.get("/metrics")).text
    assert (
        'voicetasks_web_request_seconds_count{method="GET",route="/api/calls/{call_id}",status="404"} 1.0'
        in metrics
    )
    assert 'voicetasks_web_sign_ins_total{outcome="ok"} 1.0' in metrics
    assert "made/up" not in metrics


async def test_the_api_describes_itself(site: Site) -> None:
    described = (await site.browser().client.get("/openapi.json")).json()
    assert set(described["paths"]) == {
        "/api/account",
        "/api/account/history",
        "/api/account/password",
        "/api/account/phone-code",
        "/api/account/pin",
        "/api/account/reminder-calls",
        "/api/admin/audit",
        "/api/admin/budget",
        "/api/admin/budget/effect",
        "/api/admin/calls",
        "/api/admin/calls/live",
        "/api/admin/calls/{call_id}",
        "/api/admin/calls/{call_id}/explain",
        "/api/admin/calls/{call_id}/story",
        "/api/admin/calls/{call_id}/story.html",
        "/api/admin/costs",
        "/api/admin/erase",
        "/api/admin/erase/effect",
        "/api/admin/experiments",
        "/api/admin/experiments/effect",
        "/api/admin/experiments/{name}/arms",
        "/api/admin/experiments/{name}/report",
        "/api/admin/experiments/{name}/weights",
        "/api/admin/experiments/{name}/weights/effect",
        "/api/admin/experiments/{name}/{action}",
        "/api/admin/experiments/{name}/{action}/effect",
        "/api/admin/export",
        "/api/admin/health",
        "/api/admin/journal",
        "/api/admin/leases",
        "/api/admin/policy",
        "/api/admin/policy/effect",
        "/api/admin/policy/history",
        "/api/admin/reconcile",
        "/api/admin/reconcile/effect",
        "/api/admin/users",
        "/api/admin/users/plan",
        "/api/budget",
        "/api/calls",
        "/api/calls/{call_id}",
        "/api/calls/{call_id}/rating",
        "/api/calls/{call_id}/token",
        "/api/consent",
        "/api/erase",
        "/api/export",
        "/api/login",
        "/api/logout",
        "/api/me",
        "/api/oidc/callback",
        "/api/oidc/login",
        "/api/sandbox/faults",
        "/api/tasks",
        "/api/tasks/undo",
        "/api/transcript",
        "/healthz",
        "/metrics",
        "/readyz",
    }


async def test_the_api_tells_the_errors_that_it_sends(site: Site) -> None:
    client = site.browser().client
    described = (await client.get("/openapi.json")).json()
    assert not [name for name in described["components"]["schemas"] if "Validation" in name]
    shape = {"$ref": "#/components/schemas/ErrorBody"}
    for path, operations in described["paths"].items():
        for operation in operations.values():
            assert "422" not in operation["responses"], path
            for status in ("4XX", "5XX"):
                assert operation["responses"][status]["content"]["application/json"]["schema"] == shape, path
    assert described["paths"]["/readyz"]["get"]["responses"]["503"]["content"] == {
        "application/json": {"schema": {"$ref": "#/components/schemas/Ready"}}
    }
    for answer in (await client.post("/api/login", json={}), await client.get("/api/me")):
        assert ErrorBody.model_validate(answer.json()).error.code in ("invalid", "unauthorized")


async def test_without_rooms_a_call_is_refused_with_what_to_do(open_site: OpenSite) -> None:
    site = await open_site()
    browser = await site.signed_in(site.ann)
    answer = await browser.post("/api/calls")
    assert (answer.status_code, answer.json()["error"]["code"]) == (503, "unavailable")
    assert "LIVEKIT_URL" in answer.json()["error"]["fix"]
