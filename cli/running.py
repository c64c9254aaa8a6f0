"""The file by which a running demo tells other commands its address, ports and process ids."""

from __future__ import annotations

import json
import os
from dataclasses import asdict, dataclass
from pathlib import Path

from cli.ports import Ports

_OPTIONAL = {"bridge": ("bridge", "sip"), "redis": ("redis",), "livekit": ("livekit", "livekit_udp")}
"""The ports of servers that a demo does without, or finds there."""


@dataclass(frozen=True)
class Running:
    """What `voicetasks demo --json` prints, and the supervisor's own process id."""

    url: str
    ports: Ports
    pids: dict[str, int]
    log_dir: str
    supervisor: int

    def public(self) -> dict[str, object]:
        """The object that `--json` prints, with the ports of the servers that this demo started and no others.

        Without a phone bridge nobody listens on its ports, and a Redis or LiveKit of the user's is elsewhere.
        """
        idle = {name for server, names in _OPTIONAL.items() if server not in self.pids for name in names}
        ports = {name: port for name, port in self.ports.as_dict().items() if name not in idle}
        return {"url": self.url, "ports": ports, "pids": self.pids, "log_dir": self.log_dir}


def _path(data_dir: Path) -> Path:
    return data_dir / "demo.json"


def write_running(data_dir: Path, running: Running) -> None:
    """Replace the file in one step."""
    fresh = _path(data_dir).with_suffix(f".{os.getpid()}")
    fresh.write_text(json.dumps(asdict(running)), encoding="utf-8")
    fresh.replace(_path(data_dir))


def remove_running(data_dir: Path) -> None:
    """Forget the demo; it has ended."""
    _path(data_dir).unlink(missing_ok=True)


def read_running(data_dir: Path) -> Running | None:
    """The demo that runs with this data folder, or None: no file, a broken one, or its process is gone."""
    try:
        raw = json.loads(_path(data_dir).read_text(encoding="utf-8"))
        running = Running(
            url=str(raw["url"]),
            ports=Ports(**raw["ports"]),
            pids={str(name): int(pid) for name, pid in raw["pids"].items()},
            log_dir=str(raw["log_dir"]),
            supervisor=int(raw["supervisor"]),
        )
        os.kill(running.supervisor, 0)
    except (FileNotFoundError, ProcessLookupError):
        return None
    except (ValueError, KeyError, TypeError, AttributeError):
        return None
    except PermissionError:  # another user's process: alive
        return running
    return running
