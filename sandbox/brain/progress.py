"""How far a turn has come: the tools to call next, and what there is to say."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from sandbox.brain.dialogue import State


@dataclass(frozen=True, slots=True)
class ToolCall:
    """A tool to call, with its arguments."""

    name: str
    arguments: Mapping[str, Any]


@dataclass(slots=True)
class Progress:
    """How far a turn has come: calls to make now, what to say, and the state it leaves."""

    state: State
    calls: list[ToolCall] = field(default_factory=list)
    said: list[str] = field(default_factory=list)

    @property
    def text(self) -> str:
        """All that is to be said, each sentence once."""
        return " ".join(dict.fromkeys(self.said))
