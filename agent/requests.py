"""Which calls of a model's are the same request: it is carried out once, however often and by whomever it is sent.

A model that was interrupted sends its last call once more in a new turn, and so does one that finds in the history a
wish without an answer, because the worker that heard it is gone.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Mapping
from hashlib import sha256
from typing import Any, Final, NamedTuple

SAME_REQUEST_SECONDS: Final = 30.0
"""A model that was interrupted sends its last call once more, in a new turn: within this it is the same request.
«Undo» has no arguments, and twice means twice."""


class _Request(NamedTuple):
    """A change that was asked for: under which id, when (the clock's seconds), in which turn."""

    operation: str
    at: float
    turn: int


class Requests:
    """The changes that were asked for in one call."""

    def __init__(self, call_id: str, clock: Callable[[], float] = time.monotonic) -> None:
        self._call_id = call_id
        self._clock = clock
        self._recent: dict[str, _Request] = {}
        self._before: tuple[int, float] | None = None
        """The last turn that another worker began, and when we took over."""
        self._changed_in: int | None = None

    def goes_on_from(self, turn: int) -> None:
        """Another worker began this turn: what it did in it is not known here, and may be asked for again."""
        self._before = (turn, self._clock())

    def operation(self, tool: str, arguments: Mapping[str, Any], turn: int) -> str:
        """The id under which a change is asked for in this turn: that of the same request, if it was made already."""
        before = self._recent.get(_key(tool, arguments))
        if arguments and before is not None and self._clock() - before.at < SAME_REQUEST_SECONDS:
            return before.operation
        return operation_id(self._call_id, self._turn_of(arguments, turn), tool, arguments)

    def sent(self, tool: str, arguments: Mapping[str, Any], operation: str, turn: int) -> None:
        """It is sent, or was and may have been carried out: whoever asks again means this request."""
        self._recent[_key(tool, arguments)] = _Request(operation, self._clock(), turn)

    def forget(self, tool: str, arguments: Mapping[str, Any]) -> None:
        """It certainly was not carried out: the next one is a new request."""
        self._recent.pop(_key(tool, arguments), None)

    def changed(self, turn: int) -> None:
        """Something was changed, for the first time. In another turn the same words are a new wish from now on: what
        was taken back may be added again.
        """
        self._recent = {key: known for key, known in self._recent.items() if known.turn == turn}
        self._changed_in = turn

    def _turn_of(self, arguments: Mapping[str, Any], turn: int) -> int:
        """The turn that a request counts as of: a dead worker's, where it may be what that one has carried out."""
        if self._before is None or not arguments:
            return turn
        theirs, at = self._before
        is_recent = self._clock() - at < SAME_REQUEST_SECONDS
        return theirs if is_recent and self._changed_in in (None, turn) else turn


def operation_id(call_id: str, turn: int, tool: str, arguments: Mapping[str, Any]) -> str:
    """One id for one request: the same turn, tool and arguments are the same request, however often it is sent."""
    return sha256(_canonical([call_id, turn, tool, arguments]).encode()).hexdigest()[:40]


def _key(tool: str, arguments: Mapping[str, Any]) -> str:
    return _canonical([tool, arguments])


def _canonical(request: list[Any]) -> str:
    return json.dumps(request, sort_keys=True, separators=(",", ":"))
