"""Programs, packages and room on this machine."""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Mapping
from importlib.util import find_spec
from pathlib import Path

from cli.binaries import BinaryNotFoundError, cache_dir, livekit_server, redis_server, redis_version
from cli.doctor.check import Check
from cli.environment import is_production, owns_livekit, owns_redis
from cli.stand_ins import STAND_INS

OLDEST_PYTHON, FIRST_UNTRIED_PYTHON = (3, 11), (3, 14)
FAIL_BYTES, WARN_BYTES = 200 * 2**20, 2 * 2**30


def programs(environment: Mapping[str, str], data_dir: Path) -> list[Check]:
    """Everything that is found without asking a server."""
    return [
        python(sys.version_info[:3]),
        # Where calls are real the product is set up already.
        *([] if is_production(environment) else [uv()]),
        _livekit(environment),
        _redis(environment),
        _speech("ears", "faster_whisper", "deepgram", environment),
        _speech("voice", "piper", "cartesia", environment),
        disk(data_dir),
    ]


def python(version: tuple[int, int, int]) -> Check:
    """Whether the interpreter is one that the project runs on."""
    text = ".".join(map(str, version))
    if OLDEST_PYTHON <= version[:2] < FIRST_UNTRIED_PYTHON:
        return Check("python", "ok", text)
    return Check("python", "fail", f"{text} is not supported", "install Python 3.11, 3.12 or 3.13")


def uv() -> Check:
    """Set-up finds or fetches it by itself, so its absence is no failure."""
    found = shutil.which("uv") or _executable(cache_dir() / "uv" / "bin" / "uv")
    return (
        Check("uv", "ok", found)
        if found
        else Check("uv", "warn", "not installed", "scripts/setup fetches it")
    )


def _executable(path: Path) -> str | None:
    return str(path) if os.access(path, os.X_OK) else None


def _livekit(environment: Mapping[str, str]) -> Check:
    if not owns_livekit(environment):
        return Check("livekit-server", "ok", "LIVEKIT_URL names a server, so none is started here")
    try:
        return Check("livekit-server", "ok", str(livekit_server()))
    except BinaryNotFoundError as error:
        return Check("livekit-server", "fail", str(error), "scripts/setup")


def _redis(environment: Mapping[str, str]) -> Check:
    if not owns_redis(environment):
        return Check("redis-server", "ok", "REDIS_URL names a server, so none is started here")
    try:
        binary = redis_server()
    except BinaryNotFoundError as error:
        return Check("redis-server", "fail", str(error), "scripts/setup")
    return Check("redis-server", "ok", f"{binary} {'.'.join(map(str, redis_version(binary)))}")


def _speech(extra: str, package: str, vendor: str, environment: Mapping[str, str]) -> Check:
    if find_spec(package):
        return Check(extra, "ok", f"{package} is installed")
    stand_in = next(one for one in STAND_INS if one.vendor == vendor)
    spare = f"{package} is missing: the local stack, or a call whose vendor fails, needs it"
    if is_production(environment):
        return Check(extra, "warn", spare, f"an image with the extra {extra}, or go on without")
    fix = f"uv sync --inexact --extra {extra}, or set {stand_in.key}"
    if stand_in.is_real(environment):
        return Check(extra, "warn", spare, fix)
    # Without a key the sandbox stands in for the vendor and needs the engine.
    return Check(extra, "fail", f"{package} is missing: the sandbox needs it", fix)


def disk(folder: Path) -> Check:
    """Room for databases and logs."""
    while not folder.exists():
        folder = folder.parent
    free = shutil.disk_usage(folder).free
    detail = f"{free / 2**30:.1f} GiB free at {folder}"
    if free < FAIL_BYTES:
        return Check("disk", "fail", detail, "make room: databases and logs grow")
    return Check(
        "disk", "warn" if free < WARN_BYTES else "ok", detail, "" if free >= WARN_BYTES else "make room"
    )
