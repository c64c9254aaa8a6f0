"""Keys, secrets and passwords in addresses are never printed: not by settings, not by their errors, not by doctor."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from pydantic import SecretStr
from pydantic_settings import BaseSettings

from cli.doctor.configuration import configuration
from tests.conftest import CHECKOUT, clean_environment
from tests.test_settings_documented import documented, settings_classes, variables

pytestmark = pytest.mark.unit

MARK = "quetzal"
"""Stands in every secret value here, and nowhere else."""
SECRET_WORDS = ("KEY", "SECRET", "TOKEN", "PASSWORD")
NOT_SECRET = {
    "VOICETASKS_PEOPLE_TASKS_TOKEN_MINUTES",
    "LIVEKIT_API_KEY",  # the name of the key pair: it stands in every token, and in LiveKit's own log
}
ADDRESSES = {
    "REDIS_URL": f"redis://user:{MARK}@127.0.0.1:1/0",
    **{
        name: f"postgresql+asyncpg://user:{MARK}@127.0.0.1:1/voicetasks"
        for name in (
            "DATABASE_URL",
            "VOICETASKS_TASKS_DATABASE_URL",
            "VOICETASKS_PEOPLE_DATABASE_URL",
            "VOICETASKS_ROUTING_DATABASE_URL",
        )
    },
}


def secret_variables() -> list[str]:
    """Of all variables that exist, those whose names say that they hold a secret."""
    names = {name for name in documented() if any(word in name.split("_") for word in SECRET_WORDS)}
    return sorted(names - NOT_SECRET)


@pytest.fixture
def full(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> pytest.MonkeyPatch:
    """An environment in which every secret there is has a value."""
    for name in os.environ.keys() - clean_environment(tmp_path).keys():
        monkeypatch.delenv(name)
    for name in secret_variables():
        monkeypatch.setenv(name, f"{MARK}-0123456789-0123456789-0123456789")
    for name, address in ADDRESSES.items():
        monkeypatch.setenv(name, address)
    return monkeypatch


def test_the_secrets_are_found_by_their_names() -> None:
    assert len(secret_variables()) >= 12
    assert "VOICETASKS_AGENT_TAKEOVER_KEY" in secret_variables()


@pytest.mark.parametrize("settings", list(settings_classes()), ids=lambda one: one.__name__)
def test_settings_do_not_show_their_secrets(full: pytest.MonkeyPatch, settings: type[BaseSettings]) -> None:
    made = settings()
    secrets = [name for name in variables(settings) if name in secret_variables() or name in ADDRESSES]
    raw = " ".join(
        value.get_secret_value() if isinstance(value, SecretStr) else str(value)
        for value in made.__dict__.values()
    )
    assert (MARK in raw) == bool(secrets)  # or this test would look at nothing
    assert MARK not in f"{made!r} {made!s}"


@pytest.mark.parametrize("settings", list(settings_classes()), ids=lambda one: one.__name__)
def test_settings_that_are_refused_are_not_repeated(
    full: pytest.MonkeyPatch, settings: type[BaseSettings]
) -> None:
    for name in variables(settings):
        full.setenv(name, MARK)  # no number, no switch, no JSON, and too short for a key
    said = ""
    try:
        settings()
    except ValueError as error:  # pydantic's is one, and pydantic-settings' about JSON
        said = str(error)
    assert MARK not in said or not set(variables(settings)) & set(secret_variables())


def test_doctors_reading_of_the_settings_shows_none(full: pytest.MonkeyPatch) -> None:
    full.setenv("VOICETASKS_TASKS_TOKEN_SECRET", f"{MARK}-short")
    said = configuration(os.environ)
    assert any("TOKEN_SECRET" in check.name for check in said)
    assert MARK not in str(said)


@pytest.mark.parametrize(
    "command", [("-m", "web"), ("-m", "mcp_tasks"), ("-m", "agent")], ids=lambda one: one[1]
)
def test_a_process_whose_servers_are_away_ends_or_waits_without_telling_its_secrets(
    tmp_path: Path, command: tuple[str, str]
) -> None:
    values = {name: f"{MARK}-0123456789-0123456789-0123456789" for name in secret_variables()}
    port = {"web": "VOICETASKS_WEB_PORT", "agent": "VOICETASKS_AGENT_PORT"}.get(command[1])
    environment = clean_environment(
        tmp_path, **values, **ADDRESSES, LIVEKIT_API_KEY="APIproper", **({port: "0"} if port else {})
    )
    done = subprocess.run(
        [sys.executable, *command],
        cwd=CHECKOUT,
        env=environment,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode != 0  # the database is away
    assert done.stderr
    assert MARK not in done.stdout + done.stderr


def test_reminders_whose_database_is_away_wait_without_telling_their_secrets(tmp_path: Path) -> None:
    values = {name: f"{MARK}-0123456789-0123456789-0123456789" for name in secret_variables()}
    more = {"LIVEKIT_API_KEY": "APIproper", "VOICETASKS_OUTBOUND_TRUNK_ID": "ST_1"}
    with subprocess.Popen(
        [sys.executable, "-m", "agent.outbound"],
        cwd=CHECKOUT,
        env=clean_environment(tmp_path, **values, **ADDRESSES, **more),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    ) as process:
        assert process.stdout is not None
        said: list[str] = []
        for line in process.stdout:
            said.append(line)
            if "outbound.database_away" in line:
                process.terminate()
    assert process.returncode == 0, said  # it waited, and ended when it was told to
    assert MARK not in "".join(said)
