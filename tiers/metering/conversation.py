"""What a realtime model is given with each response, mirrored: to estimate the input that was never reported.

The vendor counts a token for each begun 100 ms of the caller's sound and 50 ms of its own, and re-reads the whole
conversation for every response, the beginning that has not changed at the cached price, in steps of 128 tokens.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from typing import Any, Final

from tiers.metering import tokens

USER_TOKEN_MS: Final = 100
ASSISTANT_TOKEN_MS: Final = 50
_CACHE_STEP: Final = 128


def begun(milliseconds: float, step: int) -> int:
    """How many steps have begun in so many milliseconds."""
    return -int(-milliseconds // step)


@dataclass(frozen=True, slots=True)
class Tokens:
    """Some tokens of the input, by kind."""

    text: int = 0
    audio: int = 0

    def __add__(self, other: Tokens) -> Tokens:
        return Tokens(self.text + other.text, self.audio + other.audio)

    def __sub__(self, other: Tokens) -> Tokens:
        return Tokens(self.text - other.text, self.audio - other.audio)

    @property
    def some(self) -> Tokens:
        """The same, nothing below zero."""
        return Tokens(max(0, self.text), max(0, self.audio))


@dataclass(frozen=True, slots=True)
class Given:
    """What one response was given, piece by piece in the order in which it is cached."""

    pieces: tuple[tuple[str, Tokens], ...]

    @property
    def total(self) -> Tokens:
        """All of it."""
        return sum((piece for _, piece in self.pieces), Tokens())

    def cached_after(self, before: Given | None) -> Tokens:
        """What of it was cached when `before` was the last that the model had read."""
        same: list[Tokens] = []
        for (name, piece), (other, earlier) in zip(
            self.pieces, before.pieces if before else (), strict=False
        ):
            if name != other:
                break
            same.append(Tokens(min(piece.text, earlier.text), min(piece.audio, earlier.audio)))
            if piece != earlier:
                break
        return _in_steps(same)


def _in_steps(pieces: Iterable[Tokens]) -> Tokens:
    """The beginning of some pieces that is a multiple of the cache's step; sound stands before its words."""
    runs = [
        (kind, count) for piece in pieces for kind, count in (("audio", piece.audio), ("text", piece.text))
    ]
    left = sum(count for _, count in runs)
    left -= left % _CACHE_STEP
    taken = {"audio": 0, "text": 0}
    for kind, count in runs:
        taken[kind] += min(count, left)
        left -= min(count, left)
    return Tokens(**taken)


class Conversation:
    """The items of one connection's conversation and what each costs as input."""

    def __init__(self) -> None:
        self._head = Tokens()
        self._items: dict[str, Tokens] = {}
        self._order: list[str] = []

    def configure(self, session: dict[str, Any]) -> None:
        """The session's settings: instructions and tools come before everything else."""
        text = tokens.count(session.get("instructions") or "")
        text += sum(tokens.count(_compact(tool)) for tool in session.get("tools") or ())
        self._head = Tokens(text=text)

    def place(self, item_id: str, after: str | None) -> None:
        """An item is in the conversation, behind another; at the end when that one is not known."""
        if item_id in self._items:
            return
        self._items[item_id] = Tokens()
        if after in self._items:
            self._order.insert(self._order.index(after) + 1, item_id)
        else:
            self._order.append(item_id)

    def set(self, item_id: str, cost: Tokens) -> None:
        """What an item costs, now that more of it is known."""
        if item_id in self._items:
            self._items[item_id] = cost

    def hear(self, item_id: str, milliseconds: float) -> None:
        """An item of the caller's sound is so long."""
        self.set(item_id, Tokens(audio=begun(milliseconds, USER_TOKEN_MS)))

    def cut(self, item_id: str, milliseconds: float) -> None:
        """The client cut an item of ours to what was heard; the words are gone then."""
        if cost := self._items.get(item_id):
            kept = min(cost.audio, begun(milliseconds, ASSISTANT_TOKEN_MS))
            self._items[item_id] = replace(cost, text=0, audio=kept)

    def remove(self, item_id: str) -> None:
        """The client deleted an item."""
        if self._items.pop(item_id, None) is not None:
            self._order.remove(item_id)

    def given(self) -> Given:
        """What a response that begins now is given."""
        return Given((("", self._head), *((each, self._items[each]) for each in self._order)))


def text_cost(item: dict[str, Any]) -> int | None:
    """The text tokens of an item that is only text, a call or a call's output; None for one with sound."""
    match item.get("type"):
        case "function_call":
            return tokens.count(item.get("name") or "") + tokens.count(item.get("arguments") or "")
        case "function_call_output":
            return tokens.count(item.get("output") or "")
        case _:
            parts = list(_parts(item))
            if any("text" not in part for part in parts):
                return None
            return sum(tokens.count(part["text"] or "") for part in parts)


def _parts(item: dict[str, Any]) -> Iterator[dict[str, Any]]:
    yield from item.get("content") or ()


def _compact(tool: dict[str, Any]) -> str:
    return json.dumps({key: each for key, each in tool.items() if each is not None}, separators=(",", ":"))
