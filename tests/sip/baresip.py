"""baresip as a telephone: an independent SIP and RTP stack that speaks files, records what it hears and presses keys."""

from __future__ import annotations

import asyncio
import contextlib
import json
import wave
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import numpy as np

from cli.caller.sound import Pcm, resample
from cli.ports import HOST, FreePorts

RATE = 8000
CONFIG = """\
sip_listen {host}:0
net_interface {host}
audio_player aufile,/dev/null
audio_source aufile,{folder}/silence.wav
audio_alert aufile,/dev/null
audio_level no
ausrc_srate 8000
auplay_srate 8000
ausrc_channels 1
auplay_channels 1
module_path /usr/lib/baresip/modules
module g711.so
module aufile.so
module sndfile.so
module_app account.so
module_app menu.so
module_app ctrl_tcp.so
ctrl_tcp_listen {host}:{port}
snd_path {folder}
"""
SILENCE_SECONDS = 300


class Baresip:
    """One telephone. Words are spoken by giving it a file with silence behind it."""

    def __init__(
        self, folder: Path, server: int, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        self.events: list[dict[str, Any]] = []
        self._folder, self._server = folder, server
        self._reader, self._writer = reader, writer
        self.kill: Callable[[], None] = lambda: None
        """Switch it off, without a word to anybody."""
        self._news = asyncio.Condition()
        self._spoken = 0
        self._reading = asyncio.create_task(self._read())

    @property
    def is_over(self) -> bool:
        """Whether its call has ended."""
        return any(event.get("type") == "CALL_CLOSED" for event in self.events)

    async def dial(self, number: str = "tasks") -> None:
        """Call, and wait until somebody has answered."""
        await self.command("dial", f"sip:{number}@{HOST}:{self._server}")
        await self.happens("CALL_ESTABLISHED", 30)

    async def say(self, sound: Pcm, rate: int) -> float:
        """Begin to speak; how many seconds it takes."""
        self._spoken += 1
        path = self._folder / f"said{self._spoken}.wav"
        narrow = resample(sound, rate, RATE)
        write(path, np.concatenate([narrow, np.zeros(SILENCE_SECONDS * RATE, np.int16)]))
        await self.command("ausrc", f"aufile,{path}")
        return len(narrow) / RATE

    async def press(self, keys: str) -> None:
        """Press keys one after the other."""
        for key in keys:
            await self.command("sndcode", key)
            await asyncio.sleep(0.3)

    async def hang_up(self) -> None:
        """Say goodbye."""
        await self.command("hangup")

    async def command(self, name: str, parameters: str = "") -> None:
        """Say something to the program."""
        text = json.dumps({"command": name, "params": parameters, "token": name}).encode()
        self._writer.write(f"{len(text)}:".encode() + text + b",")
        await self._writer.drain()

    async def happens(self, kind: str, seconds: float) -> None:
        """Wait for an event of the program."""
        async with asyncio.timeout(seconds), self._news:
            await self._news.wait_for(lambda: any(event.get("type") == kind for event in self.events))

    def heard(self) -> Pcm:
        """Everything it heard until now; complete after the call."""
        [path] = self._folder.glob("dump-*-dec.wav")
        data = path.read_bytes()[44:]  # the length in the header is written at the end of the call
        return np.frombuffer(data[: len(data) // 2 * 2], np.int16)

    async def aclose(self) -> None:
        """Read no more."""
        self._reading.cancel()
        await asyncio.gather(self._reading, return_exceptions=True)
        self._writer.close()

    async def _read(self) -> None:
        while not self._reader.at_eof():
            length = await self._reader.readuntil(b":")
            text = await self._reader.readexactly(int(length[:-1]) + 1)
            async with self._news:
                self.events.append(json.loads(text[:-1]))
                self._news.notify_all()


@asynccontextmanager
async def telephone(
    program: str, folder: Path, server: int, *, user: str, law: str = "pcmu", password: str = ""
) -> AsyncIterator[Baresip]:
    """A telephone that is switched on."""
    control = FreePorts().take()
    _set_up(folder, control, f"{user}@{HOST}:{server}", law=law, secret=password)
    process = await asyncio.create_subprocess_exec(
        # First in line where that is allowed: a telephone has a processor of its own, and speaks without gaps.
        *("nice", "-n", "-10", program),
        "-f",
        str(folder),
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.DEVNULL,
        stderr=asyncio.subprocess.DEVNULL,
    )
    try:
        phone = Baresip(folder, server, *await _connect(control))
        phone.kill = process.kill
        try:
            yield phone
            with contextlib.suppress(ConnectionError):
                await phone.command("quit")
        finally:
            await phone.aclose()
    finally:
        try:
            async with asyncio.timeout(5):
                await process.wait()
        except TimeoutError:
            process.kill()
            await process.wait()


def _set_up(folder: Path, control: int, address: str, *, law: str, secret: str) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    write(folder / "silence.wav", np.zeros(SILENCE_SECONDS * RATE, np.int16))
    (folder / "config").write_text(CONFIG.format(host=HOST, folder=folder, port=control))
    proof = f";auth_user={address.partition('@')[0]};auth_pass={secret}" if secret else ""
    (folder / "accounts").write_text(
        f"<sip:{address}>;regint=0;audio_codecs={law};dtmfmode=rtpevent{proof}\n"
    )
    (folder / "contacts").write_text("")


def write(path: Path, sound: Pcm) -> None:
    """A wav file at the telephone's rate."""
    with wave.open(str(path), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(RATE)
        file.writeframes(sound.astype(np.int16).tobytes())


async def _connect(port: int) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    async with asyncio.timeout(10):
        while True:
            try:
                return await asyncio.open_connection(HOST, port)
            except ConnectionRefusedError:
                await asyncio.sleep(0.05)
