"""The room server that an environment names, and its key."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple


class RoomServer(NamedTuple):
    """In the order in which LiveKit's client takes them."""

    url: str
    key: str
    secret: str


def room_server(environment: Mapping[str, str]) -> RoomServer:
    """Read it. Raises KeyError where the environment names none."""
    return RoomServer(*(environment[f"LIVEKIT_{name}"] for name in ("URL", "API_KEY", "API_SECRET")))
