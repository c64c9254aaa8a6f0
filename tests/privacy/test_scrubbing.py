"""What is asked of a Redis that belongs to somebody else."""

from __future__ import annotations

from typing import Any, cast

import pytest
from redis.asyncio import Redis
from redis.exceptions import NoPermissionError, ResponseError

from privacy import scrubbing
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


class Writing:
    """A server that was writing its append-only file before it was asked to, and answers as Redis does."""

    def __init__(self, *, why: str, ends_after_looks: int) -> None:
        self._why = why
        self._left = ends_after_looks
        self.begun = 0
        """How many files were begun since the deletion."""

    async def info(self, _section: str) -> dict[str, Any]:
        self._left -= 1
        return {
            "aof_enabled": 1,
            "aof_rewrite_in_progress": int(self._left > 0),
            "aof_last_bgrewrite_status": "ok",
        }

    async def config_get(self, _pattern: str) -> dict[str, str]:
        return {"save": ""}

    async def bgrewriteaof(self) -> bool:
        if self._left > 0:
            raise ResponseError(self._why)
        self.begun += 1
        self._left = 2
        return True


@pytest.mark.parametrize(
    "why",
    [
        "Background append only file rewriting already in progress",
        "Background append only file rewriting scheduled",
    ],
)
async def test_a_file_that_was_begun_before_the_deletion_is_waited_for_and_then_written_once_more(
    monkeypatch: pytest.MonkeyPatch, why: str
) -> None:
    monkeypatch.setattr(scrubbing, "PAUSE_SECONDS", 0.0)
    server = Writing(why=why, ends_after_looks=5)
    assert await scrub_redis(cast("Redis", server)) == "append-only file written anew"
    assert server.begun == 1


async def test_a_file_that_is_written_for_too_long_is_not_done_yet_and_is_asked_for_again_later(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(scrubbing, "PAUSE_SECONDS", 0.0)
    monkeypatch.setattr(scrubbing, "PATIENCE_SECONDS", 0.05)
    server = Writing(why="Background append only file rewriting already in progress", ends_after_looks=10**9)
    with pytest.raises(TimeoutError):
        await scrub_redis(cast("Redis", server))
    assert server.begun == 0


async def test_a_server_that_cannot_write_at_all_still_refuses() -> None:
    class Unable(Writing):
        async def bgrewriteaof(self) -> bool:
            raise ResponseError("Can't execute an AOF background rewriting. Please check the server logs.")

    note = await scrub_redis(cast("Redis", Unable(why="", ends_after_looks=0)))
    assert "operator" in note
