"""The demo's own secrets: made once, kept in a file that only its owner reads."""

from __future__ import annotations

import os
import secrets
from pathlib import Path

from dotenv import dotenv_values

NAMES = (
    "LIVEKIT_API_KEY",
    "LIVEKIT_API_SECRET",
    "VOICETASKS_TASKS_TOKEN_SECRET",
    "VOICETASKS_WEB_SECRET",
    "VOICETASKS_AGENT_TAKEOVER_KEY",
)


def load_or_make(data_dir: Path) -> dict[str, str]:
    """The secrets in `secrets.env`; missing ones are made and written (mode 0600) in one step."""
    data_dir.mkdir(parents=True, exist_ok=True, mode=0o700)
    path = data_dir / "secrets.env"
    known = {name: value for name, value in dotenv_values(path).items() if value} if path.exists() else {}
    missing = [name for name in NAMES if name not in known]
    if missing:
        known |= {name: _make(name) for name in missing}
        _write(path, known)
    return known


def _make(name: str) -> str:
    if name == "LIVEKIT_API_KEY":
        return "API" + secrets.token_hex(6)
    return secrets.token_urlsafe(36)


def _write(path: Path, values: dict[str, str]) -> None:
    # A new name and a rename: a reader never sees half a file, and the mode is right from the first byte.
    fresh = path.with_name(f"{path.name}.{os.getpid()}")
    descriptor = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        file.writelines(f"{name}={value}\n" for name, value in sorted(values.items()))
    fresh.replace(path)
