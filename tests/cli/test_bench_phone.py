"""What `bench phone` makes of what it found: each promise a line, and half a run as good as its half."""

from __future__ import annotations

import pytest

from cli.bench.latency.caller import Heard
from cli.bench.latency.turns import Manner
from cli.bench.phone.abandoned import Abandoned
from cli.bench.phone.crowd import Crowd, Served
from cli.bench.phone.goodbye import Ended, Goodbye
from cli.bench.phone.latency import Latency
from cli.bench.phone.office import LINES
from cli.bench.phone.run import Findings, Part, Result
from cli.bench.phone.speech import Speech
from cli.bench.phone.swap import Swaps
from cli.bench.report import Report
from cli.bench.speech import Spoken
from cli.caller.voices import VoiceName

pytestmark = pytest.mark.unit


def lines(result: Result) -> dict[str, str]:
    report = Report("phone")
    result.judge(report)
    return {line.line: f"{line.measured:g} {'holds' if line.holds else 'short'}" for line in report.lines}


def turn(answer_ms: int | None) -> Heard:
    return Heard("short", str(Manner.AFTER), 0, 1.0, answer_ms)


@pytest.mark.parametrize(("answer", "holds"), [(1000, True), (1001, False)])
def test_what_the_bridge_adds_is_taken_off_and_no_more(answer: int, holds: bool) -> None:
    found = Latency(
        by_bridge_ms=[400, 380, 390], by_room_ms=[190, 180, 200], turns={"economy": [turn(answer)]}
    )
    assert found.bridge_ms == 200
    line = "latency: economy, last word to first sound beyond the bridge's share, p95"
    assert lines(found)[line] == f"{answer - 200} {'holds' if holds else 'short'}"


def test_without_an_echo_nothing_is_taken_off_and_a_turn_without_an_answer_falls_short() -> None:
    found = lines(Latency(turns={"premium": [turn(700), turn(None)]}))
    assert found["latency: echoes that were not heard"] == "1 short"
    assert found["latency: premium, turns without an answer"] == "1 short"


def test_ten_have_to_be_served_in_every_turn_and_one_more_told() -> None:
    well = [Served(greeted=True, first_sound_ms=[500, 600]) for _ in range(LINES)]
    assert list(lines(Crowd(well, told=True)).values()) == ["10 holds", "1 holds"]
    short = Crowd([*well[1:], Served(greeted=True, unanswered=1)], told=False)
    assert list(lines(short).values()) == ["9 short", "0 short"]


def test_whatever_stays_of_a_call_that_was_given_up_falls_short() -> None:
    found = lines(Abandoned(10, 10, {"rooms": 1, "slots": 0}, cost=True))
    assert found["abandoned: rooms that stay"] == "1 short"
    assert found["abandoned: slots that stay"] == "0 holds"
    assert found["abandoned: vendors' bills that grew"] == "1 short"


def test_the_worst_goodbye_counts_and_one_that_never_ends_is_the_worst() -> None:
    (worst,) = lines(Goodbye([Ended("tool", 4.9, {}), Ended("speech", 1.0, {})])).values()
    assert worst == "4.9 holds"
    (never,) = lines(Goodbye([Ended("tool", None, {"leases": 1}), Ended("speech", 1.0, {})])).values()
    assert never.endswith("short")


def test_each_voice_has_its_own_floor() -> None:
    def spoken(right: int) -> list[Spoken]:
        return [Spoken(str(n), n < right, False, [], [], [], "", []) for n in range(40)]

    found = lines(Speech({VoiceName.PIPER: spoken(33), VoiceName.FLITE: spoken(26)}))
    assert found["right: piper, bridge"] == "33 short"
    assert found["right: flite, bridge"] == "26 holds"


def test_half_a_run_says_what_it_knows_and_a_part_that_broke_off_falls_short() -> None:
    found = Findings("stand-in", {Part.GOODBYE: Goodbye([Ended("tool", 2.0, {})]), Part.SWAP: Swaps()})
    assert found.report().holds
    found.problems[Part.SWAP] = "the call was ended"
    report = found.report()
    assert not report.holds
    assert [detail["problem"] for detail in report.details] == ["", "the call was ended"]
    assert not Findings().report().holds, "nothing measured is nothing held"
