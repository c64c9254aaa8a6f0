"""The real plugins on the sandbox, metered, and a line between them that can be cut."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable, Iterable
from datetime import date

import numpy as np
import pytest
from livekit import rtc

from sandbox.app import Running
from sandbox.invoice import Row
from tiers import cascade
from tiers.catalogue import STACKS
from tiers.meter import Meter
from tiers.prices import bundled
from tiers.settings import VendorSettings
from tiers.usage import Usage

CANCELLED = {
    "input_tokens": 200,
    "output_tokens": 100,
    "input_token_details": {
        "text_tokens": 150,
        "audio_tokens": 50,
        "cached_tokens": 128,
        "cached_tokens_details": {"text_tokens": 128, "audio_tokens": 0},
    },
    "output_token_details": {"text_tokens": 20, "audio_tokens": 80},
}
"""A reply that was cut off, as the vendor reports it: cases of usage numbers begin here."""

CALL = "call"
TODAY = date(2026, 11, 25)


class Line:
    """A TCP line to the sandbox. `cut` breaks every connection on it, as a network that goes away does."""

    def __init__(self, port: int) -> None:
        self._port = port
        self._writers: set[asyncio.StreamWriter] = set()
        self._server: asyncio.Server | None = None

    async def open(self) -> int:
        self._server = await asyncio.start_server(self._connect, "127.0.0.1", 0)
        return int(self._server.sockets[0].getsockname()[1])

    async def _connect(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        there, out = await asyncio.open_connection("127.0.0.1", self._port)
        self._writers |= {writer, out}
        with contextlib.suppress(OSError):
            await asyncio.gather(self._pump(reader, out), self._pump(there, writer))

    async def _pump(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while data := await reader.read(65536):
                writer.write(data)
                await writer.drain()
        finally:
            writer.close()

    def cut(self) -> None:
        for writer in self._writers:
            writer.transport.abort()
        self._writers.clear()

    async def aclose(self) -> None:
        self.cut()
        assert self._server is not None
        self._server.close()


@pytest.fixture
async def line(running: Running) -> AsyncIterator[tuple[Line, int]]:
    made = Line(running.port)
    yield made, await made.open()
    await made.aclose()


@pytest.fixture
def settings(line: tuple[Line, int], monkeypatch: pytest.MonkeyPatch) -> VendorSettings:
    root = f"http://127.0.0.1:{line[1]}"
    paths = {
        "OPENAI": "openai/v1",
        "DEEPGRAM": "deepgram",
        "CARTESIA": "cartesia",
        "ELEVEN": "elevenlabs/v1",
    }
    for name, path in paths.items():
        monkeypatch.setenv(f"{name}_API_KEY", "sandbox")
        monkeypatch.setenv(f"{name}_BASE_URL", f"{root}/{path}")
    return VendorSettings()


class Booked(list[Usage]):
    """What a meter booked."""

    def of(self, part: str) -> list[Usage]:
        return [usage for usage in self if usage.part == part]

    @property
    def microdollars(self) -> int:
        replaced = {usage.replaces for usage in self}
        return sum(bundled().price(usage) for usage in self if usage.event_id not in replaced)

    def check(self, rows: Iterable[Row], *, broken: bool = False) -> None:
        """The meter and the invoice differ by at most 0.5 % or 200 µ$; 5 % where a socket died."""
        billed = sum(row.microdollars for row in rows)
        off = self.microdollars - billed
        assert abs(off) <= max(billed * (0.05 if broken else 0.005), 200), (self.microdollars, billed)
        assert len({usage.event_id for usage in self}) == len(self)


@pytest.fixture
def booked() -> Booked:
    return Booked()


@pytest.fixture
async def economy(settings: VendorSettings, booked: Booked) -> AsyncIterator[cascade.Cascade]:
    """A metered cascade. A test that closes it looks at the whole bill."""
    made = cascade.build(STACKS["economy"], settings, call_id=CALL, today=TODAY)
    meter = Meter(STACKS["economy"], made, booked.append, session="s1")
    yield made
    await made.aclose()
    await meter.aclose()


def sound(seconds: float, *, loud: bool = True, rate: int = 24_000) -> list[rtc.AudioFrame]:
    """A tone or a silence in frames of 20 ms."""
    samples = np.arange(round(rate * seconds))
    pcm = (np.sin(samples * 2 * np.pi * 220 / rate) * (3000 if loud else 0)).astype(np.int16)
    step = rate // 50
    return [
        rtc.AudioFrame(pcm[first : first + step].tobytes(), rate, 1, len(pcm[first : first + step]))
        for first in range(0, len(pcm), step)
    ]


async def until(condition: Callable[[], object], seconds: float = 20) -> None:
    """Wait until something is so."""
    end = asyncio.get_running_loop().time() + seconds
    while not condition():
        assert asyncio.get_running_loop().time() < end
        await asyncio.sleep(0.01)
