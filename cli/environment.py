"""The environment that every process of the demo gets, and that single commands use to find the demo."""

from __future__ import annotations

import os
from collections.abc import Mapping, MutableMapping
from pathlib import Path
from typing import Final

from dotenv import dotenv_values

from cli.ports import HOST, Ports, plan
from cli.running import read_running
from cli.secrets_file import load_or_make
from cli.settings import CHECKOUT, CliSettings, SettingError, cli_settings
from cli.stand_ins import SANDBOX_KEY, stand_in_variables

_OFF: Final = ("false", "0", "no", "off", "f", "n")
"""What pydantic takes for a switch that is off."""
_DEFAULTS: Final = {
    "LIVEKIT_URL": "ws://127.0.0.1:7880",
    "REDIS_URL": "redis://127.0.0.1:6390/0",
    "VOICETASKS_WEB_TASKS_URL": "http://127.0.0.1:8081/mcp",
}
"""The rooms' own, for commands that ask the environment."""


def read_dotenv(environment: MutableMapping[str, str]) -> None:
    """Add what `.env` holds. What is set already stays, and a variable without a value counts as not there."""
    path = Path(environment.get("VOICETASKS_CLI_ENV_FILE") or CHECKOUT / ".env")
    if path.is_file():
        for name, value in dotenv_values(path).items():
            if value and not environment.get(name):
                environment[name] = value


def owns_livekit(environment: Mapping[str, str]) -> bool:
    """Whether the demo starts a LiveKit server of its own: no LIVEKIT_URL names another."""
    return not environment.get("LIVEKIT_URL")


def owns_redis(environment: Mapping[str, str]) -> bool:
    """Whether the demo starts a Redis of its own: no REDIS_URL names another."""
    return not environment.get("REDIS_URL")


def is_production(environment: Mapping[str, str]) -> bool:
    """Whether somebody has said that this is no demo."""
    return environment.get("VOICETASKS_WEB_DEMO", "").casefold() in _OFF


def process_environment(
    environment: Mapping[str, str], ports: Ports, secrets: Mapping[str, str], data_dir: Path
) -> dict[str, str]:
    """What the processes see: the caller's environment, the demo's addresses and the stand-ins' keys.

    Raises SettingError when a LiveKit server of the user's own has no key beside it.
    """
    result = dict(environment)
    result |= stand_in_variables(environment, ports)
    if owns_livekit(environment):
        result["LIVEKIT_URL"] = f"ws://{HOST}:{ports.livekit}"
        result["LIVEKIT_API_KEY"] = secrets["LIVEKIT_API_KEY"]
        result["LIVEKIT_API_SECRET"] = secrets["LIVEKIT_API_SECRET"]
    elif not (environment.get("LIVEKIT_API_KEY") and environment.get("LIVEKIT_API_SECRET")):
        raise SettingError(
            "LIVEKIT_URL names a server, so LIVEKIT_API_KEY and LIVEKIT_API_SECRET are needed too; "
            "or remove LIVEKIT_URL and the demo starts a server of its own"
        )
    if owns_redis(environment):
        result["REDIS_URL"] = f"redis://{HOST}:{ports.redis}/0"
    if not environment.get("DATABASE_URL"):
        for room in ("TASKS", "PEOPLE", "ROUTING"):
            database = f"sqlite+aiosqlite:///{data_dir.resolve() / room.lower()}.db"
            _default(result, f"VOICETASKS_{room}_DATABASE_URL", database)
    for name in (
        "VOICETASKS_TASKS_TOKEN_SECRET",
        "VOICETASKS_WEB_SECRET",
        "VOICETASKS_AGENT_TAKEOVER_KEY",
    ):
        _default(result, name, secrets[name])
    _default(result, "VOICETASKS_ROUTING_SPOOL_DIR", str(data_dir.resolve() / "spool"))
    if result.get("DEEPGRAM_API_KEY") == SANDBOX_KEY and result.get("VOICETASKS_SANDBOX_EAR") != "told":
        # Both stand-ins would run Whisper for each turn, on this machine.
        _default(result, "VOICETASKS_TIERS_EAR_BESIDE", "off")
    # Its telephones come by a stand-in for the bridge, which nobody bills.
    _default(result, "VOICETASKS_AGENT_PHONE_CARRIER", "none")
    # A demo that is ended waits for its calls a moment, not a minute.
    _default(result, "VOICETASKS_AGENT_DRAIN_SECONDS", "5")
    # Its accounts are everybody's, and benches call with them by the dozen.
    _default(result, "VOICETASKS_WEB_CALLS_EACH", "0")
    _default(result, "VOICETASKS_AGENT_ASKED_SHARE", "1")
    _default(result, "VOICETASKS_TASKS_CALLS_PER_MINUTE", "0")
    # Nobody asks it there, and two demos may run beside each other.
    _default(result, "VOICETASKS_OUTBOUND_PORT", "0")
    tasks_url = f"http://{HOST}:{ports.tasks}/mcp"
    _default(result, "VOICETASKS_AGENT_TASKS_URL", tasks_url)
    # The demo's password is public, so nothing of it may be reached from another machine.
    result |= {
        "VOICETASKS_WEB_HOST": HOST,
        "VOICETASKS_TASKS_HOST": HOST,
        "VOICETASKS_SANDBOX_HOST": HOST,
        "VOICETASKS_AGENT_HOST": HOST,
        "VOICETASKS_OUTBOUND_HOST": HOST,
        "VOICETASKS_WEB_PORT": str(ports.web),
        "VOICETASKS_TASKS_PORT": str(ports.tasks),
        "VOICETASKS_SANDBOX_PORT": str(ports.sandbox),
        "VOICETASKS_SANDBOX_CONTROL_PORT": str(ports.sandbox_control),
        "VOICETASKS_AGENT_PORT": str(ports.worker),
        "VOICETASKS_SANDBOX_PHONE_HOST": HOST,
        "VOICETASKS_SANDBOX_PHONE_PORT": str(ports.sip),
        "VOICETASKS_SANDBOX_PHONE_HEALTH_PORT": str(ports.bridge),
        "VOICETASKS_WEB_TASKS_URL": tasks_url,
        "VOICETASKS_WEB_DEMO": "true",
        "VOICETASKS_CLI_DATA_DIR": str(data_dir.resolve()),
    }
    return result


def _default(environment: dict[str, str], name: str, value: str) -> None:
    if not environment.get(name):
        environment[name] = value


def load(settings: CliSettings | None = None) -> tuple[dict[str, str], Ports]:
    """For a single command: the environment and the ports of the demo that runs, or of one that would.

    A running demo tells its ports by a file in its data folder, so a command needs no flag to find it. Where
    VOICETASKS_WEB_DEMO is switched off the environment is a production's, and nothing of a demo is added to it.
    """
    read_dotenv(os.environ)
    settings = settings or cli_settings()
    running = read_running(settings.data_dir)
    ports = running.ports if running else plan(settings, os.environ)
    if running is None and is_production(os.environ):
        return _DEFAULTS | os.environ, ports
    secrets = load_or_make(settings.data_dir)
    return process_environment(os.environ, ports, secrets, settings.data_dir), ports
