"""A small real request to each service's stand-in: it finds a well one well, and says what is wrong with another."""

from __future__ import annotations

import pytest

from sandbox.app import Running
from sandbox.desk import Desk
from tiers import probe as probing
from tiers.faults import Fault
from tiers.probe import probe
from tiers.settings import VendorSettings

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
]
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
    assert desk.connections.ever(service) == 1
    assert desk.invoice.as_json()["microdollars"] <= DEAR


@pytest.mark.parametrize("service", DIALLED)
@pytest.mark.parametrize(
    ("kind", "found"),
    [
        ("refuse", Fault.VENDOR_DOWN),
        ("cut", Fault.VENDOR_DOWN),
        ("accept-then-close", Fault.VENDOR_DOWN),
        ("garbage", Fault.VENDOR_DOWN),
        ("silent", Fault.VENDOR_DOWN),
        ("server-error", Fault.VENDOR_DOWN),
        ("unauthorized", Fault.BAD_KEY),
        ("quota", Fault.NO_CREDIT),
        ("rate-limit", Fault.VENDOR_BUSY),
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
    if service == "ollama" and found is not Fault.VENDOR_DOWN:
        pytest.skip("a server of our own knows no accounts")
    if kind == "silent":
        monkeypatch.setattr(probing, "ANSWER_SECONDS", 0.3)
        monkeypatch.setattr(probing, "OWN_ANSWER_SECONDS", 0.3)
    desk.faults.set(service, kind)
    if (service, kind) == ("elevenlabs", "quota"):
        found = Fault.BAD_KEY  # it refuses the handshake with a bare 401, whatever is wrong with the account
    assert await probe(service, settings) is found


@pytest.mark.parametrize("service", ["openai-realtime"])
async def test_a_model_that_greets_but_fails_its_replies_is_not_well(
    service: str, desk: Desk, settings: VendorSettings
) -> None:
    desk.faults.set(service, "failed-reply")
    assert await probe(service, settings) is Fault.VENDOR_DOWN


@pytest.mark.parametrize("service", ["whisper", "piper", "nobody"])
async def test_what_nobody_dials_has_nothing_to_probe(service: str) -> None:
    assert await probe(service, VendorSettings()) is None


async def test_nobody_listening_is_down(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CARTESIA_BASE_URL", "http://127.0.0.1:9")
    assert await probe("cartesia", VendorSettings()) is Fault.VENDOR_DOWN
