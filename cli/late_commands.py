"""Commands whose rooms are loaded when they are wanted.

Loading all of them takes two seconds of a processor: statistics, ORM and WebRTC, of which one command needs one at most.
"""

from __future__ import annotations

from collections import UserDict
from importlib import import_module
from typing import Any, Final

import typer
from typer.core import TyperGroup
from typer.main import get_command
from typing_extensions import override

ROOMS: Final = {
    "tasks": "cli.tasks",
    "sandbox": "cli.sandbox",
    "sip": "cli.sip",
    "bench": "cli.bench.main",
    "admin": "cli.admin.main",
    "probe": "cli.probe.command",
    "doctor": "cli.doctor.command",
    "migrate": "cli.migrate",
    "call": "cli.call",
    "whatif": "cli.whatif",
    "conformance": "cli.conformance.command",
}
"""Name → the module that has the command: an `app` of several, or `register(app)`, which adds the one."""


class _Late(UserDict[str, Any]):
    """Commands by name; one that is only a module's name yet is loaded when it is asked for."""

    @override
    def __getitem__(self, name: str) -> Any:
        found = super().__getitem__(name)
        if isinstance(found, str):
            found = self.data[name] = _loaded(name, found)
        return found


class LateCommands(TyperGroup):
    """The program's commands: those of `ROOMS`, and those that it is given."""

    def __init__(self, **attributes: Any) -> None:
        super().__init__(**attributes)
        self.commands = _Late(ROOMS | dict(self.commands))


def _loaded(name: str, module: str) -> Any:
    room = import_module(module)
    app = getattr(room, "app", None)
    if app is None:
        app = typer.Typer(add_completion=False, pretty_exceptions_show_locals=False)
        room.register(app)
    command = get_command(app)
    command.name = name
    return command
