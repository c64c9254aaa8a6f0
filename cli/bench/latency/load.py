"""How busy the machine was with others while something was timed on it."""

from __future__ import annotations

import os
from types import TracebackType
from typing import Self

import psutil


class Load:
    """The share of the processors' time that went to processes not under this one, or was stolen by a neighbour."""

    def __enter__(self) -> Self:
        self._before, self._ours_before = psutil.cpu_times(), processor_seconds(os.getpid())
        self._loads = [os.getloadavg()[0]]
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._after, self._ours_after = psutil.cpu_times(), processor_seconds(os.getpid())
        self._loads.append(os.getloadavg()[0])

    @property
    def average(self) -> float:
        """The machine's 1-minute load, the higher of before and after, by its processors."""
        return round(max(self._loads) / (os.cpu_count() or 1), 1)

    @property
    def others_percent(self) -> float:
        """Others' share of all processors. Of children that have ended meanwhile nothing is known: they count as others."""
        before, after = self._before, self._after
        total = sum(after) - sum(before)
        idle = (after.idle - before.idle) + (getattr(after, "iowait", 0) - getattr(before, "iowait", 0))
        ours = sum(max(0.0, time - self._ours_before.get(pid, 0.0)) for pid, time in self._ours_after.items())
        return round(100 * max(0.0, total - idle - ours) / total, 0) if total > 0 else 0.0


def tree(pid: int) -> list[psutil.Process]:
    """A process and all below it; nothing when it is gone."""
    try:
        top = psutil.Process(pid)
        return [top, *top.children(recursive=True)]
    except psutil.Error:
        return []


def processor_seconds(pid: int) -> dict[int, float]:
    """The processor time of a process and those below it, seconds by process id."""
    found: dict[int, float] = {}
    for process in tree(pid):
        try:
            times = process.cpu_times()
        except psutil.Error:
            continue
        found[process.pid] = times.user + times.system
    return found
