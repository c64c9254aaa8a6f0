"""Whom a script talks to."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any, Final

import aiohttp

from cli.conformance.frame import SOUND, Frame

PATIENCE_SECONDS: Final = 20.0
"""For one frame."""


@dataclass(frozen=True)
class Peer:
    """A vendor's API, or the stand-in for it."""

    http: aiohttp.ClientSession
    base_url: str
    key: str
    sandbox: bool = False
    """The stand-in: it is told words instead of hearing them."""


class PeerError(Exception):
    """It did not answer as it must for the script to go on; the text says how."""


class Wire:
    """A websocket whose frames are kept."""

    def __init__(
        self,
        socket: aiohttp.ClientWebSocketResponse,
        kind_of: Callable[[Mapping[str, Any]], str],
        *,
        binary_json: bool = False,
    ) -> None:
        self._socket = socket
        self._binary_json = binary_json
        self._kind_of = kind_of
        self.frames: list[Frame] = []

    async def send(self, message: Mapping[str, Any]) -> None:
        """Send JSON."""
        await self._socket.send_str(json.dumps(message))

    async def send_sound(self, pcm: bytes) -> None:
        """Send a binary frame."""
        await self._socket.send_bytes(pcm)

    async def next(self) -> Frame | None:
        """Take the next frame; None when the other side has closed. Raises PeerError after 20 s of silence."""
        try:
            message = await self._socket.receive(timeout=PATIENCE_SECONDS)
        except TimeoutError as error:
            kinds = ", ".join(dict.fromkeys(frame.kind for frame in self.frames)) or "nothing"
            raise PeerError(f"no frame within {PATIENCE_SECONDS:.0f} s, after {kinds}") from error
        if message.type is aiohttp.WSMsgType.BINARY and not self._binary_json:
            self.frames.append(Frame(SOUND, {}))
        elif message.type in (aiohttp.WSMsgType.TEXT, aiohttp.WSMsgType.BINARY):
            body = json.loads(message.data)
            self.frames.append(Frame(self._kind_of(body), body))
        else:
            return None
        return self.frames[-1]

    async def until(self, *kinds: str) -> Frame:
        """Take frames up to the next of some kinds. Raises PeerError."""
        while True:
            frame = await self.next()
            if frame is None:
                raise PeerError(f"the socket was closed before {' or '.join(kinds)}")
            if frame.kind in kinds:
                return frame

    async def rest(self) -> None:
        """Take frames until the other side closes."""
        while await self.next() is not None:
            pass


@asynccontextmanager
async def wire(
    peer: Peer,
    path: str,
    headers: Mapping[str, str],
    *,
    kind_of: Callable[[Mapping[str, Any]], str] = lambda body: str(body.get("type", "")),
    binary_json: bool = False,
) -> AsyncIterator[Wire]:
    """Open a websocket. `binary_json`: its binary frames are JSON, as Google's are. Raises PeerError."""
    try:
        async with peer.http.ws_connect(f"{peer.base_url}{path}", headers=headers, max_msg_size=0) as socket:
            yield Wire(socket, kind_of, binary_json=binary_json)
    except aiohttp.WSServerHandshakeError as error:
        raise PeerError(f"it answered {error.status}") from error
    except (aiohttp.ClientError, OSError, asyncio.IncompleteReadError) as error:
        raise PeerError(type(error).__name__) from error
