"""Where pipecat lives: an environment of its own in the cache, since it wants other versions of what we pin."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Final

from cli.binaries import cache_dir

WANTED: Final = "pipecat-ai[livekit,deepgram,cartesia,openai,silero]==1.14.0"
SETTING: Final = "VOICETASKS_BENCH_PIPECAT_PYTHON"
"""Names a Python that has it already."""
INSTALL_SECONDS: Final = 900


class NoPipecatError(RuntimeError):
    """pipecat cannot be had; the message says why."""


def pipecat_python(tell: Callable[[str], None]) -> Path:
    """A Python with pipecat; it is installed when it is not there (450 MB). Raises NoPipecatError."""
    if named := os.environ.get(SETTING):
        return Path(named)
    home = cache_dir() / "peers" / "pipecat"
    python = home / "bin" / "python"
    if _has_it(python):
        return python
    uv = shutil.which("uv") or shutil.which("uv", path=str(cache_dir() / "uv" / "bin"))
    if uv is None:
        raise NoPipecatError(f"uv is needed to install pipecat; or name a Python that has it by {SETTING}")
    tell(f"installing {WANTED} into {home}")
    try:
        for command in (
            [uv, "venv", "--clear", "--python", "3.11", str(home)],
            [uv, "pip", "install", "--python", str(python), WANTED],
        ):
            subprocess.run(command, check=True, capture_output=True, timeout=INSTALL_SECONDS)  # noqa: S603
    except subprocess.CalledProcessError as error:
        complaint = error.stderr.decode(errors="replace").strip()[-300:]
        raise NoPipecatError(f"pipecat could not be installed: {complaint}") from error
    except (OSError, subprocess.TimeoutExpired) as error:
        raise NoPipecatError(f"pipecat could not be installed: {error}") from error
    return python


def _has_it(python: Path) -> bool:
    if not os.access(python, os.X_OK):
        return False
    asked = subprocess.run(  # noqa: S603
        [str(python), "-c", "import pipecat.transports.livekit.transport"],
        capture_output=True,
        check=False,
        timeout=120,
    )
    return asked.returncode == 0
