"""What admins are told while Redis or a database is away."""

from __future__ import annotations

from pathlib import Path

import pytest

from people.user import Role
from tests.web.site import PASSWORD, Browser, OpenSite, Site

pytestmark = pytest.mark.unit

OFF = {"tiers_off": ["premium"]}


async def admin_of(site: Site) -> Browser:
    user = await site.services.people.create_user(
        email="chief@example.org", password=PASSWORD, role=Role.ADMIN
    )
    return await site.signed_in(user)


async def test_without_redis_the_journal_is_shown_and_what_needs_it_says_so(open_site: OpenSite) -> None:
    admin = await admin_of(await open_site())
    live = (await admin.client.get("/api/admin/calls/live")).json()
    assert (live["calls"], live["why_behind"]) == ([], "Redis does not answer")
    assert (await admin.client.get("/api/admin/budget")).json()["redis_answers"] is False
    for path in ("health", "leases"):
        answer = await admin.client.get(f"/api/admin/{path}")
        assert (answer.status_code, answer.json()["error"]["code"]) == (503, "unavailable")
    wanted = {"expected": "default-1", "changes": OFF}
    told = (await admin.post("/api/admin/policy/effect", wanted)).json()
    assert (told["live"], told["why_behind"]) == (0, "Redis does not answer")
    written = await admin.client.patch("/api/admin/policy", json=wanted, headers={"X-CSRF-Token": admin.csrf})
    assert written.json()["told_redis"] is False
    effect = (await admin.post("/api/admin/erase/effect", {"user": "ann@example.org"})).json()
    assert effect["live_calls"] is None


async def test_a_database_that_is_away_is_told(
    open_site: OpenSite, environment: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "file").write_text("no folder")
    url = f"sqlite+aiosqlite:///{tmp_path / 'file' / 'routing.db'}"
    environment.setenv("VOICETASKS_ROUTING_DATABASE_URL", url)
    admin = await admin_of(await open_site())
    for path in ("experiments", "policy", "budget", "calls"):
        answer = await admin.client.get(f"/api/admin/{path}")
        assert (answer.status_code, answer.json()["error"]["code"]) == (503, "unavailable"), path
