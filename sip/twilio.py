"""What to set at Twilio so that its calls reach us, and whether it is set (Elastic SIP Trunking, REST API v1)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final, Literal

import httpx

from sip.settings import SipSettings

TIMEOUT_SECONDS: Final = 10.0
ADDRESSES: Final = (
    "54.172.60.0/30",
    "54.244.51.0/30",
    "54.171.127.192/30",
    "35.156.191.128/30",
    "54.65.63.192/30",
    "54.169.127.128/30",
    "54.252.254.64/30",
    "177.71.206.192/30",
)
"""Twilio's signalling networks, by its own list (Elastic SIP Trunking, IP addresses)."""


@dataclass(frozen=True)
class Finding:
    """One thing at Twilio: `ok`, or `fail` with what to do."""

    level: Literal["ok", "fail"]
    detail: str
    fix: str = ""


def origination(host: str, *, secure: bool) -> str:
    """Where Twilio is to send calls: port 5061 by TLS, or 5060 by UDP, which is what the transport means without a port."""
    return f"sip:{host or 'YOUR-BRIDGE'};transport={'tls' if secure else 'udp'}"


def to_set(settings: SipSettings, *, secure: bool) -> list[str]:
    """What to set by hand, one step a line. `secure`: as the trunk at the room server asks for encrypted sound."""
    numbers = ", ".join(settings.numbers) or "your number"
    trunking = (
        "General: switch Secure Trunking on (TLS for the calls' signalling, SRTP for their sound)."
        if secure
        else "General: leave Secure Trunking off (signalling and sound in plain, as --plain asks for)."
    )
    return [
        "Elastic SIP Trunking, Trunks: make a trunk.",
        trunking,
        f"Origination: add the URI {origination(settings.host, secure=secure)}",
        f"Numbers: add {numbers} to the trunk.",
        "Nothing under Termination: it is for calls that we make.",
        f"Here: VOICETASKS_SIP_ALLOWED_ADDRESSES with Twilio's networks, such as {ADDRESSES[0]}; Twilio sends no password.",
    ]


async def check(settings: SipSettings, *, secure: bool) -> list[Finding]:
    """Ask Twilio whether it is set so. Raises httpx.HTTPError when it does not answer or refuses the keys."""
    auth = (settings.twilio_account_sid, settings.twilio_auth_token.get_secret_value())
    async with httpx.AsyncClient(
        base_url=settings.twilio_trunking_url, auth=auth, timeout=TIMEOUT_SECONDS
    ) as client:
        trunks = await _all(client, "/v1/Trunks", "trunks")
        looked = []
        for trunk in trunks:
            path = f"/v1/Trunks/{trunk['sid']}"
            urls = await _all(client, f"{path}/OriginationUrls", "origination_urls")
            numbers = await _all(client, f"{path}/PhoneNumbers", "phone_numbers")
            looked.append(_Trunk(trunk, urls, numbers))
    ours = [each for each in looked if settings.host and each.leads_to(settings.host)]
    if not ours:
        return [
            Finding("fail", f"no trunk sends calls to {settings.host or 'us'}", "Origination, as said above.")
        ]
    return _findings(ours[0], settings, secure=secure)


@dataclass(frozen=True)
class _Trunk:
    trunk: dict[str, Any]
    urls: list[dict[str, Any]]
    numbers: list[dict[str, Any]]

    def leads_to(self, host: str) -> bool:
        return any(_host(str(url.get("sip_url", ""))) == host.lower() for url in self.urls)


def _findings(found: _Trunk, settings: SipSettings, *, secure: bool) -> list[Finding]:
    findings = [Finding("ok", f"trunk {found.trunk['sid']} sends calls to {settings.host}")]
    url = next(each for each in found.urls if _host(str(each["sip_url"])) == settings.host.lower())
    tls = "transport=tls" in str(url["sip_url"]).lower() or str(url["sip_url"]).lower().startswith("sips:")
    findings += [
        _finding(bool(url.get("enabled")), "the origination URI is enabled", "Enable it under Origination."),
        *_protection(tls=tls, srtp=bool(found.trunk.get("secure")), host=settings.host, secure=secure),
    ]
    there = {str(each.get("phone_number")) for each in found.numbers}
    findings += [
        _finding(number in there, f"{number} belongs to the trunk", f"Add {number} under Numbers.")
        for number in settings.numbers
    ]
    return findings


def _protection(*, tls: bool, srtp: bool, host: str, secure: bool) -> list[Finding]:
    """Whether Twilio encrypts what the trunk here wants encrypted, and nothing where that takes plain sound alone."""
    uri = f"Set the URI {origination(host, secure=secure)}"
    if secure:
        return [
            _finding(tls, "signalling goes over TLS", uri),
            _finding(srtp, "sound is encrypted (SRTP)", "Switch Secure Trunking on."),
        ]
    return [
        _finding(not tls, "signalling is plain", uri),
        _finding(not srtp, "sound is plain", "Switch Secure Trunking off, or provision without --plain."),
    ]


def _finding(holds: bool, detail: str, fix: str) -> Finding:
    return Finding("ok", detail) if holds else Finding("fail", f"not so: {detail}", fix)


def _host(url: str) -> str:
    address = url.partition(":")[2].partition(";")[0].partition("?")[0].rpartition("@")[2]
    return address.partition(":")[0].lower()


async def _all(client: httpx.AsyncClient, path: str, key: str) -> list[dict[str, Any]]:
    """Every page of a list."""
    found: list[dict[str, Any]] = []
    following: str | None = f"{path}?PageSize=100"
    while following:
        answer = (await client.get(following)).raise_for_status().json()
        found += answer.get(key, [])
        following = answer.get("meta", {}).get("next_page_url")
    return found
