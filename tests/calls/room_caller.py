"""A caller in a room, seen from outside: what is said, who is there, and a line that can be lost for real."""

from __future__ import annotations

import asyncio
import contextlib
import json
import sys
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

import httpx
import pytest
from livekit import rtc

GHOST = """
import asyncio, sys
from livekit import rtc

async def be_there():
    room = rtc.Room()
    await room.connect(sys.argv[1], sys.argv[2])
    source = rtc.AudioSource(24_000, 1)
    track = rtc.LocalAudioTrack.create_audio_track("microphone", source)
    await room.local_participant.publish_track(
        track, rtc.TrackPublishOptions(source=rtc.TrackSource.SOURCE_MICROPHONE)
    )
    print("there", flush=True)
    while True:
        await source.capture_frame(rtc.AudioFrame(bytes(960), 24_000, 1, 480))

asyncio.run(be_there())
"""


class Door:
    """A signed-in person at the web server."""

    def __init__(self, client: httpx.AsyncClient) -> None:
        self.client = client
        self._headers: dict[str, str] = {}

    async def sign_in(self, email: str) -> None:
        answer = await self.client.post("/api/login", json={"email": email, "password": "demo"})
        self._headers = {"X-CSRF-Token": answer.raise_for_status().json()["csrf"]}

    async def post(self, path: str, body: dict[str, Any] | None = None) -> dict[str, Any]:
        answer = await self.client.post(path, json=body or {}, headers=self._headers)
        found: dict[str, Any] = answer.raise_for_status().json()
        return found

    async def titles(self) -> list[str]:
        answer = await self.client.get("/api/tasks")
        return sorted(task["title"] for task in answer.raise_for_status().json()["tasks"])

    async def consent(self, given: bool) -> None:
        answer = await self.client.put("/api/consent", json={"transcripts": given}, headers=self._headers)
        answer.raise_for_status()


class Caller:
    """One connection to a room."""

    def __init__(self, ticket: dict[str, Any]) -> None:
        self.call_id, self.room_name = str(ticket["call_id"]), str(ticket["room"])
        self._ticket = ticket
        self.room = rtc.Room()
        self.heard: list[str] = []
        """What our voice said, as captions."""
        self.most_agents = 0
        self._reading: set[asyncio.Task[None]] = set()
        self._silence: asyncio.Task[None] | None = None

    async def enter(self) -> None:
        self.room.register_text_stream_handler("lk.transcription", self._on_text)
        self.room.on("participant_connected", lambda _: self._count())
        await self.room.connect(self._ticket["url"], self._ticket["token"])
        source = rtc.AudioSource(24_000, 1)
        track = rtc.LocalAudioTrack.create_audio_track("microphone", source)
        options = rtc.TrackPublishOptions(source=rtc.TrackSource.SOURCE_MICROPHONE)
        await self.room.local_participant.publish_track(track, options)
        self._silence = asyncio.create_task(self._be_silent(source))

    async def leave(self) -> None:
        for task in filter(None, (self._silence, *self._reading)):
            task.cancel()
        await asyncio.gather(*filter(None, (self._silence, *self._reading)), return_exceptions=True)
        await self.room.disconnect()

    @property
    def agents(self) -> list[str]:
        """Who of us is in the room."""
        return [one for one in self.room.remote_participants if one.startswith("agent-")]

    async def type(self, text: str) -> None:
        await self.room.local_participant.send_text(text, topic="lk.chat")

    async def hears(self, words: str, seconds: float, *, since: int = 0) -> int:
        """Wait until something of the kind was said after so many sentences; how many there are now."""
        await until(
            lambda: words in " ".join(self.heard[since:]),
            seconds,
            lambda: f"{words!r} is heard in {self.heard}",
        )
        return len(self.heard)

    async def quiet(self, seconds: float = 20.0) -> None:
        """Wait until one of us is there and has listened for a second."""
        since: float | None = None
        deadline = time.monotonic() + seconds
        while since is None or time.monotonic() - since < 1.0:
            here = [self.room.remote_participants[one] for one in self.agents]
            listens = len(here) == 1 and here[0].attributes.get("lk.agent.state") == "listening"
            since = (since or time.monotonic()) if listens else None
            if time.monotonic() > deadline:
                pytest.fail(f"after {seconds:.0f} s still not quiet: {[each.attributes for each in here]}")
            await asyncio.sleep(0.05)

    def _count(self) -> None:
        self.most_agents = max(self.most_agents, len(self.agents))

    def _on_text(self, reader: rtc.TextStreamReader, identity: str) -> None:
        if identity.startswith("agent-"):
            task = asyncio.create_task(self._read(reader))
            self._reading.add(task)
            task.add_done_callback(self._reading.discard)

    async def _read(self, reader: rtc.TextStreamReader) -> None:
        place = len(self.heard)
        self.heard.append("")
        try:
            async for piece in reader:
                self.heard[place] += piece
        except rtc.StreamError:
            return  # whoever spoke has died

    async def _be_silent(self, source: rtc.AudioSource) -> None:
        while True:
            await source.capture_frame(rtc.AudioFrame(bytes(960), 24_000, 1, 480))


@asynccontextmanager
async def calling(url: str, email: str, *, consent: bool) -> AsyncIterator[tuple[Door, Caller]]:
    """Call, and hear the greeting."""
    async with httpx.AsyncClient(base_url=url, timeout=15, trust_env=False) as client:
        door = Door(client)
        await door.sign_in(email)
        await door.consent(consent)
        caller = Caller(await door.post("/api/calls"))
        await caller.enter()
        try:
            await caller.hears("your task assistant", 40)
            yield door, caller
        finally:
            await caller.leave()


@asynccontextmanager
async def ghost(ticket: dict[str, Any]) -> AsyncIterator[Callable[[], None]]:
    """Someone who is in the room until the function is called: then their line is lost, without a word."""
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-c", GHOST, ticket["url"], ticket["token"], stdout=asyncio.subprocess.PIPE
    )
    try:
        assert process.stdout is not None
        assert await process.stdout.readline() == b"there\n"
        yield process.kill
    finally:
        with contextlib.suppress(ProcessLookupError):
            process.kill()
        await process.wait()


async def until(condition: Callable[[], object], seconds: float, told: Callable[[], str] | str) -> None:
    """Wait for something outside. Fails the test when it does not come."""
    deadline = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > deadline:
            pytest.fail(
                f"after {seconds:.0f} s still waiting until {told if isinstance(told, str) else told()}"
            )
        await asyncio.sleep(0.05)


def events(log: str, name: str, call_id: str = "") -> list[dict[str, Any]]:
    """The lines of a log that tell of this event, and of this call where one is given."""
    found = [json.loads(line) for line in log.splitlines() if line.startswith("{")]
    return [line for line in found if line.get("event") == name and line.get("call_id", call_id) == call_id]
