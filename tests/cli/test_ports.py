from __future__ import annotations

import socket
from collections.abc import Iterator

import pytest

from cli.ports import HOST, FreePorts, conflicts, is_taken, plan
from cli.settings import CliSettings, SettingError, cli_settings

pytestmark = pytest.mark.unit


@pytest.fixture(autouse=True)
def no_settings(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("PORT", "LIVEKIT_PORT", "REDIS_PORT", "DATA_DIR"):
        monkeypatch.delenv(f"VOICETASKS_CLI_{name}", raising=False)


@pytest.fixture
def taken() -> Iterator[int]:
    port = FreePorts().take()
    with socket.socket() as holder:
        holder.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        holder.bind((HOST, port))
        holder.listen()
        yield port


def test_the_defaults_are_the_ones_that_the_interfaces_promise() -> None:
    assert plan(CliSettings(), {}).as_dict() == {
        "web": 8080,
        "tasks": 8081,
        "sandbox": 8082,
        "sandbox_control": 8083,
        "worker": 8084,
        "bridge": 8085,
        "livekit": 7880,
        "livekit_udp": 7882,
        "redis": 6390,
        "sip": 5060,
    }


def test_a_single_setting_moves_one_port() -> None:
    ports = plan(CliSettings(), {"VOICETASKS_TASKS_PORT": "9001"})
    assert (ports.web, ports.tasks, ports.sandbox) == (8080, 9001, 8082)


def test_a_base_given_as_a_flag_beats_single_settings() -> None:
    ports = plan(CliSettings(port=9100), {"VOICETASKS_TASKS_PORT": "9001"}, base_is_a_flag=True)
    assert ports.tasks == 9101


@pytest.mark.parametrize("text", ["abc", "0", "65536", "-1", "8.5", "٨٠٨٠"])
def test_a_port_that_is_none_is_refused_by_its_setting_s_name(text: str) -> None:
    with pytest.raises(SettingError, match="VOICETASKS_SANDBOX_PORT"):
        plan(CliSettings(), {"VOICETASKS_SANDBOX_PORT": text})


def test_a_wrong_setting_of_the_demo_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("VOICETASKS_CLI_PORT", "many")
    with pytest.raises(SettingError, match="VOICETASKS_CLI_PORT"):
        cli_settings()


def test_zero_takes_free_ports_that_differ_from_each_other() -> None:
    ports = plan(CliSettings(port=0, livekit_port=0, redis_port=0), {}).as_dict()
    assert len(set(ports.values())) == len(ports)
    assert not any(is_taken(port) for port in ports.values())


def test_a_taken_port_is_named_with_whose_it_is_and_how_to_move_it(taken: int) -> None:
    ports = plan(CliSettings(port=0, livekit_port=0, redis_port=taken), {})
    assert conflicts(ports, own_livekit=True, own_redis=True) == [
        f"port {taken}, wanted by redis, is taken: change it by --redis-port or VOICETASKS_CLI_REDIS_PORT"
    ]


def test_the_port_of_a_server_that_the_user_brings_is_not_looked_at(taken: int) -> None:
    ports = plan(CliSettings(port=0, livekit_port=0, redis_port=taken), {})
    assert conflicts(ports, own_livekit=True, own_redis=False) == []


def test_a_taken_udp_port_is_seen() -> None:
    ports = plan(CliSettings(port=0, livekit_port=0, redis_port=0), {})
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as holder:
        holder.bind((HOST, ports.livekit_udp))
        (sentence,) = conflicts(ports, own_livekit=True, own_redis=True)
    assert sentence.startswith(f"UDP port {ports.livekit_udp}, wanted by livekit media, is taken")


def test_one_port_for_two_processes_is_a_conflict() -> None:
    free = FreePorts().take()
    ports = plan(CliSettings(port=0, livekit_port=0, redis_port=free), {"VOICETASKS_WEB_PORT": str(free)})
    (sentence,) = conflicts(ports, own_livekit=True, own_redis=True)
    assert "wanted by both web and redis" in sentence
