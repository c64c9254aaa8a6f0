"""Telling a clear yes from everything that is not one.

The phrases are data (phrases/answers.yaml). An answer counts only when every word of it is accounted for: a yes
that comes with words nobody expected is a new request, not an agreement, and one that leads on has more to come.
Whoever names some of several things means no more than those. A picture that is typed beside the words counts as one.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from enum import Enum
from functools import cache
from typing import Final

from agent.goodbye import is_goodbye
from agent.naming import Said, take_apart
from agent.phrase_match import phrase_file, phrase_table, words
from agent.symbols import symbol_kinds, symbols, without_symbols

_ASKS: Final = re.compile(r"[?？؟][\s\"'”’»)]*$")
_KINDS: Final = ("filler", "leads_on", "hedge", "again", "leaving", "beside_yes", "asking", "no", "yes")

_OF_THINGS_ALONE: Final = frozenset({"complete_task", "delete_task"})
"""Tools of whose question no part is a value that somebody may correct."""


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
    """Read an answer to the question whether to run `tool`; `undo_create` is the undoing of an addition.

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
        return (
            Answer.UNCLEAR if {"hedge", "yes"} <= said or _is_yes_to_somebody(answer, tool) else Answer.OTHER
        )
    if "no" in said and not said & {"yes", "hedge"}:
        return Answer.NO
    if said & {"no", "hedge", "again", "leaving", "unknown"} or ("part" in said and not names_all):
        return Answer.UNCLEAR
    if _leads_on(answer):
        return Answer.UNCLEAR
    asks = _ASKS.search(without_symbols(text)) and not (answer.last == "beside_yes" and "yes" in said)
    if ("asking" in said or asks) and "please" not in answer.plain:
        return Answer.UNCLEAR
    if "beside_yes" in said and "yes" not in said:
        return Answer.UNCLEAR
    # «delete it» after «shall I delete it?» repeats the wish in so many words: it agrees.
    # «Restore the milk» after «shall I undo adding the milk?» is the contrary, and not «drop the milk».
    names_it = "two_ways" in said and bool(answer.named) and tool != "undo_create"
    agrees = bool(said & {"yes", "action"}) or names_it
    return Answer.YES if agrees else Answer.UNCLEAR


def _leads_on(answer: Said) -> bool:
    """Whether more is to come, which may be the half that they do not want: «yes, and …», «yes, move it to …»."""
    return answer.last == "leads_on" or (answer.last == "action" and answer.plain[-1] == "to")


def _is_yes_to_somebody(answer: Said, tool: str) -> bool:
    """Whether one unknown word stands beside a plain yes, as a name does: «yes, Jim». It is too much for a yes, and too
    little for a wish of its own. A goodbye or another action is one, and in some scripts a word may be a sentence; where
    a change is asked about, the word may be what they want instead: «yes, Monday».
    """
    if tool not in _OF_THINGS_ALONE or len(answer.unknown) != 1:
        return False
    if "yes" not in answer.kinds or not {"yes", "filler"} >= set(answer.kinds):
        return False
    (word,) = answer.unknown
    return word.isascii() and not is_goodbye(word) and word not in _words_of_actions()


@cache
def _words_of_actions() -> frozenset[str]:
    return frozenset(
        word
        for kind in ("action", "two_ways")
        for each in phrase_file("answers")[kind].values()
        for phrase in each
        for word in words(phrase)
    )


def _pictures(text: str, things: Sequence[Sequence[str]]) -> set[str]:
    """What the pictures of an answer say. One that stands in a title may be there to name it."""
    titles = {each for thing in things for title in thing for each in symbols(title)}
    of_titles = [each for each in symbols(text) if each in titles]
    kinds = symbol_kinds("".join(each for each in symbols(text) if each not in titles))
    return {*kinds, *(kind for kind in symbol_kinds("".join(of_titles)) if kind == "no")} - {"neutral"}


@cache
def _table(tool: str, *, count: int) -> dict[str, str]:
    data = phrase_file("answers")
    kinds = {kind: data[kind] for kind in _KINDS}
    for kind in ("action", "two_ways"):
        kinds[kind] = data[kind].get(tool, [])
    kinds["part"] = [*(data["part"] if count > 1 else []), *(data["both"] if count != 2 else [])]
    return phrase_table(kinds)
