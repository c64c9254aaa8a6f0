"""The program as a whole: what is wrong with the command line itself is told to programs too."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Final

import typer
from typing_extensions import override

from cli.errors import print_error
from cli.late_commands import LateCommands

_AS_JSON: Final = "voicetasks.as_json"


class Program(LateCommands):
    """Puts an object on stdout where `--json` is given and a command is refused before it begins."""

    @override
    def make_context(self, info_name: str | None, args: list[str], *more: Any, **extra: Any) -> Any:
        as_json = "--json" in args  # looked for first: the parser takes the list apart
        with _refusals(as_json=as_json):
            context = super().make_context(info_name, args, *more, **extra)
        context.meta[_AS_JSON] = as_json
        return context

    @override
    def invoke(self, ctx: Any) -> Any:
        with _refusals(as_json=ctx.meta[_AS_JSON]):
            return super().invoke(ctx)


@contextmanager
def _refusals(*, as_json: bool) -> Iterator[None]:
    """Tell programs; people are told by Typer, which ends with 2 where the usage is wrong, else with 1."""
    try:
        yield
    except typer.Abort:
        if as_json:
            print_error("aborted", "it was broken off before anything was done")
        raise
    except Exception as error:
        # Known by what it can do: the class of Typer's refusals has had several names.
        message = getattr(error, "format_message", None)
        if as_json and message is not None:
            at = getattr(error, "ctx", None)
            print_error("usage", message(), f"«{at.command_path} --help»" if at is not None else "")
        raise
