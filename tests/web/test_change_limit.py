"""Nobody fills the books by changing what is theirs all the time."""

from __future__ import annotations

import pytest

from people.audit import Audit
from tests.web.site import Browser, Site
from web.try_limit import Rule

pytestmark = pytest.mark.unit


@pytest.fixture(autouse=True)
def _three_are_free(monkeypatch: pytest.MonkeyPatch) -> None:
    rule = Rule(free=3, first_wait_ms=60_000, most_wait_ms=60_000, forget_ms=60_000)
    for name in ("CHANGES", "EXPORTS"):
        monkeypatch.setattr(f"web.change_limit.{name}", rule)


async def test_whoever_changes_all_the_time_waits_and_nobody_else_does(site: Site) -> None:
    ann, bob = await site.signed_in(site.ann), await site.signed_in(site.bob)
    codes = [(await agree(ann, bool(number % 2))) for number in range(6)]
    assert codes == [200] * 4 + [429] * 2
    refused = await ann.client.patch("/api/account", json={}, headers={"X-CSRF-Token": ann.csrf})
    assert (refused.status_code, refused.json()["error"]["code"]) == (429, "rate_limited")
    assert 0 < int(refused.headers["retry-after"]) <= 60
    for path, body in (("pin", {"pin": None}), ("reminder-calls", {"given": False})):
        assert (await ann.put(f"/api/account/{path}", body)).status_code == 429
    assert (await ann.post("/api/account/phone-code")).status_code == 429
    assert (await ann.client.get("/api/account")).status_code == 200
    assert await agree(bob, True) == 200
    noted = [each.event for each in await Audit(site.services.people.engine).entries(site.ann.id)]
    assert len([event for event in noted if event.startswith("consent")]) == 4


async def test_a_request_without_the_sessions_token_uses_nothing_up(site: Site) -> None:
    ann = await site.signed_in(site.ann)
    for _ in range(5):
        assert (await ann.client.put("/api/consent", json={"transcripts": True})).status_code == 403
    assert await agree(ann, True) == 200


async def test_downloads_are_counted_by_themselves(site: Site) -> None:
    ann = await site.signed_in(site.ann)
    codes = [(await ann.client.get("/api/export")).status_code for _ in range(5)]
    assert codes == [200] * 4 + [429]
    assert await agree(ann, True) == 200


async def agree(browser: Browser, given: bool) -> int:
    return (await browser.put("/api/consent", {"transcripts": given})).status_code
