"""Telling a clear yes from everything that is not one.

The phrases are data (phrases/answers.yaml). An answer counts only when every word of it is accounted for: a yes
that comes with words nobody expected is a new request, not an agreement. Whoever names some of several things means
no more than those. A picture that is typed beside the words counts as one.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from enum import Enum
from functools import cache
from typing import Final

from agent.naming import take_apart
from agent.phrase_match import phrase_file, phrase_table, words
from agent.symbols import symbol_kinds, symbols, without_symbols

_ASKS: Final = re.compile(r"[?？؟][\s\"'”’»)]*$")


class Answer(Enum):
    """What a caller's words say to a yes-or-no question."""

    YES = "yes"
    NO = "no"
    NO_AND_MORE = "no_and_more"
    """A no, followed by something else that they want."""
    UNCLEAR = "unclear"
    """Both, or partial, or «what?»: the question is asked again."""
    OTHER = "other"
    """No answer at all: they talk about something else."""


def read_answer(text: str, *, tool: str, things: Sequence[Sequence[str]] = ()) -> Answer:
    """Read an answer to the question whether to run `tool`.

    `things` are what the question is about, each by its titles: «yes, delete buy milk» is a clear yes to deleting
    «Buy milk», and to nothing else.
    """
    said_words = words(text)
    pictures = _pictures(text, things)
    if not said_words and not pictures:
        return Answer.UNCLEAR
    several = len(things) > 1
    answer = take_apart(said_words, things, _table(tool, count=min(len(things), 3)))
    said = {*answer.kinds, *pictures}
    names_all = answer.names_all(len(things))
    picks = several and bool(answer.named) and (not names_all or bool(said & {"no", "hedge"}))
    if answer.unknown or picks:
        if answer.kinds and answer.kinds[0] == "no" and "yes" not in said:
            return Answer.NO_AND_MORE
        if picks:
            # Who agrees to some of it has said what they want, and is to be asked about that.
            return Answer.UNCLEAR if "again" in said and not answer.unknown else Answer.OTHER
        return Answer.UNCLEAR if {"hedge", "yes"} <= said else Answer.OTHER
    if "no" in said and not said & {"yes", "hedge"}:
        return Answer.NO
    if said & {"no", "hedge", "again", "leaving", "unknown"} or ("part" in said and not names_all):
        return Answer.UNCLEAR
    if ("asking" in said or _ASKS.search(without_symbols(text))) and "please" not in answer.plain:
        return Answer.UNCLEAR
    # «delete it» after «shall I delete it?» repeats the wish in so many words: it agrees.
    return Answer.YES if said & {"yes", "action"} else Answer.UNCLEAR


def _pictures(text: str, things: Sequence[Sequence[str]]) -> set[str]:
    """What the pictures of an answer say. One that stands in a title may be there to name it."""
    titles = {each for thing in things for title in thing for each in symbols(title)}
    of_titles = [each for each in symbols(text) if each in titles]
    kinds = symbol_kinds("".join(each for each in symbols(text) if each not in titles))
    return {*kinds, *(kind for kind in symbol_kinds("".join(of_titles)) if kind == "no")} - {"neutral"}


@cache
def _table(tool: str, *, count: int) -> dict[str, str]:
    data = phrase_file("answers")
    kinds = {kind: data[kind] for kind in ("filler", "hedge", "again", "leaving", "asking", "no", "yes")}
    kinds["action"] = data["action"].get(tool, [])
    kinds["part"] = [*(data["part"] if count > 1 else []), *(data["both"] if count != 2 else [])]
    return phrase_table(kinds)
