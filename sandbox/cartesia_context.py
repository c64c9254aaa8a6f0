"""A context of Cartesia's websocket: texts come in, one row of sound goes out."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

from sandbox import cartesia_messages as messages
from sandbox.cartesia_messages import GenerationRequest
from sandbox.cartesia_sound import encoded, sentences, spoken, whole_sentences
from sandbox.desk import Desk
from sandbox.word_times import spread

SERVICE = "cartesia"

CHUNK_SECONDS = 0.2
"""Sound in one message: small enough to stop between two, large enough to be few."""

BREAKS = frozenset({"error-after-audio", "stall-mid-stream", "cut-mid-stream"})
"""Faults that a context meets after some sound."""

BREAK_SECONDS = 0.5
"""So much sound is heard before that."""

_WAITING = 1_000
"""Texts that may wait in a context: a model streams a token a message."""

Send = Callable[[dict[str, Any]], Awaitable[None]]


class EmptyTranscriptError(ValueError):
    """A context ended and nothing was ever to be said."""


class BrokenOffError(Exception):
    """The sound ends here for a fault; `kind` says which."""

    def __init__(self, kind: str) -> None:
        super().__init__(kind)
        self.kind = kind


class Context:
    """Speaks its texts in order, on one time line. `run` ends with the context; `fault` is one of BREAKS."""

    def __init__(self, desk: Desk, first: GenerationRequest, send: Send, fault: str | None = None) -> None:
        self._fault = fault
        self._desk = desk
        self._id = first.context_id
        self._format = first.output_format
        self._send = send
        self._inputs: asyncio.Queue[GenerationRequest] = asyncio.Queue(_WAITING)
        self._flush_id = 1
        self._samples = 0
        self._spoke = False

    async def put(self, request: GenerationRequest) -> None:
        """More text; waits when far too much is waiting already."""
        await self._inputs.put(request)

    async def run(self) -> None:
        """Speak until the text that is not to be continued has been spoken.

        Raises EmptyTranscriptError when there was nothing to say, BrokenOffError where its fault shows, and what
        the voice raises.
        """
        text = ""
        patience = 0.0
        stamped = False
        while True:
            try:
                wait = self._desk.clock.real(patience) if text.strip() else None
                request = await asyncio.wait_for(self._inputs.get(), wait)
            except TimeoutError:
                await self._speak(text, stamped)
                text = ""
                continue
            text += request.transcript
            stamped = request.add_timestamps
            patience = request.max_buffer_delay_ms / 1000
            if request.flush or not request.more or not patience:
                ready, text = text, ""
            else:
                ready, text = whole_sentences(text)
            await self._speak(ready, stamped)
            if request.flush:
                await self._send(messages.flush_done(self._id, self._flush_id))
                self._flush_id += 1
            if not request.more:
                if not self._spoke:
                    raise EmptyTranscriptError("the transcript is empty")
                self._break_off()
                await self._desk.faults.silence(SERVICE)
                await self._send(messages.done(self._id))
                return

    async def _speak(self, text: str, stamped: bool) -> None:
        for sentence in sentences(text):
            if not self._spoke:
                await self._desk.pause("tts", SERVICE)
            self._spoke = True
            await self._speak_sentence(sentence, stamped)

    async def _speak_sentence(self, sentence: str, stamped: bool) -> None:
        rate = self._format.sample_rate
        began = self._desk.clock.now()
        pcm = await spoken(self._desk.voice, sentence, rate)
        took = (self._desk.clock.now() - began) * 1000
        if stamped and pcm.size:
            start = self._samples / rate
            words = spread(sentence, start, start + len(pcm) / rate)
            await self._send(messages.timestamps(self._id, self._flush_id, words))
        step = round(CHUNK_SECONDS * rate)
        left = round(BREAK_SECONDS * rate) - self._samples if self._fault else len(pcm)
        self._samples += len(pcm)
        for first in range(0, len(pcm), step):
            await self._desk.faults.silence(SERVICE)
            audio = encoded(pcm[first : min(first + step, left)], self._format.encoding)
            await self._send(messages.chunk(self._id, self._flush_id, audio, took))
            took = 0.0
            await asyncio.sleep(0)  # let a cancel of this very context in
            if first + step >= left:
                self._break_off()

    def _break_off(self) -> None:
        if self._fault is not None:
            raise BrokenOffError(self._fault)
