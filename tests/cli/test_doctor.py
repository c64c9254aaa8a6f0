from __future__ import annotations

import asyncio
import json
import os
from datetime import UTC, date, datetime, timedelta
from email.utils import format_datetime
from pathlib import Path

import pytest

from cli.doctor.breakers import breakers, verdict
from cli.doctor.check import Check
from cli.doctor.command import examine
from cli.doctor.configuration import configuration
from cli.doctor.phone import bridge, takes_calls
from cli.doctor.programs import disk, programs, python
from cli.doctor.servers import (
    FAIL_SKEW_SECONDS,
    livekit_checks,
    named_servers,
    redis_checks,
    servers,
    skew,
)
from cli.doctor.vendors import keys, models
from cli.ports import plan
from cli.settings import CliSettings
from mcp_tasks.identity import read_token
from people.settings import PeopleSettings
from people.tokens import mint_tasks_token
from people.user import Plan, Role, User
from routing.breaker import Reading
from routing.health import Health
from tiers.catalogue import Model

pytestmark = pytest.mark.unit


@pytest.mark.parametrize(
    ("version", "level"),
    [((3, 10, 9), "fail"), ((3, 11, 0), "ok"), ((3, 13, 1), "ok"), ((3, 14, 0), "fail")],
)
def test_only_the_pythons_that_the_project_runs_on_are_right(
    version: tuple[int, int, int], level: str
) -> None:
    assert python(version).level == level


@pytest.mark.parametrize(
    ("seconds", "level"),
    [(0.0, "ok"), (-1.9, "ok"), (2.5, "warn"), (-29.0, "warn"), (31.0, "fail"), (-90.0, "fail")],
)
def test_a_clock_that_is_off_is_reported_by_how_much_it_matters(seconds: float, level: str) -> None:
    assert skew("clock", seconds).level == level


@pytest.mark.parametrize("seconds", [-FAIL_SKEW_SECONDS, FAIL_SKEW_SECONDS])
def test_a_clock_that_is_no_failure_has_no_token_refused(
    monkeypatch: pytest.MonkeyPatch, seconds: float
) -> None:
    secret = "a secret that only tests know, 32 bytes"
    monkeypatch.setenv("VOICETASKS_TASKS_TOKEN_SECRET", secret)
    settings = PeopleSettings(tasks_token_minutes=1)
    now = datetime.now(UTC)
    ann = User(
        id="usr_ann",
        email="ann@example.org",
        plan=Plan.ECONOMY,
        role=Role.USER,
        time_zone="Etc/UTC",
        created_at=now,
    )
    signed = mint_tasks_token(ann, settings, now=now + timedelta(seconds=seconds))
    assert read_token(signed, secret).subject == ann.id


def test_a_key_is_named_but_never_shown() -> None:
    checks = keys({"OPENAI_API_KEY": "sk-very-secret"})
    assert "sk-very-secret" not in json.dumps([check.as_dict() for check in checks])
    assert {check.name: check.detail for check in checks} == {
        "key openai": "OPENAI_API_KEY is set",
        "key deepgram": "sandbox",
        "key cartesia": "sandbox",
        "key elevenlabs": "sandbox",
        "key google": "sandbox",
    }


def test_a_real_key_that_goes_to_the_sandbox_is_a_warning() -> None:
    (openai, *_) = keys({"OPENAI_API_KEY": "sk-real", "OPENAI_BASE_URL": "http://127.0.0.1:8082/openai/v1"})
    assert openai.level == "warn"


@pytest.mark.parametrize(
    ("today", "words"),
    [
        (date(2026, 11, 14), None),
        (date(2026, 11, 15), "stops it on 2027-01-14, in 60 days; new is served from 2026-12-15"),
        (date(2026, 12, 14), "stops it on 2027-01-14, in 31 days; new is served from 2026-12-15"),
        (date(2026, 12, 15), "stops it on 2027-01-14, in 30 days; new is served instead"),
        (date(2027, 1, 14), "stopped it on 2027-01-14; new is served instead"),
    ],
)
def test_a_model_is_warned_about_from_sixty_days_before_its_end(today: date, words: str | None) -> None:
    old = Model("openai", "old", date(2027, 1, 14), "new")
    found = [check for check in models(today, {"old": old}) if check.name == "model old"]
    assert [(check.level, check.detail) for check in found] == (
        [("warn", f"openai {words}")] if words else []
    )


def test_the_catalogues_own_models_near_their_end_are_warned_about_and_none_fails() -> None:
    checks = {check.name: check for check in models(date(2026, 11, 25))}
    assert {check.level for check in checks.values()} == {"warn", "ok"}
    assert "in 50 days; gpt-5.6-luna is served from 2026-12-15" in checks["model gpt-4o-mini"].detail
    assert "in 56 days; gpt-realtime-2.1 is served from 2026-12-21" in checks["model gpt-realtime"].detail


@pytest.mark.parametrize(("today", "level"), [(date(2027, 1, 13), "warn"), (date(2027, 1, 14), "fail")])
def test_a_model_without_a_successor_is_a_failure_once_it_has_stopped(today: date, level: str) -> None:
    (check, _) = models(today, {"old": Model("openai", "old", date(2027, 1, 14))})
    assert check.level == level


def configured(monkeypatch: pytest.MonkeyPatch, **variables: str) -> dict[str, Check]:
    """What the doctor says of an environment with these variables and no others of ours."""
    for name in [name for name in os.environ if name.startswith("VOICETASKS_")]:
        monkeypatch.delenv(name)
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    return {check.name: check for check in configuration(os.environ)}


def test_an_environment_with_nothing_or_only_good_settings_is_right(monkeypatch: pytest.MonkeyPatch) -> None:
    assert [check.level for check in configured(monkeypatch).values()] == ["ok"]
    checks = configured(monkeypatch, VOICETASKS_SANDBOX_EAR="told", VOICETASKS_AGENT_STACK="local")
    assert [check.level for check in checks.values()] == ["ok"]


def test_a_misspelt_setting_is_named_with_the_one_that_was_meant(monkeypatch: pytest.MonkeyPatch) -> None:
    check = configured(monkeypatch, VOICETASKS_AGENT_SLOT="8")["setting VOICETASKS_AGENT_SLOT"]
    assert (check.level, check.fix) == ("warn", "did you mean VOICETASKS_AGENT_SLOTS?")


def test_a_value_that_a_room_would_refuse_is_a_failure_and_is_not_shown(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    wrong = {"VOICETASKS_SANDBOX_EAR": "trumpet", "VOICETASKS_TASKS_TOKEN_SECRET": "too-short"}
    checks = configured(monkeypatch, **wrong)
    assert {name: check.level for name, check in checks.items()} == {
        f"setting {name}": "fail" for name in wrong
    }
    assert not any(value in str(checks) for value in wrong.values())


def test_a_stack_that_does_not_exist_is_a_warning_that_lists_those_that_do(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    (check,) = configured(monkeypatch, VOICETASKS_AGENT_STACK="deluxe").values()
    assert (check.level, "economy" in check.fix) == ("warn", True)


@pytest.mark.parametrize("url", ["localhost:6379", "redis://:s3cret/x@localhost:1"])
async def test_an_address_of_redis_that_is_none_is_a_failure_and_not_shown(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, url: str
) -> None:
    monkeypatch.setenv("REDIS_URL", url)
    monkeypatch.setenv("VOICETASKS_CLI_ENV_FILE", os.devnull)
    monkeypatch.setenv("VOICETASKS_CLI_DATA_DIR", str(tmp_path))
    checks = await examine()
    assert [check.level for check in checks if check.name == "setting REDIS_URL"] == ["fail"]
    assert url not in str(checks)
    assert "s3cret" not in str(checks)


def test_an_https_address_without_a_proxy_that_is_believed_is_a_warning(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    name = "VOICETASKS_WEB_TRUSTED_PROXIES"
    https = {"VOICETASKS_WEB_PUBLIC_URL": "https://tasks.example.org"}
    assert configured(monkeypatch, **https)[f"setting {name}"].level == "warn"
    assert f"setting {name}" not in configured(monkeypatch, **https, **{name: "10.0.0.0/8"})


@pytest.mark.parametrize(
    ("environment", "level"),
    [
        ({"VOICETASKS_WEB_DEMO": "false"}, "warn"),
        ({"CARTESIA_API_KEY": "a key"}, "warn"),
        ({}, "fail"),
    ],
)
def test_an_engine_that_an_image_was_made_without_is_a_failure_where_the_sandbox_needs_it_alone(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, environment: dict[str, str], level: str
) -> None:
    monkeypatch.setattr("cli.doctor.programs.find_spec", lambda _: None)
    servers_named = {"LIVEKIT_URL": "wss://rooms.example.org", "REDIS_URL": "redis://redis:6379"}
    found = {check.name: check for check in programs(environment | servers_named, tmp_path)}
    assert found["voice"].level == level
    assert ("sandbox" in found["voice"].detail) == (level == "fail")
    assert ("uv" in found) == (environment.get("VOICETASKS_WEB_DEMO") != "false")


def test_room_on_the_disk_is_looked_for_where_the_folder_will_be(tmp_path: Path) -> None:
    assert str(tmp_path) in disk(tmp_path / "not" / "yet").detail


@pytest.mark.parametrize(("expected", "level"), [(True, "fail"), (False, "warn")])
async def test_a_server_is_missed_only_where_it_should_run(expected: bool, level: str) -> None:
    (redis,) = await redis_checks("redis://127.0.0.1:1/0", expected=expected)
    (livekit,) = await livekit_checks("ws://127.0.0.1:1", expected=expected)
    assert (redis.level, livekit.level) == (level, level)


@pytest.mark.parametrize("url", ["ws://host:notaport", "ws://[half", "nothing"])
async def test_an_address_of_livekit_that_is_none_is_a_failure(
    url: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (livekit,) = await livekit_checks(url, expected=True)
    assert livekit.level == "fail"
    for name, value in {"LIVEKIT_URL": url, "LIVEKIT_API_KEY": "key", "LIVEKIT_API_SECRET": "s" * 32}.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setenv("VOICETASKS_CLI_ENV_FILE", os.devnull)
    monkeypatch.setenv("VOICETASKS_CLI_DATA_DIR", str(tmp_path))
    assert "livekit" in {check.name for check in await examine() if check.level == "fail"}


async def test_where_calls_are_real_only_what_the_settings_name_is_asked_for() -> None:
    named = {
        "VOICETASKS_WEB_DEMO": "false",
        "REDIS_URL": "redis://127.0.0.1:1/0",
        "LIVEKIT_URL": "ws://127.0.0.1:1",
    }
    ports = plan(CliSettings(port=0, livekit_port=0, redis_port=0, sip_port=0), {})
    found = {check.name: check.level for check in await servers(named, named, ports, demo_runs=False)}
    assert found == {"redis": "fail", "livekit": "fail", "worker registered": "fail"}


async def test_a_server_that_the_user_names_is_asked_for_and_its_password_not_shown() -> None:
    listening = await asyncio.start_server(lambda _, writer: writer.close(), "127.0.0.1", 0)
    port = listening.sockets[0].getsockname()[1]
    async with listening:
        (there,) = await named_servers({"OLLAMA_URL": f"http://me:hidden@127.0.0.1:{port}/v1"})
    (gone, wrong) = await named_servers(
        {"DATABASE_URL": "postgresql://me:hidden@127.0.0.1:1/x", "OLLAMA_URL": "http://127.0.0.1:many/v1"}
    )
    assert (there.level, gone.level, wrong.level) == ("ok", "fail", "fail")
    assert "hidden" not in str([there, gone, wrong])
    assert await named_servers({"DATABASE_URL": "sqlite+aiosqlite:///tasks.db"}) == []


async def test_a_livekit_server_whose_clock_is_minutes_off_is_found() -> None:
    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        late = format_datetime(datetime.now(UTC) - timedelta(minutes=5), usegmt=True)
        writer.write(f"HTTP/1.1 200 OK\r\nDate: {late}\r\nContent-Length: 0\r\n\r\n".encode())
        await writer.drain()
        writer.close()

    server = await asyncio.start_server(answer, "127.0.0.1", 0)
    async with server:
        checks = await livekit_checks(f"ws://127.0.0.1:{server.sockets[0].getsockname()[1]}", expected=True)
    assert [(check.name, check.level) for check in checks] == [("livekit", "ok"), ("livekit clock", "fail")]
    assert "behind this machine" in checks[1].detail


def test_a_vendor_that_nobody_dials_is_named_with_how_long_and_why() -> None:
    reading = Reading(
        70_000,
        {"openai-chat": Health(), "cartesia": Health(since=30_000, retry=90_000, fault="rate_limited")},
    )
    check = verdict(reading)
    assert (check.level, check.detail) == ("warn", "cartesia open for 40 s (rate_limited)")
    assert verdict(Reading(0, {"openai-chat": Health()})).level == "ok"


async def test_without_redis_nothing_is_said_of_breakers() -> None:
    assert await breakers("redis://127.0.0.1:1") == []


def test_the_bridge_that_would_take_calls_is_named_and_what_a_real_one_needs(
    tmp_path: Path,
) -> None:
    program = tmp_path / "livekit-sip"
    program.write_text("#!/bin/sh\n")
    program.chmod(0o700)
    real = bridge({"LIVEKIT_SIP_BIN": str(program)})
    assert (real.level, real.fix) == ("ok", "")
    assert str(program) in real.detail
    spare = bridge({"LIVEKIT_SIP_BIN": "stand-in"})
    assert (spare.level, "stand-in" in spare.detail, "LIVEKIT_SIP_BIN" in spare.fix) == ("warn", True, True)
    assert bridge({"LIVEKIT_SIP_BIN": str(tmp_path / "none")}).level == "fail"


def test_where_calls_are_real_nothing_is_said_of_stand_ins() -> None:
    real = {"VOICETASKS_WEB_DEMO": "false", "LIVEKIT_SIP_BIN": "stand-in"}
    found = [bridge(real), *keys(real)]
    assert {check.level for check in found} == {"ok"}
    assert not [
        check for check in found if "sandbox" in str(check) or "stand-in" in str(check) or ".env" in check.fix
    ]


async def test_a_bridge_that_should_take_calls_and_does_not_is_a_failure() -> None:
    ports = plan(CliSettings(port=0, livekit_port=0, redis_port=0, sip_port=0), {})
    assert (await takes_calls(ports, runs=True)).level == "fail"
    assert (await takes_calls(ports, runs=False)).level == "warn"
