"""Session descriptions: G.711 over plain RTP and telephone events, or nothing."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sandbox.phone_bridge.sdp import UnacceptableError, read_offer, write_answer

pytestmark = pytest.mark.unit

OFFER = """v=0
o=- 1 1 IN IP4 127.0.0.1
s=-
c=IN IP4 127.0.0.1
t=0 0
m=audio 40000 RTP/AVP 9 8 0 101
a=rtpmap:101 telephone-event/8000
a=sendrecv
"""


def offer(*changes: tuple[str, str]) -> bytes:
    text = OFFER
    for before, after in changes:
        assert before in text
        text = text.replace(before, after)
    return text.replace("\n", "\r\n").encode()


def test_the_first_law_that_is_offered_is_taken() -> None:
    media = read_offer(offer())
    assert (media.host, media.port, media.law, media.payload_type, media.event_type) == (
        "127.0.0.1",
        40000,
        "PCMA",
        8,
        101,
    )
    assert read_offer(offer(("9 8 0", "0 8"))).law == "PCMU"


def test_a_law_under_a_number_of_its_own_and_no_keys() -> None:
    media = read_offer(offer(("9 8 0 101", "120"), ("101 telephone-event", "120 PCMU")))
    assert (media.law, media.payload_type, media.event_type) == ("PCMU", 120, None)


@pytest.mark.parametrize(
    ("direction", "answered", "hears", "speaks"),
    [
        ("sendrecv", "sendrecv", True, True),
        ("sendonly", "recvonly", False, True),
        ("recvonly", "sendonly", True, False),
        ("inactive", "inactive", False, False),
    ],
)
def test_a_call_on_hold_is_sent_nothing(direction: str, answered: str, hears: bool, speaks: bool) -> None:
    media = read_offer(offer(("sendrecv", direction)))
    assert (media.wants_sound, media.sends_sound) == (hears, speaks)
    answer = write_answer(media, host="127.0.0.1", port=2, version=1)
    assert f"a={answered}".encode() in answer
    assert read_offer(answer).law == media.law


def test_a_telephone_that_holds_in_the_old_way_is_sent_nothing() -> None:
    assert not read_offer(offer(("c=IN IP4 127.0.0.1", "c=IN IP4 0.0.0.0"))).wants_sound


@pytest.mark.parametrize(
    "change",
    [
        ("RTP/AVP", "RTP/SAVP"),
        ("9 8 0 101", "9 101"),
        ("m=audio", "m=video"),
        ("audio 40000", "audio 0"),
        ("audio 40000", "audio 70000"),
        ("IN IP4 127.0.0.1\nt", "IN IP4 nowhere\nt"),
    ],
)
def test_what_cannot_be_carried_is_refused(change: tuple[str, str]) -> None:
    with pytest.raises(UnacceptableError):
        read_offer(offer(change))


@given(st.binary(max_size=300))
def test_rubbish_is_refused_and_nothing_else_is_raised(data: bytes) -> None:
    with pytest.raises(UnacceptableError):
        read_offer(b"m=audio " + data)
