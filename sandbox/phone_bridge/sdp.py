"""Session descriptions (RFC 4566, RFC 3264): one audio stream of G.711 and telephone events."""

from __future__ import annotations

import ipaddress
from dataclasses import dataclass
from typing import Final, Literal, cast

from sandbox.phone_bridge.g711 import Law

_STATIC: Final[dict[int, Law]] = {0: "PCMU", 8: "PCMA"}
_DIRECTIONS: Final = ("sendrecv", "sendonly", "recvonly", "inactive")
_MIRRORED: Final = {
    "sendrecv": "sendrecv",
    "sendonly": "recvonly",
    "recvonly": "sendonly",
    "inactive": "inactive",
}

Direction = Literal["sendrecv", "sendonly", "recvonly", "inactive"]


class UnacceptableError(ValueError):
    """There is no audio stream in it that we could carry."""


@dataclass(frozen=True)
class Media:
    """What a telephone offers: where its audio goes to, in which form."""

    host: str
    port: int
    law: Law
    payload_type: int
    event_type: int | None
    """The payload type of telephone events; None when there are none."""
    direction: Direction = "sendrecv"

    @property
    def wants_sound(self) -> bool:
        """Whether it plays what we send: a telephone on hold does not."""
        return self.direction in ("sendrecv", "recvonly") and self.host != "0.0.0.0"

    @property
    def sends_sound(self) -> bool:
        """Whether it sends something."""
        return self.direction in ("sendrecv", "sendonly")


def read_offer(body: bytes) -> Media:
    """Take the first audio stream that we can carry. Raises UnacceptableError."""
    try:
        lines = [
            line.strip() for line in body.decode("utf-8").splitlines() if len(line) > 2 and line[1] == "="
        ]
    except UnicodeDecodeError:
        raise UnacceptableError("not text") from None
    session, *streams = _streams(lines)
    for stream in streams:
        found = _audio(session, stream)
        if found is not None:
            return found
    raise UnacceptableError("no stream of G.711 audio over plain RTP")


def write_answer(media: Media, *, host: str, port: int, version: int) -> bytes:
    """Answer an offer with our own side of it."""
    types = [media.payload_type, *([media.event_type] if media.event_type is not None else [])]
    lines = [
        "v=0",
        f"o=voicetasks {port} {version} IN IP4 {host}",
        "s=voicetasks sandbox",
        f"c=IN IP4 {host}",
        "t=0 0",
        f"m=audio {port} RTP/AVP {' '.join(map(str, types))}",
        f"a=rtpmap:{media.payload_type} {media.law}/8000",
    ]
    if media.event_type is not None:
        lines += [f"a=rtpmap:{media.event_type} telephone-event/8000", f"a=fmtp:{media.event_type} 0-15"]
    lines += ["a=ptime:20", f"a={_MIRRORED[media.direction]}"]
    return "\r\n".join([*lines, ""]).encode()


def _streams(lines: list[str]) -> list[list[str]]:
    parts: list[list[str]] = [[]]
    for line in lines:
        if line.startswith("m="):
            parts.append([])
        parts[-1].append(line)
    return parts


def _audio(session: list[str], stream: list[str]) -> Media | None:
    words = stream[0][2:].split()
    if len(words) < 4 or words[0] != "audio" or words[2] not in ("RTP/AVP", "RTP/AVPF"):
        return None
    port = words[1].partition("/")[0]
    if not _is_number(port, 1, 65_535):
        return None
    names = _names(stream)
    types = [int(word) for word in words[3:] if _is_number(word, 0, 127)]
    laws = [(number, law) for number in types if (law := _law(number, names)) is not None]
    host = _host(stream) or _host(session)
    if not laws or host is None:
        return None
    number, law = laws[0]
    events = [each for each in types if names.get(each, "") == "telephone-event/8000"]
    return Media(host, int(port), law, number, events[0] if events else None, _direction(session, stream))


def _names(stream: list[str]) -> dict[int, str]:
    names: dict[int, str] = {}
    for line in stream:
        number, _, name = line.removeprefix("a=rtpmap:").partition(" ")
        if line.startswith("a=rtpmap:") and _is_number(number, 0, 127):
            names[int(number)] = name.strip().lower().removesuffix("/1")
    return names


def _law(number: int, names: dict[int, str]) -> Law | None:
    if number not in names:
        return _STATIC.get(number)
    name = names[number].upper()
    return cast("Law", name.removesuffix("/8000")) if name in ("PCMU/8000", "PCMA/8000") else None


def _host(lines: list[str]) -> str | None:
    for line in lines:
        if line.startswith("c=IN IP4 "):
            try:
                return str(ipaddress.IPv4Address(line[9:].split("/")[0].strip()))
            except ValueError:
                return None
    return None


def _direction(session: list[str], stream: list[str]) -> Direction:
    for lines in (stream, session):
        for line in lines:
            if line.startswith("a=") and line[2:] in _DIRECTIONS:
                return cast("Direction", line[2:])
    return "sendrecv"


def _is_number(text: str, low: int, high: int) -> bool:
    return text.isascii() and text.isdigit() and len(text) < 6 and low <= int(text) <= high
