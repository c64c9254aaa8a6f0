"""The arms of many users, asked of everything that gives them: a web server, the command line, a worker's router and
GrowthBook's own SDK. Each is a process of its own, on a Redis and databases of the bench's own.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import sys
from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import httpx

from cli.bench.bare_environment import bare_environment
from cli.binaries import redis_server
from cli.ports import HOST, FreePorts
from cli.settings import CHECKOUT
from people.demo_accounts import DEMO_PASSWORD

NAME: Final = "which-arm"
ARMS: Final = (("control", "economy", 7), ("other", "budget", 2), ("third", "quality", 4))
COVERAGE: Final = 90
START_SECONDS: Final = 30.0
AT_ONCE: Final = 1_000
"""Ids in one request: its body stays below what the web server takes."""
ADMIN: Final = "admin@example.com"

Arms = dict[str, str | None]


class DoorError(RuntimeError):
    """A process did not start or did not answer; the message says which and what it said."""


class NoSdkError(RuntimeError):
    """GrowthBook's SDK is not installed."""


@dataclass(frozen=True)
class _House:
    environment: Mapping[str, str]
    url: str


async def asked(units: Sequence[str], folder: Path) -> dict[str, Arms]:
    """Give the arms by door. Raises DoorError, OSError and BinaryNotFoundError."""
    async with _house(folder) as house:
        listed = "\n".join(units)
        await _voicetasks(house, *_create())
        return {
            "web": await _web(house, units),
            "command line": (
                await _voicetasks(house, "admin", "experiments", "arms", NAME, "--ids", "-", given=listed)
            )["arms"],
            "worker": await _run(house, ("-m", "cli.bench.experiments.worker_door"), given=listed),
        }


def by_sdk(units: Sequence[str]) -> Arms:
    """Give the arms by GrowthBook's SDK. Raises NoSdkError."""
    try:
        from growthbook import Experiment, GrowthBook
    except ImportError as error:
        raise NoSdkError(
            "GrowthBook's SDK comes with the developers' packages: uv sync --all-groups"
        ) from error
    names = [name for name, _, _ in ARMS]
    whole = sum(weight for _, _, weight in ARMS)
    experiment = Experiment(
        key=NAME,
        variations=names,
        weights=[weight / whole for _, _, weight in ARMS],
        coverage=COVERAGE / 100,
        hashVersion=2,
        seed=NAME,
    )
    found: Arms = {}
    for unit in units:
        result = GrowthBook(attributes={"id": unit}).run(experiment)
        found[unit] = result.value if result.inExperiment else None
    return found


def _create() -> tuple[str, ...]:
    arms = [part for name, stack, weight in ARMS for part in ("--arm", f"{name}={stack}:{weight}")]
    return (
        *("admin", "experiments", "create", NAME, "--hypothesis", "Which arm is whose?"),
        *(*arms, "--coverage", str(COVERAGE), "--start"),
    )


async def _web(house: _House, units: Sequence[str]) -> Arms:
    found: Arms = {}
    async with (
        _web_server(house),
        httpx.AsyncClient(base_url=house.url, trust_env=False, timeout=30) as client,
    ):
        signed = await client.post("/api/login", json={"email": ADMIN, "password": DEMO_PASSWORD})
        if signed.status_code != 200:
            raise DoorError(f"the web server let no admin in: {signed.text[:200]}")
        headers = {"X-CSRF-Token": signed.json()["csrf"]}
        for at in range(0, len(units), AT_ONCE):
            answer = await client.put(
                f"/api/admin/experiments/{NAME}/arms",
                json={"ids": list(units[at : at + AT_ONCE])},
                headers=headers,
            )
            if answer.status_code != 200:
                raise DoorError(f"the web server gave no arms: {answer.text[:200]}")
            found |= answer.json()["arms"]
    return found


@contextlib.asynccontextmanager
async def _house(folder: Path) -> AsyncIterator[_House]:
    """A Redis, and the environment of all the others."""
    free = FreePorts()
    redis, web = free.take(), free.take()
    environment = bare_environment() | {
        "VOICETASKS_CLI_ENV_FILE": os.devnull,
        "VOICETASKS_CLI_DATA_DIR": str(folder),
        "REDIS_URL": f"redis://{HOST}:{redis}/0",
        "VOICETASKS_ROUTING_DATABASE_URL": f"sqlite+aiosqlite:///{folder / 'routing.db'}",
        "VOICETASKS_PEOPLE_DATABASE_URL": f"sqlite+aiosqlite:///{folder / 'people.db'}",
        "VOICETASKS_WEB_PORT": str(web),
        "VOICETASKS_WEB_HOST": HOST,
        "VOICETASKS_WEB_DEMO": "true",
        "VOICETASKS_WEB_SECRET": os.urandom(32).hex(),
        "VOICETASKS_TASKS_TOKEN_SECRET": os.urandom(32).hex(),
        "LIVEKIT_URL": f"ws://{HOST}:1",  # nobody calls
        "LIVEKIT_API_KEY": "bench",
        "LIVEKIT_API_SECRET": os.urandom(16).hex(),
    }
    command = (str(redis_server()), "--port", str(redis), "--bind", HOST, "--save", "", "--dir", str(folder))
    async with _running(command, environment, folder / "redis.log"):
        yield _House(environment, f"http://{HOST}:{web}")


@contextlib.asynccontextmanager
async def _web_server(house: _House) -> AsyncIterator[None]:
    log = Path(house.environment["VOICETASKS_CLI_DATA_DIR"]) / "web.log"
    async with (
        _running((sys.executable, "-m", "web"), house.environment, log) as process,
        httpx.AsyncClient(base_url=house.url, trust_env=False) as client,
    ):
        deadline = asyncio.get_running_loop().time() + START_SECONDS
        while True:
            with contextlib.suppress(httpx.TransportError):
                if (await client.get("/healthz")).status_code == 200:
                    break
            if process.returncode is not None or asyncio.get_running_loop().time() > deadline:
                raise DoorError(f"the web server did not start: {log.read_text()[-500:]}")
            await asyncio.sleep(0.1)
        yield


@contextlib.asynccontextmanager
async def _running(
    command: Sequence[str], environment: Mapping[str, str], log: Path
) -> AsyncIterator[asyncio.subprocess.Process]:
    with log.open("wb") as output:
        process = await asyncio.create_subprocess_exec(
            *command, cwd=CHECKOUT, env=dict(environment), stdout=output, stderr=output
        )
    try:
        yield process
    finally:
        if process.returncode is None:
            process.terminate()
        await process.wait()


async def _voicetasks(house: _House, *arguments: str, given: str = "") -> dict[str, Any]:
    return await _run(house, ("-m", "cli.main", *arguments, "--json"), given=given)


async def _run(house: _House, arguments: Sequence[str], *, given: str) -> dict[str, Any]:
    """Run a Python program to its end; the JSON object that it prints."""
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, *arguments),
        cwd=CHECKOUT,
        env=dict(house.environment),
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    out, err = await process.communicate(given.encode())
    try:
        body = json.loads(out)
    except ValueError:
        body = None
    if process.returncode != 0 or not isinstance(body, dict):
        raise DoorError(f"{' '.join(arguments[:4])} failed: {err.decode()[-500:]}")
    return body
