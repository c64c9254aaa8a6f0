"""`voicetasks sip provision` against a real LiveKit server."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.sip.conftest import livekit

pytestmark = [pytest.mark.phone, pytest.mark.timeout(240)]

WANTED = ("--allow", "127.0.0.1/32", "--plain")


def provision(demo: Any, *arguments: str) -> dict[str, Any]:
    done = demo.voicetasks("sip", "provision", *arguments, "--json")
    assert done.returncode == 0, done.stderr
    said: dict[str, Any] = json.loads(done.stdout)
    return said


async def test_the_second_time_there_is_nothing_to_do(phone_demo: Any) -> None:
    """The demo has provisioned itself."""
    said = provision(phone_demo, *WANTED, "--yes")
    assert [step["do"] for step in said["steps"]] == ["keep", "keep"]
    assert said["changed"] is False


async def test_a_plan_is_shown_and_nothing_is_changed_until_it_is_said(
    phone_demo: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    other = (*WANTED, "--number", "+15550199")
    for extra in ((), ("--plan",)):
        said = provision(phone_demo, *other, *extra)
        assert [(step["do"], step["fields"]) for step in said["steps"]] == [
            ("update", ["numbers"]),
            ("keep", []),
        ]
        assert said["changed"] is False
    async with livekit(phone_demo) as client:
        from livekit import api

        [trunk] = (await client.sip.list_inbound_trunk(api.ListSIPInboundTrunkRequest())).items
        assert list(trunk.numbers) == []
        assert provision(phone_demo, *other, "--yes")["changed"] is True
        [trunk] = (await client.sip.list_inbound_trunk(api.ListSIPInboundTrunkRequest())).items
        assert list(trunk.numbers) == ["+15550199"]
        assert [step["do"] for step in provision(phone_demo, *other)["steps"]] == ["keep", "keep"]
        monkeypatch.setitem(phone_demo.environment, "VOICETASKS_SIP_PASSWORD", "open-sesame")
        secret = (*WANTED, "--username", "ann")
        assert provision(phone_demo, *secret, "--yes")["changed"] is True
        assert [step["do"] for step in provision(phone_demo, *secret)["steps"]] == ["keep", "keep"]
        monkeypatch.delitem(phone_demo.environment, "VOICETASKS_SIP_PASSWORD")
        assert provision(phone_demo, *WANTED, "--yes")["changed"] is True


def test_a_trunk_that_anybody_may_call_by_is_refused(phone_demo: Any) -> None:
    done = phone_demo.voicetasks("sip", "provision", "--json", "--yes")
    assert done.returncode == 2
    assert "addresses" in done.stderr


def test_without_keys_of_the_carrier_it_only_says_what_to_set(phone_demo: Any) -> None:
    done = phone_demo.voicetasks("sip", "provision", *WANTED, "--plan", "--host", "sip.example.com")
    assert done.returncode == 0
    assert "sip:sip.example.com;transport=udp" in done.stderr
    assert "not checked" in done.stderr
