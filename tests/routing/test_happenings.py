"""What happened in a call reaches the journal in bunches, bounded, and only of somebody who can have it erased."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from routing.erasure import forget_name
from routing.happenings import MOST, Happenings
from routing.journal import Entry, Journal
from routing.migrate import migrate
from routing.outcomes import Outcomes
from routing.spool import Spool
from routing.story.forgetting import forget_older_than

pytestmark = pytest.mark.system


@pytest.fixture
async def journal(tmp_path: Path) -> AsyncIterator[Journal]:
    url = f"sqlite+aiosqlite:///{tmp_path / 'routing.db'}"
    await migrate(url)
    async with Journal(url) as journal:
        yield journal


def outcomes_of(journal: Journal, subject: str, folder: Path) -> Outcomes:
    return Outcomes(journal, Spool(folder), call_id="c1", subject=subject, now_ms=lambda: 5_000)


async def test_happenings_are_kept_with_the_time_at_which_they_began(
    journal: Journal, tmp_path: Path
) -> None:
    outcomes = outcomes_of(journal, await journal.subject_of("usr_1"), tmp_path)
    outcomes.happenings.tell("turn", turn=1, by="voice")
    outcomes.happenings.tell("spoke", since_ms=700, who="caller", ms=700)
    await outcomes.aclose()
    (entry,) = await journal.entries(kind="event")
    assert entry.details["events"] == [
        {"what": "turn", "at": 5_000, "turn": 1, "by": "voice"},
        {"what": "spoke", "at": 4_300, "who": "caller", "ms": 700},
    ]
    outcomes.happenings.tell("turn", turn=2, by="voice")
    await asyncio.sleep(0)
    assert len(await journal.entries(kind="event")) == 1  # it is over


async def test_of_somebody_who_was_erased_nothing_is_kept_and_nothing_comes_late(
    journal: Journal, tmp_path: Path
) -> None:
    subject = await journal.subject_of("usr_1")
    outcomes = outcomes_of(journal, subject, tmp_path)
    outcomes.happenings.tell("turn", turn=1, by="voice")
    outcomes.task("created", "t1", turn=1)
    outcomes.happenings.flush()
    await outcomes.aclose()
    assert await forget_name(journal.engine, "usr_1") == {
        "names": 1,
        "events of calls": 1,
        "entries kept without a name": 1,
    }
    late = outcomes_of(journal, subject, tmp_path)
    late.happenings.tell("ended", turn=1, reason="erased")
    await late.aclose()
    nobody = outcomes_of(journal, "unknown", tmp_path)
    nobody.happenings.tell("turn", turn=1, by="voice")
    await nobody.aclose()
    assert [each.kind for each in await journal.entries()] == ["outcome"]


async def test_a_call_that_never_ends_keeps_so_many_and_counts_the_rest() -> None:
    written: list[Mapping[str, Any]] = []
    happenings = Happenings(written.append, lambda: 1)
    for number in range(MOST + 10):
        happenings.tell("turn", turn=number, by="voice")
    happenings.tell("swap", before="premium", after="economy", reason="money", own_ms=3, quick=False)
    happenings.close()
    kept = [each for bunch in written for each in bunch["events"]]
    assert (len(kept), kept[-1]["what"]) == (MOST + 1, "swap")
    assert written[-1]["left_out"] == 10


async def test_what_is_told_of_a_live_call_is_written_soon(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("routing.happenings.GATHER_SECONDS", 0.01)
    written: asyncio.Queue[Mapping[str, Any]] = asyncio.Queue()
    happenings = Happenings(written.put_nowait, lambda: 1)
    happenings.tell("turn", turn=1, by="voice")
    bunch = await asyncio.wait_for(written.get(), 5)
    assert [each["turn"] for each in bunch["events"]] == [1]


async def test_stories_past_their_days_are_forgotten_and_money_is_not(journal: Journal) -> None:
    now_ms = time.time_ns() // 1_000_000
    day_ms = 24 * 3600 * 1000

    def entry(operation: str, kind: Any, days_ago: int) -> Entry:
        return Entry(operation, kind, now_ms - days_ago * day_ms, "c1")

    await journal.append([entry("a", "event", 31), entry("b", "event", 29), entry("c", "charge", 400)])
    assert await forget_older_than(journal, 30) == 1
    assert [each.operation for each in await journal.entries()] == ["c", "b"]
