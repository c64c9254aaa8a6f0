"""How a command says that it could not do what it was asked for: to people on stderr, to programs on stdout."""

from __future__ import annotations

import json
from typing import Any

import typer


def tell_error(command: str, code: str, message: str, fix: str = "", *, as_json: bool, **more: Any) -> None:
    """Say what went wrong and what to do about it, to programs too with `as_json`.

    `command` is what follows `voicetasks`; `more` goes into the object beside code, message and fix.
    """
    if as_json:
        print_error(code, message, fix, **more)
    typer.echo(f"voicetasks {command}: {message}", err=True)
    if fix:
        typer.echo(f"→ {fix}", err=True)


def print_error(code: str, message: str, fix: str = "", **more: Any) -> None:
    """Put the one object on stdout, in the shape that HTTP has too: {"error": {code, message, fix}}."""
    body = {"code": code, "message": message, "fix": fix, **more}
    typer.echo(json.dumps({"error": body}, ensure_ascii=False))
