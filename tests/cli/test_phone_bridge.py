"""Which bridge takes the calls, and how LiveKit's own is configured."""

from __future__ import annotations

import stat
from pathlib import Path

import pytest

from cli.binaries import BinaryNotFoundError
from cli.phone_bridge import bridge_config, find_bridge
from cli.ports import plan
from cli.settings import CliSettings

pytestmark = pytest.mark.unit


def program(path: Path) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("#!/bin/sh\n")
    path.chmod(path.stat().st_mode | stat.S_IXUSR)
    return path


@pytest.fixture(autouse=True)
def nowhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path / "path"))
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))


def test_without_any_the_stand_in_takes_the_calls_and_says_so() -> None:
    found = find_bridge()
    assert (found.kind, found.program) == ("stand-in", None)
    assert "stand-in" in found.sentence
    assert "LIVEKIT_SIP_BIN" in found.sentence


def test_a_name_beats_the_path_and_the_path_beats_the_cache(tmp_path: Path) -> None:
    cached = program(tmp_path / "cache" / "voicetasks" / "bin" / "livekit-sip")
    assert find_bridge().program == cached
    on_path = program(tmp_path / "path" / "livekit-sip")
    assert find_bridge().program == on_path
    named = program(tmp_path / "mine" / "bridge")
    assert find_bridge(str(named)).program == named
    assert find_bridge("stand-in").program is None


def test_a_named_one_that_is_not_there_is_no_stand_in() -> None:
    with pytest.raises(BinaryNotFoundError, match="LIVEKIT_SIP_BIN"):
        find_bridge("/nowhere/livekit-sip")


def test_livekit_s_bridge_listens_on_the_loopback_alone() -> None:
    environment = {
        "LIVEKIT_URL": "ws://127.0.0.1:7880",
        "LIVEKIT_API_KEY": "key",
        "LIVEKIT_API_SECRET": "secret",
        "REDIS_URL": "redis://127.0.0.1:6390/0",
    }
    config = bridge_config(environment, plan(CliSettings(), {}))
    assert config["listen_ip"] == "127.0.0.1"
    assert config["use_external_ip"] is False
    assert (config["sip_port"], config["health_port"]) == (5060, 8085)
    assert config["redis"] == {"address": "127.0.0.1:6390"}
