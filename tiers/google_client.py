"""How Google's library is made to reach Gemini Live, or the stand-in for it on this machine."""

from __future__ import annotations

from typing import Any

from google import genai
from google.genai import types

from tiers.metering.taps import trust
from tiers.settings import VendorSettings


def http_options(settings: VendorSettings, *, call_id: str) -> types.HttpOptions:
    """Where requests go, and with what."""
    return types.HttpOptions(
        base_url=settings.base_url("google"),
        # The vendor has no field for a label of ours; only the sandbox's invoice is told by call here.
        headers={"x-voicetasks-tag": call_id} if settings.is_stand_in("google") else None,
        client_args={"verify": trust()},
        async_client_args={"verify": trust(), "ssl": trust()},
    )


def client(settings: VendorSettings, *, call_id: str) -> genai.Client:
    """Make a client. Nothing is dialled before it is used."""
    made = genai.Client(api_key=settings.key("google"), http_options=http_options(settings, call_id=call_id))
    speak_plainly(made, settings)
    return made


def speak_plainly(made: genai.Client, settings: VendorSettings) -> None:
    """Let a client dial the stand-in: google-genai dials TLS whatever the address says."""
    if not settings.is_stand_in("google"):
        return
    api: Any = made._api_client
    plain = settings.base_url("google").replace("http", "ws", 1)
    api._websocket_base_url = lambda *_: plain
    api._websocket_ssl_ctx = {}
