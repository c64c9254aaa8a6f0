"""Breaking the sandbox's vendors from the page."""

import pytest

from sandbox.app import serve
from sandbox.desk import Desk
from tests.web.site import OpenSite

pytestmark = pytest.mark.unit

URL = "/api/sandbox/faults"
BREAK = {"service": "openai-realtime", "kind": "cut"}


async def test_whoever_is_signed_in_at_a_demo_breaks_and_heals_a_vendor(
    open_site: OpenSite, environment: pytest.MonkeyPatch
) -> None:
    desk = Desk()
    async with serve(desk) as running:
        environment.setenv("VOICETASKS_WEB_DEMO", "true")
        environment.setenv("VOICETASKS_SANDBOX_CONTROL_PORT", str(running.control_port))
        site = await open_site()
        ann = await site.signed_in(site.ann)
        assert (await ann.client.get("/api/me")).json()["sandbox"] is True
        assert (await ann.client.get(URL)).json() == {"sandbox": True, "faults": []}
        answer = await ann.post(URL, BREAK)
        assert answer.json()["faults"] == [{**BREAK, "on": True}]
        assert desk.faults.active("openai-realtime", "cut")
        unknown = await ann.post(URL, BREAK | {"kind": "no-final"})
        assert (unknown.status_code, unknown.json()["error"]["code"]) == (422, "no_such_fault")
        headers = {"X-CSRF-Token": ann.csrf}
        healed = await ann.client.delete(URL, params={"service": "openai-realtime"}, headers=headers)
        assert healed.json()["faults"] == []
        assert not desk.faults.active("openai-realtime")
    away = await ann.client.get(URL)
    assert (away.status_code, away.json()["error"]["code"]) == (503, "sandbox_away")


async def test_strangers_and_foreign_pages_break_nothing(
    open_site: OpenSite, environment: pytest.MonkeyPatch
) -> None:
    environment.setenv("VOICETASKS_WEB_DEMO", "true")
    site = await open_site()
    assert (await site.browser().client.get(URL)).status_code == 401
    ann = await site.signed_in(site.ann)
    assert (await ann.client.post(URL, json=BREAK)).status_code == 403
    assert (await ann.client.delete(URL)).status_code == 403


@pytest.mark.parametrize(
    "changed",
    [
        {},
        {"VOICETASKS_WEB_DEMO": "true", "VOICETASKS_SANDBOX_HOST": "10.0.0.7"},
        {"VOICETASKS_WEB_DEMO": "true", "VOICETASKS_WEB_HOST": "0.0.0.0"},
    ],
)
async def test_there_is_nothing_to_break_outside_a_demo_on_this_machine(
    open_site: OpenSite, environment: pytest.MonkeyPatch, changed: dict[str, str]
) -> None:
    for name, value in changed.items():
        environment.setenv(name, value)
    site = await open_site()
    ann = await site.signed_in(site.ann)
    assert (await ann.client.get("/api/me")).json()["sandbox"] is False
    assert (await ann.client.get(URL)).status_code == 404
    assert (await ann.post(URL, BREAK)).status_code == 404
