"""What is asked of a Redis that belongs to somebody else."""

from __future__ import annotations

from typing import Any, cast

import pytest
from redis.asyncio import Redis
from redis.exceptions import NoPermissionError

from privacy.erasure import Step
from privacy.scrubbing import scrub_redis

pytestmark = pytest.mark.unit


class Hosted:
    """A server that lets nobody look at its settings, as managed ones do."""

    async def info(self, _section: str) -> dict[str, Any]:
        return {"aof_enabled": 1}

    async def config_get(self, _pattern: str) -> dict[str, str]:
        raise NoPermissionError("NOPERM this user has no permissions to run the 'config|get' command")


async def test_an_erasure_is_complete_where_a_hosted_redis_keeps_its_files_to_itself() -> None:
    note = await scrub_redis(cast("Redis", Hosted()))
    assert "operator" in note
    assert Step("redis", left=0, note=note).is_done
