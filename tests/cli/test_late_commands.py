"""A command loads what it needs, and help knows all of them."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest
import typer

from cli.late_commands import ROOMS
from cli.main import app

pytestmark = pytest.mark.unit


def test_a_command_loads_no_other_ones_room() -> None:
    program = (
        "import json, sys, typer; from cli.main import app; sys.argv = ['voicetasks', 'sandbox', '--help']\n"
        "try: app()\n"
        "except SystemExit: pass\n"
        "print(json.dumps(sorted(sys.modules)))"
    )
    said = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True).stdout
    loaded = set(json.loads(said.splitlines()[-1]))
    assert "cli.sandbox" in loaded
    assert loaded & {*ROOMS.values(), "scipy", "sqlalchemy", "livekit.rtc"} == {"cli.sandbox"}


@pytest.mark.parametrize("name", ROOMS)
def test_every_command_is_there_and_says_what_it_is_for(name: str) -> None:
    command = typer.main.get_command(app).commands[name]  # type: ignore[attr-defined]
    assert command.name == name
    assert command.get_short_help_str()
