"""The caller's end of a telephone call through the bridge: what a line into a room is for a browser."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Final, Literal, Self

from livekit import rtc

from cli.caller.changes import Changes
from cli.caller.errors import RefusedError
from cli.caller.phone.admission import show_who_it_is
from cli.caller.phone.look_in import LookIn
from cli.caller.phone.rtp_sound import RtpSound
from cli.caller.phone.sip_call import Dialled, SipCall
from cli.caller.phone.spoken_questions import SpokenQuestions
from cli.caller.record import Confirmation
from cli.caller.transcript import Segment

NOT_ON_A_PHONE: Final = (
    "a telephone has neither keyboard nor screen: --type, --click and --share are a browser's"
)


@dataclass(frozen=True)
class PhoneWay:
    """How a telephone comes in."""

    dialled: Dialled
    environment: Mapping[str, str] = field(repr=False)
    """With the room server's address and key."""
    pin: str = field(default="", repr=False)
    """Keyed when it is asked for; empty: nothing is keyed."""


class PhoneLine:
    """One call by telephone. Use as an async context manager: leaving it hangs up."""

    def __init__(
        self, way: PhoneWay, show: Callable[[Segment], None], *, record: bool, room_noise: float = 0.0
    ) -> None:
        self.changes = Changes()
        self._way = way
        self._sound = RtpSound(self.changes, record=record, room_noise=room_noise)
        self._look = LookIn(way.environment, self.changes, show)
        self.agent, self.transcript = self._look.agent, self._look.transcript
        self.confirmations = SpokenQuestions(self.transcript)
        self._call: SipCall | None = None
        self._open = contextlib.AsyncExitStack()

    @property
    def listener(self) -> RtpSound:
        """What the telephone's ear hears."""
        return self._sound

    @property
    def microphone(self) -> RtpSound:
        """What its mouth says."""
        return self._sound

    @property
    def connected(self) -> bool:
        """Whether the call is up."""
        return self._call is not None and self._call.is_up

    @property
    def call_id(self) -> str:
        """As the agent calls it."""
        return self.agent.attributes.get("voicetasks.call_id", "")

    @property
    def room_name(self) -> str:
        """The call's room."""
        return self._look.room_name

    async def __aenter__(self) -> Self:
        try:
            await self._dial()
        except BaseException:
            await self._open.aclose()
            raise
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._open.aclose()

    async def _dial(self) -> None:
        await self._open.enter_async_context(self._sound)
        await self._open.enter_async_context(self._look)
        call = SipCall(self._way.dialled, self._sound.port)
        await self._open.enter_async_context(call)
        self._call = call
        call.ended.add_done_callback(lambda _: self.changes.notify())
        self._sound.open(call.media)
        await self._look.find(call.call_id)
        if self._way.pin:
            await show_who_it_is(self, self._sound, self._way.pin)

    async def press(self, keys: str) -> None:
        """Press keys."""
        await self._sound.press(keys)

    async def write(self, text: str) -> None:
        """A telephone cannot."""
        raise RefusedError(NOT_ON_A_PHONE)

    async def answer_card(self, pending: Confirmation, answer: Literal["yes", "no"]) -> None:
        """A telephone cannot."""
        raise RefusedError(NOT_ON_A_PHONE)

    async def share(self, frame: rtc.VideoFrame) -> None:
        """A telephone cannot."""
        raise RefusedError(NOT_ON_A_PHONE)

    async def stop_sharing(self) -> None:
        """There is nothing to stop."""
