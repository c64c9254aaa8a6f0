"""The servers: do they answer, are they new enough, do their clocks agree with ours?"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Mapping
from email.utils import parsedate_to_datetime
from typing import Final, Literal
from urllib.parse import urlsplit

import httpx
import redis.asyncio
import redis.exceptions

from cli.binaries import OLDEST_REDIS
from cli.doctor.breakers import breakers
from cli.doctor.check import Check
from cli.doctor.database import database, is_postgres
from cli.environment import is_production, owns_livekit, owns_redis
from cli.health import TIMEOUT_SECONDS, Probe, http_probe, worker_registered_probe
from cli.ports import HOST, Ports, conflicts
from routing.redis_url import is_redis_url

WARN_SKEW_SECONDS, FAIL_SKEW_SECONDS = 2.0, 30.0
"""Well before anything is refused: a task token lives for a minute at least, whoever's clock is ahead is believed, and the
room server forgives a minute.
"""

NAMED: Final = {
    "DATABASE_URL": 5432,
    "VOICETASKS_TASKS_DATABASE_URL": 5432,
    "VOICETASKS_PEOPLE_DATABASE_URL": 5432,
    "VOICETASKS_ROUTING_DATABASE_URL": 5432,
    "OLLAMA_URL": 80,
}
"""Variables that may name a server of the user's own, and the port where the address names none."""


async def servers(
    user_environment: Mapping[str, str], environment: Mapping[str, str], ports: Ports, *, demo_runs: bool
) -> list[Check]:
    """Ask each of them. What the demo would start is missed only while a demo runs.

    Where calls are real nobody of ours is to be found on this machine's loopback: only what the settings name is asked.
    """
    for_real = is_production(user_environment)
    runs = demo_runs or for_real
    found = [] if for_real else [_ports(user_environment, ports, demo_runs=demo_runs)]
    redis_url = environment["REDIS_URL"]
    can_ask = is_redis_url(redis_url)  # where not, the check of the settings says so
    if can_ask:
        found += await redis_checks(redis_url, expected=runs or not owns_redis(user_environment))
        found += await breakers(redis_url)
    livekit_expected = runs or not owns_livekit(user_environment)
    found += await livekit_checks(environment["LIVEKIT_URL"], expected=livekit_expected)
    if not for_real:
        found += await _on_this_machine(ports, demo_runs=demo_runs)
    if runs and can_ask:
        registered = await worker_registered_probe(redis_url)()
        found.append(_verdict("worker registered", registered, expected=True))
    return found


async def _on_this_machine(ports: Ports, *, demo_runs: bool) -> list[Check]:
    probes: dict[str, Probe] = {
        "task server": http_probe(f"http://{HOST}:{ports.tasks}/healthz"),
        "sandbox": http_probe(f"http://{HOST}:{ports.sandbox_control}/healthz"),
        "worker": http_probe(f"http://{HOST}:{ports.worker}/"),
        "web": http_probe(f"http://{HOST}:{ports.web}/readyz"),
    }
    return [_verdict(name, await probe(), expected=demo_runs) for name, probe in probes.items()]


async def named_servers(environment: Mapping[str, str]) -> list[Check]:
    """Whether somebody serves us where the user's own addresses point. They hold passwords: never shown whole."""
    found: list[Check] = []
    for variable, usual in NAMED.items():
        try:
            address = urlsplit(environment.get(variable, ""))
            host, port = address.hostname, address.port or usual
        except ValueError:
            found.append(Check(variable, "fail", "cannot be read as an address", "see .env.example"))
            continue
        if not host:  # not set, or SQLite: a file
            continue
        if is_postgres(environment[variable]):
            found.append(await database(variable, environment[variable], f"{host}:{port}"))
            continue
        try:
            async with asyncio.timeout(TIMEOUT_SECONDS):
                _, writer = await asyncio.open_connection(host, port)
        except OSError as error:  # TimeoutError is one
            detail = f"no answer from {host}:{port} ({type(error).__name__})"
            found.append(Check(variable, "fail", detail, "start that server, or correct the address"))
        else:
            writer.close()
            found.append(Check(variable, "ok", f"{host}:{port} answers"))
    return found


def _verdict(name: str, missing: str | None, *, expected: bool) -> Check:
    if missing is None:
        return Check(name, "ok", "answers")
    if expected:
        return Check(name, "fail", missing, "see the logs in the demo's data folder, or start it again")
    return Check(name, "warn", "not running", "scripts/demo starts it")


def _ports(environment: Mapping[str, str], ports: Ports, *, demo_runs: bool) -> Check:
    if demo_runs:
        return Check("ports", "ok", "held by the running demo")
    taken = conflicts(ports, own_livekit=owns_livekit(environment), own_redis=owns_redis(environment))
    if taken:
        return Check("ports", "fail", "; ".join(taken), "scripts/demo --port 0 takes free ports")
    return Check("ports", "ok", "all free")


async def redis_checks(url: str, *, expected: bool) -> list[Check]:
    """Reachable, new enough, runs scripts, clock."""
    client = redis.asyncio.from_url(
        url, socket_timeout=TIMEOUT_SECONDS, socket_connect_timeout=TIMEOUT_SECONDS
    )
    try:
        before = time.time()
        seconds, micros = await client.time()
        ours = (before + time.time()) / 2
        version = str((await client.info("server"))["redis_version"])
        runs_scripts = await client.eval("return 1", 0) == 1
    except (redis.exceptions.RedisError, OSError) as error:
        missing = f"no answer ({type(error).__name__})"
        return [_verdict("redis", missing, expected=expected)]
    finally:
        await client.aclose()
    new_enough = tuple(int(part) for part in version.split(".")[:2]) >= OLDEST_REDIS
    oldest = ".".join(map(str, OLDEST_REDIS))
    return [
        Check("redis", "ok", f"{version} answers")
        if new_enough
        else Check("redis", "fail", f"version {version} is too old", f"Redis {oldest} or newer, or Valkey"),
        Check("redis scripts", "ok", "Lua runs")
        if runs_scripts
        else Check("redis scripts", "fail", "EVAL gave a wrong answer", "allow EVAL to this user"),
        skew("redis clock", seconds + micros / 1e6 - ours),
    ]


async def livekit_checks(url: str, *, expected: bool) -> list[Check]:
    """Reachable, clock (to the second: it comes from an HTTP header)."""
    address = url.replace("ws", "http", 1) if url.startswith("ws") else url
    try:
        async with httpx.AsyncClient(timeout=TIMEOUT_SECONDS, trust_env=not _is_local(address)) as client:
            answer = await client.get(address)
    except (httpx.InvalidURL, ValueError):
        return [Check("livekit", "fail", "LIVEKIT_URL cannot be read as an address", "see .env.example")]
    except httpx.HTTPError as error:
        return [_verdict("livekit", f"no answer ({type(error).__name__})", expected=expected)]
    if answer.status_code != httpx.codes.OK:
        return [_verdict("livekit", f"HTTP {answer.status_code}", expected=expected)]
    found = [Check("livekit", "ok", "answers")]
    if date := answer.headers.get("date"):
        # The header cuts the fraction off, so the middle of its second is the best guess.
        found.append(skew("livekit clock", parsedate_to_datetime(date).timestamp() + 0.5 - time.time()))
    return found


def _is_local(address: str) -> bool:
    return httpx.URL(address).host in (HOST, "localhost")


def skew(name: str, seconds: float) -> Check:
    """How far a clock is from ours; positive: it is ahead."""
    detail = f"{abs(seconds):.1f} s {'ahead of' if seconds > 0 else 'behind'} this machine"
    level: Literal["ok", "warn", "fail"] = "ok"
    if abs(seconds) >= FAIL_SKEW_SECONDS:
        level = "fail"
    elif abs(seconds) >= WARN_SKEW_SECONDS:
        level = "warn"
    return Check(name, level, detail, "" if level == "ok" else "set both clocks by NTP")
