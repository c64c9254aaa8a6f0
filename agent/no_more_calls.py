"""The person wants no more calls about tasks: heard in words, or by the key 9 in a call that we made."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Coroutine
from functools import cache
from typing import Any, Final

from livekit import rtc

from agent.background import Background
from agent.invitation import Invitation
from agent.phone_admission import OPT_OUT
from agent.phrase_match import consume, phrase_file, phrase_table, words
from agent.reminder_call import WRITE_SECONDS
from agent.unwritten import Unwritten
from agent.whoever_serves import WhoeverServes
from people.database import BUSY_MS, DATABASE_AWAY
from people.reminder_consent import How, ReminderConsents
from people.settings import PeopleSettings
from people.store import People
from people.user import User
from sip.keypad import key_of

log = logging.getLogger("agent.no_more_calls")

STOPPED: Final = "Okay, I won't call you about tasks any more. You can switch it on again on the web page."
NOT_STOPPED: Final = "I could not note that just now. Please try again, or switch it off on the web page."
STOPPED_FOR_A_GUEST: Final = "Okay, I won't call you about tasks any more."
NOT_STOPPED_FOR_A_GUEST: Final = "I could not note that just now. Please try again."

StopsCalls = Callable[[How], Coroutine[Any, Any, bool]]
"""Takes back the consent to be called; whether that was written down, or will be."""


def stopped(user: User, *, done: bool) -> str:
    """Say whether it was written down, and where it can be changed, if the page is open to them."""
    if user.can_sign_in:
        return STOPPED if done else NOT_STOPPED
    return STOPPED_FOR_A_GUEST if done else NOT_STOPPED_FOR_A_GUEST


def wants_no_more_calls(text: str) -> bool:
    """Whether a turn says that, and nothing else."""
    said = words(text)
    if not said:
        return False
    kinds, unknown = consume(said, _table())
    return "stop" in kinds and not unknown


def stops_calls(user: User, settings: PeopleSettings, unwritten: Unwritten) -> StopsCalls:
    """Give what takes a person's consent back, and nobody else's: others may have the same number.

    The wish is `unwritten` until a worker can write it where the database is away, or the write is cut off.
    """

    async def stop(how: How) -> bool:
        try:
            async with (
                asyncio.timeout(WRITE_SECONDS),
                People(settings.database_url, wait_ms=BUSY_MS) as people,
            ):
                consents = ReminderConsents(people.engine, settings.tasks_token_secret)
                await consents.set(user.id, given=False, how=how)
        except DATABASE_AWAY as error:
            is_kept = await unwritten.keep_stop(user.id, how)
            log.error(
                "reminders.not_stopped",
                extra={"error": type(error).__name__, "outcome": "kept" if is_kept else "lost"},
            )
            return is_kept
        except asyncio.CancelledError:
            await unwritten.keep_stop(user.id, how)
            raise
        log.info("reminders.stopped", extra={"by": how})
        return True

    return stop


class NoMoreCalls:
    """The wish of one call's person, however it came: written down, and then answered.

    `stops` is None where no calls are made. What was asked for is written also where they hang up behind it: it is
    `promised`.
    """

    def __init__(
        self,
        user: User,
        stops: StopsCalls | None,
        ours: WhoeverServes,
        *,
        promised: Background,
        rest: Background,
    ) -> None:
        self._user = user
        self._stops = stops
        self._ours = ours
        self._promised = promised
        self._rest = rest
        self.is_wanted = False
        """Whether they have said so in this call."""

    def wanted(self, how: How) -> None:
        """They want it."""
        self.is_wanted = True
        writing = None
        if self._stops is not None:
            writing = self._promised.begin(self._stops(how), "call.no_more_calls")
        self._rest.spawn(self._answer(writing), "call.tell_no_more_calls")

    async def _answer(self, writing: asyncio.Task[bool] | None) -> None:
        # Written down first: of a session that has ended nobody can ask to be silent.
        done = writing is not None and await asyncio.shield(writing)
        await self._ours.say_at_once(stopped(self._user, done=done))


class OptOutKey:
    """Listens for the key 9 in a call that we made. In others it means nothing."""

    def __init__(self, room: rtc.Room, invitation: Invitation) -> None:
        self._room = room
        self._caller = invitation.identity if invitation.reminder else None
        self._is_pressed = False
        """Before anybody answers it."""
        self._on_press: Callable[[], None] = self._note

    def open(self, *, pressed: bool = False) -> None:
        """Begin to listen, where we called: as soon as it is known who is there, for until then keys are a PIN's.

        `pressed`: it was keyed behind the PIN.
        """
        if self._caller is not None:
            self._is_pressed = self._is_pressed or pressed
            self._room.on("sip_dtmf_received", self._on_key)

    def answer(self, on_press: Callable[[], None]) -> None:
        """Tell of each press from now on, and of one that came before. Begins to listen where nobody has."""
        self._on_press = on_press
        self.open()
        if self._is_pressed:
            self._is_pressed = False
            on_press()

    @property
    def is_unanswered(self) -> bool:
        """Whether it was pressed, and nobody has answered it."""
        return self._is_pressed

    def close(self) -> None:
        """Listen no more. Safe to call without `open`."""
        self._room.off("sip_dtmf_received", self._on_key)

    def _note(self) -> None:
        self._is_pressed = True

    def _on_key(self, press: rtc.SipDTMF) -> None:
        theirs = press.participant is not None and press.participant.identity == self._caller
        if theirs and key_of(press.code, press.digit) == OPT_OUT:
            self._on_press()


@cache
def _table() -> dict[str, str]:
    data = phrase_file("no_more_calls")
    return phrase_table({kind: data[kind] for kind in ("filler", "stop")})
