"""Which calls of a model's are the same request: it is carried out once, however often and by whomever it is sent.

A model that was interrupted sends its last call once more in a new turn, and so does one that finds in the history a
wish without an answer, because the worker that heard it is gone.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from hashlib import sha256
from itertools import chain
from typing import Any, Final, NamedTuple

from mcp_tasks.same_wish import wish

SAME_REQUEST_SECONDS: Final = 30.0
"""A model that was interrupted sends its last call once more, in a new turn: within this it is the same request,
and one of which nobody knows how it went is for longer.
«Undo» has no arguments, and twice means twice."""


class Request(NamedTuple):
    """A change that was asked for."""

    key: str
    """A digest of the tool and of what its arguments ask for."""
    operation: str
    """The id under which it was asked for."""
    at: float
    """When it was sent last: the clock's seconds."""
    turn: int
    is_unsure: bool = False
    """Nobody knows how it went, and its server keeps the answer: it stands until that is known."""


@dataclass
class _Undo:
    """One «undo» of a turn."""

    operation: str
    calls: set[str] = field(default_factory=set)
    """The ids of the model's calls that mean it."""
    replies: set[str] = field(default_factory=set)
    """The replies that those belong to."""
    is_done: bool = False


class Requests:
    """The changes that were asked for in one call. The clock is that of the wall, since workers hand them on."""

    def __init__(self, call_id: str, clock: Callable[[], float] = time.time) -> None:
        self._call_id = call_id
        self._clock = clock
        self._recent: dict[str, Request] = {}
        self._changed_in: int | None = None
        self._first_asked: dict[str, int] = {}
        """Turns, by operation."""
        self._taken_over: set[str] = set()
        """Operations of another worker: its successor's model begins anew, and may send them in a turn of its own."""
        self._undos: dict[int, list[_Undo]] = {}
        """By turn, in the order in which they were asked for."""

    def known(self) -> tuple[Request, ...]:
        """Those that a turn to come would be a repetition of, for another worker."""
        return tuple(each for each in self._recent.values() if self._stands(each, None))

    def goes_on_from(self, known: Iterable[Request]) -> None:
        """Take over what another worker has asked for."""
        for each in known:
            self._recent[each.key] = each
            self._first_asked.setdefault(each.operation, each.turn)
            self._taken_over.add(each.operation)

    def operation(self, tool: str, arguments: Mapping[str, Any], turn: int) -> str:
        """The id under which a change is asked for in this turn: that of the same request, if it was made already."""
        before = self._recent.get(_key(tool, arguments))
        if arguments and before is not None and self._stands(before, turn):
            return before.operation
        return operation_id(self._call_id, turn, tool, arguments)

    def was_done(self, tool: str, arguments: Mapping[str, Any], turn: int) -> bool:
        """Whether asking for it in this turn means a request of an earlier one, which is known to be carried out.

        Not of one that another worker took: that its successor sends it again is expected.
        """
        before = self._recent.get(_key(tool, arguments))
        if before is None or before.is_unsure or not self._stands(before, turn):
            return False
        return before.operation not in self._taken_over and self.first_asked(before.operation, turn) < turn

    def undo(self, turn: int, *, call: str = "", reply: str = "") -> str:
        """The id of an «undo» of this turn: «bring them back» takes as many as were deleted, and each is a request.

        The same call of a model's is the same one, and so is another reply's while it is not known how that went: it
        may be the reply anew. The ids are numbered, so that another worker that begins the turn anew sends the same.
        """
        undos = self._undos.setdefault(turn, [])
        meant = next((each for each in undos if call in each.calls), None) or next(
            (each for each in undos if not each.is_done and reply not in each.replies), None
        )
        if meant is None:
            which = {"again": len(undos)} if undos else {}
            meant = _Undo(operation_id(self._call_id, turn, "undo", which))
            undos.append(meant)
        meant.calls.add(call)
        meant.replies.add(reply)
        return meant.operation

    def undone(self, operation: str) -> None:
        """It was carried out: a new call of a model's in its turn takes back the change before."""
        for undo in chain.from_iterable(self._undos.values()):
            undo.is_done = undo.is_done or undo.operation == operation

    def sent(
        self,
        tool: str,
        arguments: Mapping[str, Any],
        operation: str,
        turn: int,
        *,
        is_unsure: bool = False,
    ) -> None:
        """It is sent, or was and may have been carried out: whoever asks again means this request.

        `is_unsure`: for however long, until it is answered.
        """
        key = _key(tool, arguments)
        self._first_asked.setdefault(operation, turn)
        self._recent[key] = Request(key, operation, self._clock(), turn, is_unsure)

    def answered(self, tool: str, arguments: Mapping[str, Any]) -> None:
        """It was carried out, and that is known."""
        key = _key(tool, arguments)
        if (request := self._recent.get(key)) is not None:
            self._recent[key] = request._replace(is_unsure=False)

    def is_unsure(self, operation: str | None) -> bool:
        """Whether a request was sent of which nobody knows how it went."""
        return any(each.is_unsure and each.operation == operation for each in self._recent.values())

    def first_asked(self, operation: str | None, turn: int) -> int:
        """The turn in which a request that is sent in this one was asked for at first, as far as it is known."""
        return self._first_asked.get(operation or "", turn)

    def forget(self, tool: str, arguments: Mapping[str, Any]) -> None:
        """It certainly was not carried out: the next one is a new request."""
        self._recent.pop(_key(tool, arguments), None)

    def changed(self, turn: int) -> None:
        """Something was changed, for the first time. In another turn the same words are a new wish from now on: what
        was taken back may be added again.
        """
        if self._changed_in is not None and turn != self._changed_in:
            since = self._changed_in
            self._recent = {
                key: each for key, each in self._recent.items() if each.turn >= since or each.is_unsure
            }
        self._changed_in = turn

    def _stands(self, request: Request, turn: int | None) -> bool:
        """Whether asking again means it, in this turn: nobody knows how it went, or nothing was changed in a turn after
        it, but for this one, since all that one answer asks for counts as asked at once.
        """
        if request.is_unsure:
            return True
        is_recent = self._clock() - request.at < SAME_REQUEST_SECONDS
        is_newest = self._changed_in is None or request.turn >= self._changed_in or turn == self._changed_in
        return is_recent and is_newest


def operation_id(call_id: str, turn: int, tool: str, arguments: Mapping[str, Any]) -> str:
    """One id for one request: the same turn, tool and arguments are the same request, however often it is sent."""
    return sha256(_canonical([call_id, turn, tool, arguments]).encode()).hexdigest()[:40]


def _key(tool: str, arguments: Mapping[str, Any]) -> str:
    """A model that sends its call again writes it a little otherwise at times: a new task is known by what it is."""
    meant = wish(arguments) if tool == "create_task" else arguments
    return sha256(_canonical([tool, meant]).encode()).hexdigest()


def _canonical(request: list[Any]) -> str:
    return json.dumps(request, sort_keys=True, separators=(",", ":"))
