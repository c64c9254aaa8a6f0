"""SIP messages: what is whole is read, what is not is refused without a crash."""

from __future__ import annotations

import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sandbox.phone_bridge.message import (
    MalformedError,
    Request,
    Response,
    address_of,
    parameter,
    parse,
    reply,
)

pytestmark = pytest.mark.unit

INVITE = (
    b"INVITE sip:tasks@127.0.0.1 SIP/2.0\r\n"
    b"v: SIP/2.0/UDP 127.0.0.1:5070;branch=z9hG4bK1;rport\r\n"
    b'f: "Ann, at \\"home\\"" <sip:+15550100@127.0.0.1>;tag=abc\r\n'
    b"t: <sip:tasks@127.0.0.1>\r\n"
    b"i: 1@127.0.0.1\r\n"
    b"CSeq: 7 INVITE\r\n"
    b"m: <sip:+15550100@127.0.0.1:5070>\r\n"
    b"Subject: folded\r\n over two lines\r\n"
    b"l: 4\r\n\r\nbody and more"
)


def test_short_names_and_folded_lines_are_read() -> None:
    message = parse(INVITE)
    assert isinstance(message, Request)
    assert (message.method, message.uri, message.body) == ("INVITE", "sip:tasks@127.0.0.1", b"body")
    assert (message.call_id, message.cseq, message.branch) == ("1@127.0.0.1", (7, "INVITE"), "z9hG4bK1")
    assert (message.from_tag, message.to_tag) == ("abc", "")
    assert message.get("subject") == "folded over two lines"


def test_a_reply_names_the_same_transaction_and_can_be_read() -> None:
    request = parse(INVITE)
    assert isinstance(request, Request)
    answer = parse(reply(request, 200, tag="ours", body=b"sdp").render())
    assert isinstance(answer, Response)
    assert (answer.status, answer.to_tag, answer.from_tag) == (200, "ours", "abc")
    assert (answer.call_id, answer.cseq, answer.branch) == (request.call_id, request.cseq, request.branch)


@pytest.mark.parametrize(
    ("value", "user", "host"),
    [
        ("<sip:+15550100@host:5060;transport=udp>;tag=1", "+15550100", "host:5060"),
        ('"Anonymous" <sip:anonymous@anonymous.invalid>;tag=1', "anonymous", "anonymous.invalid"),
        ('"<sip:forged@evil>" <sip:+1@host>', "+1", "host"),
        ("sip:ann:secret@host;tag=1", "ann", "host"),
        ("<tel:+15550100;phone-context=x>", "+15550100", ""),
        ("<sip:host>", "", "host"),
        ("rubbish", "", ""),
    ],
)
def test_who_calls_is_read_from_the_address_and_not_from_the_name(value: str, user: str, host: str) -> None:
    found = address_of(value)
    assert (found.user, found.host) == (user, host)


def test_a_parameter_inside_the_brackets_is_the_address_s_own() -> None:
    assert parameter("<sip:a@b;tag=inside>;tag=outside", "tag") == "outside"
    assert parameter("<sip:a@b;tag=inside>", "tag") == ""


@pytest.mark.parametrize(
    "change",
    [
        (b"CSeq: 7 INVITE", b"CSeq: 7 BYE"),
        (b"CSeq: 7 INVITE", b"CSeq: x INVITE"),
        (b"CSeq: 7 INVITE", b"CSeq: 99999999999 INVITE"),
        (b"i: 1@127.0.0.1\r\n", b""),
        (b"i: 1@127.0.0.1\r\n", b"i: 1\r\ni: 2\r\n"),
        (b"l: 4", b"l: 400"),
        (b"l: 4", b"l: -1"),
        (b"l: 4", b"l: 4\r\nl: 5"),
        (b"SIP/2.0\r\nv:", b"SIP/3.0\r\nv:"),
        (b"INVITE sip", b"IN VITE sip"),
        (b";tag=abc", b""),
        (b"\r\n\r\n", b"\r\n"),
        (b"folded", b"\xff\xfe"),
        (b"folded", b"x" * 5_000),
        (b"Subject", b"X: 1\r\n" * 200 + b"Subject"),
    ],
)
def test_what_is_malformed_is_refused(change: tuple[bytes, bytes]) -> None:
    assert change[0] in INVITE
    with pytest.raises(MalformedError):
        parse(INVITE.replace(*change, 1))


@given(
    st.one_of(
        st.binary(max_size=400), st.integers(0, len(INVITE)).map(lambda n: INVITE[:n] + b"\x00" + INVITE[n:])
    )
)
def test_rubbish_is_refused_and_nothing_else_is_raised(data: bytes) -> None:
    with contextlib.suppress(MalformedError):
        parse(data)
