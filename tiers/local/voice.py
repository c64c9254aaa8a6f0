"""A voice that needs no account: Piper, in a process of its own."""

import asyncio
import contextlib
import json
import logging
import sys
from collections.abc import AsyncGenerator

from tiers.local.settings import LocalSettings
from tiers.local.voice_frames import HEADER, Frame

log = logging.getLogger(__name__)

SAMPLE_RATE = 22_050
"""Hz, of the packaged voice."""

LONGEST_TEXT = 5_000
"""Characters in one go, some five minutes of speech."""

_STOP_SECONDS = 3.0
_Event = tuple[Frame, bytes]


class VoiceError(RuntimeError):
    """Nothing, or nothing more, can be spoken; the message says why and whether asking again helps."""


class Voice:
    """Speaks texts, several at a time; the process is started with the first and again when it has died.

    `model` is a Piper voice file and overrides the setting. Belongs to one event loop.
    """

    def __init__(self, model: str | None = None) -> None:
        named = model or LocalSettings().voice_model
        self._arguments = [str(named)] if named else []
        self._starting = asyncio.Lock()
        self._piper: _Piper | None = None
        self._closed = False
        self.sample_rate = SAMPLE_RATE
        """Hz; certain once `start` has returned or the first sound has come."""

    @property
    def pid(self) -> int | None:
        """The process that speaks now, if there is one."""
        return self._piper.pid if self._piper and not self._piper.ended else None

    async def start(self) -> None:
        """Have the process up and the voice loaded (0.7 s), so that the first sentence does not wait for it.

        Raises VoiceError when Piper or the voice is not there.
        """
        await self._running()

    async def speak(self, text: str, *, voice: str | None = None) -> AsyncGenerator[bytes, None]:
        """The sound of `text`, a sentence at a time: 16-bit mono PCM at `sample_rate`.

        Closing the generator, or cancelling whoever reads it, stops the speaking. `voice` is another Piper voice
        file with the same rate. Nothing comes for text without words.
        Raises ValueError for text over LONGEST_TEXT, VoiceError when the process cannot start, cannot speak this,
        or dies meanwhile; the next call starts it afresh.
        """
        if len(text) > LONGEST_TEXT:
            raise ValueError(
                f"{len(text)} characters are more than the {LONGEST_TEXT} that are spoken in one go"
            )
        if not any(character.isalnum() for character in text):
            return
        piper = await self._running()
        number, events = piper.request(text, voice)
        try:
            while True:
                kind, payload = await events.get()
                if kind is Frame.DONE:
                    return
                if kind is Frame.FAILED:
                    raise VoiceError(payload.decode())
                yield payload
        finally:
            piper.forget(number)

    async def aclose(self) -> None:
        """End the process and wait for it; speaking that is under way fails with VoiceError."""
        self._closed = True
        async with self._starting:
            if self._piper is not None:
                await self._piper.stop()

    async def _running(self) -> "_Piper":
        async with self._starting:
            if self._closed:
                raise VoiceError("the voice has been closed")
            if self._piper is None or self._piper.ended:
                self._piper = await _Piper.spawn(self._arguments)
            piper = self._piper
        self.sample_rate = await piper.ready()
        return piper


class _Piper:
    """One life of the process."""

    def __init__(
        self,
        process: asyncio.subprocess.Process,
        stdin: asyncio.StreamWriter,
        stdout: asyncio.StreamReader,
    ) -> None:
        self._process = process
        self._stdin = stdin
        self._stdout = stdout
        self._ready: asyncio.Future[int] = asyncio.get_running_loop().create_future()
        self._listeners: dict[int, asyncio.Queue[_Event]] = {}
        self._last = 0
        self._stopping = False
        self.ended = False
        self._reader = asyncio.create_task(self._read())

    @classmethod
    async def spawn(cls, arguments: list[str]) -> "_Piper":
        process = await asyncio.create_subprocess_exec(
            sys.executable,
            *("-m", "tiers.local.piper_process", *arguments),
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
        )
        if process.stdin is None or process.stdout is None:
            raise VoiceError("the voice process has no pipes")
        return cls(process, process.stdin, process.stdout)

    @property
    def pid(self) -> int:
        return self._process.pid

    async def ready(self) -> int:
        """The sample rate, once the voice is loaded."""
        return await asyncio.shield(self._ready)

    def request(self, text: str, voice: str | None) -> tuple[int, asyncio.Queue[_Event]]:
        if self.ended:
            raise VoiceError("the voice process has just ended; asking again starts a new one")
        self._last += 1
        events: asyncio.Queue[_Event] = asyncio.Queue()
        self._listeners[self._last] = events
        self._write({"id": self._last, "text": text, "voice": voice})
        return self._last, events

    def forget(self, number: int) -> None:
        """Stop speaking a request; nothing to do when it is over."""
        if self._listeners.pop(number, None) is not None and not self.ended:
            self._write({"cancel": number})

    async def stop(self) -> None:
        self._stopping = True
        self._stdin.close()
        try:
            await asyncio.wait_for(self._process.wait(), _STOP_SECONDS)
        except TimeoutError:
            self._process.kill()
        await self._reader
        with contextlib.suppress(ConnectionError):
            await self._stdin.wait_closed()

    def _write(self, message: dict[str, object]) -> None:
        # A text is at most some kilobytes and the process always reads: no need to wait for the pipe.
        self._stdin.write(json.dumps(message).encode() + b"\n")

    async def _read(self) -> None:
        reason = ""
        with contextlib.suppress(asyncio.IncompleteReadError):
            while True:
                number, kind, length = HEADER.unpack(await self._stdout.readexactly(HEADER.size))
                payload = await self._stdout.readexactly(length)
                if kind == Frame.READY:
                    self._ready.set_result(int(json.loads(payload)["sample_rate"]))
                elif number == 0:
                    reason = payload.decode()
                elif kind == Frame.AUDIO:
                    if number in self._listeners:
                        self._listeners[number].put_nowait((Frame.AUDIO, payload))
                elif events := self._listeners.pop(number, None):
                    events.put_nowait((Frame(kind), payload))
        code = await self._process.wait()
        self.ended = True
        if not self._stopping:
            log.warning("voice process ended", extra={"exit_code": code})
        reason = (
            reason or f"the voice process ended in mid-work (exit code {code}); asking again starts a new one"
        )
        if not self._ready.done():
            self._ready.set_exception(VoiceError(reason))
            self._ready.exception()  # perhaps nobody waits for it
        listeners, self._listeners = self._listeners, {}
        for events in listeners.values():
            events.put_nowait((Frame.FAILED, reason.encode()))
