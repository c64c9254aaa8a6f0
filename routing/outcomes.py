"""What became of a call, for the journal: tasks that were created and what their owner did to them, and how fast we answered.

Ids and milliseconds, no words. The success of a task shows only later, so events are kept and not verdicts.
"""

from __future__ import annotations

import asyncio
import logging
import secrets
from collections.abc import Callable, Mapping
from typing import Any, Final, Literal

from routing.happenings import Happenings
from routing.journal import Entry, Journal, JournalDownError, Kind
from routing.kinds import Channel
from routing.ratings import rating_details
from routing.spool import Spool

log = logging.getLogger("routing.outcomes")

TaskEvent = Literal["created", "refused", "unclear", "undone", "corrected", "deleted", "restored"]
"""`refused`: a task was asked for, and the task server did not make it. `unclear`: the caller was asked which date they
mean. `restored`: its owner took a correction or deletion of theirs back."""

SUCCESS_MS: Final = 600_000
"""A task succeeds when its owner does not undo, correct or delete it for so long."""
ANSWERS_AT_ONCE: Final = 20
"""Answers that share an entry of the journal; of a call whose worker dies fewer than that are lost."""
CLOSE_SECONDS: Final = 5.0


class Outcomes:
    """Writes the outcomes of one call, off the voice path. `now_ms` is the time by which money is counted, Unix ms."""

    def __init__(
        self, journal: Journal, spool: Spool, *, call_id: str, subject: str, now_ms: Callable[[], int]
    ) -> None:
        self._journal = journal
        self._spool = spool
        self._call_id = call_id
        self._subject = subject
        self._now_ms = now_ms
        self._run = secrets.token_hex(4)
        """Another worker that takes the call over numbers its own."""
        self._count = 0
        self._answers: list[int] = []
        self.happenings: Final = Happenings(lambda what: self._write(what, "event"), now_ms)
        """Hears what the call's story is told from."""
        self._background: set[asyncio.Task[None]] = set()

    def named(self, subject: str) -> None:
        """Hear who the caller is to the journal: whatever is written from now on is theirs."""
        self._subject = subject

    def task(self, event: TaskEvent, task_id: str, *, turn: int) -> None:
        """Hear what happened to a task; the id is empty where none was made. Never waits and never raises."""
        # Made once, also where another worker, which serves the call now, hears of it again.
        operation = f"{self._call_id}:created:{task_id}" if event == "created" else ""
        self._write({"task": {"event": event, "id": task_id, "turn": turn}}, operation=operation)

    def answered(self, milliseconds: int) -> None:
        """Hear how long after the caller's last word our first sound came. Never waits and never raises."""
        self._answers.append(milliseconds)
        if len(self._answers) >= ANSWERS_AT_ONCE:
            self._write_answers()

    def rated(self, stars: int, channel: Channel) -> None:
        """Hear how many stars the caller gave, 1 to 5. Never waits; raises ValueError for others."""
        self._write(rating_details(stars, channel))

    async def aclose(self) -> None:
        """Write what is left, before the call's lease is closed."""
        self._write_answers()
        self.happenings.close()
        if self._background:
            await asyncio.wait(self._background, timeout=CLOSE_SECONDS)

    def _write_answers(self) -> None:
        if self._answers:
            self._write({"answers_ms": self._answers})
            self._answers = []

    def _write(self, what: Mapping[str, Any], kind: Kind = "outcome", *, operation: str = "") -> None:
        self._count += 1
        entry = Entry(
            operation=operation or f"{self._call_id}:{self._run}:{kind}:{self._count}",
            kind=kind,
            at_ms=self._now_ms(),
            call_id=self._call_id,
            details={"subject": self._subject, **what},
        )
        task = asyncio.create_task(self._append(entry), name="call.outcome")
        self._background.add(task)
        task.add_done_callback(self._written)

    async def _append(self, entry: Entry) -> None:
        try:
            if entry.kind == "event" and not await self._journal.is_known(entry.details["subject"]):
                return  # somebody erased, or nobody knows whose it would be to erase
            await self._journal.append([entry])
        except JournalDownError:
            await self._spool.append([entry])

    def _written(self, task: asyncio.Task[None]) -> None:
        self._background.discard(task)
        if not task.cancelled() and (error := task.exception()) is not None:
            log.error("outcome.not_written", exc_info=error, extra={"call_id": self._call_id})
