"""A caller who was cut off and calls again within two minutes is asked whether to go on where the call was.

What was said is kept for that long, encrypted and only with the caller's consent, and read once.
"""

from __future__ import annotations

import contextlib
import logging
from typing import Final

from redis.asyncio import Redis
from redis.exceptions import RedisError

from agent.answers import Answer, read_answer
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
