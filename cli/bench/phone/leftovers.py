"""What is left of calls that are over: rooms, vendors' sockets, slots of workers, leases of money."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Mapping
from typing import Any, Final, Self

import httpx
import redis.asyncio
from livekit import api

from routing.budget import PREFIX
from routing.workers import LiveWorkers

LOOK_SECONDS: Final = 0.1


class Leftovers:
    """Looks at a running demo. Use as an async context manager."""

    def __init__(self, *, livekit: tuple[str, str, str], control_url: str, redis_url: str) -> None:
        """`livekit`: address, key and secret."""
        self._client = api.LiveKitAPI(*livekit, failover=False)
        self._control = httpx.AsyncClient(base_url=control_url, timeout=10, trust_env=False)
        self._redis = redis.asyncio.from_url(redis_url)

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._client.aclose()
        await self._control.aclose()
        await self._redis.aclose()

    async def now(self) -> dict[str, int]:
        """How many there are of each."""
        rooms = (await self._client.room.list_rooms(api.ListRoomsRequest())).rooms
        sockets = (await self._control.get("/connections")).json()["open"]
        used = sum(worker.used for worker in await LiveWorkers(self._redis).alive())
        leases = int(await self._redis.zcard(f"{PREFIX}leases"))
        return {"rooms": len(rooms), "sockets": len(sockets), "slots": used, "leases": leases}

    async def gone_within(self, seconds: float) -> tuple[float | None, dict[str, int]]:
        """Wait until there is nothing; after how many seconds that was, or None and what there still is."""
        began = time.monotonic()
        while any((left := await self.now()).values()):
            if time.monotonic() - began > seconds:
                return None, left
            await asyncio.sleep(LOOK_SECONDS)
        return time.monotonic() - began, left

    async def invoice(self) -> str:
        """The vendors' bill, to be compared with another one. What the workers' probes cost is no call's."""
        found: Mapping[str, Any] = (await self._control.get("/invoice")).json()
        return json.dumps([row for row in found["rows"] if "probe" not in (row["tag"] or row["request_id"])])
