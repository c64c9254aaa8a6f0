"""Keeping a conversation's history cheap: the model is sent all of it with every reply.

Sound costs about eight times what its words cost and takes ten times their tokens, so what was said before the last
turn is kept as words. What tools answered then is stale and can be asked for again. Nothing said is forgotten.
It happens for many turns at once, since every change un-caches what follows it (adr/0011).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, TypeGuard

from livekit.agents import llm, utils

TURNS_AT_ONCE: Final = 8
"""Turns of the caller that are put into words together."""
LONGEST_MESSAGES: Final = 800
"""More than an hour and a half of talk; past it the oldest half is given up, so that a call that never ends is bounded."""

_WORDS = "said_"


def shortened(items: Sequence[llm.ChatItem]) -> list[llm.ChatItem] | None:
    """Give the history with all but the last turn as words alone; None while that is not worth its price.

    A message gets a new id, since under its old one a realtime vendor holds the sound.
    """
    turns = [n for n, item in enumerate(items) if _is_said(item) and item.role == "user"]
    fresh = [n for n in turns if not items[n].id.startswith(_WORDS)]
    if len(fresh) <= TURNS_AT_ONCE:
        return None
    last = turns[-1]
    kept = [_in_words(item) if _is_said(item) else item for item in items[:last] if not _is_nothing(item)]
    return _bounded(kept) + list(items[last:])


def _is_said(item: llm.ChatItem) -> TypeGuard[llm.ChatMessage]:
    return isinstance(item, llm.ChatMessage) and item.role in ("user", "assistant")


def _is_nothing(item: llm.ChatItem) -> bool:
    """Whether no word of it is left once it is old: what a tool did, and a sound that nobody understood."""
    return isinstance(item, llm.FunctionCall | llm.FunctionCallOutput) or (
        _is_said(item) and not item.text_content
    )


def _in_words(item: llm.ChatMessage) -> llm.ChatMessage:
    if item.id.startswith(_WORDS):
        return item
    return llm.ChatMessage(
        id=utils.shortuuid(_WORDS),
        role=item.role,
        content=[item.text_content or ""],
        interrupted=item.interrupted,
        created_at=item.created_at,
    )


def _bounded(items: list[llm.ChatItem]) -> list[llm.ChatItem]:
    said = [item for item in items if _is_said(item)]
    if len(said) <= LONGEST_MESSAGES:
        return items
    given_up = {item.id for item in said[: len(said) - LONGEST_MESSAGES // 2]}
    return [item for item in items if item.id not in given_up]
