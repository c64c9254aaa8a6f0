"""A whole call: sign in, join, do the steps, leave, and tell what happened."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from cli.caller.conversation import Conversation, Patience
from cli.caller.errors import CallError, CallOverError
from cli.caller.line import Line
from cli.caller.phone.phone_line import PhoneLine, PhoneWay
from cli.caller.phone.room_door import phone_ticket
from cli.caller.record import CallRecord
from cli.caller.shared_screen import FRAMES_A_SECOND, read_picture
from cli.caller.sound import MICROPHONE_RATE, read_wav, resample, write_wav
from cli.caller.steps import ASKING, Click, HangUp, InterruptAt, Pause, PlayWav, Press, Say, Share, Step, Type
from cli.caller.told_words import tell
from cli.caller.transcript import Segment
from cli.caller.voices import CachedVoice, Quality, VoiceName, make_voice
from cli.caller.web_door import WebDoor


@dataclass(frozen=True)
class Order:
    """All that a call needs to know."""

    url: str
    email: str
    password: str
    steps: Sequence[Step] = ()
    voice: VoiceName = VoiceName.PIPER
    quality: Quality = Quality.BROWSER
    control_url: str = ""
    """Where the stand-in for the ear is told the words, for VoiceName.TOLD."""
    record_to: Path | None = None
    screen_rate: int = FRAMES_A_SECOND
    """Frames a second of a shared screen."""
    patience: Patience = field(default_factory=Patience)
    phone: PhoneWay | None = None
    """How a telephone comes in; None for a browser."""
    through_bridge: bool = False
    """The telephone is a real one, by SIP; without it a participant that looks as if it came by the bridge."""


async def make_call(order: Order, record: CallRecord, show: Callable[[Segment], None]) -> None:
    """Make the call, filling the record on the way: it is worth reading after an error too.

    Raises CallError as soon as the call cannot go on.
    """
    voice = make_voice(order.voice, order.quality)
    try:
        for step in order.steps:  # now, so that no turn waits for the caller's own voice
            if isinstance(step, Say):
                await voice.speak(step.text)
        async with WebDoor(order.url) as door:
            await door.sign_in(order.email, order.password)
            record.plan = door.plan
            record.tasks_before, record.tasks_total_before = await _look(door, record)
            try:
                await _talk(order, record, show, door, voice)
            finally:
                record.tasks_after, record.tasks_total_after = await _look(door, record)
    except CallError as error:
        record.error = str(error)
        raise
    finally:
        await voice.aclose()


async def _look(door: WebDoor, record: CallRecord) -> tuple[list[dict[str, Any]], int | None]:
    """The tasks that are shown and how many there are. A call is made, and has been made, also where nobody knows."""
    try:
        tasks = await door.tasks()
    except CallError as error:
        record.tasks_problem = str(error)
        return [], None
    return tasks.shown, tasks.total


async def _talk(
    order: Order, record: CallRecord, show: Callable[[Segment], None], door: WebDoor, voice: CachedVoice
) -> None:
    keeps = order.record_to is not None
    async with _line(order, record, show, door, keeps=keeps) as line:
        record.call_id = line.call_id or None
        conversation = Conversation(line, record, order.patience)
        try:
            await conversation.wait_for_agent()
            interrupts = bool(order.steps) and isinstance(order.steps[0], InterruptAt)
            await conversation.wait_for_greeting(to_its_end=not interrupts)
            await Script(conversation, voice, order).run()
        except CallOverError:
            if not record.joined or _is_owed(order.steps, record):
                raise
        finally:
            conversation.note()
            if isinstance(line, PhoneLine):
                record.confirmations = line.confirmations.asked()
            if order.record_to is not None:
                ear = line.listener
                try:
                    await asyncio.to_thread(write_wav, order.record_to, ear.recording, ear.rate)
                except OSError as error:  # the call was made all the same, and is told
                    record.error = f"{order.record_to} cannot be written: {error.strerror}"


def _is_owed(steps: Sequence[Step], record: CallRecord) -> bool:
    """Whether the caller is owed an answer. After the last one the other side may end the call, as upon a goodbye."""
    return sum(turn.answered for turn in record.turns) < sum(isinstance(step, ASKING) for step in steps)


@contextlib.asynccontextmanager
async def _line(
    order: Order, record: CallRecord, show: Callable[[Segment], None], door: WebDoor, *, keeps: bool
) -> AsyncIterator[Line | PhoneLine]:
    """The caller's line, by whichever door."""
    way = order.phone
    if way is not None and order.through_bridge:
        async with PhoneLine(way, show, record=keeps) as by_bridge:
            yield by_bridge
        return
    if way is None:
        ticket = await door.start_call()
    else:
        ticket = await phone_ticket(way.environment, way.dialled.number, way.pin)
    record.call_id = ticket.call_id
    async with Line(ticket, record.confirmations, show, record=keeps, screen_rate=order.screen_rate) as line:
        yield line


class Script:
    """Does an order's steps in a conversation."""

    def __init__(self, conversation: Conversation, voice: CachedVoice, order: Order) -> None:
        self._conversation, self._voice, self._order = conversation, voice, order

    async def run(self) -> None:
        """One step after the other. A step whose successor interrupts returns when the answer begins."""
        steps = self._order.steps
        for index, step in enumerate(steps):
            following = steps[index + 1] if index + 1 < len(steps) else None
            await self._do(step, to_its_end=not isinstance(following, InterruptAt))

    async def _do(self, step: Step, *, to_its_end: bool) -> None:
        conversation = self._conversation
        match step:
            case Say(text):
                pcm = await self._voice.speak(text)
                if self._order.voice is VoiceName.TOLD:
                    await tell(self._order.control_url, conversation.record.call_id or "", text)
                await conversation.say(text, pcm, to_its_end=to_its_end)
            case PlayWav(path):
                samples, rate = await asyncio.to_thread(read_wav, path)
                pcm = resample(samples, rate, MICROPHONE_RATE)
                await conversation.say(path.name, pcm, by="wav", to_its_end=to_its_end)
            case Type(text):
                await conversation.type(text, to_its_end=to_its_end)
            case Press(keys):
                await conversation.press(keys, to_its_end=to_its_end)
            case Click(answer):
                await conversation.click(answer, to_its_end=to_its_end)
            case Pause(seconds):
                await conversation.pause(seconds)
            case Share(path):
                frame = await asyncio.to_thread(read_picture, path) if path is not None else None
                await conversation.share(frame)
            case InterruptAt(seconds):
                await conversation.wait_into_speech(seconds)
            case HangUp():
                pass  # the last step: leaving the line hangs up
