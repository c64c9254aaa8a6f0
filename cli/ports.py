"""Which port each process of the demo listens on, and whether it is free."""

from __future__ import annotations

import random
import socket
from collections.abc import Mapping
from dataclasses import asdict, dataclass

from cli.settings import CliSettings, SettingError

HOST = "127.0.0.1"
OFFSETS = {"web": 0, "tasks": 1, "sandbox": 2, "sandbox_control": 3, "worker": 4, "bridge": 5}
SETTINGS = {
    "web": "VOICETASKS_WEB_PORT",
    "tasks": "VOICETASKS_TASKS_PORT",
    "sandbox": "VOICETASKS_SANDBOX_PORT",
    "sandbox_control": "VOICETASKS_SANDBOX_CONTROL_PORT",
    "worker": "VOICETASKS_AGENT_PORT",
    "bridge": "VOICETASKS_SANDBOX_PHONE_HEALTH_PORT",
}


@dataclass(frozen=True)
class Ports:
    """One number for each listening socket of the demo; all on 127.0.0.1."""

    web: int
    tasks: int
    sandbox: int
    sandbox_control: int
    worker: int
    bridge: int
    """Health of the phone bridge."""
    livekit: int
    livekit_udp: int
    redis: int
    sip: int

    def as_dict(self) -> dict[str, int]:
        """For `--json` and the file that tells other commands."""
        return asdict(self)


def plan(settings: CliSettings, environment: Mapping[str, str], *, base_is_a_flag: bool = False) -> Ports:
    """Every port from the base, from the single settings, or free ones where the number is 0.

    A base given as a flag beats single settings in the environment, as flags do.
    Raises SettingError with the name of the setting that is wrong.
    """
    free = FreePorts()
    numbers: dict[str, int] = {}
    for name, offset in OFFSETS.items():
        single = "" if base_is_a_flag else environment.get(SETTINGS[name], "")
        if single:
            numbers[name] = _number(single, SETTINGS[name])
        elif settings.port == 0:
            numbers[name] = free.take()
        else:
            numbers[name] = settings.port + offset
    livekit = settings.livekit_port or free.take()
    livekit_udp = settings.livekit_port + 2 if settings.livekit_port else free.take()
    return Ports(
        **numbers,
        livekit=livekit,
        livekit_udp=livekit_udp,
        redis=settings.redis_port or free.take(),
        sip=settings.sip_port or free.take(),
    )


def _number(text: str, setting: str) -> int:
    if not text.isascii() or not text.isdigit() or not 1 <= int(text) <= 65535:
        raise SettingError(f"{setting} must be a port from 1 to 65535, not {text!r}")
    return int(text)


class FreePorts:
    """Hands out ports that nobody listens on.

    They lie below the range that systems use for outgoing connections, so that a process that is restarted
    after a minute still finds its port free.
    """

    def __init__(self) -> None:
        self._taken: set[int] = set()
        self._random = random.SystemRandom()

    def take(self) -> int:
        """One free port, a different one each time. Raises OSError when it cannot find any."""
        for _ in range(2000):
            port = self._random.randrange(20_000, 32_000)
            if port not in self._taken and not is_taken(port) and not is_taken(port, udp=True):
                self._taken.add(port)
                return port
        raise OSError("no free port between 20000 and 32000")


def is_taken(port: int, *, udp: bool = False) -> bool:
    """Whether somebody on this machine holds the port already."""
    if not udp:
        # Binding alone is not proof: some systems let a second socket bind beside one on all addresses.
        with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
            probe.settimeout(0.5)
            if probe.connect_ex((HOST, port)) == 0:
                return True
    kind = socket.SOCK_DGRAM if udp else socket.SOCK_STREAM
    with socket.socket(socket.AF_INET, kind) as probe:
        if not udp:
            # The servers set it too: a port in TIME_WAIT after the last demo is not taken.
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, port))
        except OSError:
            return True
    return False


def conflicts(ports: Ports, *, own_livekit: bool, own_redis: bool, phone: bool = False) -> list[str]:
    """One sentence for each port that is taken or named twice: whose it is and how to move it."""
    used = [name for name in OFFSETS if phone or name != "bridge"]
    wanted = [(name, getattr(ports, name), f"--port or {SETTINGS[name]}", False) for name in used]
    if own_livekit:
        move = "--livekit-port or VOICETASKS_CLI_LIVEKIT_PORT"
        wanted += [("livekit", ports.livekit, move, False), ("livekit media", ports.livekit_udp, move, True)]
    if own_redis:
        wanted.append(("redis", ports.redis, "--redis-port or VOICETASKS_CLI_REDIS_PORT", False))
    if phone:
        wanted.append(("sip", ports.sip, "--sip-port or VOICETASKS_CLI_SIP_PORT", True))
    found: list[str] = []
    seen: dict[tuple[int, bool], str] = {}
    for name, port, move, udp in wanted:
        label = name.replace("_", " ")
        kind = "UDP port" if udp else "port"
        if (port, udp) in seen:
            found.append(f"{kind} {port} is wanted by both {seen[port, udp]} and {label}: change {move}")
        elif is_taken(port, udp=udp):
            found.append(f"{kind} {port}, wanted by {label}, is taken: change it by {move}")
        seen.setdefault((port, udp), label)
    return found
