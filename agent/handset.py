"""A caller's telephone in a room, before a call has begun: recordings one way, keys the other. Nothing is listened to."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any, Final, TypeVar

from livekit import rtc
from livekit.agents import utils
from pydantic import SecretStr

from agent.phone_prompts import PROMPTS
from agent.recording import play_recording
from agent.written import write
from people.pins import LONGEST
from sip.keypad import END, UNKNOWN, Keypad, entries_of, key_of

T = TypeVar("T")

PAUSE_SECONDS: Final = 8.0
"""After the last key, or after the end of the prompt, an entry is over."""
MOST_AHEAD: Final = 40


class HungUpError(Exception):
    """The caller is gone."""


class RoomHandset:
    """The telephone of one participant. Use as an async context manager; its methods raise HungUpError.

    `on_ask`: a question begins, whose answer is waited for from now on.
    """

    def __init__(self, room: rtc.Room, identity: str, *, on_ask: Callable[[], None] = lambda: None) -> None:
        self._room = room
        self._identity = identity
        self._on_ask = on_ask
        self._keypad = Keypad()
        self._pressed = asyncio.Event()
        self._asking = False
        self._ahead: list[rtc.SipDTMF] = []
        """Keyed while we were judging or telling something: part of the next entry."""
        self._taken = ""
        """The keys of the entry that is awaited, until it is given."""
        self._is_over = False
        """An entry has ended, and nothing but its end was keyed since."""
        self._gone: asyncio.Future[None] = asyncio.get_running_loop().create_future()

    async def __aenter__(self) -> RoomHandset:
        self._room.on("sip_dtmf_received", self._on_press)
        self._room.on("participant_disconnected", self._on_left)
        self._room.on("disconnected", self._on_left)
        self._on_left()
        return self

    async def __aexit__(self, *_: object) -> None:
        self._room.off("sip_dtmf_received", self._on_press)
        self._room.off("participant_disconnected", self._on_left)
        self._room.off("disconnected", self._on_left)

    async def tell(self, prompt: str) -> None:
        """Play a recording to its end."""
        # The keys that it answers were pressed before: none of them ends it.
        self._pressed.clear()
        await self._while_there(self._play(prompt))

    async def ask(self, prompt: str) -> SecretStr | None:
        """Play a recording until a key is pressed, and give what was keyed; None when nothing was."""
        self._on_ask()
        keyed = await self._while_there(self._ask(prompt))
        self._taken = ""
        return keyed

    def pending(self) -> list[SecretStr]:
        """Give the entries that were keyed and given to nobody; the last of them may not be ended."""
        keys = self._taken + "".join(key_of(press.code, press.digit) or "" for press in self._ahead)
        return entries_of(keys)

    async def _ask(self, prompt: str) -> SecretStr | None:
        self._pressed.clear()
        self._asking = True
        playing = asyncio.create_task(self._play(prompt), name="handset.play")
        try:
            while True:
                heard = playing.done()
                try:
                    # Keys count from the first word of the prompt on: who knows it does not wait.
                    asyncio.get_running_loop().call_soon(self._catch_up)
                    keyed = await self._keypad.entry(pause_seconds=PAUSE_SECONDS, longest=LONGEST)
                except TimeoutError:
                    if heard:
                        return None
                else:
                    self._is_over |= self._asking  # a pause ended it, where no key did
                    return keyed
        finally:
            self._asking = False
            await utils.aio.cancel_and_wait(playing)

    def _catch_up(self) -> None:
        ahead, self._ahead = self._ahead, []
        for press in ahead:
            self._take(press)

    async def _play(self, prompt: str) -> None:
        await write(self._room, PROMPTS[prompt])
        playing = asyncio.create_task(play_recording(self._room, prompt), name="handset.recording")
        pressed = asyncio.create_task(self._pressed.wait(), name="handset.pressed")
        try:
            await asyncio.wait({playing, pressed}, return_when=asyncio.FIRST_COMPLETED)
        finally:
            await utils.aio.cancel_and_wait(playing, pressed)

    async def _while_there(self, work: Coroutine[Any, Any, T]) -> T:
        task = asyncio.create_task(work, name="handset.work")
        try:
            both: set[asyncio.Future[Any]] = {task, self._gone}
            await asyncio.wait(both, return_when=asyncio.FIRST_COMPLETED)
            if not task.done():
                raise HungUpError
            return task.result()
        finally:
            await utils.aio.cancel_and_wait(task)

    def _on_press(self, press: rtc.SipDTMF) -> None:
        if press.participant is not None and press.participant.identity == self._identity:
            self._take(press)

    def _take(self, press: rtc.SipDTMF) -> None:
        key = key_of(press.code, press.digit)
        if key is None or key in UNKNOWN:
            return
        if self._is_over and key == END:
            return  # pressed twice, or behind a PIN that was over by its length or a pause: it is no entry of its own
        self._is_over = False
        # What ends an entry ends the asking only at the loop's next turn; until then keys belong to what follows.
        if self._asking:
            self._pressed.set()
            self._taken += key
            if self._keypad.press(press.code, press.digit):
                self._asking, self._is_over = False, True
        elif len(self._ahead) < MOST_AHEAD:
            self._ahead.append(press)

    def _on_left(self, *_: object) -> None:
        there = self._room.isconnected() and self._identity in self._room.remote_participants
        if not there and not self._gone.done():
            self._gone.set_result(None)
