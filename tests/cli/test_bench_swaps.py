"""What `bench failover` and `bench swap` measure and judge; a call of the second is in test_bench_swap_calls.py."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from typer.testing import CliRunner

from cli.bench import main
from cli.bench.report import Report
from cli.bench.swaps.breath import with_breath
from cli.bench.swaps.failover import judge as judge_failover
from cli.bench.swaps.process import Held, swaps_told
from cli.bench.swaps.rounds import Point, Round
from cli.bench.swaps.up_and_down import judge as judge_swaps
from cli.caller.sound import MICROPHONE_RATE, Pcm, levels

pytestmark = pytest.mark.unit


def sentence(*pieces: tuple[float, int]) -> Pcm:
    """Sound by its pieces: seconds and loudness."""
    return np.concatenate(
        [np.full(round(seconds * MICROPHONE_RATE), loud, np.int16) for seconds, loud in pieces]
    )


@pytest.mark.parametrize("seconds", [0.4, 0.6])
def test_the_breath_in_a_sentence_lasts_as_long_as_was_asked_for(seconds: float) -> None:
    before, after = sentence((0.3, 0), (1.0, 9000), (0.4, 0)), sentence((0.2, 0), (1.2, 9000), (0.9, 0))
    sound, begins = with_breath(before, after, seconds)
    quiet = levels(sound, MICROPHONE_RATE) < 100
    assert begins == pytest.approx(1.1, abs=0.02)
    assert quiet[round(begins * 100) :].sum() * 0.01 == pytest.approx(seconds, abs=0.02)
    assert len(sound) / MICROPHONE_RATE == pytest.approx(0.1 + 1.0 + seconds + 1.2, abs=0.02)


def rounds(point: Point, well: list[int], broken: list[int | None]) -> list[Round]:
    return [
        Round(str(point), is_broken, heard, swapped=is_broken, once=True, whole=True, same=True)
        for is_broken, each in ((False, well), (True, broken))
        for heard in each
    ]


def holds(point: Point, made: list[Round]) -> dict[str, bool]:
    report = Report("failover")
    judge_failover(report, point, made)
    return {line.line.removeprefix(f"{point}: "): line.holds for line in report.lines}


def test_an_answer_is_late_by_what_it_came_later_than_without_the_fault() -> None:
    verdicts = holds(Point.MID_SENTENCE, rounds(Point.MID_SENTENCE, [600, 700, 800], [1900, 1900, 3200]))
    assert all(verdicts.values())
    verdicts = holds(Point.MID_SENTENCE, rounds(Point.MID_SENTENCE, [700], [1901, 1901, 3201]))
    assert [name for name, kept in verdicts.items() if not kept] == [
        "heard later, median",
        "heard later, worst",
    ]


def test_a_silent_vendor_is_held_to_five_seconds() -> None:
    assert all(holds(Point.SILENT, rounds(Point.SILENT, [700], [4900, 5000])).values())
    assert not holds(Point.SILENT, rounds(Point.SILENT, [700], [5001]))["last word to our first sound, worst"]


def test_silence_a_second_task_another_room_and_a_fault_that_did_nothing_fall_short() -> None:
    made = rounds(Point.MID_TOOL, [100], [200, None])
    made[1].once = made[1].same = made[1].swapped = made[1].whole = False
    kept = holds(Point.MID_TOOL, made)
    assert [name for name, each in kept.items() if not each] == [
        "nothing heard",
        "not answered in full",
        "tasks not made exactly once",
        "another room or participant",
        "the vendor's death changed nothing",
    ]


HELD = Held(memory_mb=200.0, threads=40, files=60, sockets=12)


def swap_verdicts(own_ms: list[float], after: Held, *, tasks_after: int = 30) -> dict[str, bool]:
    told = [{"own_ms": each, "tasks": 30} for each in own_ms]
    told += [{"own_ms": 1.0, "tasks": tasks_after}] * 2
    report = Report("swap")
    judge_swaps(report, told, [(HELD, 1), (after, 1)], unanswered=0, talks=1, same=True)
    return {line.line: line.holds for line in report.lines}


def test_swaps_are_held_to_their_own_time_and_to_what_they_leave() -> None:
    assert all(swap_verdicts([4.0] * 19 + [80.0], HELD).values())
    assert not swap_verdicts([4.0] * 15 + [80.0] * 5, HELD)["own time, p95"]
    left = Held(memory_mb=221.0, threads=41, files=61, sockets=13)
    verdicts = swap_verdicts([4.0] * 20, left, tasks_after=31)
    assert [name for name, kept in verdicts.items() if not kept] == [
        "memory grown since the 10th",
        "tasks left after 10 s",
        "threads left after 10 s",
        "descriptors left after 10 s",
        "sockets left after 10 s",
    ]


def test_swaps_are_read_from_the_workers_log(tmp_path: Path) -> None:
    lines = [{"event": "call.swapped", "own_ms": 3.5}, {"event": "turn.began", "by": "call.swapped"}]
    text = "not JSON: call.swapped?\n".replace("call.swapped", "it") + "\n".join(map(json.dumps, lines))
    (tmp_path / "worker.log").write_text(text, encoding="utf-8")
    assert swaps_told(tmp_path) == [lines[0]]


@pytest.mark.parametrize(
    "arguments",
    [["failover", "--rounds", "0"], ["failover", "--points", "mid-air"], ["swap", "--swaps", "11"]],
)
def test_what_cannot_be_measured_is_a_usage_error(arguments: list[str]) -> None:
    assert CliRunner().invoke(main.app, arguments).exit_code == 2
