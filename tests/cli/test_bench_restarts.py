"""`bench restarts`: what its callers ask for, how long they waited, and what a run comes to."""

from __future__ import annotations

import contextlib
import json
from collections.abc import AsyncIterator
from itertools import islice
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest
from typer.testing import CliRunner

from cli.bench.judge import StoredTask
from cli.bench.main import app
from cli.bench.restarts import talker as module
from cli.bench.restarts.command import bench_restarts
from cli.bench.restarts.events import Event
from cli.bench.restarts.judge import Found, Round, report_of
from cli.bench.restarts.machine import Left, Moment
from cli.bench.restarts.run import Order, _postgres
from cli.bench.restarts.talker import AT_IT_SECONDS, CUT_OFF_SECONDS, Asked, Talker
from cli.bench.restarts.titles import SPOKEN, THINGS, VERBS, sentence, titles
from cli.bench.spoken_form import spoken_form
from cli.binaries import BinaryNotFoundError
from cli.caller.listener import SoundLog, Stretch

pytestmark = pytest.mark.unit


def talker(
    *asked: Asked, sounds: tuple[tuple[float, float], ...] = (), titles: tuple[str, ...] = ()
) -> Talker:
    async def tasks() -> list[StoredTask]:
        return [StoredTask(str(number), title, None, "open") for number, title in enumerate(titles)]

    made = Talker("ann@example.com", cast("Any", SimpleNamespace(tasks=tasks)), "", (), list(asked))
    log = SoundLog()
    log.stretches = [Stretch(start, end) for start, end in sounds]
    made._line = cast("Any", SimpleNamespace(listener=SimpleNamespace(log=log)))
    return made


def answered(
    title: str, said: float, at: float | None, *, since: float | None = None, tries: int = 1
) -> Asked:
    return Asked(title, said if since is None else since, said - 1.5, at, tries, done=True)


def test_no_two_requests_of_a_caller_are_for_the_same() -> None:
    found = [spoken_form(title) for title in islice(titles(), 3 * len(VERBS) * len(THINGS))]
    assert len(set(found)) == len(found)
    assert len(set(THINGS)) == len(THINGS)
    assert len(VERBS) * len(THINGS) >= SPOKEN
    assert sentence("wash the car") == "Add a task to wash the car."


def test_a_wait_is_counted_from_the_last_word_or_from_the_event_where_that_came_later() -> None:
    caller = talker(
        answered("a", 10.0, 10.7),
        answered("b", 20.0, 26.0),  # said before the event
        answered("c", 30.0, 33.5),
        answered("d", 40.0, 49.0),  # after the round
    )
    assert caller.longest_wait(22.0, 40.0) == pytest.approx(4.0)
    assert caller.longest_wait(27.0, 40.0) == pytest.approx(3.5)
    assert caller.longest_wait(0.0, 15.0) == pytest.approx(0.7)
    assert caller.longest_wait(50.0, 60.0) == 0


def test_what_was_done_without_an_answer_is_waited_for_until_the_next_one() -> None:
    caller = talker(answered("a", 20.0, None), answered("b", 29.0, 29.5, since=20.0))
    assert caller.longest_wait(21.0, 40.0) == pytest.approx(8.5)
    assert caller.answered_since(25.0) == 1
    assert caller.answered_since(10.0) == 1


def test_what_a_caller_has_to_say_again_is_their_own_time_and_no_wait() -> None:
    again = answered("a", 20.0, 33.0, tries=3)
    again.spoken = ((22.0, 25.0), (28.0, 31.0))
    assert again.wait(0.0) == pytest.approx(7.0)
    assert again.wait(24.0) == pytest.approx(5.0)  # a second of the first time was after the event
    assert talker(again).longest_wait(21.0, 40.0) == pytest.approx(6.0)
    again.answered_at = 30.0  # the last of it was said into the answer
    assert again.wait(0.0) == pytest.approx(5.0)
    again.answered_at = None
    assert again.wait(0.0) == 0


@pytest.mark.parametrize(("began", "pause"), [(9.0, 1.0), (11.0, 0.0), (12.4, 0.4), (20.0, 1.0)])
def test_of_the_pause_before_it_is_said_again_a_second_at_most_is_the_callers_own(
    began: float, pause: float
) -> None:
    assert talker(sounds=((10.0, 12.0),))._pause_before(began) == pytest.approx(pause)


def test_an_answer_before_the_end_of_a_starved_microphone_was_not_waited_for() -> None:
    early = answered("a", 30.0, 29.8)
    assert early.wait(0.0) == 0
    assert talker(early, sounds=((29.8, 29.9), (40.0, 41.0))).longest_silence(22.0, 50.0) == 0


def test_silence_ends_with_whatever_is_heard_of_us_but_not_with_the_rest_of_what_was_said_before() -> None:
    caller = talker(answered("a", 20.0, 29.0, tries=3), sounds=((22.1, 22.2), (27.0, 28.0), (29.0, 31.0)))
    assert caller.longest_silence(22.0, 40.0) == pytest.approx(5.0)
    assert caller.longest_wait(22.0, 40.0) == pytest.approx(7.0)
    assert caller.said_again(18.0, 40.0) == 2


def test_an_answer_that_began_before_the_last_word_ends_the_silence() -> None:
    caller = talker(answered("a", 30.0, 30.2), sounds=((29.9, 31.0), (39.0, 40.0)))
    assert caller.longest_silence(22.0, 50.0) == pytest.approx(0.2)


def test_an_answer_that_sounded_as_it_happened_ends_no_silence_and_begins_none() -> None:
    caller = talker(
        answered("a", 21.0, 22.2),  # asked before the event, and answered in the same moment
        answered("b", 28.0, 31.0),
        sounds=((22.2, 24.0), (31.0, 33.0)),
    )
    assert caller.longest_silence(22.0, 40.0) == pytest.approx(3.0)


async def test_a_task_that_is_gone_was_lost_and_one_that_is_there_twice_or_unasked_is_wrong() -> None:
    asked = [answered(title, 1.0, 2.0) for title in ("wash the car", "fix the roof", "sell the boat")]
    unheard = Asked("dust the vase", tries=8)
    caller = talker(*asked, unheard, titles=("Wash the car", "fix the roof", "Fix the roof.", "to"))
    lost, wrong = await caller.books()
    assert lost == [spoken_form("sell the boat")]
    assert wrong == sorted([spoken_form("fix the roof"), "to"])


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """The moment that it is, by either clock."""
    now = [13.0]
    monkeypatch.setattr("cli.bench.restarts.talker.time.monotonic", lambda: now[0])
    monkeypatch.setattr("cli.bench.restarts.talker.time.time", lambda: 1000.0 + now[0])
    monkeypatch.setattr(module, "LOOK_SECONDS", 0.0)
    return now


async def test_who_hears_that_we_are_at_it_waits_until_we_are_silent_and_looks_once(
    clock: list[float],
) -> None:
    caller = talker(sounds=((10.0, 11.0), (12.0, 12.6)))  # «One moment.», and a hold sound
    looks: list[float] = []

    async def tasks() -> list[StoredTask]:
        looks.append(clock[0])
        return [StoredTask("1", "Wash the car", None, "open", made_at=1015.5)]

    async def wait_until(what: Any, seconds: float) -> bool:
        while not what() and seconds > 0:
            clock[0], seconds = clock[0] + 0.1, seconds - 0.1
        return bool(what())

    caller.store = cast("Any", SimpleNamespace(open_tasks=tasks))
    caller._line.changes = cast("Any", SimpleNamespace(wait_until=wait_until))
    assert await caller._made_at_last("wash the car", AT_IT_SECONDS) == pytest.approx(15.5)
    assert looks == [pytest.approx(12.6 + AT_IT_SECONDS, abs=0.15)]
    caller._line.listener.log.stretches.append(Stretch(20.0, 22.0))
    clock[0] = 21.0
    assert await caller._made_at_last("fix the roof", CUT_OFF_SECONDS) is None, "nor by anything else"
    assert clock[0] == pytest.approx(22.0 + CUT_OFF_SECONDS, abs=0.15)


@pytest.mark.parametrize(
    ("sounds", "told"),
    [
        (((20.5, 22.0),), 20.5),
        (((18.0, 19.0), (20.5, 22.0)), 20.5),
        (((19.5, 20.3), (21.0, 22.0)), 21.0),  # «One moment.» was still heard
        (((19.5, 22.0),), 20.0),  # «Okay. I've added it.» in one breath
        (((18.0, 19.0),), None),
        ((), None),
    ],
)
async def test_an_answer_is_what_was_heard_first_after_the_task_was_made(
    clock: list[float], sounds: tuple[tuple[float, float], ...], told: float | None
) -> None:
    caller = talker(sounds=sounds)
    clock[0] = 30.0

    async def wait_until(what: Any, _seconds: float) -> bool:
        return bool(what())

    caller._line.changes = cast("Any", SimpleNamespace(wait_until=wait_until))
    assert await caller._answered_at(20.0) == told


def test_a_run_holds_when_every_call_is_back_in_time_and_every_task_is_there_once() -> None:
    cut = Round("worker-killed", 2, waits_s=[9.9, 2.0], silences_s=[9.0, 1.0], cuts_lines=True)
    behind = Round("tasks", 2, waits_s=[9.5, 1.0], silences_s=[0.5, 0.5])
    found = Found(2, [cut, behind], asked=30, looked_into=True)
    assert report_of(found).holds
    behind.waits_s[0] = 10.5
    cut.dropped.append("one")
    found.lost, found.wrong, found.unsettled = ["a"], ["b"], ["c"]
    broken = [line.line for line in report_of(found).lines if not line.holds]
    assert broken == [
        "worker-killed: calls dropped",
        "tasks: answered, and done, after, at most",
        "tasks that were made and lost",
        "tasks made twice or unasked",
        "calls over whose money is still held",
    ]


def test_a_recording_that_is_heard_in_time_is_no_answer_to_what_was_asked() -> None:
    killed = Round("worker-killed", 8, waits_s=[89.0] * 8, silences_s=[2.0] * 8, cuts_lines=True)
    lines = {
        line.line: (line.target, line.measured, line.holds) for line in report_of(Found(8, [killed])).lines
    }
    assert lines["worker-killed: heard again after, at most"] == (10, 2.0, True)
    assert lines["worker-killed: answered, and done, after, at most"] == (10, 89.0, False)
    killed.waits_s[:] = [10.04] * 8
    assert not report_of(Found(8, [killed])).holds


def test_a_run_that_was_stopped_tells_its_rounds_and_what_could_not_be_measured() -> None:
    found = Found(2, [Round("redis", 2, waits_s=[1.0, 1.0])], not_run={"postgres": "not installed"})
    report = report_of(found)
    assert {line.line: line.holds for line in report.lines} == {
        "redis: calls dropped": True,
        "redis: answered, and done, after, at most": True,
        "postgres: not measured": False,
    }
    assert {"not_run": "postgres: not installed"} in report.details
    assert json.loads(json.dumps(report.as_json()))["name"] == "restarts"
    assert not report_of(Found()).holds


def test_a_run_that_is_stopped_keeps_its_rounds(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    async def stopped(_order: Order, found: Found, _tell: object) -> None:
        found.rounds.append(Round("redis", 2, waits_s=[1.0, 1.5]))
        raise KeyboardInterrupt

    monkeypatch.setattr("cli.bench.restarts.command.run", stopped)
    assert bench_restarts(Order(2, (Event.REDIS,), tmp_path), as_json=True) == 130
    lines = json.loads(capsys.readouterr().out)["lines"]
    assert [(line["measured"], line["holds"]) for line in lines] == [(0, True), (1.5, True)]


@pytest.mark.parametrize(
    ("idle", "stolen", "said", "is_tight"),
    [
        (5.0, 0.0, "25 % of the processors idle", False),
        (2.0, 0.0, "10 % of the processors idle", False),
        (1.0, 4.0, "5 % of the processors idle, 20 % taken by others on its hardware", True),
    ],
)
def test_what_the_machine_had_left_before_an_event_is_told(
    idle: float, stolen: float, said: str, is_tight: bool
) -> None:
    left = Left.between(Moment(100.0, 40.0, 1.0), Moment(120.0, 40.0 + idle, 1.0 + stolen))
    assert (str(left), left.is_tight) == (said, is_tight)
    now = Moment.now()
    assert 0 < now.idle < now.all


async def test_a_machine_without_postgres_is_no_success_unless_it_is_left_out(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    @contextlib.asynccontextmanager
    async def none(**_: bool) -> AsyncIterator[None]:
        raise BinaryNotFoundError("Postgres is not installed.")
        yield

    monkeypatch.setattr("cli.bench.restarts.run.own_postgres", none)
    async with contextlib.AsyncExitStack() as stack:
        for events, exit_code in ((tuple(Event), 1), ((Event.REDIS,), 0)):
            found = Found(1, [Round("redis", 1, waits_s=[1.0])])
            assert await _postgres(stack, Order(1, events, tmp_path), found) is None
            assert report_of(found).conclude(as_json=False) == exit_code


def test_a_run_in_which_postgres_alone_was_asked_for_and_is_not_there_says_so(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    async def without(_order: Order, found: Found, _tell: object) -> None:
        found.not_run[Event.POSTGRES] = "not installed"

    monkeypatch.setattr("cli.bench.restarts.command.run", without)
    assert bench_restarts(Order(1, (Event.POSTGRES,), tmp_path), as_json=True) == 1
    told = capsys.readouterr()
    assert "postgres: not measured: not installed" in told.err
    assert [line["holds"] for line in json.loads(told.out)["lines"]] == [False]


def test_a_round_without_a_call_that_went_on_does_not_hold() -> None:
    assert not report_of(Found(1, [Round("redis", 1)])).holds


def test_every_event_is_one_that_cuts_the_line_or_one_behind_it() -> None:
    assert {event for event in Event if event.cuts_lines} == {Event.DRAINED, Event.KILLED, Event.LIVEKIT}
    assert {event for event in Event if event.moves} == {Event.DRAINED, Event.KILLED}


def test_an_event_that_is_none_is_refused_before_anything_starts() -> None:
    done = CliRunner().invoke(app, ["restarts", "--events", "earthquake"])
    assert done.exit_code == 2
    assert "worker-drained" in done.output
