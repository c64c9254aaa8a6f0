"""What a process and everything below it use of the machine."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

import psutil

from cli.bench.latency.load import processor_seconds, tree

MEGABYTE: Final = 2**20


@dataclass(frozen=True)
class Reading:
    """The processor time that each group's processes had used at one moment, by process id."""

    at: float
    seconds: Mapping[str, Mapping[int, float]]

    @classmethod
    def take(cls, groups: Mapping[str, int]) -> Reading:
        """`groups`: names, each with the process at its top."""
        return cls(time.monotonic(), {name: processor_seconds(pid) for name, pid in groups.items()})


def cores(before: Reading, after: Reading) -> dict[str, float]:
    """How many processors each group kept busy in between. Of processes that ended meanwhile nothing is known."""
    seconds = after.at - before.at
    if seconds <= 0:
        return {}
    return {
        name: round(
            sum(max(0.0, used - before.seconds.get(name, {}).get(pid, 0.0)) for pid, used in known.items())
            / seconds,
            3,
        )
        for name, known in after.seconds.items()
    }


def memory_mb(pid: int) -> float:
    """The memory of a process and all below it, MB: each shared page divided by those who share it (PSS).

    Where the system does not know that (macOS), what each has for itself alone (USS).
    """
    return round(sum(_memory(process) for process in tree(pid)) / MEGABYTE, 1)


def own_memory_mb(process: psutil.Process) -> float:
    """What a process has written into memory, MB: others' coming and going does not change it.

    The pages that a child shares until one of both writes are no child's alone, so that USS falls by them as long as one
    lives (35 MB were measured for the process that jobs are forked from).
    """
    try:
        known = process.memory_info()
        if (files := getattr(known, "shared", None)) is not None:
            return float(known.rss - files) / MEGABYTE
        return float(process.memory_full_info().uss) / MEGABYTE
    except psutil.Error:
        return 0.0


def _memory(process: psutil.Process) -> float:
    try:
        known = process.memory_full_info()
    except psutil.Error:
        return 0.0
    return float(getattr(known, "pss", known.uss))
