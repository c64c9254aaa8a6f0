"""Calls that lost their worker get another one.

The LiveKit server assigns a job once: when its worker dies nobody comes, and the dead one's participant stands in the
room for another 20 s (measured). So every worker looks for such calls, puts out what is left of the dead one and has
an agent dispatched anew. adr/0016 and adr/0039 have the reasons.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import logging
from typing import Final

import aiohttp
from livekit import api
from livekit.protocol.models import ParticipantInfo
from redis.exceptions import RedisError

from agent.served import AllServed, Lost
from agent.wire import Wire
from routing.ending import heed_cancellation

log = logging.getLogger("agent.takeover")

LOOK_SECONDS: Final = 0.5
AWAY_SECONDS: Final = 1.0
"""Between looks while Redis is away. It is seldom away, and a machine that is too busy to hear it looks just like that: of
calls that were handed over then, some waited 3 s for the next look (measured, with 5)."""
SERVER_SECONDS: Final = 5.0


async def keep_taking_over(
    served: AllServed, wire: Wire, *, url: str, key: str, secret: str, agent_name: str
) -> None:
    """Look for calls without a worker, twice a second, until cancelled.

    `wire` is the worker's own: when Redis starts again every wire ends at once, and says nothing of who holds it. So
    others' are believed only while our own has been up for as long as a call may be silent.
    """
    timeout = aiohttp.ClientTimeout(total=SERVER_SECONDS)
    async with api.LiveKitAPI(url, key, secret, timeout=timeout, failover=False) as livekit:
        while True:
            pause = LOOK_SECONDS
            try:
                by_wire = wire.seconds_up >= served.dead_after_seconds
                lost = await served.lost(by_wire=by_wire)
                await _dispatch_all(livekit, served, lost, agent_name)
            except RedisError:
                pause = AWAY_SECONDS
            heed_cancellation()
            await asyncio.sleep(pause)


async def _dispatch_all(
    livekit: api.LiveKitAPI, served: AllServed, lost: list[Lost], agent_name: str
) -> None:
    """See to each of them, whatever becomes of another. Raises RedisError behind the last."""
    each = (_dispatch(livekit, served, call, agent_name) for call in lost)
    for error in await asyncio.gather(*each, return_exceptions=True):
        if error is not None:
            raise error


async def _dispatch(livekit: api.LiveKitAPI, served: AllServed, call: Lost, agent_name: str) -> None:
    try:
        rooms = await livekit.room.list_rooms(api.ListRoomsRequest(names=[call.room]))
        if not rooms.rooms:
            await served.forget(call.call_id)
            return
        await _put_out(livekit, call.room)
        metadata = json.dumps({**json.loads(call.metadata), "again": True})
        await livekit.agent_dispatch.create_dispatch(
            api.CreateAgentDispatchRequest(agent_name=agent_name, room=call.room, metadata=metadata)
        )
    except (api.ServerError, aiohttp.ClientError, TimeoutError) as error:
        log.warning("takeover.failed", extra={"call_id": call.call_id, "error": type(error).__name__})
        await served.find_again(call.call_id)
        return
    except asyncio.CancelledError:  # we are told to stop: the call was given to us, and waits for nobody else
        with contextlib.suppress(RedisError):
            await served.find_again(call.call_id)
        raise
    log.warning("takeover.dispatched", extra={"call_id": call.call_id, "room": call.room})


async def _put_out(livekit: api.LiveKitAPI, room: str) -> None:
    """Have none of us in a room. Raises ServerError where one stays."""
    for identity in await _agents(livekit, room):
        try:
            await livekit.room.remove_participant(api.RoomParticipantIdentity(room=room, identity=identity))
        except api.ServerError:
            # One that hands its call over is leaving by itself: it is gone between the look and the word.
            if identity in await _agents(livekit, room):
                raise


async def _agents(livekit: api.LiveKitAPI, room: str) -> list[str]:
    found = await livekit.room.list_participants(api.ListParticipantsRequest(room=room))
    return [each.identity for each in found.participants if each.kind == ParticipantInfo.Kind.AGENT]
