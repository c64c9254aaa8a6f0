"""The caller's telephone: its keys, its password, its questions, its signalling opposite a bridge of a test's own."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cli.caller.changes import Changes
from cli.caller.errors import NobodyAnsweredError, RefusedError
from cli.caller.phone.digest_answer import digest_answer
from cli.caller.phone.key_packets import FRAME, key_packets
from cli.caller.phone.rtp_sound import RtpSound
from cli.caller.phone.sip_call import Dialled, SipCall
from cli.caller.phone.spoken_questions import SpokenQuestions, with_outcomes
from cli.caller.phone.way_in import phone_way
from cli.caller.sound import MICROPHONE_RATE
from cli.caller.steps import KEYS, StepError
from cli.caller.transcript import Segment, Transcript
from cli.ports import HOST
from people.demo_accounts import DEMO_PIN
from sandbox.phone_bridge.digest import Digest
from sandbox.phone_bridge.message import Request, parameter, parse, reply
from sandbox.phone_bridge.rtp import Packet
from sandbox.phone_bridge.rtp import parse as parse_rtp
from sandbox.phone_bridge.sdp import read_offer, write_answer
from sandbox.phone_bridge.telephone_event import DIGITS, KeyReader

pytestmark = pytest.mark.unit


@given(st.text(st.sampled_from(KEYS), min_size=1, max_size=12))
def test_a_reader_of_events_reads_exactly_the_keys_that_are_pressed(keys: str) -> None:
    reader, read, stamp = KeyReader(), "", 0
    for sequence, each in enumerate(packet for key in keys for packet in key_packets(key)):
        if each.payload is not None:
            packet = Packet(101, sequence, stamp - each.age, 7, each.payload, marker=each.marker)
            code = reader.read(packet)
            read += "" if code is None else DIGITS[code].upper()
        stamp += FRAME
    assert read == keys


@pytest.mark.parametrize("password", ["right", "wrong"])
def test_the_answer_to_a_challenge_proves_the_password(password: str) -> None:
    digest = Digest()
    [(_, challenge)] = digest.challenge()
    header = digest_answer(
        challenge, method="INVITE", uri=f"sip:tasks@{HOST}:5060", username="ann", password=password
    )
    proves = digest.is_right(header, method="INVITE", username="ann", password="right")
    assert proves == (password == "right")


def test_the_answer_follows_the_rfc() -> None:
    """RFC 2617, section 3.5, without the quality of protection that would need its client's nonce."""
    challenge = 'Digest realm="testrealm@host.com", nonce="dcd98b7102dd2f0e8b11d0f600bfb0c093"'
    header = digest_answer(
        challenge, method="GET", uri="/dir/index.html", username="Mufasa", password="Circle Of Life"
    )
    assert 'response="670fd8c2df070c60b045671b8b24ff02"' in header


def transcript(*segments: tuple[str, bool]) -> Transcript:
    found = Transcript(Changes(), lambda identity: identity == "agent", lambda _: None)
    found.segments += [
        Segment(str(number), by_agent, number, text, open=False)
        for number, (text, by_agent) in enumerate(segments)
    ]
    return found


def test_a_question_waits_while_it_is_the_last_that_we_said() -> None:
    asked = ('Okay. Shall I delete "buy milk"?', True)
    pending = SpokenQuestions(transcript(asked)).pending()
    assert pending is not None
    assert pending.question == 'Shall I delete "buy milk"?'
    assert SpokenQuestions(transcript(asked, ("I've deleted it.", True))).pending() is None
    assert SpokenQuestions(transcript(("What can I do for you?", True))).pending() is None
    assert SpokenQuestions(transcript(("Shall I go?", False))).pending() is None


def test_questions_have_the_outcomes_of_the_journal_and_one_that_is_put_again_is_one() -> None:
    first, second = 'Shall I delete "a"?', 'Shall I mark "b" as done?'
    asked = SpokenQuestions(transcript((first, True), ("hm", False), (first, True), (second, True))).asked()
    events = [
        {"what": "turn"},
        {"what": "confirmation", "outcome": "declined", "by": "key"},
        {"what": "confirmation", "outcome": "confirmed", "by": "voice"},
    ]
    told = [(each.question, each.answer, each.by) for each in with_outcomes(asked, events)]
    assert told == [(first, "no", "key"), (second, "yes", "voice")]


def test_a_demo_account_has_its_telephone_and_pin_and_others_name_theirs() -> None:
    way = phone_way({}, 5060, email="premium@example.com", number=None, pin=None)
    assert (way.dialled.number, way.pin) == ("+15550101", DEMO_PIN.get_secret_value())
    assert way.pin not in repr(way)
    stranger = phone_way({}, 5060, email="premium@example.com", number="+4930123456", pin=None)
    assert (stranger.dialled.number, stranger.pin) == ("+4930123456", "")
    with pytest.raises(StepError, match="--from"):
        phone_way({}, 5060, email="ann@example.org", number=None, pin=None)


# -- opposite a bridge of the test's own -------------------------------------------------------------------


class Bridge(asyncio.DatagramProtocol):
    """Answers as it is told, and remembers what it got."""

    def __init__(self, answers: Callable[[Request, int], list[tuple[int, bytes]]]) -> None:
        self.got: list[Request] = []
        self.caller: tuple[str, int] = ("", 0)
        self._answers = answers
        self.transport: asyncio.DatagramTransport
        self.acknowledged = asyncio.Event()
        self.news = asyncio.Event()

    def datagram_received(self, data: bytes, addr: tuple[str, int]) -> None:
        message = parse(data)
        self.news.set()
        if not isinstance(message, Request):
            return
        self.got.append(message)
        self.caller = addr
        if message.method == "ACK":
            self.acknowledged.set()
            return
        count = sum(each.method == message.method for each in self.got)
        for status, body in self._answers(message, count):
            extra: tuple[tuple[str, str], ...] = (
                ("contact", f"<sip:bridge@{HOST}>"),
                ("content-type", "application/sdp"),
            )
            if status == 401:
                extra = (*extra, ("www-authenticate", 'Digest realm="x", nonce="y"'))
            self.transport.sendto(reply(message, status, tag="ours", extra=extra, body=body).render(), addr)

    def methods(self) -> list[str]:
        return [each.method for each in self.got]


@asynccontextmanager
async def bridge(
    answers: Callable[[Request, int], list[tuple[int, bytes]]],
) -> AsyncIterator[tuple[Bridge, int]]:
    transport, protocol = await asyncio.get_running_loop().create_datagram_endpoint(
        lambda: Bridge(answers), local_addr=(HOST, 0)
    )
    protocol.transport = transport
    try:
        yield protocol, transport.get_extra_info("sockname")[1]
    finally:
        transport.close()


def answered(request: Request, port: int) -> bytes:
    return write_answer(read_offer(request.body), host=HOST, port=port, version=1)


async def test_an_invite_that_gets_lost_is_repeated_and_the_call_is_hung_up_in_the_end() -> None:
    def answers(request: Request, count: int) -> list[tuple[int, bytes]]:
        if request.method == "INVITE":
            return [] if count == 1 else [(100, b""), (180, b""), (200, answered(request, 4000))]
        return [(200, b"")]

    async with bridge(answers) as (seen, port):
        async with SipCall(Dialled(port, "+15550100"), 4002) as call:
            assert call.is_up
            assert (call.media.port, call.media.law, call.media.event_type) == (4000, "PCMU", 101)
            await asyncio.wait_for(seen.acknowledged.wait(), 2)
        assert seen.methods() == ["INVITE", "INVITE", "ACK", "BYE"]
        assert len({each.branch for each in seen.got[:2]}) == 1
        assert {each.to_tag for each in seen.got[2:]} == {"ours"}
        assert len({parameter(each.get("from"), "tag") for each in seen.got}) == 1


async def test_a_bridge_that_hangs_up_ends_the_call_and_gets_its_answer() -> None:
    async with bridge(lambda r, _: [(200, answered(r, 4000))] if r.body else [(200, b"")]) as (seen, port):
        async with SipCall(Dialled(port, "+15550100"), 4002) as call:
            await asyncio.wait_for(seen.acknowledged.wait(), 2)
            invite = seen.got[0]
            headers = [
                ("via", "SIP/2.0/UDP 127.0.0.1;branch=z9hG4bKx"),
                ("from", f"{invite.get('to')};tag=ours"),
                ("to", invite.get("from")),
                ("call-id", invite.call_id),
                ("cseq", "1 BYE"),
            ]
            seen.news.clear()
            bye = Request(tuple(headers), method="BYE", uri="sip:x@y")
            seen.transport.sendto(bye.render(), seen.caller)
            await asyncio.wait_for(asyncio.shield(call.ended), 2)
            await asyncio.wait_for(seen.news.wait(), 2)
            assert not call.is_up
        assert "BYE" not in seen.methods()


async def test_a_refusal_is_acknowledged_and_told() -> None:
    async with bridge(lambda _r, _c: [(486, b"")]) as (seen, port):
        with pytest.raises(RefusedError, match="486 Busy Here"):
            async with SipCall(Dialled(port, "+15550100"), 4002):
                pass
        await asyncio.wait_for(seen.acknowledged.wait(), 2)


async def test_a_password_is_given_when_it_is_asked_for() -> None:
    def answers(request: Request, _count: int) -> list[tuple[int, bytes]]:
        if request.method == "INVITE" and not request.get("authorization"):
            return [(401, b"")]
        return [(200, answered(request, 4000) if request.body else b"")]

    async with bridge(answers) as (seen, port):
        async with SipCall(Dialled(port, "+1", username="ann", password="right"), 4002):
            pass
        assert 'username="ann"' in [each for each in seen.got if each.method == "INVITE"][1].get(
            "authorization"
        )
        assert [each.cseq[0] for each in seen.got] == [1, 1, 2, 2, 3]


async def test_who_stops_waiting_gives_the_call_up() -> None:
    async with bridge(lambda r, _: [(180, b"")] if r.method == "INVITE" else [(200, b"")]) as (seen, port):
        ringing = asyncio.create_task(SipCall(Dialled(port, "+1"), 4002).__aenter__())
        await asyncio.wait_for(seen.news.wait(), 2)
        await asyncio.sleep(0.05)
        ringing.cancel()
        await asyncio.gather(ringing, return_exceptions=True)
        seen.news.clear()
        while "CANCEL" not in seen.methods():
            await asyncio.wait_for(seen.news.wait(), 2)
            seen.news.clear()


async def test_without_a_bridge_nobody_answers(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("cli.caller.phone.sip_call.NO_ANSWER_SECONDS", 0.2)
    async with bridge(lambda _r, _c: []) as (_, port):
        with pytest.raises(NobodyAnsweredError, match="scripts/demo --phone"):
            async with SipCall(Dialled(port, "+1"), 4002):
                pass


async def test_a_telephone_hears_what_another_one_says_and_keys() -> None:
    one, two = Changes(), Changes()
    async with RtpSound(one) as mouth, RtpSound(two, record=True) as ear:
        offer = (
            "v=0\r\nc=IN IP4 127.0.0.1\r\nm=audio {} RTP/AVP 0 101\r\na=rtpmap:101 telephone-event/8000\r\n"
        )
        ear.open(read_offer(offer.format(mouth.port).encode()))
        mouth.open(read_offer(offer.format(ear.port).encode()))
        tone = (8000 * np.sin(np.arange(MICROPHONE_RATE // 2) / 10)).astype(np.int16)
        playing = mouth.play(tone)
        assert await two.wait_until(lambda: bool(ear.log.stretches) and ear.log.quiet_for(_now()) > 0.2, 5)
        await mouth.press("5")
        assert playing.began_at is not None
        assert playing.ended_at is not None
        [heard] = ear.log.stretches
        assert heard.end - heard.start == pytest.approx(0.5, abs=0.06)
        assert heard.start == pytest.approx(playing.began_at, abs=0.1)
        assert np.abs(ear.recording).max() > 6000


def _now() -> float:
    return asyncio.get_running_loop().time()


def test_what_is_sent_is_rtp() -> None:
    assert parse_rtp(Packet(0, 1, 2, 3, b"x" * 160).render()) is not None
