"""The caller in a real room, opposite a participant whose timing the test decides."""

import asyncio
import json
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from livekit import api, rtc

from cli.binaries import livekit_server
from cli.caller.changes import Changes
from cli.caller.conversation import Conversation, Patience
from cli.caller.errors import NobodyAnsweredError, RefusedError
from cli.caller.line import Line
from cli.caller.listener import Listener
from cli.caller.record import CallRecord
from cli.caller.told_sound import told_sound
from cli.caller.web_door import Ticket
from cli.ports import FreePorts, is_taken

pytestmark = pytest.mark.system

KEY, SECRET = "testkey", "a-secret-of-more-than-32-characters-for-tests"
RATE = 24_000
REPLY_AFTER = 0.5
QUIET_AFTER = 0.25
PATIENCE = Patience(agent_joins=3, greeting=5, answer=4, whole_answer=10, settled=0.4, question=2)


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    ports = FreePorts()
    port, udp = ports.take(), ports.take()
    config = {
        "port": port,
        "bind_addresses": ["127.0.0.1"],
        "rtc": {"tcp_port": 0, "udp_port": udp, "node_ip": "127.0.0.1", "enable_loopback_candidate": True},
        "keys": {KEY: SECRET},
        "logging": {"level": "warn"},
    }
    with (tmp_path_factory.mktemp("livekit") / "log").open("wb") as log:
        process = subprocess.Popen(
            [livekit_server(), "--config-body", json.dumps(config)], stdout=log, stderr=log
        )
        try:
            deadline = time.monotonic() + 20
            while not is_taken(port):
                assert process.poll() is None, "livekit-server ended"
                assert time.monotonic() < deadline, "livekit-server does not start"
                time.sleep(0.05)
            yield f"ws://127.0.0.1:{port}"
        finally:
            process.terminate()
            process.wait()


def token(identity: str, room: str, *, secret: str = SECRET, kind: str | None = None) -> str:
    made = api.AccessToken(KEY, secret).with_identity(identity)
    made = made.with_grants(
        api.VideoGrants(room_join=True, room=room, can_update_own_metadata=True, agent=kind == "agent")
    )
    return (made.with_kind("agent") if kind == "agent" else made).to_jwt()


class Partner:
    """A participant of LiveKit's kind «agent»: greets, answers a while after silence, can be interrupted."""

    def __init__(self, url: str, room_name: str) -> None:
        self.url, self.room_name = url, room_name
        self.room = rtc.Room()
        self.source = rtc.AudioSource(RATE, 1, queue_size_ms=100)
        self.changes = Changes()
        self.ear = Listener(self.changes, record=False)
        self.typed: list[str] = []
        self.clicks: list[dict[str, str]] = []
        self.keys = ""
        self.answers: list[tuple[str, float]] = [("I am Robin, an AI. How can I help?", 1.0)]
        self._mind: asyncio.Task[None] | None = None
        self._readers: set[asyncio.Task[None]] = set()

    async def __aenter__(self) -> "Partner":
        def heard(track: rtc.Track, *_: object) -> None:
            self.ear.listen(track)

        def pressed(event: rtc.SipDTMF) -> None:
            self.keys += event.digit
            self.changes.notify()

        def typed(reader: rtc.TextStreamReader, _identity: str) -> None:
            async def read() -> None:
                self.typed.append(await reader.read_all())
                self.changes.notify()

            task = asyncio.create_task(read())
            self._readers.add(task)
            task.add_done_callback(self._readers.discard)

        self.room.on("track_subscribed", heard)
        self.room.on("sip_dtmf_received", pressed)
        self.room.register_text_stream_handler("lk.chat", typed)
        await self.room.connect(self.url, token("robin", self.room_name, kind="agent"))
        self.room.local_participant.register_rpc_method("voicetasks.confirm", self._clicked)
        await self._be("listening")
        track = rtc.LocalAudioTrack.create_audio_track("voice", self.source)
        options = rtc.TrackPublishOptions(source=rtc.TrackSource.SOURCE_MICROPHONE)
        publication = await self.room.local_participant.publish_track(track, options)
        self._mind = asyncio.create_task(self._talk(publication))
        return self

    async def __aexit__(self, *_: object) -> None:
        if self._mind:
            self._mind.cancel()
            await asyncio.gather(self._mind, return_exceptions=True)
        await self.ear.aclose()
        await self.room.disconnect()
        await self.source.aclose()

    async def _clicked(self, invocation: rtc.RpcInvocationData) -> str:
        self.clicks.append(json.loads(invocation.payload))
        self.changes.notify()
        return "{}"

    async def _be(self, state: str) -> None:
        await self.room.local_participant.set_attributes(
            {
                "lk.agent.state": state,
                "voicetasks.stack": "economy",
                "voicetasks.tier": "economy",
                "voicetasks.sandbox": "true",
                "voicetasks.reasons": '["the plan is economy"]',
            }
        )

    async def _talk(self, publication: rtc.LocalTrackPublication) -> None:
        await publication.wait_for_subscription()
        inputs = 0
        while self.answers:
            words, seconds = self.answers.pop(0)
            stretches = len(self.ear.log.stretches)
            await self._speak(words, seconds)

            def turn_over(stretches: int = stretches, inputs: int = inputs) -> bool:
                spoke = len(self.ear.log.stretches) > stretches
                done = self.ear.log.quiet_for(time.monotonic()) > REPLY_AFTER
                return (spoke and done) or len(self.typed) + len(self.clicks) + len(self.keys) > inputs

            await self.changes.wait_until(turn_over, 30)
            inputs = len(self.typed) + len(self.clicks) + len(self.keys)

    async def _speak(self, words: str, seconds: float) -> None:
        await self._be("speaking")
        writer = await self.room.local_participant.stream_text(
            topic="lk.transcription",
            attributes={"lk.segment_id": words, "lk.transcription_final": "false"},
            sender_identity="robin",
        )
        await writer.write(words)
        tone = (8000 * np.sin(np.arange(RATE // 50) * 2 * np.pi * 300 / RATE)).astype(np.int16)
        for _ in range(int(seconds * 50)):
            now, hearing = time.monotonic(), self.ear.log.stretches
            if hearing and self.ear.log.quiet_for(now) < 0.1 and now - hearing[-1].start > QUIET_AFTER:
                self.source.clear_queue()
                break
            await self.source.capture_frame(rtc.AudioFrame(tone.tobytes(), RATE, 1, len(tone)))
        else:
            await self.source.wait_for_playout()
        await writer.aclose(attributes={"lk.transcription_final": "true"})
        await self._be("listening")


class Call:
    """A line and a conversation on it."""

    def __init__(self, url: str, room: str) -> None:
        self.record = CallRecord()
        ticket = Ticket("call-1", url, token("caller", room), room)
        self.line = Line(ticket, self.record.confirmations, lambda _segment: None, record=True)

    async def __aenter__(self) -> Conversation:
        await self.line.__aenter__()
        return Conversation(self.line, self.record, PATIENCE)

    async def __aexit__(self, *_: object) -> None:
        await self.line.__aexit__(None, None, None)


async def test_the_time_to_the_first_sound_is_the_partners_delay_and_a_little_of_the_road(
    server: str,
) -> None:
    async with Partner(server, "delay") as partner, Call(server, "delay") as call:
        partner.answers.append(("You said something.", 0.8))
        await call.wait_for_agent()
        await call.wait_for_greeting()
        turn = await call.say("hello there robin", told_sound("hello there robin"))
        assert call.record.greeting.heard == "I am Robin, an AI. How can I help?"
        assert turn.answered
        assert turn.heard == "You said something."
        assert turn.first_sound_ms is not None
        assert REPLY_AFTER * 1000 - 100 <= turn.first_sound_ms <= REPLY_AFTER * 1000 + 400
        assert turn.silence_after_interrupt_ms is None
        assert turn.stack == "economy"
        assert call.record.sandbox is True
        assert call.record.reasons == ["the plan is economy"]
        assert 1.4 <= call.record.heard_seconds <= 2.4
        assert np.abs(call.line.listener.recording.astype(int)).max() > 3000


async def test_an_interruption_begins_when_asked_and_tells_when_the_agent_fell_silent(server: str) -> None:
    async with Partner(server, "interrupt") as partner, Call(server, "interrupt") as call:
        partner.answers += [("A very long list.", 8.0), ("Stopped.", 0.5)]
        await call.wait_for_agent()
        await call.wait_for_greeting()
        listing = await call.say("read it all", told_sound("read it all"), to_its_end=False)
        await call.wait_into_speech(1.5)
        stop = await call.say("no stop it please", told_sound("no stop it please"))
        assert listing.heard == "A very long list."
        assert stop.heard == "Stopped."
        assert stop.silence_after_interrupt_ms is not None
        assert QUIET_AFTER * 1000 - 100 <= stop.silence_after_interrupt_ms <= QUIET_AFTER * 1000 + 400
        long_one = call.line.listener.log.stretches[1]
        assert 1.5 <= long_one.end - long_one.start <= 2.6


async def test_text_keys_and_clicks_reach_the_agent(server: str) -> None:
    async with Partner(server, "hands") as partner, Call(server, "hands") as call:
        partner.answers += [("Read.", 0.4), ("Key.", 0.4), ("Done.", 0.4)]
        await call.wait_for_agent()
        await call.wait_for_greeting()
        typed = await call.type("add milk")
        pressed = await call.press("1")
        question = json.dumps({"id": "q1", "question": "Shall I delete «Milk»?", "action": "delete"})
        await partner.room.local_participant.send_text(question, topic="voicetasks.confirm")
        clicked = await call.click("yes")
        assert partner.typed == ["add milk"]
        assert partner.keys == "1"
        assert partner.clicks == [{"id": "q1", "answer": "yes"}]
        assert [turn.answered for turn in (typed, pressed, clicked)] == [True] * 3
        outcome = json.dumps({"id": "q1", "outcome": "confirmed", "by": "click", "answer": "yes"})
        await partner.room.local_participant.send_text(outcome, topic="voicetasks.confirm")
        assert await call.line.changes.wait_until(lambda: call.record.confirmations[0].outcome is not None, 3)
        assert call.record.confirmations[0].by == "click"


async def test_a_click_without_a_question_says_so(server: str) -> None:
    async with Partner(server, "no-question"), Call(server, "no-question") as call:
        await call.wait_for_agent()
        await call.wait_for_greeting()
        turn = await call.click("yes")
        assert not turn.answered
        assert turn.problem == "there was no question to click on"


async def test_an_empty_room_is_told_apart_from_a_silent_agent(server: str) -> None:
    async with Call(server, "empty") as call:
        with pytest.raises(NobodyAnsweredError, match="no agent came"):
            await call.wait_for_agent()


async def test_an_agent_that_leaves_ends_the_call_at_once(server: str) -> None:
    async with Call(server, "leaves") as call:
        async with Partner(server, "leaves"):
            await call.wait_for_agent()
            await call.wait_for_greeting()
        with pytest.raises(NobodyAnsweredError, match="ended by the other side"):
            await call.say("are you there", told_sound("are you there"))


async def test_a_token_signed_by_somebody_else_is_refused(server: str, tmp_path: Path) -> None:
    ticket = Ticket(
        "c", server, token("caller", "x", secret="another-secret-of-more-than-32-characters"), "x"
    )
    with pytest.raises(RefusedError):
        async with Line(ticket, [], lambda _segment: None, record=False):
            pass


async def test_a_server_that_is_not_there_is_nobody_answering(server: str) -> None:
    ticket = Ticket("c", f"ws://127.0.0.1:{FreePorts().take()}", token("caller", "x"), "x")
    with pytest.raises(NobodyAnsweredError, match="no LiveKit server"):
        async with Line(ticket, [], lambda _segment: None, record=False):
            pass
