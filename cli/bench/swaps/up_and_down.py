"""`bench swap`: one call, moved down and up by an admin again and again; its own time, and what it leaves behind."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import asdict
from pathlib import Path
from statistics import median, quantiles
from typing import Any, Final

from cli.bench.report import Report
from cli.bench.swaps.process import Held, held, job_of, swaps_told
from cli.bench.swaps.talk import PREMIUM, Talk, swap_by_policy, talk, world

OWN_MS: Final = 50
"""p95 of what we add to a swap: the new session is made and takes the line."""
MEMORY_MB: Final = 20
WARM: Final = 10
"""Swaps after which a call holds what it needs."""
REST_SECONDS: Final = 10.0
FOLLOWED_SECONDS: Final = 30.0
TALK_EVERY: Final = 20
LIST: Final = "What's on my list?"

Tell = Callable[[int, Held | None], None]


async def run(swaps: int, folder: Path, tell: Tell) -> Report:
    """Swap so often. Raises CallError, NotBackError, LookupError and NoDemoError."""
    # Nothing fails here, and a busy machine shall not look as if something did.
    async with world(folder, VOICETASKS_AGENT_WATCH_PATIENCE="3") as running:
        await running.store.fill(["Buy milk"])
        async with talk(running) as talking:
            await talking.served_by(PREMIUM)
            job = job_of(running.worker, running.ports["sandbox"])
            unanswered = 0
            looks: list[tuple[Held, int]] = []
            for number in range(1, swaps + 1):
                await _swap(talking)
                if number % TALK_EVERY == 0 or number == WARM:  # a turn, too, opens and loads things once
                    unanswered += not await _is_answered(talking)
                if number in (WARM, swaps):
                    await asyncio.sleep(REST_SECONDS)
                    looks.append((held(job, running.ports), await running.sockets()))
                tell(number, looks[-1][0] if number in (WARM, swaps) else None)
            for _ in range(2):  # their log lines tell the tasks that are left
                await _swap(talking)
            same = talking.is_the_same
        told = swaps_told(running.log_dir)
    report = Report("swap")
    judge(report, told, looks, unanswered=unanswered, talks=1 + swaps // TALK_EVERY, same=same)
    return report


async def _swap(talking: Talk) -> None:
    down = talking.line.agent.stack == PREMIUM
    await swap_by_policy(talking.world.books, *([PREMIUM] if down else []))
    await talking.served_by("economy" if down else PREMIUM, FOLLOWED_SECONDS)


async def _is_answered(talking: Talk) -> bool:
    turn = await talking.say(LIST, await talking.world.voice.speak(LIST))
    return turn.answered and "milk" in turn.heard.lower()


def judge(
    report: Report,
    told: Sequence[dict[str, Any]],
    looks: Sequence[tuple[Held, int]],
    *,
    unanswered: int,
    talks: int,
    same: bool,
) -> None:
    """Hold the call to its promises. `told` ends with two swaps that came after the rest."""
    own = [float(each["own_ms"]) for each in told[:-2]]
    report.at_most(
        "own time, p95", OWN_MS, round(quantiles(own, n=20, method="inclusive")[-1], 1), "ms", len(own)
    )
    (before, sockets_before), (after, sockets_after) = looks
    grown = after.memory_mb - before.memory_mb
    report.at_most("memory grown since the 10th", MEMORY_MB, round(grown, 1), "MB", len(own))
    tasks_before, tasks_after = (median(each["tasks"] for each in part) for part in (told[10:12], told[-2:]))
    for what, left in (
        ("tasks", tasks_after - tasks_before),
        ("threads", after.threads - before.threads),
        ("descriptors", after.files - before.files),
        ("sockets", after.sockets - before.sockets),
        ("sockets at the vendors", sockets_after - sockets_before),
    ):
        report.at_most(f"{what} left after 10 s", 0, left, what.split()[0], len(own))
    report.at_most("turns without a right answer", 0, unanswered, "turns", talks)
    report.at_most("another room or participant", 0, 0 if same else 1, "calls", 1)
    report.details += [
        {"after": "the 10th swap", **asdict(before), "at_vendors": sockets_before},
        {"after": "the last swap", **asdict(after), "at_vendors": sockets_after},
        {"own_ms": own, "tasks": [each["tasks"] for each in told]},
    ]
