"""What a process holds open, by name: which of it was left over tells where to look."""

from __future__ import annotations

import re
from collections import Counter
from pathlib import Path
from typing import Final

import psutil

_NUMBERED: Final = re.compile(r":\[\d+\]$")


def descriptors(process: psutil.Process) -> Counter[str]:
    """How many descriptors of each kind: a file by its place, a connection by its other end. None of a process that ended.

    Where the system does not tell them apart, all are of one kind.
    """
    try:
        links = list(Path(f"/proc/{process.pid}/fd").iterdir())
        connections = {each.fd: each for each in process.net_connections("inet")}
    except (psutil.Error, OSError):
        return _counted(process)
    served = {each.laddr.port for each in connections.values() if each.status == psutil.CONN_LISTEN}
    found: Counter[str] = Counter()
    for link in links:
        try:
            place = _NUMBERED.sub("", str(link.readlink()))
        except OSError:  # closed meanwhile
            continue
        connection = connections.get(int(link.name))
        if connection is not None and connection.raddr:
            inwards = connection.laddr.port in served
            place = (
                f"connection to our port {connection.laddr.port}"
                if inwards
                else f"connection to {connection.raddr.ip}:{connection.raddr.port}"
            )
        found[place] += 1
    return found


def _counted(process: psutil.Process) -> Counter[str]:
    try:
        return Counter({"descriptor": process.num_fds()})
    except psutil.Error:
        return Counter()
