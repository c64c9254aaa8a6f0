"""The policy in force, as one process knows it: told by Redis, looked up behind that, and never asked for in vain.

A message says that there is another policy. Messages get lost, so Redis is looked at every second, and the database
whenever Redis has no answer, none that can be right, or was believed for long.
"""

from __future__ import annotations

import asyncio
import logging
import math
import time
from collections.abc import Callable
from typing import Final

from redis.exceptions import RedisError

from routing.budget import PREFIX
from routing.ending import ended
from routing.journal import JournalDownError
from routing.patience import within
from routing.policy import DEFAULT_POLICY, Policy
from routing.policy_board import number_of
from routing.policy_changes import PolicyInvalidError
from routing.policy_store import PolicyStore
from routing.redis_link import WAIT_SECONDS, BlindError, RedisLink

log = logging.getLogger("routing.policy_watch")

LOOK_SECONDS: Final = 1.0
"""Between two looks at Redis when no message comes."""
DATABASE_SECONDS: Final = 1.5
"""Between two looks at the database while Redis is away: with the looking itself below 2 s."""
TRUST_SECONDS: Final = 15.0
"""How long Redis is believed before the database is asked all the same: it may have been put back from another time."""
DATABASE_WAIT_SECONDS: Final = 1.0
"""The longest that a look waits for the database; its answer counts when it comes later."""
LISTEN_AGAIN_SECONDS: Final = 0.5


class PolicyWatch:
    """Follows the policy. `start` it once in a process or call, read `policy`, `aclose` it."""

    def __init__(
        self,
        link: RedisLink,
        database_url: str,
        *,
        prefix: str = PREFIX,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._store = PolicyStore(database_url, link, prefix=prefix)
        self._clock = clock
        self._policy = DEFAULT_POLICY
        self._confirmed = -math.inf
        self._database_said = -math.inf
        self._redis_away = False
        self._callbacks: list[Callable[[Policy], None]] = []
        self._heard = asyncio.Event()
        self._reading: asyncio.Task[Policy] | None = None
        self._tasks: list[asyncio.Task[None]] = []

    @property
    def policy(self) -> Policy:
        """The newest policy known; the default's before any was read."""
        return self._policy

    @property
    def age_seconds(self) -> float:
        """Seconds since somebody who must know said that `policy` is the one in force; infinite before the first."""
        return self._clock() - self._confirmed

    def on_change(self, callback: Callable[[Policy], None]) -> Callable[[], None]:
        """Have a function called with every new policy, in the event loop; returns what takes it off again."""
        self._callbacks.append(callback)
        return lambda: self._callbacks.remove(callback) if callback in self._callbacks else None

    async def start(self) -> None:
        """Read the policy and follow it from now on. Takes some 1.2 s at most, whatever is down."""
        await self._look()
        self._tasks = [
            asyncio.create_task(self._follow(), name="policy.follow"),
            asyncio.create_task(self._listen(), name="policy.listen"),
        ]

    async def aclose(self) -> None:
        """Follow no more. The policy known last stays readable."""
        await ended(*self._tasks, *([self._reading] if self._reading is not None else []))
        await self._store.aclose()

    async def _follow(self) -> None:
        while True:
            try:
                async with asyncio.timeout(DATABASE_SECONDS if self._redis_away else LOOK_SECONDS):
                    await self._heard.wait()
            except TimeoutError:
                pass
            self._heard.clear()
            await self._look()

    async def _listen(self) -> None:
        """Wake the follower whenever a message comes, and when listening begins: what was said before was missed."""
        while True:
            try:
                async with self._store.board.listener() as listener:
                    while True:
                        await listener.get_message(timeout=None)
                        self._heard.set()
            except (BlindError, RedisError, OSError):
                await asyncio.sleep(LISTEN_AGAIN_SECONDS)

    async def _look(self) -> None:
        posted = await self._ask_redis()
        known = number_of(self._policy)
        if posted is not None and number_of(posted) >= known:
            self._confirm(posted if number_of(posted) > known else self._policy)
            if self._clock() - self._database_said < TRUST_SECONDS:
                return
        late = self._reading is not None
        stored = await self._ask_database()
        if stored is None:
            return
        if number_of(stored) >= number_of(self._policy) or not (self._redis_away or late):
            # The database was asked after Redis. When Redis knows a newer policy than the database then, it is from
            # another time, and so is what we know.
            self._confirm(stored)
        if not self._redis_away and (posted is None or posted.version != stored.version):
            await self._mend_redis()

    async def _ask_redis(self) -> Policy | None:
        """Give what Redis shows; None when that is nothing, or it does not answer."""
        board = self._store.board
        try:
            async with within(asyncio.get_running_loop().time() + WAIT_SECONDS):
                number = await board.number()
                if number is not None and number == number_of(self._policy):
                    posted: Policy | None = self._policy
                else:
                    posted = None if number is None else await board.read(number)
        except (BlindError, TimeoutError) as error:
            if not self._redis_away:
                log.warning("policy.redis_away", extra={"why": getattr(error, "why", "timeout")})
            self._redis_away = True
            return None
        self._redis_away = False
        return posted

    async def _ask_database(self) -> Policy | None:
        """Give what the database holds; None when it has no answer in time. A late answer serves the next look."""
        if self._reading is None:
            self._reading = asyncio.create_task(self._store.current(), name="policy.read")
        await asyncio.wait({self._reading}, timeout=DATABASE_WAIT_SECONDS)
        if not self._reading.done():
            return None
        reading, self._reading = self._reading, None
        try:
            stored = reading.result()
        except (JournalDownError, PolicyInvalidError) as error:
            log.warning("policy.database_away", extra={"error": type(error).__name__})
            return None
        self._database_said = self._clock()
        return stored

    async def _mend_redis(self) -> None:
        """Show in Redis what the database holds, so that the others need not ask it."""
        try:
            await self._store.post()
        except (BlindError, JournalDownError) as error:
            log.warning("policy.not_posted", extra={"error": type(error).__name__})

    def _confirm(self, policy: Policy) -> None:
        self._confirmed = self._clock()
        if policy == self._policy:
            return
        self._policy = policy
        log.info("policy.changed", extra={"policy_version": policy.version})
        for callback in list(self._callbacks):
            try:
                callback(policy)
            except Exception:
                log.exception("policy.callback_failed")
