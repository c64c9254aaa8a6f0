"""Steps as they are written on the command line."""

from pathlib import Path

import pytest

from cli.caller.steps import (
    Click,
    HangUp,
    InterruptAt,
    Pause,
    PlayWav,
    Press,
    Say,
    StepError,
    Type,
    read_steps,
)

pytestmark = pytest.mark.unit


def test_every_option_becomes_its_step_in_the_order_given(tmp_path: Path) -> None:
    wav = tmp_path / "a.wav"
    wav.write_bytes(b"")
    given = [
        ("say", "hello"),
        ("interrupt_at", "1.5"),
        ("say", "wait"),
        ("type", "add milk"),
        ("key", "1#a"),
        ("click", "no"),
        ("pause", "0.5"),
        ("wav", str(wav)),
        ("hang_up", ""),
    ]
    assert read_steps(given) == [
        Say("hello"),
        InterruptAt(1.5),
        Say("wait"),
        Type("add milk"),
        Press("1#A"),
        Click("no"),
        Pause(0.5),
        PlayWav(wav),
        HangUp(),
    ]


@pytest.mark.parametrize(
    ("given", "complaint"),
    [
        ([("say", "  ")], "needs some words"),
        ([("say", "a" * 2001)], "at most 2000"),
        ([("wav", "/nowhere/a.wav")], "no file"),
        ([("key", "12x")], "telephone keys"),
        ([("key", "")], "telephone keys"),
        ([("click", "maybe")], "yes or no"),
        ([("pause", "soon")], "takes seconds"),
        ([("pause", "nan")], "0 to 3600"),
        ([("pause", "-1")], "0 to 3600"),
        ([("interrupt_at", "1")], "needs a --say"),
        ([("interrupt_at", "1"), ("type", "x")], "needs a --say"),
        ([("hang_up", ""), ("say", "x")], "last step"),
    ],
)
def test_what_makes_no_sense_is_a_usage_error_that_names_the_option(
    given: list[tuple[str, str]], complaint: str
) -> None:
    with pytest.raises(StepError, match=complaint):
        read_steps(given)
