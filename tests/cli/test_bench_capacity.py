"""`bench capacity`: where a climb breaks, what a call costs, what a soak left, and the numbers in a text."""

from __future__ import annotations

import json
import re
import socket
import subprocess
import sys
import time
from collections import Counter
from dataclasses import replace
from pathlib import Path

import psutil
import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.settings import AgentSettings
from cli.bench.capacity.climb import Way
from cli.bench.capacity.command import bench_capacity, show_earlier
from cli.bench.capacity.descriptors import descriptors
from cli.bench.capacity.judge import Climb, Measured, Soak, Step, growth, report_of
from cli.bench.capacity.plot import draw
from cli.bench.capacity.run import Order
from cli.bench.capacity.sizing import NoFieldsError, fields, fill, workers
from cli.bench.capacity.soak import Held
from cli.bench.capacity.usage import Reading, cores, memory_mb, own_memory_mb
from cli.bench.latency.doors import System
from tests.conftest import CHECKOUT

pytestmark = pytest.mark.unit


WHOLE_FIELD = r"(<!-- capacity:([a-z0-9-]+) -->) (.*?) (<!-- /capacity -->)"


def step(calls: int, answer_ms: int, memory: float = 0.0, worker: float = 0.0, **more: int) -> Step:
    return Step(
        calls,
        answers_ms=[answer_ms] * 20,
        turns=20,
        cores={"worker": worker, "livekit": worker / 2, "callers": 1.0},
        memory_mb=memory,
        **more,
    )


def climb(system: str, *answers: int, memory: float = 100.0, slack: float = 200.0) -> Climb:
    steps = [step(n, ms, 300 + memory * n, 0.05 + 0.1 * n) for n, ms in enumerate(answers, 1)]
    return Climb(system, slack, step(0, 0, 300.0, 0.05), steps)


def measured(*climbs: Climb) -> Measured:
    return Measured("seed", list(climbs))


def lines(found: Measured) -> dict[str, bool]:
    return {line.line: line.holds for line in report_of(found).lines}


def test_calls_are_carried_until_p95_is_later_than_one_calls_by_more_than_the_slack() -> None:
    found = climb("economy", 600, 700, 800, 801)
    assert (found.limit_ms, found.calls, found.broke) == (800, 3, True)
    assert climb("economy", 600, 700).broke is False


def test_a_median_that_rises_by_more_than_the_slack_breaks_a_step_whose_first_p95_was_no_bound() -> None:
    waits = [600] * 18 + [3000] * 2
    found = Climb("starter", 200.0, Step(0), [Step(1, answers_ms=waits, turns=20)])
    slower = Step(2, answers_ms=[each + 201 for each in waits[:18]] + [3000] * 2, turns=20)
    found.steps.append(slower)
    assert slower.holds(found.limit_ms)
    assert (found.middle_limit_ms, found.calls, found.broke) == (800, 1, True)


def test_turns_without_an_answer_and_calls_that_break_off_break_a_step_too() -> None:
    assert not step(2, 600, unanswered=2).holds(800)
    assert step(2, 600, unanswered=1).holds(800)
    assert not step(2, 600, broken=1).holds(800)
    assert not Step(2).holds(800)


def test_what_a_call_costs_is_the_slope_and_the_callers_own_share_is_not_in_it() -> None:
    found = climb("economy", 600, 610, 620, memory=120.0)
    assert found.memory_per_call == pytest.approx(120.0)
    assert found.cpu_per_call == pytest.approx(0.1)
    assert found.machine_cpu_per_call == pytest.approx(0.15)
    assert list(found.next_call) == pytest.approx([0.1, 120.0])


def test_we_carry_as_many_as_the_starter_and_take_no_more_than_so_much_memory_more() -> None:
    ours, fewer = climb("economy", 600, 610, memory=150.0), climb("economy", 600, 900, memory=151.0)
    starter = climb("starter", 2_000, 2_100, memory=70.0)
    assert all(lines(measured(ours, starter)).values())
    broken = [line for line, holds in lines(measured(fewer, starter)).items() if not holds]
    assert broken == ["calls at once, beside the starter's", "memory of a call beyond the starter's"]


def test_both_are_held_to_one_limit_as_well_since_the_slower_one_has_the_wider_of_its_own() -> None:
    ours, starter = climb("economy", 600, 700, 900), climb("starter", 750, 900, 940, 960)
    found = {line.line: (line.target, line.measured) for line in report_of(measured(ours, starter)).lines}
    assert found["calls at once, beside the starter's"] == (3, 2)
    assert found["the same with p95 up to 800 ms for both"] == (1, 2)


def test_none_within_the_limit_is_no_success_where_the_starter_holds_none_either() -> None:
    ours, starter = climb("economy", 600, 700), climb("starter", 1_231)
    ours.steps[0].broken = 1  # p95 is that of one call, and no call can be carried within it
    (line,) = (each for each in report_of(measured(ours, starter)).lines if "for both" in each.line)
    assert (line.target, line.measured, line.holds) == (1, 0, False)
    ours.steps[0].broken = 0
    (line,) = (each for each in report_of(measured(ours, starter)).lines if "for both" in each.line)
    assert (line.target, line.measured, line.holds) == (1, 2, True)


def test_it_is_told_on_how_many_turns_each_step_rests() -> None:
    found = climb("starter", 1_231, 2_804)
    found.steps[0].answers_ms = [1_231] * 18
    told = {line.line: (line.measured, line.n) for line in report_of(measured(found)).lines}
    assert told["starter: turns timed with so many calls (1: 18, 2: 20)"] == (18, 2)


def test_a_system_that_could_not_be_measured_is_no_success() -> None:
    assert not report_of(measured(Climb("economy", 200.0, problem="nobody came"))).holds
    assert not report_of(measured()).holds


def test_whose_the_growth_is_is_told() -> None:
    soak = Soak(3)
    for soak.calls in range(0, 200, 10):
        soak.sample({"worker": 300 + soak.calls / 100, "web": 80.0})
    assert soak.growth_of == {"worker": pytest.approx(1, abs=0.01), "web": 0}
    assert soak.growth_mb == pytest.approx(1, abs=0.01)


def test_growth_is_told_of_enough_calls_and_what_is_left_over_of_a_soak_that_ended() -> None:
    few = Soak(3, calls=5, growth_mb=9.0, left={"rooms": 1})
    many = Soak(3, calls=100, growth_mb=1.1, left={"rooms": 1, "leases": 0}, over=True)
    told = Measured("seed", [climb("economy", 600)], few)
    assert list(lines(told)) == [
        "economy: calls at once",
        "economy: turns timed with so many calls (1: 20)",
        "soak: calls that broke off",
    ]
    told.soak = replace(few, over=True)
    assert lines(told)["soak: growth for 100 calls"] is False, "nothing was measured"
    told.soak = many
    assert [line for line, holds in lines(told).items() if not holds] == [
        "soak: growth for 100 calls",
        "soak: rooms left over",
    ]


@given(st.floats(0, 5), st.floats(10, 900))
def test_growth_is_what_a_hundred_calls_add(rate: float, first: float) -> None:
    samples = [(calls, first + rate * calls / 100) for calls in range(0, 200, 10)]
    assert growth(samples) == pytest.approx(rate, abs=0.01)


def test_a_moment_in_which_a_process_is_forked_is_no_growth() -> None:
    samples = [(calls, 883 + calls / 100) for calls in range(50)]
    samples[40:43] = [(calls, 947.5) for calls in range(40, 43)]
    assert growth(samples) == pytest.approx(1, abs=0.05)


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere pages are not told apart")
def test_a_child_that_shares_memory_takes_none_of_its_parents_away() -> None:
    program = "import os, sys; kept = b'x' * 50_000_000; os.fork() or sys.stdin.read(); print(flush=True); sys.stdin.read()"
    with subprocess.Popen(
        [sys.executable, "-c", program], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as process:
        assert process.stdout is not None
        process.stdout.readline()  # the parent's, while its child lives
        assert own_memory_mb(psutil.Process(process.pid)) > 47
        process.communicate()


def test_of_no_calls_no_growth_is_told() -> None:
    assert growth([(0, 100.0), (0, 120.0)]) is None


def test_what_was_there_before_is_not_left_over() -> None:
    before = Held(Counter(pipe=3), 7, {"rooms": 1, "leases": 0})
    after = Held(Counter(pipe=1, socket=1), 8, {"rooms": 1, "leases": 2})
    assert after.beyond(before) == {"descriptors": 0, "processes": 1, "rooms": 0, "leases": 2}


def test_what_a_process_holds_open_is_known_by_name(tmp_path: Path) -> None:
    place, me = tmp_path / "kept", psutil.Process()
    before = descriptors(me)
    with place.open("w"), socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        with socket.create_connection(("127.0.0.1", port)), server.accept()[0]:
            more = descriptors(me) - before
    assert more[str(place)] == more[f"connection to 127.0.0.1:{port}"] == 1
    assert more[f"connection to our port {port}"] == 1
    assert descriptors(me)[str(place)] == 0


def test_a_run_that_was_kept_is_judged_drawn_and_filled_in_as_it_was(tmp_path: Path) -> None:
    ours = climb("economy", 600, 650, 700, 900, memory=90.0)
    ours.again.append(step(4, 950))
    run = Measured(
        "seed", [ours, climb("starter", 2_000, 2_500)], Soak(2, calls=40, growth_mb=0.5, over=True)
    )
    report = report_of(run)
    kept, text = tmp_path / "capacity.json", tmp_path / "sizing.md"
    kept.write_text(json.dumps(report.as_json()), encoding="utf-8")
    text.write_text(
        "carries <!-- capacity:calls --> to be filled in <!-- /capacity --> calls", encoding="utf-8"
    )
    assert Measured.from_details(report.as_json()["details"]) == run
    assert show_earlier(kept, tmp_path / "capacity.png", text, as_json=False) == 0
    assert "carries <!-- capacity:calls --> 3 (p95 600 ms with one, 700 ms with 3)" in text.read_text()
    assert (tmp_path / "capacity.png").stat().st_size > 10_000
    kept.write_text('{"details": []}', encoding="utf-8")
    assert show_earlier(kept, None, None, as_json=False) == 1


def test_nothing_measured_is_nothing_to_draw(tmp_path: Path) -> None:
    from cli.picture import NoPlotError

    with pytest.raises(NoPlotError):
        draw(measured(), tmp_path / "capacity.png")


def test_the_sizing_page_has_a_field_for_everything_that_is_measured_and_no_other() -> None:
    text = (CHECKOUT / "docs" / "sizing.md").read_text(encoding="utf-8")
    found = fields(measured(climb("economy", 600, 700, 750, 760, 900)), "a machine")
    filled = fill(text, found)
    assert {name: value for _, name, value, _ in re.findall(WHOLE_FIELD, filled)} == found
    assert fill(filled, found) == filled


def test_a_text_without_fields_and_a_run_without_calls_cannot_be_filled_in() -> None:
    with pytest.raises(NoFieldsError):
        fill("nothing", {"calls": "3"})
    with pytest.raises(NoFieldsError):
        fields(measured(climb("starter", 2_000)), "a machine")


@given(st.integers(1, 10_000), st.integers(1, 64))
def test_workers_are_enough_for_all_calls_with_a_third_free_and_not_one_more(calls: int, slots: int) -> None:
    count = workers(calls, slots)
    assert count * slots * 2 / 3 >= calls - 1e-6
    assert (count - 1) * slots * 2 / 3 < calls


def test_machines_are_reckoned_first_from_the_calls_that_keep_the_promise_and_then_from_those_that_are_late() -> (
    None
):
    found = fields(measured(climb("economy", 760, 790, 820, 854, 1_100)), "a machine")
    assert (found["slots-promised"], found["slots-late"]) == ("2", "4")
    assert found["workers-promised-100"] == "75 (150 cores)"
    assert found["workers-late-100"] == "38 (76 cores)"
    none = fields(measured(climb("economy", 900, 950)), "a machine")
    assert none["workers-promised-100"].startswith("none is enough")


def test_what_the_page_says_of_the_default_slots_is_reckoned_from_the_default() -> None:
    text = (CHECKOUT / "docs" / "sizing.md").read_text(encoding="utf-8")
    slots = AgentSettings.model_fields["slots"].default
    assert f"*k* = {slots}, the default" in text
    for calls in (100, 1_000, 10_000):
        count = workers(calls, slots)
        assert re.search(rf"\| {calls:,} \|.*\| {count:,} \({2 * count:,} cores\) \|$", text, re.MULTILINE), (
            calls
        )


def test_hundred_calls_at_four_a_worker_want_thirty_eight() -> None:
    assert workers(100, 4) == 38


def test_a_process_that_works_is_seen_to_work_and_its_memory_is_counted() -> None:
    busy = subprocess.Popen(
        [sys.executable, "-c", "import time\nwhile True: sum(range(10000))"], stdin=subprocess.DEVNULL
    )
    try:
        groups = {"busy": busy.pid, "gone": 2**22 - 1}
        before = Reading.take(groups)
        until = time.monotonic() + 20
        while psutil.Process(busy.pid).cpu_times().user < 0.3 and time.monotonic() < until:
            time.sleep(0.05)
        used = cores(before, Reading.take(groups))
        assert 0.01 < used["busy"] <= 1.1
        assert used["gone"] == 0
        assert 2 < memory_mb(busy.pid) < 200
        assert memory_mb(groups["gone"]) == 0
    finally:
        busy.kill()
        busy.wait()
    assert cores(before, before) == {}


def test_a_run_that_is_stopped_keeps_what_was_measured(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    async def stopped(_order: Order, found: Measured, _tell: object) -> None:
        found.climbs.append(climb("economy", 600, 650))
        raise KeyboardInterrupt

    monkeypatch.setattr("cli.bench.capacity.command.run", stopped)
    order = Order((System.ECONOMY,), Way(4, 5.0, 1, 200.0), "seed", 0.0, None, tmp_path / "bench-capacity")
    assert bench_capacity(order, None, None, as_json=True) == 130
    told = capsys.readouterr()
    line, turns = json.loads(told.out)["lines"]
    assert (line["line"], line["measured"]) == ("economy: calls at once", 2)
    assert (turns["target"], turns["measured"]) == (None, 20)
    assert "economy: 2 calls or more" in told.err
    assert (tmp_path / "bench-capacity.png").is_file()
