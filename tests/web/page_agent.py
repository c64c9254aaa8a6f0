"""A call whose agent does what a test says: what the page shows of an agent, without one that thinks."""

from __future__ import annotations

import asyncio
import json
from datetime import UTC, datetime, timedelta
from typing import Any

from livekit import api, rtc
from playwright.async_api import Route

from tests.web.page_alone import PageAlone
from tests.web.page_driver import Tab


async def answer_calls_with(tab: Tab, status: int, body: str) -> None:
    """Let the page's next call get this answer instead of the server's."""

    async def answer(route: Route) -> None:
        await route.fulfill(status=status, content_type="application/json", body=body)

    await tab.page.route("**/api/calls", answer)


class StagedCall:
    """A room of the running demo that no agent of its own comes to, and the way in as POST /api/calls tells it."""

    def __init__(self, url: str, key: str, secret: str, name: str) -> None:
        self._url, self._key, self._secret = url, key, secret
        self._room = f"call-{name}"
        self._name = name
        self._agents: list[ScriptedAgent] = []
        self._elsewhere: list[rtc.Room] = []

    @classmethod
    def at(cls, demo: Any, name: str) -> StagedCall:
        """At a running demo."""
        lines = (demo.data_dir / "secrets.env").read_text().splitlines()
        secrets = dict(line.split("=", 1) for line in lines if "=" in line)
        key, secret = (secrets[of].strip("'\"") for of in ("LIVEKIT_API_KEY", "LIVEKIT_API_SECRET"))
        return cls(f"ws://127.0.0.1:{demo.ports['livekit']}", key, secret, name)

    async def open(self) -> None:
        """Make the room."""
        async with api.LiveKitAPI(self._url, self._key, self._secret) as livekit:
            await livekit.room.create_room(api.CreateRoomRequest(name=self._room, empty_timeout=120))

    async def ends(self) -> None:
        """Delete the room, as an agent does whose call is over."""
        async with api.LiveKitAPI(self._url, self._key, self._secret) as livekit:
            await livekit.room.delete_room(api.DeleteRoomRequest(room=self._room))

    async def close(self) -> None:
        """Send the agents away."""
        for agent in self._agents:
            await agent.leaves()
        for room in self._elsewhere:
            await room.disconnect()

    def way_in(self) -> str:
        """What the server would say to the page."""
        # The grants of web/rooms.py.
        grants = api.VideoGrants(
            room_join=True,
            room=self._room,
            can_publish=True,
            can_publish_sources=["microphone", "screen_share"],
            can_subscribe=True,
            can_publish_data=True,
            can_update_own_metadata=False,
        )
        token = (
            api.AccessToken(self._key, self._secret).with_identity("somebody").with_grants(grants).to_jwt()
        )
        return json.dumps({"call_id": self._name, "url": self._url, "token": token, "room": self._room})

    async def comes_from_elsewhere(self) -> None:
        """Let the caller enter from another device."""
        room = rtc.Room()
        await room.connect(self._url, json.loads(self.way_in())["token"])
        self._elsewhere.append(room)

    @property
    def way_back(self) -> str:
        """Where the page asks for a way back into it."""
        return f"/api/calls/{self._name}/token"

    async def in_a_call(self, alone: PageAlone) -> tuple[Tab, ScriptedAgent]:
        """A tab of the page alone, in the call with an agent that listens."""
        alone.answers["POST /api/calls"] = (201, json.loads(self.way_in()))
        agent = await self.agent()
        await agent.shows(tier="economy", stack="economy", state="listening")
        tab = await alone.tab()
        await tab.start()
        await tab.listening()
        return tab, agent

    async def agent(self, identity: str = "agent") -> ScriptedAgent:
        """Let an agent come."""
        grants = api.VideoGrants(room_join=True, room=self._room, can_update_own_metadata=True)
        token = api.AccessToken(self._key, self._secret).with_identity(identity).with_grants(grants)
        room = rtc.Room()
        agent = ScriptedAgent(room)
        self._agents.append(agent)
        await room.connect(self._url, token.with_kind("agent").with_ttl(timedelta(minutes=5)).to_jwt())
        return agent


class ScriptedAgent:
    """An agent in a room: it shows, writes and reads what a test wants. `room` is its own view of it."""

    def __init__(self, room: rtc.Room) -> None:
        self.room = self._room = room
        self._reading: set[asyncio.Task[None]] = set()
        self.microphone: list[str] = []
        """What the page said of its microphone."""
        self.messages: list[str] = []
        """What was typed."""
        self.keys: list[tuple[int, str]] = []
        """Which keys were pressed: code and digit."""
        room.on("sip_dtmf_received", lambda press: self.keys.append((press.code, press.digit)))
        for topic, into in (("voicetasks.microphone", self.microphone), ("lk.chat", self.messages)):
            room.register_text_stream_handler(topic, self._reader(into))

    def _reader(self, into: list[str]) -> Any:
        async def read(reader: rtc.TextStreamReader) -> None:
            into.append(await reader.read_all())

        def on_stream(reader: rtc.TextStreamReader, _identity: str) -> None:
            task = asyncio.create_task(read(reader))
            self._reading.add(task)
            task.add_done_callback(self._reading.discard)

        return on_stream

    async def shows(self, **attributes: str) -> None:
        """Change attributes: `stack` is `voicetasks.stack`, and so on."""
        await self._room.local_participant.set_attributes(
            {f"voicetasks.{name}": value for name, value in attributes.items()}
        )

    async def writes(self, text: str) -> None:
        """Send a finished line of ours."""
        await self._room.local_participant.send_text(
            text, topic="lk.transcription", attributes={"lk.transcription_final": "true"}
        )

    async def asks(self, question: str) -> None:
        """Put a question to be clicked. This agent takes no answer."""
        until = (datetime.now(UTC) + timedelta(minutes=1)).isoformat()
        asked = {
            "id": "q1",
            "question": question,
            "action": "delete_task",
            "objects": [],
            "expires_at": until,
        }
        await self._room.local_participant.send_text(json.dumps(asked), topic="voicetasks.confirm")

    async def leaves(self) -> None:
        """Leave the room."""
        await self._room.disconnect()
