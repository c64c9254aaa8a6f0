"""The caller wants everything that is kept of them gone: heard, asked about like a deletion, and done by code alone."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import Callable, Coroutine
from enum import Enum, auto
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
from privacy.wished import Wished

log = logging.getLogger("agent.erasure")

ERASE: Final = "erase_account"
"""What the action is called at the gate. It is no tool: no model can call it."""

ACTION: Final = Action(ERASE, {}, ("your account",))


class Erased(Enum):
    """How far an erasure came while the caller waited for it."""

    WHOLLY = auto()
    """Nothing is left."""
    REST_FOLLOWS = auto()
    """The account is gone, and the rest follows by itself."""
    LATER = auto()
    """Nothing is gone yet; a worker does it as soon as it can, though nobody asks again."""
    NOT = auto()
    """Nothing was done, nor will be."""


Erases = Callable[[], Coroutine[Any, Any, Erased]]
"""Erases the caller."""

_LAST_LINES: Final = {
    Erased.WHOLLY: persona.ERASED,
    Erased.REST_FOLLOWS: persona.REST_IS_ERASED_SOON,
    Erased.LATER: persona.ERASED_LATER,
}


def wants_erasure(text: str) -> bool:
    """Whether a turn asks for the caller's account to be erased, and for nothing else. «Delete all my tasks» does not."""
    said = words(text)
    if not said:
        return False
    kinds, unknown = consume(said, _table())
    return kinds.count("erase") == 1 and not unknown


def erases(user: User, *, call_id: str, wished: Wished) -> Erases:
    """Give what erases a caller from within their call.

    Their yes is `wished` first: who hangs up behind it is told of nothing that fails, and the end of a call waits for no
    database that is away, nor does a process that is killed.
    """

    async def erase_them() -> Erased:
        is_kept = await wished.keep(user.id)
        try:
            proof = await erase(Places.from_environment(), user.id, within_call=call_id)
        except Exception as error:
            log.error(
                "erasure.not_begun",
                exc_info=None if isinstance(error, AWAY) else error,
                extra={"error": type(error).__name__, "outcome": "kept" if is_kept else "lost"},
            )
            return Erased.LATER if is_kept else Erased.NOT
        return Erased.WHOLLY if proof.is_complete else Erased.REST_FOLLOWS

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
        promise: Callable[[Coroutine[Any, Any, Erased]], asyncio.Task[Erased]],
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
        """Erase the caller, say so and end. What is cut off here is done by any worker (`privacy.finishing`).

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
            erased = await asyncio.shield(erasing)
        except Exception:
            # Whatever it was: who was told «one moment» is told how it ended, and may ask again.
            log.exception("erasure.failed")
            erased = Erased.NOT
        if erased is Erased.NOT:
            self._under_way = False
            self._session().say(persona.NOT_ERASED)
            return
        self.is_done = erased is not Erased.LATER
        await say_and_end(self._session, _LAST_LINES[erased], self._end)

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
