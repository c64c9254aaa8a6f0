"""What kinds of effect the tools had, and which of them wait for the caller's yes: what may truly be said to be done."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final, Literal, get_args

from livekit.agents import llm

Effect = Literal["added", "changed", "completed", "deleted", "undone", "other"]
"""«other»: something at another server than ours, whatever it was."""

Effects = frozenset[Effect]

ALL: Final[Effects] = frozenset(get_args(Effect))
_NONE: Final[Effects] = frozenset()
_OF_TOOLS: Final[Mapping[str, Effect]] = {
    "create_task": "added",
    "update_task": "changed",
    "complete_task": "completed",
    "delete_task": "deleted",
    "erase_account": "deleted",
    "undo": "undone",
}
_OF_UNDOING: Final[Mapping[str, Effect]] = {
    "create": "deleted",
    "update": "changed",
    "complete": "changed",
    "delete": "added",
}
"""What it looks like, beside that something was undone."""
_HELD_OR_NOT: Final[Effects] = frozenset({"changed", "undone"})
"""Of these the first of a turn may be done while another one waits for a yes."""


def effect_of(tool: str) -> Effect:
    """What a tool does when it succeeds."""
    return _OF_TOOLS.get(tool, "other")


def effects_of(tool: str, result: Mapping[str, Any]) -> Effects:
    """What a tool's structured result says was changed.

    A repeated result counts as the first one did: it answers the same request, whose first answer was lost or came to a
    reply that nobody heard. No «undo» of an earlier turn is repeated so, since each turn's has an id of its own.
    """
    if "error" in result:
        return _NONE
    if "undone" in result:
        looks = _OF_UNDOING.get(str(result["undone"]))
        return frozenset(["undone"] if looks is None else ["undone", looks])
    return frozenset([effect_of(tool)]) if result.get("changed") else _NONE


@dataclass(frozen=True)
class Done:
    """What happened since the caller last spoke, and what is asked about and did not happen."""

    happened: Effects = _NONE
    held: Effects = _NONE

    def supports(self, claimed: Effects, *, all_of_it: bool = False) -> bool:
        """Whether it is true that one of these kinds was done; `all_of_it`: and that nothing is left to do."""
        if all_of_it and self.held:
            return False
        # What another server did may have been of any kind.
        return bool(claimed & self.happened - (self.held - _HELD_OR_NOT)) or (
            "other" in self.happened and not claimed & self.held
        )


def done_in(items: Iterable[llm.ChatItem]) -> Done:
    """Read from a history what was done since the caller last spoke."""
    happened, held = _NONE, _NONE
    for item in items:
        if isinstance(item, llm.ChatMessage) and item.role == "user":
            happened = held = _NONE
        elif isinstance(item, llm.FunctionCallOutput) and not item.is_error:
            result = _parsed(item.output)
            effects = effects_of(item.name, result)
            happened, held = happened | effects, held - effects
            if result.get("status") == "waiting_for_confirmation":
                held |= {effect_of(item.name)}
    return Done(happened, held)


def _parsed(output: str) -> Mapping[str, Any]:
    try:
        result = json.loads(output)
    except ValueError:
        return {}
    return result if isinstance(result, dict) else {}
