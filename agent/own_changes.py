"""What a call itself has changed, newest last: «undo that» means this without asking.

The task server takes the owner's newest change back, whichever door it came through, and what another door has made
meanwhile is not what the caller means.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, Final, NamedTuple

from mcp_tasks.task import UNDO_FOR

_KINDS: Final = {
    "create_task": "create",
    "update_task": "update",
    "complete_task": "complete",
    "delete_task": "delete",
}


MOST: Final = 50
"""So many are handed over to another worker."""


class OwnChange(NamedTuple):
    """What a call did to a task."""

    kind: str
    task_id: str
    version: int
    """The task's, after it."""


class OwnChanges:
    """The changes of one call at its task server, as far as its answers tell."""

    def __init__(self) -> None:
        self._made: list[OwnChange] = []
        self._noted: set[str] = set()
        """The operations whose answer is known."""

    def known(self) -> tuple[OwnChange, ...]:
        """The newest of them, for another worker."""
        return tuple(self._made[-MOST:])

    def goes_on_from(self, earlier: Sequence[OwnChange]) -> None:
        """Take over what the call did with another worker."""
        self._made = list(earlier)

    def note(self, tool: str, operation: str, answer: Mapping[str, Any]) -> None:
        """Take the answer to a request that was carried out; a repeated answer tells nothing new."""
        task = answer.get("task")
        if operation in self._noted or not isinstance(task, Mapping):
            return
        self._noted.add(operation)
        task_id, version = str(task["id"]), int(task["version"])
        if "undone" in answer:
            self._take_back(OwnChange(str(answer["undone"]), task_id, version))
        elif answer.get("changed") and tool in _KINDS:
            self._made.append(OwnChange(_KINDS[tool], task_id, version))

    def is_newest(self, change: Mapping[str, Any], tasks: Sequence[Mapping[str, Any]]) -> bool:
        """Whether the last change that the server tells of is the last one of this call. `tasks`: as they are now."""
        if not self._made:
            return False
        own = self._made[-1]
        if (own.kind, own.task_id) != (change["kind"], change["task_id"]):
            return False
        return own.kind == "delete" or any(
            (task["id"], task["version"]) == (own.task_id, own.version) for task in tasks
        )

    def _take_back(self, undone: OwnChange) -> None:
        last = self._made[-1] if self._made else None
        if last is not None and (last.kind, last.task_id) == (undone.kind, undone.task_id):
            self._made.pop()
        # A version never goes back: what is now the last change of this task has the one that undoing gave it.
        for place, each in reversed(list(enumerate(self._made))):
            if each.task_id == undone.task_id:
                self._made[place] = each._replace(version=undone.version)
                break


def can_be_undone(change: Mapping[str, Any]) -> bool:
    """Whether a change that the server tells of is young enough."""
    return datetime.now(UTC) - datetime.fromisoformat(change["at"]) < UNDO_FOR
