"""A LiveKit server, and somebody in its rooms whose timing the test decides, opposite the caller."""

import asyncio
import json
import subprocess
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
from livekit import api, rtc

from cli.binaries import livekit_server
from cli.caller.changes import Changes
from cli.caller.conversation import Conversation, Patience
from cli.caller.line import Line
from cli.caller.listener import Listener
from cli.caller.record import CallRecord
from cli.caller.web_door import Ticket
from cli.ports import FreePorts, is_taken

KEY, SECRET = "testkey", "a-secret-of-more-than-32-characters-for-tests"
RATE = 24_000
REPLY_AFTER = 0.5
QUIET_AFTER = 0.25
PATIENCE = Patience(
    agent_joins=3, greeting=5, answer=4, whole_answer=10, settled=0.4, question=2, agent_returns=3
)
LONG_PATIENCE = replace(PATIENCE, agent_returns=60)


def served(folder: Path) -> Iterator[str]:
    """A server; its address."""
    ports = FreePorts()
    port, udp = ports.take(), ports.take()
    config = {
        "port": port,
        "bind_addresses": ["127.0.0.1"],
        "rtc": {"tcp_port": 0, "udp_port": udp, "node_ip": "127.0.0.1", "enable_loopback_candidate": True},
        "keys": {KEY: SECRET},
        "logging": {"level": "warn"},
    }
    with (folder / "log").open("wb") as log:
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

    def __init__(
        self, url: str, room_name: str, *, identity: str = "robin", ends_the_room: bool = False
    ) -> None:
        """`ends_the_room`: it is over when all answers were given."""
        self.url, self.room_name, self.identity = url, room_name, identity
        self.ends_the_room = ends_the_room
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
        await self.room.connect(self.url, token(self.identity, self.room_name, kind="agent"))
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
            if self.ends_the_room and not self.answers:
                await close(self.url, self.room_name)
                return

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
            sender_identity=self.identity,
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


async def close(url: str, room: str) -> None:
    """Delete a room, as the product does after a goodbye."""
    async with api.LiveKitAPI(url, KEY, SECRET) as livekit:
        await livekit.room.delete_room(api.DeleteRoomRequest(room=room))


class Call:
    """A line and a conversation on it."""

    def __init__(self, url: str, room: str, patience: Patience = PATIENCE) -> None:
        self.patience = patience
        self.record = CallRecord()
        ticket = Ticket("call-1", url, token("caller", room), room)
        self.line = Line(ticket, self.record.confirmations, lambda _segment: None, record=True)

    async def __aenter__(self) -> Conversation:
        await self.line.__aenter__()
        return Conversation(self.line, self.record, self.patience)

    async def __aexit__(self, *_: object) -> None:
        await self.line.__aexit__(None, None, None)
