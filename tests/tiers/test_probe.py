"""A small real request to each service's stand-in: it finds a well one well, and says what is wrong with another."""

from __future__ import annotations

from typing import Any

import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer

from sandbox.app import Running
from sandbox.desk import Desk
from tiers import probe as probing
from tiers.catalogue import SERVICES, STACKS
from tiers.faults import Fault
from tiers.probe import probe
from tiers.settings import VendorSettings
from tiers.vision_link import MODEL

pytestmark = pytest.mark.unit

DIALLED = [
    "openai-realtime",
    "openai-chat",
    "ollama",
    "deepgram-stt",
    "deepgram-tts",
    "cartesia",
    "elevenlabs",
    "gemini-live",
    "gemini-sight",
]
STAND_INS = {"gemini-sight": "gemini-live"}
"""Where a stand-in has another name than what it serves: one address serves both."""
WRONG = {
    "refuse": Fault.VENDOR_DOWN,
    "cut": Fault.VENDOR_DOWN,
    "accept-then-close": Fault.VENDOR_DOWN,
    "garbage": Fault.VENDOR_DOWN,
    "silent": Fault.VENDOR_DOWN,
    "server-error": Fault.VENDOR_DOWN,
    "unauthorized": Fault.BAD_KEY,
    "quota": Fault.NO_CREDIT,
    "rate-limit": Fault.VENDOR_BUSY,
}
"""What a service does, and what is found."""
DEAR = 500
"""µ$: a twentieth of a cent."""


@pytest.fixture
def settings(running: Running, monkeypatch: pytest.MonkeyPatch) -> VendorSettings:
    for name, path in {
        "OPENAI": "openai/v1",
        "DEEPGRAM": "deepgram",
        "CARTESIA": "cartesia",
        "ELEVEN": "elevenlabs/v1",
        "GOOGLE": "gemini",
    }.items():
        monkeypatch.setenv(f"{name}_API_KEY", "sandbox")
        monkeypatch.setenv(f"{name}_BASE_URL", f"{running.url}/{path}")
    monkeypatch.delenv("OLLAMA_URL", raising=False)
    return VendorSettings()


@pytest.mark.parametrize("service", DIALLED)
async def test_a_well_service_is_found_well_for_a_fraction_of_a_cent(
    service: str, desk: Desk, settings: VendorSettings
) -> None:
    assert await probe(service, settings) is None
    assert desk.connections.ever(STAND_INS.get(service, service)) == 1
    assert desk.invoice.as_json()["microdollars"] <= DEAR


@pytest.mark.parametrize(
    ("service", "kind", "found"),
    [
        (service, kind, found)
        for service in DIALLED
        for kind, found in WRONG.items()
        if service != "ollama" or found is Fault.VENDOR_DOWN  # a server of our own knows no accounts
    ],
)
async def test_what_is_wrong_with_a_service_is_found(
    service: str,
    kind: str,
    found: Fault,
    desk: Desk,
    settings: VendorSettings,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    if kind == "silent":
        monkeypatch.setattr(probing, "ANSWER_SECONDS", 0.3)
        monkeypatch.setattr(probing, "OWN_ANSWER_SECONDS", 0.3)
    desk.faults.set(STAND_INS.get(service, service), kind)
    assert await probe(service, settings) is found


@pytest.mark.parametrize("service", ["openai-realtime"])
async def test_a_model_that_greets_but_fails_its_replies_is_not_well(
    service: str, desk: Desk, settings: VendorSettings
) -> None:
    desk.faults.set(service, "failed-reply")
    assert await probe(service, settings) is Fault.VENDOR_DOWN


@pytest.mark.parametrize("service", ["gemini-live", "gemini-sight"])
async def test_a_model_that_sets_up_every_session_and_answers_in_none_is_not_well(
    service: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(probing, "ANSWER_SECONDS", 0.3)
    asked: list[dict[str, Any]] = []

    async def sets_up(http: web.Request) -> web.WebSocketResponse:
        socket = web.WebSocketResponse()
        await socket.prepare(http)
        async for message in socket:
            asked.append(message.json())
            if "setup" in asked[-1]:
                await socket.send_bytes(b'{"setupComplete": {}}')
        return socket

    app = web.Application()
    app.router.add_get("/{any:.*}", sets_up)
    async with TestServer(app) as server:
        url = f"http://127.0.0.1:{server.port}"
        settings = VendorSettings(GOOGLE_API_KEY="k", GOOGLE_BASE_URL=url)  # type: ignore[call-arg]
        assert await probe(service, settings) is Fault.VENDOR_DOWN
    assert len(asked) == 2


@pytest.mark.parametrize("service", ["whisper", "piper", "nobody"])
async def test_what_nobody_dials_has_nothing_to_probe(service: str) -> None:
    assert await probe(service, VendorSettings()) is None


async def test_nobody_listening_is_down(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CARTESIA_BASE_URL", "http://127.0.0.1:9")
    assert await probe("cartesia", VendorSettings()) is Fault.VENDOR_DOWN


def test_whatever_a_breaker_may_give_up_is_probed_if_it_is_dialled() -> None:
    own = {"whisper", "piper"}
    assert SERVICES - own == set(DIALLED)


def test_sight_and_voice_of_one_vendor_have_a_breaker_each() -> None:
    assert MODEL.service not in {service for stack in STACKS.values() for service in stack.services}
