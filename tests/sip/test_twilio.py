"""What Twilio is asked and what is made of its answers, over its own REST protocol."""

from __future__ import annotations

import base64
from collections.abc import AsyncIterator
from typing import Any

import pytest
from aiohttp import web
from pydantic import SecretStr

from sip import twilio
from sip.settings import SipSettings

pytestmark = pytest.mark.unit

HOST, NUMBER = "sip.example.com", "+15550199"


class Twilio:
    """A stand-in for Elastic SIP Trunking, two things a page."""

    def __init__(self) -> None:
        self.url = ""
        self.trunks = [{"sid": f"TK{n}", "secure": False} for n in range(3)]
        self.urls: dict[str, list[dict[str, Any]]] = {}
        self.numbers: dict[str, list[dict[str, Any]]] = {}
        self.asked: list[str] = []

    async def answer(self, request: web.Request) -> web.Response:
        self.asked.append(request.path)
        if request.headers.get("Authorization") != "Basic " + base64.b64encode(b"AC1:secret").decode():
            return web.json_response({"code": 20003, "message": "Authenticate", "status": 401}, status=401)
        parts = request.path.strip("/").split("/")
        if len(parts) == 2:
            key, rows = "trunks", self.trunks
        else:
            key = {"OriginationUrls": "origination_urls", "PhoneNumbers": "phone_numbers"}[parts[3]]
            rows = (self.urls if key == "origination_urls" else self.numbers).get(parts[2], [])
        page = int(request.query.get("Page", "0"))
        more = f"{self.url}{request.path}?PageSize=2&Page={page + 1}" if len(rows) > 2 * page + 2 else None
        return web.json_response(
            {key: rows[2 * page : 2 * page + 2], "meta": {"key": key, "next_page_url": more}}
        )


@pytest.fixture
async def carrier() -> AsyncIterator[Twilio]:
    found = Twilio()
    app = web.Application()
    app.router.add_get("/{rest:.*}", found.answer)
    runner = web.AppRunner(app)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    found.url = f"http://127.0.0.1:{runner.addresses[0][1]}"
    yield found
    await runner.cleanup()


def settings(carrier: Twilio, token: str = "secret") -> SipSettings:
    return SipSettings(
        host=HOST,
        numbers=(NUMBER,),
        twilio_account_sid="AC1",
        twilio_auth_token=SecretStr(token),
        twilio_trunking_url=carrier.url,
    )


async def test_what_is_set_right_is_found_right_on_whichever_page(carrier: Twilio) -> None:
    carrier.trunks[2]["secure"] = True
    carrier.urls["TK2"] = [{"sip_url": f"sip:{HOST}:5061;transport=tls", "enabled": True}]
    carrier.numbers["TK2"] = [{"phone_number": NUMBER}]
    found = await twilio.check(settings(carrier), secure=True)
    assert {each.level for each in found} == {"ok"}, found
    assert len(found) == 5


async def test_each_thing_that_is_missing_is_named_with_what_to_do(carrier: Twilio) -> None:
    carrier.urls["TK0"] = [{"sip_url": f"sip:{HOST}", "enabled": False}]
    found = await twilio.check(settings(carrier), secure=True)
    wrong = [each for each in found if each.level == "fail"]
    assert len(wrong) == 4
    assert all(each.fix for each in wrong)
    assert any(twilio.origination(HOST, secure=True) in each.fix for each in wrong)


async def test_a_trunk_that_leads_elsewhere_is_none_of_ours(carrier: Twilio) -> None:
    carrier.urls["TK0"] = [{"sip_url": f"sip:evil.example;x={HOST}", "enabled": True}]
    [found] = await twilio.check(settings(carrier), secure=True)
    assert found.level == "fail"


async def test_wrong_keys_are_said_to_be_wrong(carrier: Twilio) -> None:
    import httpx

    with pytest.raises(httpx.HTTPStatusError):
        await twilio.check(settings(carrier, "wrong"), secure=True)


def test_what_is_to_be_set_names_transport_encryption_and_numbers() -> None:
    said = "\n".join(twilio.to_set(SipSettings(host=HOST, numbers=(NUMBER,)), secure=True))
    for what in (f"sip:{HOST};transport=tls", "SRTP", "TLS", NUMBER):
        assert what in said


def test_for_a_carrier_in_plain_nothing_encrypted_is_to_be_set() -> None:
    said = "\n".join(twilio.to_set(SipSettings(host=HOST, numbers=(NUMBER,)), secure=False))
    assert f"sip:{HOST};transport=udp" in said
    assert "Secure Trunking off" in said
    for what in ("transport=tls", "SRTP"):
        assert what not in said


async def test_in_plain_a_plain_trunk_is_right_and_an_encrypted_one_is_not(carrier: Twilio) -> None:
    carrier.urls["TK0"] = [{"sip_url": twilio.origination(HOST, secure=False), "enabled": True}]
    carrier.numbers["TK0"] = [{"phone_number": NUMBER}]
    assert {each.level for each in await twilio.check(settings(carrier), secure=False)} == {"ok"}
    carrier.trunks[0]["secure"] = True
    carrier.urls["TK0"][0]["sip_url"] = twilio.origination(HOST, secure=True)
    wrong = [each for each in await twilio.check(settings(carrier), secure=False) if each.level == "fail"]
    assert [each.detail for each in wrong] == ["not so: signalling is plain", "not so: sound is plain"]
