"""The configuration of the LiveKit server that the demo starts."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from pathlib import Path
from urllib.parse import unquote, urlsplit

from cli.ports import HOST, Ports


def livekit_config(
    environment: Mapping[str, str], ports: Ports, *, rooms_by_entering: bool = False
) -> dict[str, object]:
    """One node on the loopback: one signalling port, one UDP port, rooms made by the page alone.

    `rooms_by_entering`: LiveKit's phone bridge makes a call's room by entering it.
    """
    return {
        "port": ports.livekit,
        "bind_addresses": [HOST],
        "rtc": {
            # The server's TCP fallback listens on every address, and nothing on one machine needs it.
            "tcp_port": 0,
            "udp_port": ports.livekit_udp,
            "node_ip": HOST,
            "use_external_ip": False,
            "enable_loopback_candidate": True,
            "ips": {"includes": [f"{HOST}/32"]},
        },
        # A token for a call that is over must not open an empty room where nobody answers.
        "room": {"auto_create": rooms_by_entering},
        "redis": redis_of(environment["REDIS_URL"]),
        "keys": {environment["LIVEKIT_API_KEY"]: environment["LIVEKIT_API_SECRET"]},
        "logging": {"level": "info", "json": True},
    }


def redis_of(url: str) -> dict[str, object]:
    """A Redis address as LiveKit's servers want it."""
    parts = urlsplit(url)
    address = {"address": f"{parts.hostname or HOST}:{parts.port or 6379}"}
    database = parts.path.strip("/")
    return {
        **address,
        **({"username": unquote(parts.username)} if parts.username else {}),
        **({"password": unquote(parts.password)} if parts.password else {}),
        **({"db": int(database)} if database.isdigit() and database != "0" else {}),
        **({"use_tls": True} if parts.scheme == "rediss" else {}),
    }


def write_livekit_config(path: Path, config: Mapping[str, object]) -> None:
    """Write it readable by its owner alone: it holds the key. JSON is YAML, so no other library is needed."""
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        json.dump(config, file, indent=1)
