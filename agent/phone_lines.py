"""How many lines telephones hold: those of whom nobody knows yet who they are, and those of one person.

A number is a claim that costs nothing, and so is a call: whoever keys nothing must not keep a browser's caller from a
line. So calls that are being asked who they are hold a share of all lines, and those of one number half of that. Who has
shown who they are has as many calls at once as in browsers, counted together. While Redis is away nobody is turned away.
"""

from __future__ import annotations

import logging
import math
from typing import Final

from pydantic import SecretStr
from redis.asyncio import Redis
from redis.exceptions import RedisError

from privacy.calls_at_once import CALLS_OF_PREFIX, CallsAtOnce, tag_of
from routing.workers import LiveWorkers

log = logging.getLogger("agent.phone_lines")

ASKED: Final = "voicetasks:calls_asked"
"""The ids of calls that are being asked who they are, by the millisecond they came."""
ASKED_OF_PREFIX: Final = "voicetasks:calls_asked:"
"""The same of one number, by a tag."""
WITHHELD: Final = ""
"""All numbers that are nobody's count as one."""


class PhoneLines:
    """Lets calls by telephone have a line, or not.

    `share`: of all workers' slots, those that calls may hold that are being asked; with 1 there is no bound. `each`: calls
    that one person may have at once, or any number with 0.
    """

    def __init__(self, redis: Redis, secret: SecretStr, *, share: float, each: int) -> None:
        self._calls = CallsAtOnce(redis)
        self._workers = LiveWorkers(redis)
        self._secret = secret
        self._share = share
        self._each = each

    async def may_ask(self, call_id: str, number: str | None) -> bool:
        """Whether there is a line on which to ask this caller who they are. It is held until `asked`."""
        try:
            most = await self._most_asked()
            of_number = math.ceil(most / 2)
            return await self._calls.enter(call_id, {ASKED: most, self._asked_of(number): of_number})
        except RedisError:
            log.warning("phone.lines_uncounted")
            return True

    async def asked(self, call_id: str, number: str | None) -> None:
        """They were asked, and hold that line no more."""
        try:
            await self._calls.leave(call_id, ASKED, self._asked_of(number))
        except RedisError:
            log.warning("phone.lines_uncounted")  # it counts until their call is over

    async def may_have(self, call_id: str, user_id: str, *, we_called: bool = False) -> bool:
        """Whether this person may have this call beside their others. One that we made is counted, and never too many."""
        most = 0 if we_called else self._each
        try:
            return await self._calls.enter(call_id, {CALLS_OF_PREFIX + tag_of(user_id, self._secret): most})
        except RedisError:
            log.warning("phone.lines_uncounted")
            return True

    async def _most_asked(self) -> int:
        slots = sum(worker.slots for worker in await self._workers.alive())
        return max(1, math.floor(slots * self._share)) if slots and self._share < 1 else 0

    def _asked_of(self, number: str | None) -> str:
        return ASKED_OF_PREFIX + tag_of(number or WITHHELD, self._secret)
