"""The assistant as a session runs it: turns pass the call first, words pass the check of claims."""

from __future__ import annotations

from collections.abc import AsyncIterable, AsyncIterator, Awaitable, Callable, Mapping
from typing import Final, Protocol, TypeVar

from livekit import rtc
from livekit.agents import Agent, APIError, ModelSettings, StopResponse, llm, stt
from livekit.agents.types import NOT_GIVEN, FlushSentinel, TimedString
from typing_extensions import override

from agent.claims import ClaimWatch
from agent.effects import Done
from agent.murmurs import is_murmur
from agent.openings import Sound, with_opening
from agent.thoughts import thinking
from agent.voices import speaking
from tiers.tool_arguments import as_sent

T = TypeVar("T")

_WORDS: Final = (
    stt.SpeechEventType.INTERIM_TRANSCRIPT,
    stt.SpeechEventType.PREFLIGHT_TRANSCRIPT,
    stt.SpeechEventType.FINAL_TRANSCRIPT,
)


class Listener(Protocol):
    """What a session tells the call before a model answers."""

    async def on_turn(self, text: str | None) -> bool:
        """A turn of the caller ended; None where its words are not known yet. True: it is dealt with."""

    def awaits_answer(self) -> bool:
        """Whether a question of ours is open, so that the words are needed before a model answers."""

    def is_asking(self) -> bool:
        """Whether a «yeah» would be an answer: a question of ours is open."""

    def done(self) -> Done:
        """What tools did in the present turn, and what waits for the caller's yes."""

    def on_false_claim(self) -> None:
        """We began to say that something was done which was not."""


class Turns(Protocol):
    """What an agent tells its session of turns and answers."""

    async def whole_turn(self, text: str) -> str | None:
        """The words of a turn that has come to an end; None when more of it is on its way."""

    def on_turn_ended(self) -> None:
        """The caller's turn is over and will be answered or dealt with."""

    def on_turn_left(self, text: str | None) -> None:
        """The turn is the model's to answer."""

    def on_turn_taken(self) -> None:
        """The turn was dealt with by the call."""

    def is_heard(self) -> bool:
        """Whether we are in the middle of saying something, also where the caller's voice has made us pause."""

    def on_murmur(self, text: str, *, final: bool) -> None:
        """The caller murmured over us, which is no turn."""

    def early(self, events: AsyncIterable[stt.SpeechEvent]) -> AsyncIterator[stt.SpeechEvent]:
        """The ear's events, with interim words that are likely to be all as early ones among them."""

    async def on_written(self, words: str, *, final: bool) -> None:
        """Final or early words that are no murmur came from the ear; the session has not had them yet."""

    def on_words(self, piece: str) -> None:
        """Words of an answer are on their way to the caller."""

    def on_words_over(self) -> None:
        """No more words of this answer come."""


class Parts(Protocol):
    """What an agent asks where a vendor fails."""

    def on_ask(self) -> None:
        """A language model is asked."""

    def on_thought(self) -> None:
        """A language model has begun to answer."""

    def openings(self) -> Mapping[str, Sound]:
        """The openings of answers that are kept of the voice that serves."""

    def is_timed(self) -> bool:
        """Whether the voice that serves gives its words times."""

    def on_opening(self, opening: str) -> None:
        """An answer begins with it."""

    def sounds(self, frames: AsyncIterable[T]) -> AsyncIterator[T]:
        """Pass what a voice says on."""

    def thoughts(self, chunks: AsyncIterable[T]) -> AsyncIterator[T]:
        """Pass an answer on; raises APITimeoutError where the model is silent for too long."""

    def sound_patience(self) -> float:
        """How long a voice may be silent, seconds."""

    def on_reply(self) -> None:
        """A model that speaks has begun to."""

    async def another_mind(self, error: APIError, attempt: int) -> bool:
        """A language model failed; whether asking again helps."""

    async def another_voice(self, error: APIError, attempt: int) -> bool:
        """A voice failed; whether another one can go on."""

    def voice_trouble(self) -> APIError | None:
        """An error of the voice that its plugin took for an end, given once."""


class TaskAgent(Agent):
    """Runs in one session. `words` is given where a speech-to-speech model hears, and writes a turn's words down."""

    def __init__(
        self,
        *,
        instructions: str,
        tools: list[llm.Tool],
        listener: Listener,
        turns: Turns,
        parts: Parts,
        words: Callable[[], Awaitable[str]] | None,
        chat_ctx: llm.ChatContext | None,
    ) -> None:
        super().__init__(instructions=instructions, tools=list(tools), chat_ctx=chat_ctx or NOT_GIVEN)
        self._listener = listener
        self._turns = turns
        self._parts = parts
        self._words = words

    @override
    async def on_user_turn_completed(self, turn_ctx: llm.ChatContext, new_message: llm.ChatMessage) -> None:
        text: str | None = new_message.text_content or ""
        if self._words is None and (text := await self._turns.whole_turn(text or "")) is None:
            self._drop_begun()
            raise StopResponse
        self._turns.on_turn_ended()
        if self._words is None and text != new_message.text_content:
            new_message.content = [text or ""]
        if self._words is not None:
            text = await self._words() if self._listener.awaits_answer() else None
            self._turns.on_turn_ended()
        if await self._listener.on_turn(text):
            self._turns.on_turn_taken()
            self._drop_begun()
            raise StopResponse
        self._turns.on_turn_left(text)

    def _drop_begun(self) -> None:
        """Break off the answer that was begun ahead: nobody will hear it. livekit (1.8) has it thought to its end."""
        if self._activity is not None:
            self._activity._cancel_preemptive_generation()

    @override
    async def stt_node(
        self, audio: AsyncIterable[rtc.AudioFrame], model_settings: ModelSettings
    ) -> AsyncIterable[stt.SpeechEvent]:
        """Keep murmurs over our voice from the session: words of whatever kind would end what we say."""
        async for event in self._turns.early(Agent.default.stt_node(self, audio, model_settings)):
            if isinstance(event, stt.SpeechEvent):
                words = event.alternatives[0].text if event.type in _WORDS and event.alternatives else ""
                final = event.type is stt.SpeechEventType.FINAL_TRANSCRIPT
                if self.takes_for_murmur(words):
                    self._turns.on_murmur(words, final=final)
                    continue
                if words and event.type is not stt.SpeechEventType.INTERIM_TRANSCRIPT:
                    await self._turns.on_written(words, final=final)
                yield event

    def takes_for_murmur(self, words: str) -> bool:
        """Whether these words of the caller, now, are no turn but a listener's."""
        return is_murmur(words) and self._turns.is_heard() and not self._listener.is_asking()

    @override
    async def llm_node(
        self, chat_ctx: llm.ChatContext, tools: list[llm.Tool], model_settings: ModelSettings
    ) -> AsyncIterable[llm.ChatChunk | str | FlushSentinel]:
        def ask() -> AsyncIterable[llm.ChatChunk | str | FlushSentinel]:
            self._parts.on_ask()
            chunks = Agent.default.llm_node(self, chat_ctx, tools, model_settings)
            return self._parts.thoughts(chunks)

        async for chunk in thinking(ask, chat_ctx.items, self._parts.another_mind):
            self._parts.on_thought()
            if isinstance(chunk, llm.ChatChunk) and chunk.delta is not None:
                for call in chunk.delta.tool_calls:
                    call.arguments = as_sent(call.arguments)
            yield chunk

    @override
    async def tts_node(
        self, text: AsyncIterable[str], model_settings: ModelSettings
    ) -> AsyncIterable[rtc.AudioFrame]:
        def speak(words: AsyncIterable[str], rate: int) -> AsyncIterable[rtc.AudioFrame]:
            return self._parts.sounds(
                speaking(
                    words,
                    lambda words: Agent.default.tts_node(self, words, model_settings),
                    rate=rate,
                    announced=bool(rate) and timed,
                    is_timed=self._parts.is_timed,
                    patience=self._parts.sound_patience,
                    trouble=self._parts.voice_trouble,
                    another_voice=self._parts.another_voice,
                )
            )

        kept, timed = self._parts.openings(), self._parts.is_timed()
        async for frame in with_opening(text, kept, speak, self._parts.on_opening, is_timed=timed):
            yield frame

    @override
    async def realtime_audio_output_node(
        self, audio: AsyncIterable[rtc.AudioFrame], model_settings: ModelSettings
    ) -> AsyncIterable[rtc.AudioFrame]:
        async for frame in Agent.default.realtime_audio_output_node(self, audio, model_settings):
            self._parts.on_reply()
            yield frame

    @override
    async def transcription_node(
        self, text: AsyncIterable[str | TimedString], model_settings: ModelSettings
    ) -> AsyncIterable[str | TimedString]:
        """A realtime model's words come with its sound: a claim cannot be held back, only broken off."""
        watch = ClaimWatch(self._listener.done) if self._words is not None else None
        async for piece in text:
            if watch is not None and watch.hears_a_lie(piece):
                self._listener.on_false_claim()
                return
            if self._words is not None:
                self._turns.on_words(piece)
            yield piece
        if self._words is not None:
            self._turns.on_words_over()
