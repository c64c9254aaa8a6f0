"""SIP messages as they are on the wire (RFC 3261, section 7): read strictly, within bounds, and written."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Final

VERSION: Final = "SIP/2.0"
LONGEST_BYTES: Final = 16_384
MOST_HEADERS: Final = 100
LONGEST_LINE: Final = 4_096

_COMPACT: Final = {
    "v": "via",
    "f": "from",
    "t": "to",
    "i": "call-id",
    "m": "contact",
    "c": "content-type",
    "l": "content-length",
    "k": "supported",
    "s": "subject",
}
_TOKEN: Final = re.compile(r"[A-Za-z0-9\-.!%*_+`'~]+")
_SPELT: Final = {"call-id": "Call-ID", "cseq": "CSeq", "www-authenticate": "WWW-Authenticate"}
_URI: Final = re.compile(r"<([^<>\s]{1,1024})>|^([^\s;,<>]{1,1024})")
_ADDRESS: Final = re.compile(
    r"(?P<scheme>sips?|tel):(?:(?P<user>[^@;?>\s]*)@)?(?P<host>[^;?>\s]*)", re.IGNORECASE
)
_PARAMETER: Final = re.compile(r';\s*([A-Za-z0-9\-.!%*_+`\'~]+)(?:\s*=\s*("[^"]*"|[^;,\s"]*))?')

REASONS: Final = {
    100: "Trying",
    180: "Ringing",
    200: "OK",
    400: "Bad Request",
    401: "Unauthorized",
    403: "Forbidden",
    405: "Method Not Allowed",
    415: "Unsupported Media Type",
    420: "Bad Extension",
    480: "Temporarily Unavailable",
    481: "Call/Transaction Does Not Exist",
    482: "Loop Detected",
    486: "Busy Here",
    487: "Request Terminated",
    488: "Not Acceptable Here",
    491: "Request Pending",
    500: "Server Internal Error",
    503: "Service Unavailable",
    505: "Version Not Supported",
}


class MalformedError(ValueError):
    """Not a SIP message, or one that lacks what every message must have. Its text holds nothing of the message."""


@dataclass(frozen=True)
class Message:
    """What requests and responses share. Names of headers are lower case and never short; order is kept."""

    headers: tuple[tuple[str, str], ...]
    body: bytes = b""

    def all(self, name: str) -> list[str]:
        """Every value of a header."""
        return [value for each, value in self.headers if each == name]

    def get(self, name: str) -> str:
        """The first value of a header, or an empty string."""
        return next((value for each, value in self.headers if each == name), "")

    @property
    def call_id(self) -> str:
        """The Call-ID."""
        return self.get("call-id")

    @property
    def from_tag(self) -> str:
        """The tag of whoever sent the request."""
        return parameter(self.get("from"), "tag")

    @property
    def to_tag(self) -> str:
        """The tag of whoever got the request; empty before there is a dialog."""
        return parameter(self.get("to"), "tag")

    @property
    def cseq(self) -> tuple[int, str]:
        """Number and method of the CSeq header."""
        number, _, method = self.get("cseq").partition(" ")
        return int(number), method.strip()

    @property
    def branch(self) -> str:
        """The transaction's name, from the topmost Via."""
        return parameter(self.get("via"), "branch")


@dataclass(frozen=True)
class Request(Message):
    """A request: the method and the address it is for."""

    method: str = ""
    uri: str = ""

    def render(self) -> bytes:
        """As it goes over the wire."""
        return _render(f"{self.method} {self.uri} {VERSION}", self.headers, self.body)


@dataclass(frozen=True)
class Response(Message):
    """A response: a status from 100 to 699."""

    status: int = 0
    reason: str = ""

    def render(self) -> bytes:
        """As it goes over the wire."""
        return _render(f"{VERSION} {self.status} {self.reason}", self.headers, self.body)


@dataclass(frozen=True)
class Address:
    """The user and host of a SIP or tel address; a telephone number is the user."""

    user: str
    host: str = field(default="")


def parse(data: bytes) -> Request | Response:
    """Read one datagram. Raises MalformedError."""
    if len(data) > LONGEST_BYTES:
        raise MalformedError("too long")
    head, separator, body = data.partition(b"\r\n\r\n")
    if not separator:
        raise MalformedError("no end of the headers")
    try:
        first, *lines = head.decode("utf-8").split("\r\n")
    except UnicodeDecodeError:
        raise MalformedError("not UTF-8") from None
    headers = tuple(_headers(lines))
    body = _body(headers, body)
    one, _, rest = first.partition(" ")
    two, _, three = rest.partition(" ")
    if one == VERSION:
        if not (len(two) == 3 and two.isascii() and two.isdigit() and 100 <= int(two) <= 699):
            raise MalformedError("no status")
        found: Request | Response = Response(headers, body, status=int(two), reason=three)
    elif _TOKEN.fullmatch(one) and two and three == VERSION:
        found = Request(headers, body, method=one, uri=two)
    else:
        raise MalformedError("no request line")
    _check(found)
    return found


def parameter(value: str, name: str) -> str:
    """A parameter of a header such as `;tag=…`, outside of what stands in angle brackets."""
    after = value.rpartition(">")[2]
    return next((text.strip('"') for each, text in _PARAMETER.findall(after) if each.lower() == name), "")


def address_of(value: str) -> Address:
    """The address in a From, To or Contact header; empty parts where there is none."""
    found = _ADDRESS.match(uri_of(value))
    if found is None:
        return Address("", "")
    if found["scheme"].lower() == "tel":
        return Address(found["host"], "")
    return Address((found["user"] or "").partition(":")[0], found["host"])


def uri_of(value: str) -> str:
    """The URI of a From, To or Contact header."""
    quoted = re.sub(r'^\s*"(?:\\.|[^"\\])*"', "", value).strip()
    found = _URI.search(quoted)
    return (found[1] or found[2]) if found else ""


def reply(
    request: Request,
    status: int,
    *,
    tag: str = "",
    extra: tuple[tuple[str, str], ...] = (),
    body: bytes = b"",
) -> Response:
    """Make the response to a request (RFC 3261, 8.2.6): Via, From, To, Call-ID and CSeq are its own."""
    headers = [("via", via) for via in request.all("via")]
    to = request.get("to")
    if tag and not request.to_tag:
        to = f"{to};tag={tag}"
    headers += [
        ("from", request.get("from")),
        ("to", to),
        ("call-id", request.call_id),
        ("cseq", request.get("cseq")),
        *(("record-route", route) for route in request.all("record-route")),
        *extra,
    ]
    return Response(tuple(headers), body, status=status, reason=REASONS.get(status, "Error"))


def _headers(lines: list[str]) -> list[tuple[str, str]]:
    unfolded: list[str] = []
    for line in lines:
        if len(line) > LONGEST_LINE or "\x00" in line or "\n" in line or "\r" in line:
            raise MalformedError("a header that is none")
        if line[:1] in (" ", "\t"):
            if not unfolded:
                raise MalformedError("a continuation of nothing")
            unfolded[-1] += " " + line.strip()
        else:
            unfolded.append(line)
    if len(unfolded) > MOST_HEADERS:
        raise MalformedError("too many headers")
    found: list[tuple[str, str]] = []
    for line in unfolded:
        name, colon, value = line.partition(":")
        name = name.strip().lower()
        if not colon or not _TOKEN.fullmatch(name):
            raise MalformedError("a header without a name")
        name = _COMPACT.get(name, name)
        # Several Vias may share a line; only the topmost is looked at, all are sent back.
        found += (
            [(name, part.strip()) for part in value.split(",")] if name == "via" else [(name, value.strip())]
        )
    return found


def _body(headers: tuple[tuple[str, str], ...], body: bytes) -> bytes:
    told = [value for name, value in headers if name == "content-length"]
    if not told:
        return body
    if len(set(told)) > 1 or not (told[0].isascii() and told[0].isdigit() and len(told[0]) < 7):
        raise MalformedError("no length")
    if int(told[0]) > len(body):
        raise MalformedError("cut short")
    return body[: int(told[0])]


def _check(message: Request | Response) -> None:
    for name in ("via", "from", "to", "call-id", "cseq"):
        if not message.get(name):
            raise MalformedError("a header is missing")
    for name in ("from", "to", "call-id", "cseq"):
        if len(message.all(name)) > 1:
            raise MalformedError("a header is there twice")
    number, _, method = message.get("cseq").partition(" ")
    if not (
        number.isascii() and number.isdigit() and len(number) <= 10 and int(number) < 2**31 and method.strip()
    ):
        raise MalformedError("no sequence number")
    if isinstance(message, Request) and method.strip() != message.method:
        raise MalformedError("another method than its sequence number says")
    if not message.from_tag or len(message.call_id) > 256:
        raise MalformedError("no dialog")


def _render(first: str, headers: tuple[tuple[str, str], ...], body: bytes) -> bytes:
    lines = [first]
    for name, value in headers:
        if name != "content-length":
            lines.append(
                f"{_SPELT.get(name) or '-'.join(part.capitalize() for part in name.split('-'))}: {value}"
            )
    lines.append(f"Content-Length: {len(body)}")
    return "\r\n".join([*lines, "", ""]).encode() + body
