"""A wire to a real server that can be cut, held up, led elsewhere, or lose answers: what a server cannot do itself."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from dataclasses import dataclass, field

SIZE = 1 << 16


@dataclass
class Gate:
    """What requests of one connection wait at; what was sent stays on its way even when the client has gone."""

    seconds: float = 0.0
    open: asyncio.Event = field(default_factory=asyncio.Event)

    def __post_init__(self) -> None:
        self.open.set()


class FaultProxy:
    """A TCP proxy before a server on this machine. `start` it, use `url`, `aclose` it."""

    def __init__(self, upstream: int) -> None:
        self.upstream = upstream
        """Port that new connections lead to."""
        self.slow_seconds = 0.0
        """How late requests arrive, on connections old and new."""
        self.slow_only = b""
        """Only those with these bytes do."""
        self.lose_answers_to: bytes = b""
        """Requests with these bytes are done, and the connection is cut before the answer."""
        self.lost = 0
        """How many answers were."""
        self.arrived = asyncio.Event()
        """Set when the server has answered a request that was held."""
        self._gate = Gate()
        self._refuse = False
        self._server: asyncio.Server | None = None
        self._tasks: set[asyncio.Task[None]] = set()
        self._writers: set[asyncio.StreamWriter] = set()

    @property
    def url(self) -> str:
        """The wire's own end."""
        assert self._server is not None
        return f"redis://127.0.0.1:{self._server.sockets[0].getsockname()[1]}/0"

    async def start(self) -> None:
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", 0)

    async def aclose(self) -> None:
        assert self._server is not None
        self._server.close()
        self._gate.open.set()
        self.cut()
        for task in list(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    def cut(self, *, and_refuse: bool = False) -> None:
        """Cut every connection; new ones too, until `mend`."""
        self._refuse = and_refuse
        for writer in list(self._writers):
            writer.transport.abort()

    def mend(self) -> None:
        """Take connections again."""
        self._refuse = False

    def hold(self) -> Gate:
        """Hold the requests of the connections there are until the gate is opened; later ones go through."""
        gate, self._gate = self._gate, Gate()
        gate.open.clear()
        return gate

    async def _serve(self, client: asyncio.StreamReader, back: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._tasks.add(task)
        self._writers.add(back)
        try:
            if not self._refuse:
                await self._carry(client, back)
        except OSError:
            pass
        finally:
            self._writers.discard(back)
            self._tasks.discard(task)
            back.transport.abort()

    async def _carry(self, client: asyncio.StreamReader, back: asyncio.StreamWriter) -> None:
        gate = self._gate
        server, forth = await asyncio.open_connection("127.0.0.1", self.upstream)
        lose, late = asyncio.Event(), asyncio.Event()

        async def answers() -> None:
            with suppress(OSError):
                while data := await server.read(SIZE):
                    if late.is_set():
                        self.arrived.set()
                    if lose.is_set():
                        self.lost += 1
                        back.transport.abort()
                        return
                    back.write(data)
                    await back.drain()
                back.transport.abort()

        answering = asyncio.create_task(answers())
        try:
            while data := await client.read(SIZE):
                if self.slow_only in data:
                    await asyncio.sleep(self.slow_seconds)
                held = not gate.open.is_set()
                await gate.open.wait()
                if self.lose_answers_to and self.lose_answers_to in data:
                    lose.set()
                if held:
                    late.set()
                forth.write(data)
                await forth.drain()
                if held:
                    async with asyncio.timeout(10):
                        await self.arrived.wait()
        finally:
            forth.close()
            answering.cancel()
            await asyncio.gather(answering, return_exceptions=True)
