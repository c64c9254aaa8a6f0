"""The caller wants everything that is kept of them gone: heard, asked about like a deletion, and done by code alone."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import Callable, Coroutine
from functools import cache
from typing import Any, Final

from agent import persona
from agent.gate import Action, Gate
from agent.last_words import say_and_end
from agent.phrase_match import consume, phrase_file, phrase_table, words
from agent.tier_session import TierSession
from people.user import User
from privacy.erasure import AWAY, erase
from privacy.places import Places

log = logging.getLogger("agent.erasure")

ERASE: Final = "erase_account"
"""What the action is called at the gate. It is no tool: no model can call it."""

ACTION: Final = Action(ERASE, {}, ("your account",))

Erases = Callable[[], Coroutine[Any, Any, bool | None]]
"""Erases the caller. True: nothing is left; False: the rest follows by itself; None: nothing was done."""


def wants_erasure(text: str) -> bool:
    """Whether a turn asks for the caller's account to be erased, and for nothing else. «Delete all my tasks» does not."""
    said = words(text)
    if not said:
        return False
    kinds, unknown = consume(said, _table())
    return kinds.count("erase") == 1 and not unknown


def erases(user: User, *, call_id: str) -> Erases:
    """Give what erases a caller from within their call."""

    async def erase_them() -> bool | None:
        try:
            proof = await erase(Places.from_environment(), user.id, within_call=call_id)
        except AWAY as error:
            log.error("erasure.not_begun", extra={"error": type(error).__name__})
            return None
        return proof.is_complete

    return erase_them


class AccountErasure:
    """The erasure of one call's caller. `erases` is None where none can be done, as in a rehearsal.

    `promise` begins what is waited for though the call is over.
    """

    def __init__(
        self,
        erases: Erases | None,
        gate: Gate,
        *,
        session: Callable[[], TierSession],
        end: Callable[[], None],
        promise: Callable[[Coroutine[Any, Any, bool | None]], asyncio.Task[bool | None]],
    ) -> None:
        self._promise = promise
        self._erases = erases
        self._gate = gate
        self._session = session
        self._end = end
        self._under_way = False
        self.is_done = False
        """The caller is erased: it is no lie to say so."""

    def ask(self, *, turn: int) -> None:
        """Ask like before a deletion: nothing goes without a clear yes in a later turn, a key or a click."""
        if self._erases is None:
            self._session().say(persona.NO_ERASING_HERE)
            return
        self._gate.ask(ACTION, turn=turn)

    async def carry_out(self) -> None:
        """Erase the caller, say so and end. What is cut off here is finished by any worker (`privacy.finishing`).

        It is begun first: whoever hangs up on what we say of it has agreed to it all the same.
        """
        if self._erases is None or self._under_way:
            return
        self._under_way = True
        erasing = self._promise(self._erases())
        with contextlib.suppress(RuntimeError):  # a session that has ended is silent, and the answer counts
            await self._session().hush()
            self._session().say(persona.ERASING)
        try:
            complete = await asyncio.shield(erasing)
        except Exception:
            # Whatever it was: who was told «one moment» is told how it ended, and may ask again.
            log.exception("erasure.failed")
            complete = None
        if complete is None:
            self._under_way = False
            self._session().say(persona.NOT_ERASED)
            return
        self.is_done = True
        line = persona.ERASED if complete else persona.REST_IS_ERASED_SOON
        await say_and_end(self._session, line, self._end)

    async def happened_elsewhere(self) -> None:
        """Say why the call ends. The call in which it was asked for says so itself."""
        if self._under_way:
            return
        self._under_way = self.is_done = True
        await say_and_end(self._session, persona.ERASED_ELSEWHERE, self._end, at_once=True)


@cache
def _table() -> dict[str, str]:
    data = phrase_file("erasure")
    return phrase_table({kind: data[kind] for kind in ("filler", "erase")})
