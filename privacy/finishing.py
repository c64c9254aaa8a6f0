"""An erasure that could not reach everything is finished as soon as it can be, and one that could not begin is begun."""

from __future__ import annotations

import asyncio
import logging
from typing import Final

from redis.exceptions import RedisError

from people.database import DATABASE_AWAY, create_engine
from people.erasure import Erasures
from privacy.erasure import erase, redis_at
from privacy.places import Places
from privacy.wished import Wished

log = logging.getLogger("privacy.finishing")

LOOK_SECONDS: Final = 300.0


async def finish_erasures(places: Places, *, every_seconds: float = LOOK_SECONDS) -> None:
    """Go on with what is not complete, now and again, until cancelled."""
    while True:
        try:
            await finish_once(places)
        except DATABASE_AWAY as error:
            # At the very first start another process makes the tables.
            log.warning("erasure.waits", extra={"error": type(error).__name__})
        await asyncio.sleep(every_seconds)


async def finish_once(places: Places) -> int:
    """Go on with every erasure that is not complete, and begin those wished for; how many are complete now.

    Raises what SQLAlchemy raises.
    """
    engine = create_engine(places.people)
    try:
        waiting = await Erasures(engine).pending()
    finally:
        await engine.dispose()
    waiting += [user_id for user_id in await _wished(places) if user_id not in waiting]
    proofs = [await erase(places, user_id) for user_id in waiting]
    return sum(proof.is_complete for proof in proofs)


async def _wished(places: Places) -> list[str]:
    """Who confirmed an erasure that has not begun. Without Redis the others are gone on with all the same."""
    try:
        async with redis_at(places.redis) as redis:
            return await Wished(redis).waiting()
    except (RedisError, OSError) as error:
        log.warning("erasure.waits", extra={"error": type(error).__name__})
        return []
