"""The processes of the demo: how each is started and how it shows that it can serve."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from cli.binaries import livekit_server, redis_server
from cli.environment import owns_livekit, owns_redis
from cli.health import Probe, http_probe, redis_probe, running_probe
from cli.livekit_config import livekit_config, write_livekit_config
from cli.phone_bridge import Bridge, bridge_command
from cli.ports import HOST, Ports

OUTBOUND_TRUNK = "VOICETASKS_OUTBOUND_TRUNK_ID"
"""Without it nobody is called about tasks, and the process that would do it is not there."""


@dataclass(frozen=True)
class Service:
    """One process: its name in messages and logs, its command, its health."""

    name: str
    command: tuple[str, ...]
    probe: Probe
    grace_seconds: float = 5.0
    """From SIGTERM to SIGKILL."""


def services(
    user_environment: Mapping[str, str],
    environment: Mapping[str, str],
    ports: Ports,
    data_dir: Path,
    bridge: Bridge | None = None,
) -> list[Service]:
    """In the order of starting; they end in reverse.

    `user_environment` tells what the user brings (a LiveKit, a Redis), `environment` what the processes see,
    `bridge` what takes calls by phone, if anything does.
    Raises BinaryNotFoundError when a server is not installed.
    """
    found: list[Service] = []
    if owns_redis(user_environment):
        found.append(_redis(ports, data_dir))
    if owns_livekit(user_environment):
        rooms_by_entering = bridge is not None and bridge.program is not None
        found.append(_livekit(environment, ports, data_dir, rooms_by_entering=rooms_by_entering))
    found += [
        _module("tasks", "mcp_tasks", http_probe(f"http://{HOST}:{ports.tasks}/healthz")),
        _module("sandbox", "sandbox", http_probe(f"http://{HOST}:{ports.sandbox_control}/healthz")),
        # A worker waits for its calls and hands over what is left before it goes.
        _module("worker", "agent", http_probe(f"http://{HOST}:{ports.worker}/"), grace_seconds=14.0),
        _module("web", "web", http_probe(f"http://{HOST}:{ports.web}/healthz")),
    ]
    if bridge is not None:
        probe = http_probe(f"http://{HOST}:{ports.bridge}/")
        found.append(Service("bridge", bridge_command(bridge, environment, ports, data_dir), probe))
    if environment.get(OUTBOUND_TRUNK):
        found.append(_module("reminders", "agent.outbound", running_probe()))
    return found


def _redis(ports: Ports, data_dir: Path) -> Service:
    # Nothing on disk: Redis is the fast face of the journal, and LiveKit's rooms end with LiveKit.
    command = (
        str(redis_server()),
        *("--port", str(ports.redis)),
        *("--bind", HOST),
        *("--dir", str(data_dir)),
        *("--save", ""),
        *("--appendonly", "no"),
    )
    return Service("redis", command, redis_probe(f"redis://{HOST}:{ports.redis}/0"))


def _livekit(
    environment: Mapping[str, str], ports: Ports, data_dir: Path, *, rooms_by_entering: bool
) -> Service:
    path = data_dir / "livekit.yaml"
    write_livekit_config(path, livekit_config(environment, ports, rooms_by_entering=rooms_by_entering))
    command = (str(livekit_server()), "--config", str(path))
    return Service("livekit", command, http_probe(f"http://{HOST}:{ports.livekit}/"))


def _module(name: str, module: str, probe: Probe, grace_seconds: float = 5.0) -> Service:
    return Service(name, (sys.executable, "-m", module), probe, grace_seconds)
