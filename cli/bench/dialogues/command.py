"""The terminal's side of `bench dialogues`."""

from __future__ import annotations

import asyncio
from typing import Any

from rich.console import Console
from rich.markup import escape

from cli.bench.dialogues.judging import Heard, Verdict
from cli.bench.dialogues.run import run
from cli.bench.failing import failed
from cli.bench.rehearsing import RehearsalError


def bench_dialogues(tier: str, only: str, one_in: int, first: int, *, show: bool, as_json: bool) -> int:
    """Hold them, print each miss with its transcript and the score by kind; the exit status."""
    console = Console(stderr=True, highlight=False, soft_wrap=True)
    missed: list[dict[str, Any]] = []

    def progress(heard: Heard, verdict: Verdict) -> None:
        word = "[green]right[/]" if verdict.right else "[red]HARM[/]" if verdict.harm else "[yellow]miss[/]"
        console.print(f"{heard.dialogue.kind}: {heard.dialogue.id}: {word}")
        if not verdict.right:
            reasons = {"harm": verdict.harm, "missed": verdict.missed}
            missed.append({"dialogue": heard.dialogue.id, **reasons, "transcript": heard.transcript})
            console.print(
                escape("".join(f"    ! {reason}\n" for reason in verdict.harm + verdict.missed)), end=""
            )
        if show or not verdict.right:
            console.print(escape("".join(f"    {line}\n" for line in heard.transcript)), end="")

    try:
        report = asyncio.run(run(tier, only, one_in, first, progress))
    except RehearsalError as error:
        return failed("dialogues", error, as_json=as_json)
    numbers = report.details[0]["by_kind"] | {"held out": report.details[0]["held_out"]}
    for kind, number in numbers.items():
        console.print(f"{kind}: {number['right']} of {number['of']}")
    report.details += missed
    report.print(console)
    return report.conclude(as_json=as_json)
