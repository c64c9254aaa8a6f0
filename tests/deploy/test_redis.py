"""Redis as both deployments start it: full before it is killed, told to stop itself, and no root where there is a choice."""

from __future__ import annotations

import os
import re
import shlex
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from redis import Redis

from cli.binaries import redis_server
from tests.deploy.interpolation import interpolated
from tests.deploy.test_compose import COMPOSE, NAMES, made_secrets
from tests.deploy.test_kubernetes import manifests, named

MIB = 2**20
UNITS = {"mb": MIB, "gb": 2**30, "Mi": MIB, "Gi": 2**30}
PASSWORD = "p$a`b c"


def size(text: str) -> int:
    """Bytes, of Redis' and of Kubernetes' own way to write them."""
    return int(text[:-2]) * UNITS[text[-2:]]


def container() -> dict[str, Any]:
    """Redis on Kubernetes."""
    (found,) = named(manifests(), "StatefulSet", "redis")["spec"]["template"]["spec"]["containers"]
    return dict(found)


def script(deployment: str) -> str:
    """What the shell is given to start it."""
    if deployment == "Kubernetes":
        found = container()
        shell, (text,) = found["command"], found["args"]
    else:
        *shell, text = interpolated(COMPOSE, made_secrets() | NAMES)["services"]["redis"]["command"]
    assert shell == ["sh", "-c"]
    return str(text)


def most(text: str) -> int:
    """Bytes that the server may hold."""
    (found,) = re.findall(r"--maxmemory (\S+)", text)
    return size(found)


@contextmanager
def started(text: str, folder: Path) -> Iterator[subprocess.Popen[str]]:
    """The tests' own server, started by what a deployment starts its own by, in a folder instead of the volume."""
    programs = folder / "programs"
    programs.mkdir()
    (programs / "valkey-server").symlink_to(redis_server())
    # Without the image's way out of root this one ends as the image's does.
    entrypoint = programs / "docker-entrypoint.sh"
    entrypoint.write_text('#!/bin/sh\nset -e\nexec "$@"\n')
    entrypoint.chmod(0o700)
    data = shlex.quote(str(folder))
    text = text.replace("--dir /data", f"--dir {data} --port 0 --unixsocket {data}/socket")
    environment = os.environ | {"PATH": f"{programs}:{os.environ['PATH']}", "REDISCLI_AUTH": f'"{PASSWORD}"'}
    with subprocess.Popen(["sh", "-c", text], env=environment, stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            said = iter(process.stdout.readline, "")
            assert any("ready to accept connections" in line.lower() for line in said)
            yield process
        finally:
            process.kill()


@pytest.mark.system
@pytest.mark.timeout(60)
@pytest.mark.parametrize("deployment", ["Compose", "Kubernetes"])
def test_the_server_is_the_process_that_is_told_to_stop_and_knows_its_password_and_its_limit(
    deployment: str, tmp_path: Path
) -> None:
    text = script(deployment)
    with started(text, tmp_path) as process:
        assert Path(f"/proc/{process.pid}/exe").resolve() == redis_server().resolve()
        assert PASSWORD not in Path(f"/proc/{process.pid}/cmdline").read_text()
        with Redis(unix_socket_path=str(tmp_path / "socket"), password=PASSWORD) as redis:
            asked = redis.config_get("maxmemory*", "appendonly")
        assert int(asked["maxmemory"]) == most(text)
        assert asked["maxmemory-policy"] == "noeviction"
        assert asked["appendonly"] == "yes"
        process.terminate()
        assert process.wait(timeout=10) == 0


@pytest.mark.unit
def test_it_is_full_before_its_container_is() -> None:
    limit = size(container()["resources"]["limits"]["memory"])
    assert 0 < most(script("Kubernetes")) <= 0.65 * limit


@pytest.mark.unit
def test_with_compose_the_image_leaves_root_before_it_starts() -> None:
    # Its entrypoint does so where the server is what it is to start, and only there.
    assert shlex.split(script("Compose"))[:4] == ["exec", "docker-entrypoint.sh", "valkey-server", "-"]


@pytest.mark.unit
def test_how_much_it_may_hold_is_the_deployers_to_say() -> None:
    document = interpolated(COMPOSE, made_secrets() | NAMES | {"REDIS_MAXMEMORY": "3gb"})
    assert most(document["services"]["redis"]["command"][-1]) == 3 * 2**30
