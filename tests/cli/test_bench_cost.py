"""What `bench cost` counts, judges and draws; its rehearsed calls are in test_bench_cost_calls.py."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from cli.bench import main
from cli.bench.cost import RehearsedCall, StackName, judge
from cli.bench.cost_plot import draw
from cli.bench.reference_conversation import TURN_SECONDS, turns
from cli.bench.report import Report
from cli.bench.spending import Spending
from cli.picture import NoPlotError
from tiers.prices import bundled
from tiers.usage import Usage

pytestmark = pytest.mark.unit

VECTOR = {
    "text_input_tokens": 200,
    "audio_input_tokens": 800,
    "cached_text_input_tokens": 16,
    "cached_audio_input_tokens": 384,
    "text_output_tokens": 50,
    "audio_output_tokens": 250,
}
TOLD = {"turns": 120, "tools": 60, "unanswered": 0, "caller_seconds": 700.0, "agent_seconds": 720.0}


def event(event_id: str, units: dict[str, int], part: Any = "speech_to_speech", **more: Any) -> Usage:
    vendor, model = {
        "speech_to_speech": ("openai", "gpt-realtime"),
        "stt": ("deepgram", "nova-3"),
        "llm": ("openai", "gpt-4o-mini"),
        "tts": ("cartesia", "sonic-3"),
    }[part]
    given: dict[str, Any] = {"certainty": "actual", "outcome": "ok", "stack": "premium"} | more
    return Usage(event_id=event_id, vendor=vendor, model=model, part=part, units=units, **given)


def call(stack: StackName, *microdollars: int) -> RehearsedCall:
    """A call whose minutes cost so much: a character of speech is 50 µ$."""
    spending = Spending(len(microdollars), bundled())
    for minute, cost in enumerate(microdollars):
        spending.add(60.0 * minute, event(f"e{minute}", {"characters": cost // 50}, "tts"))
    return RehearsedCall(stack, spending, spending.microdollars, dict(TOLD))


def test_each_minute_pays_what_was_used_in_it_and_the_last_one_what_comes_after() -> None:
    spending = Spending(2, bundled())
    spending.add(59.9, event("a", {"characters": 10}, "tts"))
    spending.add(60.0, event("b", {"characters": 20}, "tts"))
    spending.add(125.0, event("c", {"characters": 30}, "tts"))
    assert spending.by_minute == [500, 2500]
    assert spending.dollars_a_minute(1, 2) == 0.0015


def test_the_same_event_twice_is_one_and_a_report_takes_the_place_of_its_estimate() -> None:
    spending = Spending(1, bundled())
    for _ in range(2):
        spending.add(1.0, event("a:estimate", {"characters": 10}, "tts", certainty="estimated"))
        spending.add(2.0, event("a", {"characters": 12}, "tts", replaces="a:estimate"))
    assert spending.microdollars == 600


def test_what_was_given_up_is_told_beside_what_it_is_a_part_of() -> None:
    spending = Spending(2, bundled())
    spending.add(1.0, event("a", {"characters": 10}, "tts", outcome="cancelled"))
    spending.add(2.0, event("b", {"characters": 20}, "tts"))
    spending.add(61.0, event("c", {"input_tokens": 2_000}, "llm", outcome="cancelled"))
    spending.add(62.0, event("d", {"input_tokens": 2_000}, "llm"))
    assert spending.by_minute == [1500, 600]
    assert spending.given_up_by_minute == [500, 300]


def test_parts_of_a_minute_add_up_to_it() -> None:
    spending = Spending(1, bundled())
    spending.add(1.0, event("a", VECTOR))
    assert spending.microdollars == 31_008
    assert spending.parts_by_minute == [
        {"hearing": 416 * 32, "thinking": 184 * 4 + 50 * 16, "speaking": 250 * 64, "cached": 160}
    ]


def test_a_cascade_hears_thinks_and_speaks_by_three_vendors() -> None:
    spending = Spending(1, bundled())
    spending.add(1.0, event("a", {"audio_ms": 60_000}, "stt"))
    llm = {"input_tokens": 3000, "cached_input_tokens": 2000, "output_tokens": 100}
    spending.add(2.0, event("b", llm, "llm"))
    spending.add(3.0, event("c", {"characters": 100}, "tts"))
    assert spending.parts_by_minute == [
        {"hearing": 7700, "thinking": 150 + 60, "speaking": 5000, "cached": 150}
    ]


def test_ten_minutes_are_held_to_the_tiers_target() -> None:
    for cost, holds in ((70_000, True), (70_100, False)):
        report = Report("cost")
        judge(report, call("economy", *[cost] * 10, *[900_000] * 2))
        assert report.lines[0].holds is holds
        assert report.lines[0].n == 10


def test_premiums_second_vendor_is_held_to_the_tiers_target_under_its_own_name() -> None:
    for cost, holds in ((120_000, True), (120_100, False)):
        second = call("gemini", *[cost] * 10)
        report = Report("cost")
        judge(report, second)
        assert report.lines[0].line.startswith("gemini: ")
        assert report.lines[0].holds is holds
        assert (second.as_json()["stack"], second.as_json()["tier"]) == ("gemini", "premium")


def test_the_late_minutes_are_held_to_the_early_ones() -> None:
    for late, holds in ((24_000, True), (24_500, False)):
        report = Report("cost")
        judge(report, call("premium", *[20_000] * 15, *[late] * 15))
        assert [line.holds for line in report.lines] == [True, holds, True, True]
    short = Report("cost")
    judge(short, call("premium", *[20_000] * 12))
    assert not any("30" in line.line for line in short.lines)


def test_a_meter_that_is_off_and_a_turn_without_an_answer_fall_short() -> None:
    wrong = call("economy", 50_000, 50_000)
    wrong.invoiced += 600
    wrong.told["unanswered"] = 1
    report = Report("cost")
    judge(report, wrong)
    assert [line.holds for line in report.lines] == [True, False, False]


def test_the_caller_has_something_to_say_for_the_whole_call() -> None:
    for minutes in (2, 30):
        said = turns(minutes)
        assert len(said) * TURN_SECONDS > minutes * 60
    assert turns(30)[: len(turns(10))] == turns(10)


def test_the_picture_is_drawn_and_one_that_cannot_be_kept_is_told(tmp_path: Path) -> None:
    calls = [call("economy", *[30_000] * 6), call("premium", *[90_000] * 6), call("gemini", *[60_000] * 6)]
    draw(calls, tmp_path / "cost.png")
    assert (tmp_path / "cost.png").read_bytes().startswith(b"\x89PNG")
    for path in (tmp_path / "no folder" / "cost.png", tmp_path / "cost.txt"):
        with pytest.raises(NoPlotError, match="could not be written"):
            draw(calls, path)


@pytest.mark.parametrize("arguments", [["--tiers", "gold"], ["--minutes", "1"], ["--minutes", "61"]])
def test_what_cannot_be_measured_is_a_usage_error(arguments: list[str]) -> None:
    assert CliRunner().invoke(main.app, ["cost", *arguments]).exit_code == 2
