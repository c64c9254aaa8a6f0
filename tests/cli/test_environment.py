from __future__ import annotations

import json
import os
import stat
from dataclasses import asdict
from pathlib import Path

import pytest

from cli.environment import load, process_environment, read_dotenv
from cli.livekit_config import livekit_config, write_livekit_config
from cli.ports import Ports
from cli.running import Running, read_running, remove_running, write_running
from cli.secrets_file import load_or_make
from cli.settings import CliSettings, SettingError

pytestmark = pytest.mark.unit

PORTS = Ports(
    web=9000,
    tasks=9001,
    sandbox=9002,
    sandbox_control=9003,
    worker=9004,
    bridge=9005,
    livekit=9880,
    livekit_udp=9882,
    redis=9390,
    sip=9060,
)


def environment(tmp_path: Path, **user: str) -> dict[str, str]:
    return process_environment(user, PORTS, load_or_make(tmp_path), tmp_path)


def test_without_a_key_every_vendor_is_the_sandbox(tmp_path: Path) -> None:
    made = environment(tmp_path)
    keys = {made[f"{vendor}_API_KEY"] for vendor in ("OPENAI", "DEEPGRAM", "CARTESIA", "ELEVEN")}
    assert keys == {"sandbox"}
    assert made["OPENAI_BASE_URL"] == "http://127.0.0.1:9002/openai/v1"
    assert made["DEEPGRAM_BASE_URL"] == "http://127.0.0.1:9002/deepgram"
    assert made["CARTESIA_BASE_URL"] == "http://127.0.0.1:9002/cartesia"
    assert made["ELEVEN_BASE_URL"] == "http://127.0.0.1:9002/elevenlabs/v1"


def test_ears_on_this_machine_do_not_stand_beside_a_model_unless_they_are_told(tmp_path: Path) -> None:
    name = "VOICETASKS_TIERS_EAR_BESIDE"
    assert environment(tmp_path)[name] == "off"
    assert environment(tmp_path, **{name: "on"})[name] == "on"
    assert name not in environment(tmp_path, VOICETASKS_SANDBOX_EAR="told")
    assert name not in environment(tmp_path, DEEPGRAM_API_KEY="real")


def test_nobody_bills_the_line_of_a_telephone_that_calls_a_demo_unless_that_is_said(tmp_path: Path) -> None:
    name = "VOICETASKS_AGENT_PHONE_CARRIER"
    assert environment(tmp_path)[name] == "none"
    assert environment(tmp_path, **{name: "twilio"})[name] == "twilio"


def test_a_real_key_replaces_its_own_stand_in_and_no_other(tmp_path: Path) -> None:
    made = environment(tmp_path, OPENAI_API_KEY="sk-real")
    assert made["OPENAI_API_KEY"] == "sk-real"
    assert "OPENAI_BASE_URL" not in made
    assert made["DEEPGRAM_API_KEY"] == "sandbox"


def test_the_demo_listens_on_the_loopback_alone_whatever_is_set(tmp_path: Path) -> None:
    made = environment(tmp_path, VOICETASKS_WEB_HOST="0.0.0.0", VOICETASKS_TASKS_HOST="0.0.0.0")
    hosts = {value for name, value in made.items() if name.endswith("_HOST")}
    assert hosts == {"127.0.0.1"}


def test_a_livekit_server_of_the_user_s_own_needs_its_keys(tmp_path: Path) -> None:
    with pytest.raises(SettingError, match="LIVEKIT_API_KEY"):
        environment(tmp_path, LIVEKIT_URL="wss://livekit.example.com")
    made = environment(
        tmp_path, LIVEKIT_URL="wss://livekit.example.com", LIVEKIT_API_KEY="key", LIVEKIT_API_SECRET="secret"
    )
    assert (made["LIVEKIT_URL"], made["LIVEKIT_API_SECRET"]) == ("wss://livekit.example.com", "secret")


def test_a_database_of_the_user_s_own_is_left_to_the_rooms(tmp_path: Path) -> None:
    assert "VOICETASKS_TASKS_DATABASE_URL" not in environment(
        tmp_path, DATABASE_URL="postgresql+asyncpg://db/x"
    )
    assert environment(tmp_path)["VOICETASKS_TASKS_DATABASE_URL"].endswith("/tasks.db")


def test_secrets_are_made_once_and_read_by_their_owner_alone(tmp_path: Path) -> None:
    first = load_or_make(tmp_path / "data")
    assert load_or_make(tmp_path / "data") == first
    assert len(set(first.values())) == len(first)
    assert all(len(first[name].encode()) >= 32 for name in first if "SECRET" in name)
    assert stat.S_IMODE((tmp_path / "data" / "secrets.env").stat().st_mode) == 0o600


def test_a_secret_that_is_missing_is_added_and_the_others_stay(tmp_path: Path) -> None:
    (tmp_path / "secrets.env").write_text(
        "VOICETASKS_WEB_SECRET=mine-and-long-enough-for-any-purpose\nOTHER=x\n"
    )
    made = load_or_make(tmp_path)
    assert made["VOICETASKS_WEB_SECRET"] == "mine-and-long-enough-for-any-purpose"
    assert made["OTHER"] == "x"
    assert made["LIVEKIT_API_SECRET"]


def test_the_env_file_fills_gaps_and_a_variable_without_value_is_none(tmp_path: Path) -> None:
    file = tmp_path / "settings"
    file.write_text("A=file\nB=file\nC=\nD=file\n")
    seen = {"A": "set", "D": "", "VOICETASKS_CLI_ENV_FILE": str(file)}
    read_dotenv(seen)
    assert (seen["A"], seen["B"], seen.get("C"), seen["D"]) == ("set", "file", None, "file")


def test_other_commands_find_the_ports_of_the_running_demo(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in [name for name in os.environ if name.startswith(("VOICETASKS_", "LIVEKIT_"))]:
        monkeypatch.delenv(name)
    for name in ("REDIS_URL", "DATABASE_URL"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("VOICETASKS_CLI_ENV_FILE", os.devnull)
    settings = CliSettings(data_dir=tmp_path)
    running = Running("http://127.0.0.1:9000", PORTS, {"web": 1}, str(tmp_path / "logs"), os.getpid())

    write_running(tmp_path, running)
    assert read_running(tmp_path) == running
    made, ports = load(settings)
    assert ports == PORTS
    assert made["VOICETASKS_WEB_PORT"] == "9000"

    remove_running(tmp_path)
    assert load(settings)[1].web == 8080


def test_a_demo_names_the_ports_of_the_servers_that_it_started_and_no_others() -> None:
    def named(*servers: str) -> set[str]:
        running = Running("http://127.0.0.1:9000", PORTS, dict.fromkeys(servers, 1), "/logs", os.getpid())
        ports = running.public()["ports"]
        assert isinstance(ports, dict)
        return set(ports)

    always = {"web", "tasks", "sandbox", "sandbox_control", "worker"}
    assert named("web") == always
    assert named("web", "redis") == always | {"redis"}
    assert named("web", "livekit") == always | {"livekit", "livekit_udp"}
    assert named("web", "bridge", "redis", "livekit") == set(PORTS.as_dict())


@pytest.mark.parametrize("text", ["", "{", "[]", '{"url": 1}', "\x00"])
def test_a_broken_file_of_a_running_demo_counts_as_none(tmp_path: Path, text: str) -> None:
    (tmp_path / "demo.json").write_text(text)
    assert read_running(tmp_path) is None


def test_a_demo_whose_process_is_gone_does_not_run(tmp_path: Path) -> None:
    gone = {"url": "x", "ports": asdict(PORTS), "pids": {}, "log_dir": "", "supervisor": 2**22 + 1}
    (tmp_path / "demo.json").write_text(json.dumps(gone))
    assert read_running(tmp_path) is None


def test_livekit_is_told_to_stay_on_the_loopback_and_the_file_is_private(tmp_path: Path) -> None:
    user = environment(tmp_path, REDIS_URL="rediss://me:p%40ss@redis.example.com:7000/3")
    write_livekit_config(tmp_path / "livekit.yaml", livekit_config(user, PORTS))
    written = json.loads((tmp_path / "livekit.yaml").read_text())
    assert written["bind_addresses"] == ["127.0.0.1"]
    assert written["rtc"]["tcp_port"] == 0
    assert written["redis"] == {
        "address": "redis.example.com:7000",
        "username": "me",
        "password": "p@ss",
        "db": 3,
        "use_tls": True,
    }
    assert stat.S_IMODE((tmp_path / "livekit.yaml").stat().st_mode) == 0o600


def test_where_the_demo_is_switched_off_nothing_of_one_is_added_and_nothing_is_written(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    for name in [*os.environ]:
        if name.startswith(("VOICETASKS_", "LIVEKIT_", "OPENAI_", "REDIS_", "DATABASE_")):
            monkeypatch.delenv(name)
    monkeypatch.setenv("VOICETASKS_CLI_ENV_FILE", os.devnull)
    monkeypatch.setenv("VOICETASKS_WEB_DEMO", "false")
    monkeypatch.setenv("VOICETASKS_WEB_HOST", "0.0.0.0")
    monkeypatch.setenv("REDIS_URL", "redis://redis:6379/0")
    made, _ = load(CliSettings(data_dir=tmp_path / "none"))
    assert made["REDIS_URL"] == "redis://redis:6379/0"
    assert (made["VOICETASKS_WEB_DEMO"], made["VOICETASKS_WEB_HOST"]) == ("false", "0.0.0.0")
    assert not {name for name in made if name.endswith(("_SECRET", "_API_KEY"))}
    assert not (tmp_path / "none").exists()
    monkeypatch.setenv("VOICETASKS_WEB_DEMO", "")
    assert load(CliSettings(data_dir=tmp_path / "some"))[0]["OPENAI_API_KEY"] == "sandbox"
