"""One arm at every door: a web server, the command line, a worker's router and GrowthBook's SDK."""

from __future__ import annotations

from pathlib import Path

import pytest

from cli.bench.experiments.doors import ARMS, asked, by_sdk

pytestmark = pytest.mark.system


@pytest.mark.dear
async def test_every_door_gives_a_user_the_same_arm(tmp_path: Path) -> None:
    units = [f"usr_{number:032x}" for number in range(1_200)]  # more than one request to the web server
    doors = await asked(units, tmp_path)
    sdk = by_sdk(units)
    assert set(doors) == {"web", "command line", "worker"}
    for door, arms in doors.items():
        assert arms == sdk, door
    assert set(sdk.values()) == {*(name for name, _, _ in ARMS), None}
