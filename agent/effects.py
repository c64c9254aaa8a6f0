"""What kinds of effect the tools had, and which of them wait for the caller's yes: what may truly be said to be done."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final, Literal, NamedTuple, get_args

from livekit.agents import llm

from agent.shown import Fact, listed, shows
from tiers.tool_arguments import strict

Effect = Literal["added", "changed", "completed", "deleted", "undone", "other"]
"""«other»: something at another server than ours, whatever it was."""

Effects = frozenset[Effect]

ALL: Final[Effects] = frozenset(get_args(Effect))
_NONE: Final[Effects] = frozenset()
LIST: Final = "list_tasks"
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
    """What happened since the caller last spoke, what is asked about and did not happen, and what was tried in vain."""

    happened: Effects = _NONE
    held: Effects = _NONE
    failed: Effects = _NONE
    """The kinds of which something is still undone, because a tool refused it or could not be reached."""
    shown: tuple[Mapping[str, Any], ...] = ()
    """The lists of tasks that were read."""

    def supports(self, claimed: Effects, *, all_of_it: bool = False) -> bool:
        """Whether it is true that one of these kinds was done; `all_of_it`: and that nothing is left to do."""
        if all_of_it and (self.held or claimed & self.failed):
            return False
        # What another server did may have been of any kind.
        return bool(claimed & self.happened - (self.held - _HELD_OR_NOT)) or (
            "other" in self.happened and not claimed & self.held
        )

    def shows(self, fact: Fact, sentence: str, claimed: Effects, *, all_of_it: bool = False) -> bool:
        """Whether a list shows what a sentence says of how things are, of which nothing waits or has failed."""
        if claimed & (self.held | self.failed):
            return False
        tasks = [task for answer in self.shown for task in listed(answer)]
        return shows(tasks, fact, sentence, all_of_it=all_of_it)


class _Tried(NamedTuple):
    """A call of a tool, as another one may be made in its place."""

    tool: str
    arguments: str | None
    """As text in one order; None where they could not be read."""
    about: str

    def is_repaired_by(self, other: _Tried) -> bool:
        """Whether another call of the same tool, which succeeded, did what this one was to do."""
        if self.tool != other.tool:
            return False
        return (
            self.arguments is None
            or self.arguments == other.arguments
            or bool(self.about and self.about == other.about)
        )


class Tally:
    """What the tools did and did not do since the caller last spoke, call by call."""

    def __init__(self) -> None:
        self._happened = self._held = _NONE
        self._failed: list[_Tried] = []
        self._shown: tuple[Mapping[str, Any], ...] = ()

    @property
    def done(self) -> Done:
        """All of it."""
        failed = frozenset(effect_of(each.tool) for each in self._failed)
        return Done(self._happened, self._held, failed, self._shown)

    def failed(self, tool: str, arguments: Mapping[str, Any] | None) -> None:
        """A tool refused, or could not be reached. `arguments`: None where they could not be read.

        Of another server's tools nobody knows here which ones only read.
        """
        if tool in _OF_TOOLS:
            self._failed.append(_call(tool, arguments))

    def succeeded(self, tool: str, arguments: Mapping[str, Any] | None, effects: Effects) -> None:
        """A tool did what it was to do, which may have changed nothing."""
        self._happened |= effects
        self._held -= effects
        call = _call(tool, arguments)
        self._failed = [each for each in self._failed if not each.is_repaired_by(call)]

    def held(self, tool: str) -> None:
        """It waits for the caller's yes."""
        self._held |= {effect_of(tool)}

    def listed(self, answer: Mapping[str, Any]) -> None:
        """A list of tasks was read."""
        self._shown += (answer,)


def done_in(items: Iterable[llm.ChatItem]) -> Done:
    """Read from a history what was done since the caller last spoke."""
    tally = Tally()
    calls: dict[str, llm.FunctionCall] = {}
    for item in _since_the_caller_spoke(items):
        if isinstance(item, llm.FunctionCall):
            calls[item.call_id] = item
        elif isinstance(item, llm.FunctionCallOutput):
            call = calls.get(item.call_id)
            arguments = strict(call.arguments) if call is not None else {}
            result = _parsed(item.output)
            if item.is_error or "error" in result:
                tally.failed(item.name, arguments)
            elif result.get("status") == "waiting_for_confirmation":
                tally.held(item.name)
            else:
                tally.succeeded(item.name, arguments, effects_of(item.name, result))
                if item.name == LIST:
                    tally.listed(result)
    return tally.done


def _since_the_caller_spoke(items: Iterable[llm.ChatItem]) -> list[llm.ChatItem]:
    since: list[llm.ChatItem] = []
    for item in items:
        if isinstance(item, llm.ChatMessage) and item.role == "user":
            since.clear()
        else:
            since.append(item)
    return since


def _call(tool: str, arguments: Mapping[str, Any] | None) -> _Tried:
    if arguments is None:
        return _Tried(tool, None, "")
    about = str(arguments.get("task_id") or arguments.get("title") or "").strip().casefold()
    return _Tried(tool, json.dumps(dict(arguments), sort_keys=True), about)


def _parsed(output: str) -> Mapping[str, Any]:
    try:
        result = json.loads(output)
    except ValueError:
        return {}
    return result if isinstance(result, dict) else {}
