"""The ways into a room with each of those that are measured."""

from __future__ import annotations

import asyncio
import contextlib
import json
import secrets
import sys
from collections.abc import AsyncIterator, Callable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from pathlib import Path
from typing import Any, Final

from livekit import api

from cli.bench.ending import end
from cli.bench.latency.peers import starter
from cli.caller.phone.room_door import phone_ticket
from cli.caller.web_door import Ticket, WebDoor
from cli.room_server import room_server
from cli.settings import CHECKOUT
from people.demo_accounts import DEMO_PASSWORD, DEMO_PHONES, DEMO_PIN

END_SECONDS: Final = 10.0
TOKEN_LIFE: Final = timedelta(hours=1)


class System(StrEnum):
    """Who answers."""

    ECONOMY = "economy"
    PREMIUM = "premium"
    STARTER = "starter"
    PIPECAT = "pipecat"
    ECHO = "echo"

    @property
    def is_ours(self) -> bool:
        """Whether it is the product, in one of its tiers."""
        return self in (System.ECONOMY, System.PREMIUM)


class Channel(StrEnum):
    """Through which door the caller comes."""

    BROWSER = "browser"
    PHONE = "phone"


@dataclass(frozen=True)
class Rooms:
    """What makes rooms and lets people in."""

    web_url: str
    environment: Mapping[str, str]
    """With the addresses and keys of the demo."""
    folder: Path
    """For the logs of those that are started here."""
    pipecat: Callable[[], Path]
    """Gives a Python that has pipecat."""

    @contextlib.asynccontextmanager
    async def ticket(self, system: System, channel: Channel) -> AsyncIterator[Ticket]:
        """The way into a new room where the system is on its way; who was started for it is ended with the block."""
        match system:
            case System.ECONOMY | System.PREMIUM if channel is Channel.BROWSER:
                async with WebDoor(self.web_url) as door:
                    await door.sign_in(f"{system}@example.com", DEMO_PASSWORD)
                    yield await door.start_call()
            case System.ECONOMY | System.PREMIUM:
                number = DEMO_PHONES[f"{system}@example.com"]
                yield await phone_ticket(self.environment, number, DEMO_PIN.get_secret_value())
            case System.STARTER:
                call = await self._open(starter.NAME, {})
                yield self._way_in(call)
            case System.PIPECAT | System.ECHO:
                call = await self._open(None, {})
                async with self._one_room(system, call):
                    yield self._way_in(call)

    async def _open(self, agent: str | None, metadata: Mapping[str, Any]) -> str:
        name = f"bench_{secrets.token_hex(6)}"
        agents = [api.RoomAgentDispatch(agent_name=agent, metadata=json.dumps(metadata))] if agent else []
        async with self._api() as client:
            await client.room.create_room(api.CreateRoomRequest(name=name, agents=agents, empty_timeout=30))
        return name

    def _api(self) -> api.LiveKitAPI:
        return api.LiveKitAPI(*room_server(self.environment), failover=False)

    def _way_in(self, call: str) -> Ticket:
        return Ticket(call, self.environment["LIVEKIT_URL"], self._token("caller", call, "standard"), call)

    def _token(self, identity: str, room: str, kind: Any) -> str:
        _, key, secret = room_server(self.environment)
        token = api.AccessToken(key, secret).with_identity(identity).with_kind(kind).with_ttl(TOKEN_LIFE)
        return token.with_grants(
            api.VideoGrants(room_join=True, room=room, can_update_own_metadata=True)
        ).to_jwt()

    @contextlib.asynccontextmanager
    async def _one_room(self, system: System, room: str) -> AsyncIterator[None]:
        """A process that serves one room."""
        url, token = self.environment["LIVEKIT_URL"], self._token(str(system), room, "agent")
        peers = Path(starter.__file__).parent
        if system is System.PIPECAT:
            python = await asyncio.to_thread(self.pipecat)
            command: tuple[str, ...] = (str(python), str(peers / "pipecat_bot.py"), url, token, room)
        else:
            command = (sys.executable, str(peers / "echo.py"), url, token)
        async with running(command, self.environment, self.folder / f"{system}.log"):
            yield


@contextlib.asynccontextmanager
async def running(
    command: tuple[str, ...], environment: Mapping[str, str], log_file: Path
) -> AsyncIterator[asyncio.subprocess.Process]:
    """A process for as long as the block lasts; what it says goes to the end of the file."""
    with log_file.open("ab") as log:
        process = await asyncio.create_subprocess_exec(
            *command,
            cwd=CHECKOUT,
            env=dict(environment),
            stdin=asyncio.subprocess.DEVNULL,
            stdout=log,
            stderr=log,
        )
    try:
        yield process
    finally:
        await end(process, within=END_SECONDS)


@contextlib.asynccontextmanager
async def starter_worker(
    environment: Mapping[str, str], folder: Path
) -> AsyncIterator[asyncio.subprocess.Process]:
    """The plain starter's worker."""
    command = (sys.executable, "-m", starter.__name__, "start")
    async with running(command, environment, folder / "starter.log") as process:
        yield process
