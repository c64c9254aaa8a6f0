"""A bench that could not measure says why, and ends with the exit code that scripts rely on."""

from __future__ import annotations

from typing import Final

from cli.caller.errors import CallError
from cli.errors import tell_error

FAILED: Final = 1
_CODES: Final = {2: "cannot_speak", 3: "nobody_answered", 4: "refused"}
"""Of a call that broke off, by its exit code."""


def failed(bench: str, error: Exception, *, as_json: bool) -> int:
    """Tell people and, with `as_json`, programs that nothing was measured; give the exit code."""
    exit_code = error.exit_code if isinstance(error, CallError) else FAILED
    code = _CODES.get(exit_code, "not_measured")
    tell_error(f"bench {bench}", code, str(error) or type(error).__name__, as_json=as_json)
    return exit_code


def stopped(bench: str, *, as_json: bool) -> None:
    """Tell that it was stopped before there was a report."""
    tell_error(f"bench {bench}", "stopped", "stopped before its end", as_json=as_json)
