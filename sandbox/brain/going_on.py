"""What was cut off: an obedient model finishes its answer, told how much of it was heard, and does what a yes says
that the caller wanted.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any, Final

from sandbox.brain.request import Intent
from sandbox.brain.transcript import Turn
from sandbox.brain.understanding import understand

_CUT_OFF: Final = re.compile(r"answer was cut off.*?only this much of it: «(?P<heard>[^»]+)»", re.DOTALL)
_TITLE: Final = re.compile(r'"[^"]*"')
_WORD: Final = re.compile(r"[a-z0-9']+")

_WANTED: Final = re.compile(r"Did you want to (?P<what>.+)\?$", re.DOTALL)

Messages = Sequence[Mapping[str, Any]]


def cut_off(messages: Messages) -> tuple[Messages, str] | None:
    """The conversation as it was before the answer that was cut off, and what was heard of it; None without an order
    to finish one.
    """
    if not messages or messages[-1]["role"] != "system":
        return None
    match = _CUT_OFF.search(str(messages[-1].get("content") or "")[-4_000:])
    if match is None:
        return None
    before = list(messages[:-1])
    while before and before[-1]["role"] == "assistant" and not before[-1].get("tool_calls"):
        before.pop()
    return before, match["heard"]


def rest_of(answer: str, heard: str) -> str:
    """What of an answer comes after what was heard of it; all of it when that was something else."""
    known = _WORD.findall(heard.lower())
    titles = [title.span() for title in _TITLE.finditer(answer)]
    place = 0
    for number, word in enumerate(_WORD.finditer(answer.lower())):
        if number == len(known):
            begun = next((start for start, end in titles if start < place < end - 1), None)
            return answer[place:].lstrip(" ,;:.!?\"'") if begun is None else answer[begun:]
        if word.group() != known[number]:
            return answer
        place = word.end()
    return ""


def as_wanted(turns: Sequence[Turn]) -> list[Turn]:
    """The turns of the caller, a yes to «did you want to …?» as if they had said that."""
    found: list[Turn] = []
    for turn in turns:
        asked = _WANTED.search(" ".join(found[-1].said)) if found else None
        if asked and [each.intent for each in understand(turn.text)] == [Intent.YES]:
            found.append(replace(turn, text=asked["what"]))
        else:
            found.append(turn)
    return found
