"""Scripted chat replies: what the model says next, word for word, so that a test can have it misbehave."""

from collections import deque
from typing import Literal, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

_MAX_WAITING = 1000


class ScriptedCall(BaseModel):
    """A tool call exactly as the model is to send it; `arguments` may be broken JSON."""

    model_config = ConfigDict(extra="forbid")
    name: str = Field(max_length=200)
    arguments: str = Field(default="{}", max_length=20_000)
    id: str | None = Field(default=None, max_length=200)


class ScriptedReply(BaseModel):
    """One reply of the model: text, tool calls or both. `finish_reason` follows from them when it is not given."""

    model_config = ConfigDict(extra="forbid")
    content: str | None = Field(default=None, max_length=20_000)
    tool_calls: list[ScriptedCall] = Field(default_factory=list, max_length=50)
    finish_reason: Literal["stop", "length", "tool_calls", "content_filter"] | None = None
    tag: str | None = Field(default=None, max_length=200)

    @model_validator(mode="after")
    def _says_something(self) -> Self:
        if self.content is None and not self.tool_calls:
            raise ValueError("a reply has content, tool_calls or both")
        return self


class Scripts:
    """Replies waiting, in order. One with a tag waits for that call's request; one without serves any."""

    def __init__(self) -> None:
        self._waiting: deque[ScriptedReply] = deque()

    def add(self, replies: list[ScriptedReply]) -> None:
        """Queue replies. Raises OverflowError when more would wait than are ever useful."""
        if len(self._waiting) + len(replies) > _MAX_WAITING:
            raise OverflowError(f"at most {_MAX_WAITING} scripted replies wait")
        self._waiting.extend(replies)

    def next(self, tag: str | None) -> ScriptedReply | None:
        """Take the first reply meant for this request, or None."""
        for reply in self._waiting:
            if reply.tag is None or reply.tag == tag:
                self._waiting.remove(reply)
                return reply
        return None

    def __len__(self) -> int:
        return len(self._waiting)

    def reset(self) -> None:
        """Forget what was not served."""
        self._waiting.clear()
