"""From the journal to what can be reckoned with."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from routing.experiments import reading
from routing.experiments.assignment import Assignment
from routing.experiments.reading import read_calls
from routing.outcomes import ANSWERS_AT_ONCE, SUCCESS_MS, Outcomes
from routing.spool import Spool
from tests.routing.conftest import Bank
from tests.routing.experiments.past import MINUTE, charge, decision, ended, outcome, plain_call, task, usage

pytestmark = pytest.mark.system

T = 1_800_000_000_000
CHEAP = Assignment(experiment="x", phase=2, arm="cheap", stack="budget", bucket=7_000)


async def test_a_call_is_put_together_from_all_that_was_written_of_it(bank: Bank) -> None:
    await bank.journal.append(
        [
            *plain_call(
                "c1", T, subject="s_a", stack="budget", assignment=CHEAP, events=[task("created", "t1")]
            ),
            charge("c1", T + 9, usage("u2", "economy"), 2_000, subject="s_a"),
            outcome("c1", T + 10, 7, subject="s_a", answers_ms=[500, 700]),
            outcome("c1", T + 11, 8, subject="s_a", answers_ms=[900]),
        ]
    )
    [call], waiting = await read_calls(
        bank.journal.engine, "x", phase=2, since_ms=T, now_ms=T + SUCCESS_MS * 2
    )
    assert (call.unit, call.arm, call.as_assigned, waiting) == ("s_a", "cheap", True, 0)
    assert (call.microdollars, call.tasks, call.successes) == (42_000, 1, 1)
    assert call.answers_ms == (500, 700, 900)


async def test_only_the_phase_that_is_asked_for_is_read(bank: Bank) -> None:
    other = CHEAP.model_copy(update={"phase": 1})
    elsewhere = CHEAP.model_copy(update={"experiment": "y"})
    for number, assignment in enumerate((CHEAP, other, elsewhere, None)):
        await bank.journal.append(plain_call(f"c{number}", T, subject="s_a", assignment=assignment))
    calls, _ = await read_calls(bank.journal.engine, "x", phase=2, since_ms=T, now_ms=T + SUCCESS_MS * 2)
    assert len(calls) == 1


async def test_the_arm_is_what_was_drawn_first_whatever_served_the_call_later(bank: Bank) -> None:
    down = {"health": [{"service": "none", "state": "open", "since_ms": 1, "retry_ms": 2}]}
    off = decision("c1", T, subject="s_a", assignment=CHEAP, budget={"economy": "exhausted", "scope": "call"})
    await bank.journal.append([off, decision("c1", T + 5, subject="s_a", number=2, assignment=CHEAP, **down)])
    [call], _ = await read_calls(bank.journal.engine, "x", phase=2, since_ms=T, now_ms=T + SUCCESS_MS * 2)
    assert (call.arm, call.as_assigned) == ("cheap", False)


@pytest.mark.parametrize("event", ["undone", "corrected", "deleted"])
async def test_a_task_that_its_owner_takes_back_within_ten_minutes_is_no_success(
    bank: Bank, event: str
) -> None:
    events = [task("created", "t1"), task("created", "t2"), task("created", "t3")]
    await bank.journal.append(
        [
            *plain_call("c1", T, subject="s_a", assignment=CHEAP, events=events),
            # In another call, which belongs to no experiment; too late; and by somebody else.
            outcome("c2", T + 5 * MINUTE, 1, subject="s_a", **task(event, "t1")),
            outcome("c2", T + 12 * MINUTE, 2, subject="s_a", **task(event, "t2")),
            outcome("c3", T + 5 * MINUTE, 1, subject="s_b", **task(event, "t3")),
        ]
    )
    [call], _ = await read_calls(bank.journal.engine, "x", phase=2, since_ms=T, now_ms=T + SUCCESS_MS * 2)
    assert (call.tasks, call.successes) == (3, 2)


async def test_a_task_that_was_not_made_counts_once_a_turn_and_not_where_it_was_made_in_the_end(
    bank: Bank,
) -> None:
    events = [
        task("refused", "", turn=1),
        task("refused", "", turn=1),
        task("refused", "", turn=2),
        task("created", "t1", turn=2),
    ]
    await bank.journal.append(plain_call("c1", T, subject="s_a", assignment=CHEAP, events=events))
    [call], _ = await read_calls(bank.journal.engine, "x", phase=2, since_ms=T, now_ms=T + SUCCESS_MS * 2)
    assert (call.tasks, call.successes) == (2, 1)


async def test_a_question_that_was_answered_is_no_task_that_failed(bank: Bank) -> None:
    """«… next Friday» is asked about, as promised, and «December 4th» answers."""
    events = [task("unclear", "", turn=1), task("created", "t1", turn=2)]
    await bank.journal.append(plain_call("c1", T, subject="s_a", assignment=CHEAP, events=events))
    [call], _ = await read_calls(bank.journal.engine, "x", phase=2, since_ms=T, now_ms=T + SUCCESS_MS * 2)
    assert (call.tasks, call.successes) == (1, 1)


async def test_questions_that_nobody_answered_are_one_task_that_failed(bank: Bank) -> None:
    events = [task("created", "t1", turn=1), task("unclear", "", turn=2), task("unclear", "", turn=3)]
    await bank.journal.append(plain_call("c1", T, subject="s_a", assignment=CHEAP, events=events))
    [call], _ = await read_calls(bank.journal.engine, "x", phase=2, since_ms=T, now_ms=T + SUCCESS_MS * 2)
    assert (call.tasks, call.successes) == (2, 1)


async def test_a_call_of_the_last_ten_minutes_is_not_judged_yet(bank: Bank) -> None:
    await bank.journal.append(plain_call("c1", T, subject="s_a", assignment=CHEAP, minutes=2))
    soon = T + 2 * MINUTE + SUCCESS_MS - 1
    assert await read_calls(bank.journal.engine, "x", phase=2, since_ms=T, now_ms=soon) == ([], 1)
    calls, waiting = await read_calls(bank.journal.engine, "x", phase=2, since_ms=T, now_ms=soon + 1)
    assert (len(calls), waiting) == (1, 0)


async def test_what_comes_days_later_does_not_take_a_call_out_of_the_report_again(bank: Bank) -> None:
    now = T + 2 * MINUTE + 50 * SUCCESS_MS
    bill = charge("c1", now, usage("u1:reconciled", certainty="reconciled"), -500, subject="s_a")
    cleared = replace(ended("c1", now, subject="s_a"), operation="expired:c1:1", details={"event": "expired"})
    await bank.journal.append(
        [
            *plain_call("c1", T, subject="s_a", assignment=CHEAP, events=[task("created", "t1")]),
            bill,
            cleared,
            outcome("c1", now, 7, subject="s_a", rating={"stars": 4, "channel": "browser"}),
            outcome("c1", now, 8, subject="s_a", **task("undone", "t1", turn=0)),
        ]
    )
    [call], waiting = await read_calls(bank.journal.engine, "x", phase=2, since_ms=T, now_ms=now)
    assert waiting == 0
    assert (call.microdollars, call.tasks, call.successes) == (39_500, 1, 1)


async def test_a_task_made_in_the_last_moment_of_a_worker_has_its_ten_minutes(bank: Bank) -> None:
    begun = [decision("c1", T, subject="s_a", assignment=CHEAP)]
    await bank.journal.append([*begun, outcome("c1", T + 9, 1, subject="s_a", **task("created", "t1"))])
    soon = T + 9 + SUCCESS_MS - 1
    assert await read_calls(bank.journal.engine, "x", phase=2, since_ms=T, now_ms=soon) == ([], 1)


async def test_who_takes_a_deletion_back_in_time_has_left_the_task_as_it_was_made(bank: Bank) -> None:
    made = [task("created", f"t{number}") for number in range(4)]
    later = [
        (1, "deleted", "t0"),
        (2, "restored", "t0"),
        (1, "corrected", "t1"),
        (2, "corrected", "t1"),
        (3, "restored", "t1"),
        (1, "restored", "t2"),
        (2, "deleted", "t2"),
        (9, "deleted", "t3"),
        (12, "restored", "t3"),
    ]
    await bank.journal.append(
        [
            *plain_call("c1", T, subject="s_a", assignment=CHEAP, events=made),
            *(
                outcome("c1", T + (1 + minute) * MINUTE, 10 + number, subject="s_a", **task(event, task_id))
                for number, (minute, event, task_id) in enumerate(later)
            ),
        ]
    )
    [call], _ = await read_calls(bank.journal.engine, "x", phase=2, since_ms=T, now_ms=T + SUCCESS_MS * 2)
    assert (call.tasks, call.successes) == (4, 1)


async def test_a_task_that_two_workers_heard_of_was_made_once(bank: Bank, tmp_path: Path) -> None:
    await bank.journal.append(plain_call("c1", T, subject="s_a", assignment=CHEAP))
    for folder in ("first", "second"):
        outcomes = Outcomes(
            bank.journal, Spool(tmp_path / folder), call_id="c1", subject="s_a", now_ms=lambda: T + 1
        )
        outcomes.task("created", "t1", turn=4)
        await outcomes.aclose()
    [call], _ = await read_calls(bank.journal.engine, "x", phase=2, since_ms=T, now_ms=T + SUCCESS_MS * 2)
    assert (call.tasks, call.successes) == (1, 1)


async def test_a_report_holds_few_outcomes_at_once_and_reads_none_of_strangers(
    bank: Bank, monkeypatch: pytest.MonkeyPatch
) -> None:
    for number in range(30):
        events = [task("created", f"t{number}"), task("corrected", f"t{number}")]
        ours = {"assignment": CHEAP} if number < 10 else {}
        await bank.journal.append(plain_call(f"c{number}", T, subject=f"s_{number}", events=events, **ours))
    held: list[list[str]] = []
    pieces = reading._pieces

    async def seen(connection: Any, query: Any) -> AsyncIterator[Sequence[Any]]:
        async for rows in pieces(connection, query):
            held.append([row.subject for row in rows])
            yield rows

    monkeypatch.setattr(reading, "_pieces", seen)
    monkeypatch.setattr(reading, "AT_ONCE", 4)
    calls, _ = await read_calls(bank.journal.engine, "x", phase=2, since_ms=T, now_ms=T + SUCCESS_MS * 2)
    assert [(call.tasks, call.successes) for call in calls] == [(1, 0)] * 10
    assert max(len(rows) for rows in held) == 4
    subjects = [subject for rows in held for subject in rows]
    assert set(subjects) == {f"s_{number}" for number in range(10)}
    assert len(subjects) == 20 + 10, "what the calls told, and what was done to their tasks"


async def test_a_call_that_begins_while_the_journal_is_read_is_left_to_the_next_report(
    bank: Bank, monkeypatch: pytest.MonkeyPatch
) -> None:
    for number in range(2):
        await bank.journal.append(plain_call(f"c{number}", T + number, subject="s_a", assignment=CHEAP))
    begun = reading._begun
    monkeypatch.setattr(reading, "_begun", lambda rows: begun(rows[:1]))  # the other is written after these
    calls, waiting = await read_calls(
        bank.journal.engine, "x", phase=2, since_ms=T, now_ms=T + SUCCESS_MS * 2
    )
    assert ([call.at_ms for call in calls], waiting) == ([T], 0)


async def test_calls_of_people_whom_the_database_could_not_name_are_not_one_persons(bank: Bank) -> None:
    for number in range(2):
        await bank.journal.append(plain_call(f"c{number}", T, subject="unknown", assignment=CHEAP))
    calls, _ = await read_calls(bank.journal.engine, "x", phase=2, since_ms=T, now_ms=T + SUCCESS_MS * 2)
    assert {call.unit for call in calls} == {"call:c0", "call:c1"}


async def test_what_a_call_tells_is_written_in_few_entries_and_none_is_lost(
    bank: Bank, tmp_path: Path
) -> None:
    outcomes = Outcomes(
        bank.journal, Spool(tmp_path / "spool"), call_id="c1", subject="s_a", now_ms=lambda: T + 1
    )
    for number in range(2 * ANSWERS_AT_ONCE + 3):
        outcomes.answered(number)
    outcomes.task("created", "t1", turn=4)
    await outcomes.aclose()
    entries = await bank.journal.entries(call_id="c1", kind="outcome")
    assert len(entries) == 4
    answers = [each for entry in entries for each in entry.details.get("answers_ms", [])]
    assert sorted(answers) == list(range(2 * ANSWERS_AT_ONCE + 3))
    assert {entry.row()["subject"] for entry in entries} == {"s_a"}
