"""`bench speech`: forty things people say, spoken into a real room, heard by a real ear, judged by the store."""

from __future__ import annotations

import contextlib
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from datetime import date
from functools import partial
from statistics import median

from cli.bench.fair_speaker import NO, YES, consent, which
from cli.bench.judge import judge
from cli.bench.quiet_room import unseen
from cli.bench.report import Report
from cli.bench.task_store import BenchStore
from cli.bench.utterances import Utterance, words
from cli.caller.any_line import AnyLine
from cli.caller.conversation import Conversation, Patience
from cli.caller.line import Line
from cli.caller.record import CallRecord, Turn
from cli.caller.voices import CachedVoice, Quality, VoiceName, make_voice
from cli.caller.web_door import Ticket, WebDoor

TARGETS = {
    (VoiceName.PIPER, Quality.BROWSER): 37,
    (VoiceName.FLITE, Quality.BROWSER): 32,
    (VoiceName.PIPER, Quality.PHONE): 35,
    (VoiceName.FLITE, Quality.PHONE): 28,
}
"""Of forty; a shorter run is held to the same share."""
ALL = 40
PATIENCE = Patience(answer=20.0, whole_answer=30.0, settled=0.35, question=0.0)
CONSENT, NO_KEY = "written transcript", "2"
"""Asked in a telephone's greeting, and how it is declined: the first utterance is no answer to it."""
QUESTIONS = 3
"""How often the speaker answers a question that comes back, before it counts as a miss."""


@dataclass(frozen=True)
class Speaker:
    """Who calls, and where."""

    url: str
    email: str
    password: str


@dataclass
class Spoken:
    """What became of one utterance."""

    id: str
    right: bool
    harm: bool
    said: list[str]
    understood: list[str]
    heard: list[str]
    found: str
    first_sound_ms: list[int]
    asked_back: int = 0
    """How often it was asked which task was meant."""


Progress = Callable[[VoiceName, Quality, Spoken], None]


async def run(
    speaker: Speaker,
    store: BenchStore,
    voices: Sequence[VoiceName],
    qualities: Sequence[Quality],
    chosen: Sequence[Utterance],
    progress: Progress,
) -> Report:
    """One call for each voice and quality, with all utterances in it. Raises CallError when a call cannot go on."""
    report = Report("speech")
    for quality in qualities:
        for voice in voices:
            spoken: list[Spoken] = []
            note = partial(_note, spoken, partial(progress, voice, quality))
            async with WebDoor(speaker.url) as door:
                await door.sign_in(speaker.email, speaker.password)
                ticket = await door.start_call()
            await one_call(_line(ticket), store, make_voice(voice, quality), chosen, note)
            sum_up(report, voice, quality, TARGETS.get((voice, quality), 0), spoken)
    return report


async def one_call(
    opens: AbstractAsyncContextManager[tuple[AnyLine, CallRecord]],
    store: BenchStore,
    voice: CachedVoice,
    chosen: Sequence[Utterance],
    note: Callable[[Spoken], None],
) -> None:
    """Speak everything in one call; `note` hears of each utterance. The voice is closed. Raises CallError."""
    today = await store.today()
    try:
        await store.clear()
        names = {f"{seed.title}." for utterance in chosen for seed in utterance.before}
        for text in [
            YES,
            NO,
            *names,
            *(words(text, today) for utterance in chosen for text in utterance.say),
        ]:
            await voice.speak(text)
        async with opens as (line, record):
            conversation = Conversation(line, record, PATIENCE)
            await conversation.wait_for_agent()
            await conversation.wait_for_greeting()
            if CONSENT in record.greeting.heard:
                await conversation.press(NO_KEY)
            for utterance in chosen:
                note(await Examiner(conversation, store, voice, utterance, today).examine())
    finally:
        await voice.aclose()


def _note(spoken: list[Spoken], tell: Callable[[Spoken], None], one: Spoken) -> None:
    spoken.append(one)
    tell(one)


@contextlib.asynccontextmanager
async def _line(ticket: Ticket) -> AsyncIterator[tuple[AnyLine, CallRecord]]:
    record = CallRecord()
    async with Line(ticket, record.confirmations, unseen, record=False) as line:
        yield line, record


class Examiner:
    """Says one utterance, answers what is asked back as a fair person would, and has the store judged."""

    def __init__(
        self,
        conversation: Conversation,
        store: BenchStore,
        voice: CachedVoice,
        utterance: Utterance,
        today: date,
    ) -> None:
        self._conversation, self._store, self._voice = conversation, store, voice
        self._utterance, self._today = utterance, today

    async def examine(self) -> Spoken:
        """The verdict on it."""
        seeded = await self._store.seed(self._utterance, self._today)
        turns = [await self._say(words(text, self._today)) for text in self._utterance.say]
        asked_back = 0
        for _ in range(QUESTIONS):
            # A question in words may still be in the air.
            await self._conversation.wait_for_end()
            self._conversation.note()
            pending = self._conversation.line.confirmations.pending()
            answer = (
                which(turns[-1].heard, self._utterance)
                if pending is None
                else consent(pending.question, self._utterance)
            )
            if answer is None:
                break
            asked_back += pending is None
            turns.append(await self._say(answer))
        # What comes too late for its own turn must not count for the next utterance.
        await self._conversation.wait_for_end()
        self._conversation.note()
        after = await self._store.tasks()
        verdict = judge(self._utterance, seeded, after, " ".join(turn.heard for turn in turns), self._today)
        answered = all(turn.answered for turn in turns)
        return Spoken(
            id=self._utterance.id,
            right=verdict.right and answered,
            harm=verdict.harm,
            said=[turn.said for turn in turns],
            understood=[turn.understood for turn in turns],
            heard=[turn.heard for turn in turns],
            found=verdict.found,
            first_sound_ms=[turn.first_sound_ms for turn in turns if turn.first_sound_ms is not None],
            asked_back=asked_back,
        )

    async def _say(self, text: str) -> Turn:
        return await self._conversation.say(text, await self._voice.speak(text))


def sum_up(report: Report, voice: str, quality: str, target: int, spoken: Sequence[Spoken]) -> None:
    """Hold what was spoken to so many of forty right, and to no harm at all."""
    name, n = f"{voice}, {quality}", len(spoken)
    share = target if n == ALL else int(target * n / ALL)
    report.at_least(f"right: {name}", share, sum(one.right for one in spoken), "utterances", n)
    harm = sum(one.harm for one in spoken)
    report.at_most(f"wrong task completed, deleted or renamed: {name}", 0, harm, "utterances", n)
    sounds = [milliseconds for one in spoken for milliseconds in one.first_sound_ms]
    report.details.append(
        {
            "voice": str(voice),
            "quality": str(quality),
            "first_sound_ms_median": round(median(sounds)) if sounds else None,
            "right_after_being_asked_which": sum(one.right and one.asked_back > 0 for one in spoken),
            "misses": [
                {
                    "id": one.id,
                    "harm": one.harm,
                    "said": one.said,
                    "understood": one.understood,
                    "heard": one.heard,
                    "store": one.found,
                }
                for one in spoken
                if not one.right
            ],
        }
    )
