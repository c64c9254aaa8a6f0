"""`bench latency`: what it plans to say, how it tells where time went, and what it holds to which promise."""

from __future__ import annotations

import contextlib
import json
import math
import re
import time
from collections.abc import AsyncIterator, Sequence
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest

from cli.bench.latency import run as running
from cli.bench.latency.caller import Caller, Heard
from cli.bench.latency.command import bench_latency
from cli.bench.latency.doors import Channel, System
from cli.bench.latency.judge import Cell, report_of
from cli.bench.latency.parts import parts_of, place, read_marks
from cli.bench.latency.plot import draw
from cli.bench.latency.run import Order
from cli.bench.latency.turns import BREATH, BREATH_SECONDS, KINDS, Manner, phrases, plan
from cli.caller.errors import NobodyAnsweredError
from cli.caller.listener import SoundLog

pytestmark = pytest.mark.unit

TURN = Heard("short", "after", 0, 1.5, answer_ms=640, ended_at=100.0, heard_at=100.64)
CASCADE = {
    "words": 100.2,
    "ended": 100.33,
    "asked": 100.21,
    "thought": 100.5,
    "sound": 100.58,
    "playing": 100.59,
}


def test_a_third_of_the_turns_hold_their_breath_and_all_kinds_are_spoken() -> None:
    turns = [each for each in plan(300) if each.manner is not Manner.MHM]
    assert len(turns) == 300
    assert {each.kind for each in turns} == set(KINDS)
    held = [each for each in turns if each.breath]
    assert len(held) == 100
    assert all(
        BREATH_SECONDS[0] <= each.breath <= BREATH_SECONDS[1] and len(each.pieces) > 1 for each in held
    )
    assert not any(BREATH in each.words for each in turns)


def test_every_fifth_turn_interrupts_and_as_often_there_is_a_murmur() -> None:
    planned = plan(100)
    assert sum(each.manner is Manner.OVER for each in planned) == 20
    assert sum(each.manner is Manner.MHM for each in planned) == 20


def test_the_same_number_gives_the_same_turns_and_another_one_others() -> None:
    assert plan(30, 7) == plan(30, 7) != plan(30, 8)


def test_each_kind_has_phrases_that_can_hold_their_breath() -> None:
    known = phrases()
    assert all(any(BREATH in text for text in known[kind]) for kind in KINDS)
    assert all(len(text.split()) == 1 for text in known["backchannel"])


def test_the_parts_of_a_turn_are_the_whole_of_it() -> None:
    turn = replace(TURN, marks=CASCADE)
    parts = parts_of(turn, way_ms=80)
    assert parts is not None
    assert sum(parts.values()) == pytest.approx(640)
    assert parts["hearing"] == pytest.approx(160)
    assert parts["thinking"] == pytest.approx(290)
    assert parts["speaking"] == pytest.approx(80)
    assert parts["waiting"] == 0  # the end of the turn was found while the model thought


def test_words_that_were_not_final_yet_were_heard_where_the_answer_was_begun_on_them() -> None:
    parts = parts_of(replace(TURN, marks=CASCADE | {"early": 100.11, "asked": 100.12}), way_ms=80)
    assert parts is not None
    assert parts["hearing"] == pytest.approx(70)
    assert parts["thinking"] == pytest.approx(380)
    assert sum(parts.values()) == pytest.approx(640)


def test_an_end_that_is_found_after_the_sound_is_there_was_waited_for() -> None:
    late = CASCADE | {"ended": 100.9, "playing": 100.91}
    parts = parts_of(replace(TURN, marks=late, answer_ms=970, heard_at=100.97), way_ms=80)
    assert parts is not None
    assert parts["waiting"] == pytest.approx(320)
    assert sum(parts.values()) == pytest.approx(970)


def test_one_model_for_everything_is_waited_for_and_thinks() -> None:
    parts = parts_of(replace(TURN, marks={"ended": 100.3, "sound": 100.55, "playing": 100.56}), way_ms=80)
    assert parts is not None
    assert parts["waiting"] == pytest.approx(260)
    assert parts["thinking"] == pytest.approx(250)
    assert parts["hearing"] == parts["speaking"] == 0


def test_moments_are_those_of_the_answer_that_was_heard(tmp_path: Path) -> None:
    log = tmp_path / "worker.log"
    before = CASCADE | {"ended": 98.0, "playing": 98.5}
    lines = [{"event": "turn.timed", "call_id": "c", "marks": marks} for marks in (before, CASCADE)]
    log.write_text("\n".join(json.dumps(line) for line in lines), encoding="utf-8")
    turn = replace(TURN)
    place([turn], [marks for _, marks in read_marks(log)])
    assert turn.marks == CASCADE


def test_what_comes_behind_a_kept_opening_is_timed_at_the_callers_ear() -> None:
    kept = CASCADE | {"opened": CASCADE["playing"] + 0.5}
    turns = [
        # 100.9: a gap in «Got it.» itself.
        replace(TURN, marks=kept, onsets=[100.9, 101.2, 101.9]),
        replace(TURN, marks=kept, onsets=[]),  # the caller spoke into it
        replace(TURN, marks=CASCADE, onsets=[101.0]),
        replace(TURN),  # of which the agent told nothing
    ]
    cell = Cell(System.ECONOMY, Channel.BROWSER, "seed", turns)
    assert cell.openings() == {"answers": 3, "opened": 2, "behind": 1, "p50_ms": 1200, "p95_ms": 1200}
    assert cell.as_json()["openings"] == cell.openings()


def test_each_answer_has_the_moments_at_which_it_began_to_sound_again() -> None:
    now, wall = time.monotonic(), time.time()
    caller: Any = Caller(cast("Any", None), None, cast("Any", None), greets=True)
    caller._line = SimpleNamespace(
        listener=SimpleNamespace(log=SimpleNamespace(onsets=[now + at for at in (0, 1, 1.6, 5, 6)]))
    )
    first, murmur, second = replace(TURN, heard_at=wall + 1), replace(TURN, heard_at=None), replace(TURN)
    second.heard_at = wall + 5
    caller._note_onsets([first, murmur, second])
    assert first.onsets == pytest.approx([wall + 1.6], abs=0.01)
    assert second.onsets == pytest.approx([wall + 6], abs=0.01)
    assert murmur.onsets == []
    caller._note_onsets([murmur])  # an echo, or a call in which nothing was answered
    assert murmur.onsets == []


@pytest.mark.parametrize(
    ("ours", "silent_ms", "cut_off"),
    [
        pytest.param([(-1, 0.2), (2.6, 4)], 200, False, id="an answer that falls silent"),
        pytest.param(
            [(-1, 0.02), (0.33, 0.42), (2.6, 4)], 420, True, id="with a sentence that it still began"
        ),
        pytest.param([(-1, 0.2), (1.6, 1.9), (2.6, 4)], 200, True, id="and our voice in a breath behind it"),
        pytest.param([(-1, 1.3), (1.7, 4)], None, True, id="an answer that goes on"),
        pytest.param([(-4, -2), (1.6, 1.9), (2.6, 4)], None, True, id="nothing to interrupt"),
    ],
)
def test_whatever_we_begin_to_say_while_the_caller_speaks_cuts_off_and_is_told_from_when_to_when(
    ours: list[tuple[float, float]], silent_ms: int | None, *, cut_off: bool
) -> None:
    log = SoundLog()
    for start, end in ours:
        for frame in range(round((end - start) * 100)):
            log.add(1_000.0, 100 + start + frame / 100)
    caller: Any = Caller(cast("Any", None), None, cast("Any", None), greets=True)
    caller._line = SimpleNamespace(listener=SimpleNamespace(log=log))
    heard = replace(TURN, answer_ms=None, heard_at=None)
    heard.silent_ms = caller._silenced(100.0) if log.sounding_at(100.0) else None
    caller._note_answer(heard, 100.0, 102.0)
    assert (heard.silent_ms, heard.cut_off) == (silent_ms, cut_off)
    assert bool(heard.spoken_into_ms) == cut_off
    assert all(0 < start < 2_000 for start, _ in heard.spoken_into_ms)


def _turn(answer_ms: int) -> Heard:
    """What is later than 600 ms was waited for."""
    later = (answer_ms - 600) / 1000
    marks = {name: at + later * (name not in ("words", "asked")) for name, at in CASCADE.items()}
    return replace(TURN, answer_ms=answer_ms, heard_at=100 + answer_ms / 1000, marks=marks)


def _cell(system: System, answers: list[int], **more: object) -> Cell:
    """Of ours or of a peer: a call, in which the first turn interrupts and one «mhm» does not."""
    turns = [_turn(each) for each in answers]
    if turns:
        turns[0] = replace(turns[0], manner=Manner.OVER, silent_ms=300)
        turns.append(Heard("backchannel", Manner.MHM, 0, 0.4))
    return replace(Cell(system, Channel.BROWSER, "seed", turns, calls=2), **more)  # type: ignore[arg-type]


def _short(*cells: Cell) -> list[str]:
    """The lines that do not hold."""
    return [line.line for line in report_of(cells).lines if not line.holds]


def test_what_is_quick_enough_holds_and_what_is_not_does_not() -> None:
    assert report_of([_cell(System.ECONOMY, [600] * 20)]).holds
    slow = report_of([_cell(System.ECONOMY, [600] * 17 + [900] * 3)])
    assert [line.line for line in slow.lines if not line.holds] == [
        "economy browser seed: last word to first sound, p95"
    ]


def test_turns_that_were_talked_into_are_counted_and_not_timed() -> None:
    cell = _cell(System.PREMIUM, [600] * 19 + [-300])
    cell.spoken[-1].cut_off = True
    assert cell.cut_percent == 5.0
    assert min(cell.answers) == 600
    assert _short(cell) == ["premium browser seed: turns cut off"]


def test_turns_cut_off_are_promised_of_vendors_that_need_their_time_and_told_of_those_that_need_none() -> (
    None
):
    cell = _cell(System.PREMIUM, [600] * 15, profile="instant")
    cell.spoken[-1].cut_off = cell.spoken[-2].cut_off = True
    report = report_of([cell])
    assert report.holds
    told = next(line for line in report.as_json()["lines"] if "cut off" in line["line"])
    assert (told["target"], told["measured"], told["n"]) == (None, 13.3, 15)
    cell.profile = "seed"
    assert _short(cell) == ["premium browser seed: turns cut off"]


def test_without_the_moments_of_its_turns_no_cell_holds() -> None:
    cell = _cell(System.ECONOMY, [600] * 20)
    for turn in cell.turns:
        turn.marks = {}
    assert _short(cell) == [
        "economy browser seed: end of turn to first frame, p95",
        "economy browser seed: answers whose moments are known",
        "economy browser seed: our own share, p95",
    ]
    for turn in cell.spoken[:2]:
        turn.marks = CASCADE
    lines = {line.line: line for line in report_of([cell]).lines}
    assert lines["economy browser seed: answers whose moments are known"].measured == 10
    assert lines["economy browser seed: end of turn to first frame, p95"].n == 2


def test_what_never_happened_is_not_kept() -> None:
    cell = _cell(System.ECONOMY, [600] * 20)
    cell.turns = [turn for turn in cell.turns if turn.manner == Manner.AFTER]
    assert _short(cell) == [
        "economy browser seed: interruptions taken",
        "economy browser seed: interruption to silence, p95",
        "economy browser seed: «mhm» not taken",
    ]
    silent = report_of([_cell(System.ECONOMY, [], calls=0, profile="instant")])
    assert not any(line.holds for line in silent.lines if not math.isnan(line.target))


async def test_a_call_that_breaks_off_and_is_made_again_is_counted(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    made: list[int] = []

    class Dropped:
        def __init__(self, *_: object, **__: object) -> None:
            made.append(len(made))

        async def call(self, _spoken: object) -> list[Heard]:
            if made[-1] % 2 == 0:
                raise NobodyAnsweredError("the room ended in the middle of the call")
            return [replace(TURN)]

    @contextlib.asynccontextmanager
    async def ticket(*_: object) -> AsyncIterator[None]:
        yield

    monkeypatch.setattr(running, "Caller", Dropped)
    monkeypatch.setattr(running, "quiet_line", lambda _: None)
    log = tmp_path / "worker.log"
    log.touch()
    rooms, voices = cast("Any", SimpleNamespace(ticket=ticket)), cast("Any", {Channel.BROWSER: None})
    world = running._World(rooms, "", log, voices, lambda _: None, tells_ear=False)
    cell = Cell(System.ECONOMY, Channel.BROWSER, "seed")
    await world.measure(cell, cast("Any", [None] * (running.TURNS_A_CALL + 1)))  # two calls
    assert (cell.calls, cell.broken, len(cell.turns), cell.problem) == (4, 2, 2, "")
    line = report_of([cell]).lines[0]
    assert line.line == "economy browser seed: calls that broke off"
    assert (line.target, line.measured, line.n, line.holds) == (0, 2, 4, False)


def test_a_murmur_that_silences_us_and_an_interruption_that_does_not_fall_short() -> None:
    cell = _cell(System.ECONOMY, [600] * 4)
    cell.turns += [
        Heard("backchannel", Manner.MHM, 0, 0.4, silent_ms=430),
        replace(_turn(600), manner=Manner.OVER, silent_ms=None),
    ]
    assert _short(cell) == [
        "economy browser seed: interruptions taken",
        "economy browser seed: «mhm» not taken",
    ]


def test_a_peer_is_held_against_the_cascade_on_the_same_stand_ins() -> None:
    cells = [_cell(System.ECONOMY, [500] * 20), _cell(System.PIPECAT, [450] * 20)]
    broken, against, middle = report_of(cells).lines[-3:]
    assert re.match("pipecat browser seed: its p95", against.line)
    assert (against.measured, against.holds) == (0.9, False)
    assert re.match("pipecat browser seed: its median", middle.line)
    assert re.match("pipecat browser seed: calls that broke off", broken.line)
    assert math.isnan(middle.target)
    assert math.isnan(broken.target)


def test_beside_a_ratio_stands_on_how_many_turns_of_each_it_rests() -> None:
    ours, peer = _cell(System.ECONOMY, [500] * 15), _cell(System.PIPECAT, [3_643] + [600] * 14)
    for turn in peer.spoken[6:]:
        turn.cut_off = True
    ours.spoken[-1].answer_ms = None
    lines = {line.line: line.n for line in report_of([ours, peer]).lines}
    assert (
        lines[
            "pipecat browser seed: its p95 is so many times ours "
            "(6 timed, 9 cut off, 0 unanswered; ours 14 timed, 0 cut off, 1 unanswered)"
        ]
        == 6
    )


def test_a_peer_that_never_answers_is_not_beaten() -> None:
    ours, peer = _cell(System.ECONOMY, [500] * 20), _cell(System.STARTER, [500] * 20)
    for turn in peer.spoken:
        turn.answer_ms = None
    assert _short(ours, peer) == ["starter browser seed: turns answered, to be compared"]
    assert not report_of([_cell(System.PREMIUM, [500] * 20), _cell(System.STARTER, [900] * 20)]).holds


def test_a_cell_that_could_not_be_measured_does_not_hold() -> None:
    assert not report_of([_cell(System.ECONOMY, [], problem="nobody came into the room")]).holds


def test_telephones_are_not_asked_of_a_peer_and_turns_are_shared_out(tmp_path: Path) -> None:
    order = Order(300, tuple(System)[:4], tuple(Channel), ("instant", "seed"), 1, tmp_path)
    assert len(order.cells) == 12
    assert order.turns_a_cell == 38


def test_whoever_stops_it_sees_what_was_measured_until_then(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    async def stopped(_order: Order, cells: Sequence[Cell], _tell: object) -> None:
        cells[0].turns.append(TURN)
        raise KeyboardInterrupt

    monkeypatch.setattr("cli.bench.latency.command.run", stopped)
    order = Order(10, (System.ECONOMY, System.PREMIUM), (Channel.BROWSER,), ("seed",), 1, tmp_path)
    assert bench_latency(order, None, as_json=False) == 130
    told = capfd.readouterr().err
    assert "640" in told
    assert "premium" not in told


def test_where_the_time_went_is_drawn(tmp_path: Path) -> None:
    cell = _cell(System.ECONOMY, [600, 700])
    cell.turns[0].marks = CASCADE
    draw([cell], tmp_path / "bench.png")
    assert (tmp_path / "bench.png").stat().st_size > 5_000
