"""The phone bridge of the demo: LiveKit's own where it can be had, else the sandbox's stand-in."""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from cli.binaries import BinaryNotFoundError, cache_dir
from cli.livekit_config import redis_of, write_livekit_config
from cli.ports import HOST, Ports
from cli.room_server import room_server
from people.demo_accounts import DEMO_ACCOUNTS, DEMO_PIN

PROGRAM = "livekit-sip"
LOOPBACK = "127.0.0.1/32"


class DemoPhoneError(RuntimeError):
    """Calls by telephone cannot come in; the message says why."""


@dataclass(frozen=True)
class Bridge:
    """Which one takes the calls."""

    kind: Literal["livekit", "stand-in"]
    program: Path | None = None

    @property
    def sentence(self) -> str:
        """For people."""
        if self.program is None:
            return (
                "phone bridge: the sandbox's stand-in, since LiveKit's SIP bridge is not here "
                "(put it on PATH as livekit-sip, or name it by LIVEKIT_SIP_BIN)"
            )
        return f"phone bridge: LiveKit's, {self.program}"


def find_bridge(named: str = "") -> Bridge:
    """By name, on PATH, or built by set-up. Raises BinaryNotFoundError when the named one is not there.

    `stand-in` takes the stand-in although the real one is here.
    """
    if named == "stand-in":
        return Bridge("stand-in")
    if named:
        if not os.access(named, os.X_OK):
            raise BinaryNotFoundError(f"LIVEKIT_SIP_BIN names {named}, which is no program")
        return Bridge("livekit", Path(named))
    if on_path := shutil.which(PROGRAM):
        return Bridge("livekit", Path(on_path))
    cached = cache_dir() / "bin" / PROGRAM
    return Bridge("livekit", cached) if os.access(cached, os.X_OK) else Bridge("stand-in")


def how_to_call(port: int) -> str:
    """For people: where a softphone dials, as whom, and what it is asked for."""
    people = " or ".join(f"{each.phone} ({each.email})" for each in DEMO_ACCOUNTS if each.phone is not None)
    pin = DEMO_PIN.get_secret_value()
    return (
        f"by telephone: have a softphone call sip:tasks@{HOST}:{port}, with no registration, as user {people}; "
        f"asked for the PIN, key {pin}#"
    )


def bridge_command(
    bridge: Bridge, environment: Mapping[str, str], ports: Ports, data_dir: Path
) -> tuple[str, ...]:
    """The command that starts it."""
    if bridge.program is None:
        return sys.executable, "-m", "sandbox.phone_bridge"
    path = data_dir / "livekit-sip.yaml"
    write_livekit_config(path, bridge_config(environment, ports))
    return str(bridge.program), "--config", str(path)


def bridge_config(environment: Mapping[str, str], ports: Ports) -> dict[str, object]:
    """The configuration of LiveKit's bridge: everything on the loopback."""
    return {
        "api_key": environment["LIVEKIT_API_KEY"],
        "api_secret": environment["LIVEKIT_API_SECRET"],
        "ws_url": environment["LIVEKIT_URL"],
        "redis": redis_of(environment["REDIS_URL"]),
        "sip_port": ports.sip,
        "health_port": ports.bridge,
        "listen_ip": HOST,
        "nat_1_to_1_ip": HOST,
        "media_nat_1_to_1_ip": HOST,
        "use_external_ip": False,
        "logging": {"level": "info", "json": True},
    }


async def provision_demo(environment: Mapping[str, str]) -> None:
    """Let telephones on this machine in, and nobody else. Raises DemoPhoneError."""
    # Late: a demo without a telephone needs none of it.
    from livekit import api

    from sip.provision import UNREACHABLE, provision
    from sip.settings import SipSettings
    from sip.trunk import Wanted

    settings = SipSettings()
    wanted = Wanted(
        allowed_addresses=(LOOPBACK,),
        username=settings.username,
        password=settings.password.get_secret_value(),
    )
    try:
        async with api.LiveKitAPI(*room_server(environment), failover=False) as client:
            await provision(client, wanted)
    except UNREACHABLE as error:
        raise DemoPhoneError(f"the room server takes no trunk: {error}") from error
