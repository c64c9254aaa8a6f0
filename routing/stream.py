"""From Redis' stream into the journal: read, insert by operation id, acknowledge. Any number of drainers may run."""

from __future__ import annotations

import asyncio
import json
import logging
from collections.abc import Iterable, Mapping, Sequence
from typing import Final

from redis.exceptions import RedisError, ResponseError

from routing.budget import PREFIX, Sums
from routing.entry_form import entry_of_fields
from routing.journal import Entry, Journal, JournalDownError
from routing.redis_link import BlindError, RedisLink

log = logging.getLogger("routing.stream")

GROUP: Final = "journal"
BATCH: Final = 500
GATHER_SECONDS: Final = 0.1
"""Between two batches: what many calls charge meanwhile goes into the next one."""
WAIT_SECONDS: Final = 1.0
"""So long Redis holds a read of an empty stream. Abandoned entries are looked for as often."""
KEEP_MS: Final = 60_000
"""Entries stay so long after they are in SQL: who counts a scope anew must find them in one of the two."""
ABANDONED_MS: Final = 10_000
"""Entries that a drainer took and never acknowledged go to another after this long."""
BAD_SUFFIX: Final = ":bad"
"""Of the hash of entries that somebody has to look at, as they stood in the stream, by their ids there."""
REST_SECONDS: Final = 0.5
"""Between tries while Redis or the database is away."""


class StreamCounts:
    """What a scope has cost: the journal, after everything that waits in the stream was put into it.

    What a drainer has acknowledged is in the journal. It is not put there once more: a caller waits for their sums, and
    the stream keeps a minute of everybody's charges.
    """

    def __init__(self, link: RedisLink, journal: Journal, *, prefix: str = PREFIX) -> None:
        self._link = link
        self._journal = journal
        self._stream = f"{prefix}journal"

    async def sums(self, scope: str, *, upto: str) -> Sums:
        """Sum a scope with every stream entry up to an id. Raises BlindError when the truth cannot be read."""
        try:
            start = await self._first_waiting()
            while True:
                rows = await self._link.ask(
                    self._link.redis.xrange(self._stream, min=start, max=upto, count=BATCH)
                )
                if rows:
                    entries, _ = _read(rows)  # the drainer sets the others aside
                    await self._journal.append(entries)
                if len(rows) < BATCH:
                    break
                start = f"({rows[-1][0]}"
            return await self._journal.sums(scope, upto_ms=int(upto.split("-", maxsplit=1)[0]))
        except JournalDownError as error:
            raise BlindError("journal") from error

    async def _first_waiting(self) -> str:
        """Say where what may not be in the journal yet begins, as XRANGE wants it."""
        both = self._link.redis.pipeline(transaction=True)  # else what is taken in between is neither
        both.xinfo_groups(self._stream)
        both.xpending(self._stream, GROUP)
        groups, pending = await self._link.ask(both.execute(raise_on_error=False))
        if isinstance(groups, RedisError) or isinstance(pending, RedisError):
            return "-"  # nobody has drained it
        if pending["min"]:
            return str(pending["min"])
        return next(f"({group['last-delivered-id']}" for group in groups if group["name"] == GROUP)


class Drainer:
    """One consumer of the stream."""

    def __init__(self, link: RedisLink, journal: Journal, *, name: str, prefix: str = PREFIX) -> None:
        self._link = link
        self._journal = journal
        self._name = name
        self._stream = f"{prefix}journal"
        self._bad = f"{prefix}journal{BAD_SUFFIX}"
        self._epoch = f"{prefix}epoch"

    async def run(self) -> None:
        """Drain until cancelled, through failures of Redis and of the database."""
        while True:
            try:
                await self.ensure_group()
                while True:
                    moved = await self.drain_once(wait_seconds=WAIT_SECONDS)
                    if 0 < moved < BATCH:
                        await asyncio.sleep(GATHER_SECONDS)
            except (BlindError, JournalDownError, RedisError, OSError) as error:
                log.warning("journal.drain_waits", extra={"error": type(error).__name__})
                await asyncio.sleep(REST_SECONDS)

    async def ensure_group(self) -> None:
        """Make the consumer group where it is missing; entries that are there already belong to it.

        A group that is missing went with its stream, unless nobody ever drained: the epoch ends, so that every call
        tells the journal what it may not have got.
        """
        try:
            await self._link.ask(self._link.redis.xgroup_create(self._stream, GROUP, id="0", mkstream=True))
        except BlindError as error:
            if not isinstance(error.__cause__, ResponseError) or error.why != "busygroup":
                raise
            return
        await self._link.ask(self._link.redis.delete(self._epoch))

    async def catch_up(self) -> str:
        """Move all that waits now; says why that cannot be done, or nothing. Raises JournalDownError."""
        try:
            await self.ensure_group()
            while await self.drain_once():
                pass
        except BlindError as error:
            return error.why
        return ""

    async def drain_once(self, *, wait_seconds: float = 0.0) -> int:
        """Move one batch, abandoned entries first; returns how many entries it held.

        Where there is none, Redis is to wait for the first one for so long.
        """
        redis = self._link.redis
        abandoned = await self._link.ask(
            redis.xautoclaim(self._stream, GROUP, self._name, min_idle_time=ABANDONED_MS, count=BATCH)
        )
        rows: Sequence[tuple[str, Mapping[str, str] | None]] = abandoned[1]
        if not rows:
            answer = await self._link.ask(
                redis.xreadgroup(
                    GROUP,
                    self._name,
                    {self._stream: ">"},
                    count=BATCH,
                    block=round(1000 * wait_seconds) or None,
                ),
                seconds=self._link.wait_seconds + wait_seconds,
            )
            rows = [row for batch in (answer or []) for row in batch[1]]
        kept = [(entry_id, fields) for entry_id, fields in rows if fields]
        if kept:
            entries, bad = _read(kept)
            await self._journal.append(entries)
            await self._set_aside(bad)
        if rows:
            await self._link.ask(redis.xack(self._stream, GROUP, *(entry_id for entry_id, _ in rows)))
            await self._trim()
        return len(rows)

    async def _set_aside(self, bad: Mapping[str, str]) -> None:
        """Keep for a person what could not be read: it would hold up everything behind it."""
        if bad:
            await self._link.ask(self._link.redis.hset(self._bad, mapping=dict(bad)))
            log.error("journal.stream_unreadable", extra={"count": len(bad), "source": self._bad})

    async def _trim(self) -> None:
        """Drop what is in SQL and old enough; what is not in SQL yet is never dropped."""
        redis = self._link.redis
        pending = await self._link.ask(redis.xpending(self._stream, GROUP))
        groups = await self._link.ask(redis.xinfo_groups(self._stream))
        delivered = next(group["last-delivered-id"] for group in groups if group["name"] == GROUP)
        safe = pending["min"] or delivered
        seconds, _ = await self._link.ask(redis.time())
        keep_from = min(int(safe.split("-")[0]), seconds * 1000 - KEEP_MS)
        await self._link.ask(redis.xtrim(self._stream, minid=f"{keep_from}-0", approximate=True))


def _read(rows: Iterable[tuple[str, Mapping[str, str]]]) -> tuple[list[Entry], dict[str, str]]:
    """Read entries; also give those that the journal could not take, as they stand there, by their ids."""
    entries, bad = [], {}
    for entry_id, fields in rows:
        try:
            entries.append(entry_of_fields(entry_id, fields))
        except ValueError:
            bad[entry_id] = json.dumps(fields)
    return entries, bad
