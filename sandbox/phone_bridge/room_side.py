"""The call in its room: a participant of kind SIP that shows, publishes and hears what the real bridge's does."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Coroutine
from typing import Any, Final

import aiohttp
import numpy as np
from livekit import api, rtc
from livekit.protocol.room import RoomConfiguration

from sandbox.own_frames import OwnFrames
from sandbox.phone_bridge.cushion import is_left_out
from sandbox.phone_bridge.dispatch import Route
from sandbox.phone_bridge.g711 import RATE, Pcm
from sandbox.phone_bridge.mixer import FRAME, Mixer
from sandbox.phone_bridge.telephone_event import DIGITS

MOST_WAITING: Final = 25
"""Pieces of the telephone's sound that wait for the room; older ones are dropped."""
LEAVE_SECONDS: Final = 3.0


class RoomSide:
    """One participant. `closed` is set when the room has put us out or is gone."""

    def __init__(self, client: api.LiveKitAPI, url: str, key: str, secret: str, mixer: Mixer) -> None:
        loop = asyncio.get_running_loop()
        self.closed: asyncio.Future[None] = loop.create_future()
        self._voice: asyncio.Future[None] = loop.create_future()
        self._client = client
        self._url, self._key, self._secret = url, key, secret
        self._mixer = mixer
        self._room = rtc.Room()
        self._source = rtc.AudioSource(RATE, 1)
        self._waiting: asyncio.Queue[Pcm] = asyncio.Queue(MOST_WAITING)
        self._name = ""
        self._making: asyncio.Task[None] | None = None
        self._entered = False
        self._tasks: set[asyncio.Task[None]] = set()

    async def enter(self, route: Route) -> None:
        """Make the room, enter it, send for its agents, and publish the telephone's sound.

        In this order, as with the real bridge: an agent that comes and finds nobody knows that they hung up.
        """
        config = route.rule.room_config
        self._name = route.room
        self._making = asyncio.create_task(self._make(config), name="phone.make_room")
        # A request that is broken off leaves a room that the server never closes.
        await asyncio.shield(self._making)
        token = (
            api.AccessToken(self._key, self._secret)
            .with_identity(route.identity)
            .with_name(route.name)
            .with_kind("sip")
            .with_metadata(route.rule.metadata)
            .with_attributes(route.attributes | {"sip.callStatus": "ringing"})
            .with_grants(api.VideoGrants(room_join=True, room=route.room, can_update_own_metadata=True))
            .to_jwt()
        )
        self._room.on("track_subscribed", self._on_track)
        self._room.on("track_unsubscribed", self._on_track_gone)
        self._room.on("disconnected", lambda *_: self._on_closed())
        await self._room.connect(self._url, token)
        self._entered = True
        for agent in config.agents:
            await self._client.agent_dispatch.create_dispatch(
                api.CreateAgentDispatchRequest(
                    agent_name=agent.agent_name, room=route.room, metadata=agent.metadata
                )
            )
        track = rtc.LocalAudioTrack.create_audio_track("sip", self._source)
        options = rtc.TrackPublishOptions(source=rtc.TrackSource.SOURCE_MICROPHONE)
        await self._room.local_participant.publish_track(track, options)
        self._spawn(self._say_on(), "phone.say")

    async def somebody_has_a_voice(self) -> None:
        """Wait until somebody in the room can be heard: until then it rings."""
        await asyncio.shield(self._voice)

    async def set_status(self, status: str) -> None:
        """Show `ringing`, `active` or `hangup`."""
        if self._room.isconnected():
            await self._room.local_participant.set_attributes({"sip.callStatus": status})

    def say(self, samples: Pcm) -> None:
        """Have the room hear what the telephone said."""
        if self._waiting.full():
            self._waiting.get_nowait()
        self._waiting.put_nowait(samples)

    def press(self, code: int) -> None:
        """Tell the room of a key."""
        if self._room.isconnected():
            work = self._room.local_participant.publish_dtmf(code=code, digit=DIGITS[code])
            self._spawn(work, "phone.press")

    async def leave(self) -> None:
        """Leave the room: whoever is in it sees that the telephone hung up."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(LEAVE_SECONDS):
                await self.set_status("hangup")
                await self._room.disconnect()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        if self._making is not None and not self._entered:
            await self._unmake(self._making)
        await self._source.aclose()

    async def _make(self, config: RoomConfiguration) -> None:
        await self._client.room.create_room(
            api.CreateRoomRequest(
                name=self._name,
                empty_timeout=config.empty_timeout,
                departure_timeout=config.departure_timeout,
                max_participants=config.max_participants,
                metadata=config.metadata,
            )
        )

    async def _unmake(self, making: asyncio.Task[None]) -> None:
        """Delete a room that was made and never entered: the caller had hung up."""
        with contextlib.suppress(api.ServerError, aiohttp.ClientError):
            await making
            await self._client.room.delete_room(api.DeleteRoomRequest(room=self._name))

    async def _say_on(self) -> None:
        while True:
            samples = await self._waiting.get()
            # On a busy machine fewer and longer pieces, rather than late ones.
            while not self._waiting.empty():
                samples = np.concatenate([samples, self._waiting.get_nowait()])
            if is_left_out(samples, waiting_seconds=self._source.queued_duration):
                continue
            frame = rtc.AudioFrame(samples.tobytes(), RATE, 1, len(samples))
            await self._source.capture_frame(frame)

    def _on_track(
        self, track: rtc.Track, publication: rtc.RemoteTrackPublication, _who: rtc.RemoteParticipant
    ) -> None:
        if track.kind != rtc.TrackKind.KIND_AUDIO:
            return
        if not self._voice.done():
            self._voice.set_result(None)
        self._spawn(self._hear(track, publication.sid), f"phone.hear {publication.sid}")

    def _on_track_gone(
        self, _track: rtc.Track, publication: rtc.RemoteTrackPublication, _who: rtc.RemoteParticipant
    ) -> None:
        self._mixer.remove(publication.sid)

    async def _hear(self, track: rtc.Track, voice: str) -> None:
        stream = OwnFrames(track, sample_rate=RATE, num_channels=1, frame_size_ms=1000 * FRAME // RATE)
        try:
            async for event in stream:
                self._mixer.push(voice, np.frombuffer(event.frame.data, np.int16))
        finally:
            self._mixer.remove(voice)
            await stream.aclose()

    def _on_closed(self) -> None:
        if not self.closed.done():
            self.closed.set_result(None)

    def _spawn(self, work: Coroutine[Any, Any, None], name: str) -> None:
        task = asyncio.create_task(work, name=name)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
