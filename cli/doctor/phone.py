"""The phone bridge: which one takes calls here, and whether it does."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from cli.binaries import BinaryNotFoundError
from cli.doctor.check import Check
from cli.environment import is_production
from cli.health import http_probe
from cli.phone_bridge import find_bridge
from cli.ports import HOST, Ports

NAMED: Final = "LIVEKIT_SIP_BIN"
STAND_IN: Final = "the sandbox's stand-in takes calls on this machine: plain SIP over UDP, in only"
ELSEWHERE: Final = "not asked: a server of its own, if there is one; its health is at its port 8085"
GET_IT: Final = (
    f"put LiveKit's livekit-sip on PATH, or name it by {NAMED}; deploy/ and LiveKit Cloud bring their own"
)


def bridge(environment: Mapping[str, str]) -> Check:
    """Which one scripts/demo --phone would start; where calls are real nothing is started, and none is asked."""
    if is_production(environment):
        return Check("phone bridge", "ok", ELSEWHERE)
    try:
        found = find_bridge(environment.get(NAMED, ""))
    except BinaryNotFoundError as error:
        return Check("phone bridge", "fail", str(error), f"correct {NAMED}, or unset it")
    if found.program is None:
        return Check("phone bridge", "warn", STAND_IN, GET_IT)
    return Check("phone bridge", "ok", f"LiveKit's, {found.program}")


async def takes_calls(ports: Ports, *, runs: bool) -> Check:
    """Whether the running demo's bridge answers."""
    if not runs:
        return Check("phone calls", "warn", "the demo takes none", "scripts/demo --phone does")
    missing = await http_probe(f"http://{HOST}:{ports.bridge}/")()
    if missing is not None:
        return Check("phone calls", "fail", missing, "see bridge.log in the demo's logs, or start it again")
    return Check("phone calls", "ok", f"taken at sip:tasks@{HOST}:{ports.sip}")
