"""How far a call has come, kept for another worker: encrypted, for 15 minutes, and only while the caller allows it."""

from __future__ import annotations

import asyncio
import base64
import contextlib
import json
import logging
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from hashlib import sha256
from typing import Final

from cryptography.fernet import Fernet, InvalidToken
from livekit.agents import llm
from pydantic import SecretStr, ValidationError
from redis.asyncio import Redis
from redis.exceptions import RedisError

from agent.owed import asks_for_answer
from agent.own_changes import OwnChange
from agent.requests import Request
from privacy.live_calls import CALL_PREFIX, ERASED, THREAD_PREFIX
from routing.ending import ended, heed_cancellation

log = logging.getLogger("agent.thread")

PREFIX: Final = THREAD_PREFIX
KEEP_SECONDS: Final = 900
GATHER_SECONDS: Final = 0.1
"""What is said within it is kept together."""
AGAIN_SECONDS: Final = 2.0
FIND_TRIES: Final = 3
MOST_ITEMS: Final = 200
LONGEST_BYTES: Final = 200_000
"""Of the conversation before it is encrypted; past it the oldest is left out."""

# KEYS: the thread, the call's hash. ARGV: the field that says that the caller was erased, what is kept, for how long (s).
# An erasure that came while the caller's consent was asked for must not be undone by what was on its way.
_KEEP = """
if redis.call('HEXISTS', KEYS[2], ARGV[1]) == 1 then return redis.call('DEL', KEYS[1]) end
return redis.call('SET', KEYS[1], ARGV[2], 'EX', ARGV[3])
"""


@dataclass(frozen=True)
class Thread:
    """Where a call is: the number of its turn, what was said, if that is known, and what was asked of tools."""

    turn: int
    history: llm.ChatContext | None = None
    requests: tuple[Request, ...] = ()
    """What was asked for and may be asked for again."""
    changes: tuple[OwnChange, ...] = ()
    """What the call did, newest last."""

    @property
    def owes_answer(self) -> bool:
        """Whether the caller spoke last, or what a tool did was not told yet."""
        return self.history is not None and asks_for_answer(self.history)


class Vault:
    """Seals threads with a key that only workers have."""

    def __init__(self, key: SecretStr) -> None:
        digest = sha256(b"voicetasks thread " + key.get_secret_value().encode()).digest()
        self._fernet = Fernet(base64.urlsafe_b64encode(digest))

    def seal(self, thread: Thread, *, call_id: str) -> bytes:
        """Encrypt. The words of what tools answered and of both sides are in it, and no sound."""
        items = (thread.history or llm.ChatContext.empty()).copy().truncate(max_items=MOST_ITEMS)
        while True:
            said = items.to_dict(exclude_timestamp=False, exclude_metrics=True)
            kept = {"call": call_id, "turn": thread.turn, "said": said}
            asked = [each[:4] for each in thread.requests]
            unsure = [each.operation for each in thread.requests if each.is_unsure]
            text = json.dumps(kept | {"asked": asked, "unsure": unsure, "changed": thread.changes})
            if len(text) <= LONGEST_BYTES or not items.items:
                return self._fernet.encrypt(text.encode())
            items = items.truncate(max_items=len(items.items) // 2)

    def open(self, sealed: bytes, *, call_id: str) -> Thread | None:
        """Decrypt; None for what is older than 15 minutes, of another call, or sealed by nobody who has the key."""
        try:
            kept = json.loads(self._fernet.decrypt(sealed, ttl=KEEP_SECONDS))
            if kept["call"] != call_id:
                return None
            said = llm.ChatContext.from_dict(kept["said"])
            # A worker of a version before tells of none, and would not read one that says more of itself.
            unsure = kept.get("unsure", ())
            asked = tuple(
                Request(*each)._replace(is_unsure=each[1] in unsure) for each in kept.get("asked", ())
            )
            return Thread(
                int(kept["turn"]), said, asked, tuple(OwnChange(*each) for each in kept.get("changed", ()))
            )
        except (InvalidToken, ValidationError, ValueError, KeyError, TypeError):
            log.warning("thread.unreadable", extra={"call_id": call_id})
            return None


class Keeper:
    """Keeps one call's thread in Redis while that is allowed, beside the call: nothing waits for it.

    Without a vault it keeps nothing.
    """

    def __init__(
        self, redis: Redis, vault: Vault | None, *, call_id: str, allowed: Callable[[], Awaitable[bool]]
    ) -> None:
        self._redis = redis
        self._vault = vault
        self._call_id = call_id
        self._allowed = allowed
        self._write = redis.register_script(_KEEP)
        self._thread: Callable[[], Thread] | None = None
        self._news = asyncio.Event()
        self._keeping: asyncio.Task[None] | None = None

    async def found(self) -> Thread | None:
        """What another worker kept of this call, if the caller still allows it."""
        if self._vault is None:
            return None
        for _ in range(FIND_TRIES):  # a job that has just begun may be too busy for an answer
            with contextlib.suppress(RedisError):
                sealed = await self._redis.get(PREFIX + self._call_id)
                if not isinstance(sealed, bytes) or not await self._allowed():
                    return None
                return self._vault.open(sealed, call_id=self._call_id)
        log.warning("thread.redis_unavailable")
        return None

    def start(self, thread: Callable[[], Thread]) -> None:
        """Begin to keep what `thread` gives, each time there is news."""
        self._thread = thread
        self._keeping = asyncio.create_task(self._keep_on(), name="thread.keep")
        self._keeping.add_done_callback(_tell_failure)

    def news(self) -> None:
        """Something was said."""
        self._news.set()

    async def flush(self, thread: Thread) -> None:
        """Keep the last state before another worker takes over, and no more."""
        await self._stop()
        if thread.history is not None:
            await self._keep(thread)

    async def forget(self) -> None:
        """The call is over."""
        await self._stop()
        try:
            await self._redis.delete(PREFIX + self._call_id)
        except RedisError:
            log.warning("thread.redis_unavailable")  # it expires

    async def _stop(self) -> None:
        if self._keeping is not None:
            await ended(self._keeping)
            self._keeping = None

    async def _keep_on(self) -> None:
        while True:
            await self._news.wait()
            await asyncio.sleep(GATHER_SECONDS)
            self._news.clear()
            if self._thread is not None and not await self._keep(self._thread()):
                await asyncio.sleep(AGAIN_SECONDS)
                self._news.set()
            heed_cancellation()

    async def _keep(self, thread: Thread) -> bool:
        """Whether the state in Redis is now what it should be."""
        if self._vault is None:
            return True
        try:
            if await self._allowed():
                sealed = self._vault.seal(thread, call_id=self._call_id)
                keys = [PREFIX + self._call_id, CALL_PREFIX + self._call_id]
                await self._write(keys=keys, args=[ERASED, sealed, KEEP_SECONDS])
            else:
                await self._redis.delete(PREFIX + self._call_id)
        except RedisError:
            log.warning("thread.redis_unavailable")
            return False
        return True


def _tell_failure(task: asyncio.Task[None]) -> None:
    if not task.cancelled() and (error := task.exception()) is not None:
        # Its text may quote what was said.
        log.error("thread.keeping_failed", extra={"error": type(error).__name__})
