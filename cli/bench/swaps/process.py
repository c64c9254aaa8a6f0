"""The process that serves a call, seen from outside: what a session that was replaced may have left in it."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import psutil


@dataclass(frozen=True)
class Held:
    """What a process holds."""

    memory_mb: float
    """Resident."""
    threads: int
    files: int
    """Descriptors, without those to Redis: its pool grows with what is asked at once, and belongs to no session."""
    sockets: int
    """Over the internet protocols, without those to Redis."""
    leads: Mapping[str, int] = field(default_factory=dict)
    """How many of them lead to which server of the demo; `?` is another."""


def job_of(worker: int, port: int) -> psutil.Process:
    """The process under a worker that is connected to a port. Raises LookupError when there is none."""
    for process in psutil.Process(worker).children(recursive=True):
        try:
            connections = process.net_connections(kind="tcp")
        except psutil.Error:
            continue
        if any(each.raddr and each.raddr.port == port for each in connections):
            return process
    raise LookupError("no process of the worker serves the call")


def held(process: psutil.Process, ports: Mapping[str, int]) -> Held:
    """Look at a process. `ports`: the demo's servers."""
    names = {port: name for name, port in ports.items()}
    sockets = process.net_connections(kind="inet")
    leads = Counter(names.get(each.raddr.port, "?") for each in sockets if each.raddr)
    return Held(
        process.memory_info().rss / 2**20,
        process.num_threads(),
        process.num_fds() - leads["redis"],
        len(sockets) - leads["redis"],
        dict(leads),
    )


def swaps_told(log_dir: Path) -> list[dict[str, Any]]:
    """What the worker's log says of swaps, in their order."""
    found: list[dict[str, Any]] = []
    for line in (log_dir / "worker.log").read_text(encoding="utf-8", errors="replace").splitlines():
        if "call.swapped" in line:
            told = json.loads(line)
            if told.get("event") == "call.swapped":
                found.append(told)
    return found
