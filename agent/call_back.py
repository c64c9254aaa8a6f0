"""A caller who was cut off and calls again within two minutes is asked whether to go on where the call was.

What was said is kept for that long, encrypted and only with the caller's consent, and read once.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import Awaitable, Callable
from typing import Final

from redis.asyncio import Redis
from redis.exceptions import RedisError

from agent.answers import Answer, read_answer
from agent.ending import CUT_OFF, Ending
from agent.thread import Thread, Vault
from privacy.live_calls import CUT_OFF_PREFIX

log = logging.getLogger("agent.call_back")

KEEP_SECONDS: Final = 120


class CallBack:
    """The call of one person that was cut off last. Without a vault nothing is kept."""

    def __init__(self, redis: Redis, vault: Vault | None, subject: str) -> None:
        self._redis = redis
        self._vault = vault
        self._subject = subject

    async def keep(self, thread: Thread) -> None:
        """Keep how far a call had come that was cut off. Ask for consent before."""
        if self._vault is None or not thread.turn or thread.history is None:
            return
        sealed = self._vault.seal(thread, call_id=self._subject)
        try:
            await self._redis.set(CUT_OFF_PREFIX + self._subject, sealed, ex=KEEP_SECONDS)
        except RedisError:
            log.warning("call_back.redis_unavailable")

    async def found(self, *, allowed: bool) -> Thread | None:
        """What was kept, once; nothing, and nothing is left, where that is allowed no more."""
        if self._vault is None:
            return None
        with contextlib.suppress(RedisError):
            sealed = await self._redis.getdel(CUT_OFF_PREFIX + self._subject)
            if allowed and isinstance(sealed, bytes):
                return self._vault.open(sealed, call_id=self._subject)
        return None

    async def forget(self) -> None:
        """Leave nothing: the call was not cut off after all."""
        try:
            await self._redis.delete(CUT_OFF_PREFIX + self._subject)
        except RedisError:
            log.warning("call_back.redis_unavailable")  # it expires


class CutOffCall:
    """What one call by telephone leaves to the next one of its caller.

    It is left the moment the line is lost: whoever calls back at once does so while the lost line is still waited for.
    `allowed`: whether they let what was said be kept.
    """

    def __init__(self, call_back: CallBack, allowed: Callable[[], Awaitable[bool]]) -> None:
        self._call_back = call_back
        self._allowed = allowed
        self._in_order = asyncio.Lock()
        self._is_left = False

    async def lost(self, thread: Thread) -> None:
        """The line is lost."""
        async with self._in_order:
            self._is_left = True
            if await self._allowed():
                await self._call_back.keep(thread)

    async def back(self) -> None:
        """The telephone is in its room again."""
        async with self._in_order:
            if self._is_left:
                self._is_left = False
                await self._call_back.forget()

    async def over(self, reason: Ending, thread: Thread) -> None:
        """The call has ended. What was left when its line was lost may have been read since: it is not left again."""
        if reason in ("erased", "signed_out"):
            await self.back()
        elif reason in CUT_OFF and not self._is_left:
            await self.lost(thread)


class GoOnQuestion:
    """Whether to go on. Open for one turn: whoever says something else has a wish, and goes on with that."""

    def __init__(self) -> None:
        self.thread: Thread | None = None
        """What the call would go on from."""
        self.open = False

    def take_turn(self, text: str) -> Answer | None:
        """The answer that a turn is, yes or no; None leaves the turn to others."""
        was_open, self.open = self.open, False
        if not was_open:
            return None
        answer = read_answer(text, tool="")
        return answer if answer in (Answer.YES, Answer.NO) else None
