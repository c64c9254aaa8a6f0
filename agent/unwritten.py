"""How calls about tasks went while the people's database was away: kept in Redis until a worker can write it.

Of each stands the call's id and its outcome, no number and no name. So do those who said in a call of theirs that they
want no more calls: by their id, since the number may be a household's, and only they lose their consent.
"""

from __future__ import annotations

import logging
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from typing import Final, cast

from redis.asyncio import Redis
from redis.exceptions import RedisError

from agent.outbound_rules import Outcome
from people.reminder_consent import How

log = logging.getLogger("agent.unwritten")

KEY: Final = "voicetasks:reminders:unwritten"
STOPS_KEY: Final = "voicetasks:reminders:stopped"
KEEP_SECONDS: Final = 86_400
"""After the last one was kept. What is written later than a day reminds nobody any more."""


class Unwritten:
    """What is still to be written. Each is given out once, whoever asks, but for wishes to be called no more.

    These are given out until one who wrote it says so: written twice they do no harm, and lost they would be calls.
    """

    def __init__(self, redis: Redis) -> None:
        self._redis = redis

    async def keep(self, call_id: str, outcome: Outcome) -> bool:
        """Keep how a call went: the first word stands, but a wish to be called no more stands above all.

        False where Redis is away too: it is lost, and that is logged.
        """
        try:
            async with self._redis.pipeline() as pipe:
                if outcome is Outcome.OPTED_OUT:
                    pipe.hset(KEY, call_id, outcome.value)
                else:
                    pipe.hsetnx(KEY, call_id, outcome.value)
                pipe.expire(KEY, KEEP_SECONDS)
                await pipe.execute()
        except (RedisError, OSError) as error:
            log.error("reminder.not_settled", extra={"outcome": outcome.value, "error": type(error).__name__})
            return False
        return True

    async def written(self, call_id: str) -> None:
        """The wish to be called no more that was given out is written. Raises RedisError, OSError."""
        await self._redis.hdel(KEY, call_id)

    async def keep_stop(self, user_id: str, how: How) -> bool:
        """Keep that a person takes their consent back now, until `stop_written`; False where Redis is away too."""
        try:
            async with self._redis.pipeline() as pipe:
                pipe.hset(STOPS_KEY, user_id, f"{how} {datetime.now(UTC).isoformat()}")
                pipe.expire(STOPS_KEY, KEEP_SECONDS)
                await pipe.execute()
        except (RedisError, OSError):
            return False
        return True

    async def stops(self) -> dict[str, tuple[How, datetime]]:
        """Who takes their consent back, by id, and how and when they said so. Raises RedisError, OSError."""
        kept: dict[bytes, bytes] = await self._redis.hgetall(STOPS_KEY)  # type: ignore[assignment]  # bytes
        return {user_id.decode(): _stop(said.decode()) for user_id, said in kept.items()}

    async def stop_written(self, user_id: str) -> None:
        """Their consent is taken back. Raises RedisError, OSError."""
        await self._redis.hdel(STOPS_KEY, user_id)

    async def are_there(self) -> bool:
        """Whether something is kept. Raises RedisError, OSError."""
        return bool(await self._redis.exists(KEY, STOPS_KEY))

    async def take(self) -> AsyncIterator[tuple[str, Outcome]]:
        """Give out what is kept. It is kept no longer: who fails to write it keeps it anew. Raises RedisError, OSError.

        Whoever dies in between has lost it: better no call than two. For the same reason `OPTED_OUT` is kept until
        `written`.
        """
        kept: dict[bytes, bytes] = await self._redis.hgetall(KEY)  # type: ignore[assignment]  # answers are bytes
        for call_id, value in kept.items():
            outcome = Outcome(value.decode())
            if outcome is Outcome.OPTED_OUT or await self._redis.hdel(KEY, call_id):
                yield call_id.decode(), outcome


def _stop(said: str) -> tuple[How, datetime]:
    how, _, at = said.partition(" ")
    return cast("How", how), datetime.fromisoformat(at)
