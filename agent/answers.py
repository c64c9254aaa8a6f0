"""Telling a clear yes from everything that is not one.

The phrases are data (phrases/answers.yaml). An answer counts only when every word of it is accounted for: a yes
that comes with words nobody expected is a new request, not an agreement.
"""

from __future__ import annotations

from collections.abc import Iterable
from enum import Enum
from functools import cache

from agent.phrase_match import consume, phrase_file, phrase_table, words


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


def read_answer(text: str, *, tool: str, expected_words: Iterable[str] = ()) -> Answer:
    """Read an answer to the question whether to run `tool`.

    `expected_words` are words of the question (a task's title): «yes, delete buy milk» is a clear yes to
    deleting «Buy milk» and to nothing else.
    """
    said_words = words(text)
    if not said_words:
        return Answer.UNCLEAR
    kinds, unexplained = consume(said_words, _table(tool))
    expected = {word for phrase in expected_words for word in words(phrase)}
    unknown = [word for word in unexplained if word not in expected]
    said = set(kinds)
    if unknown:
        if kinds and kinds[0] == "no" and "yes" not in said:
            return Answer.NO_AND_MORE
        return Answer.UNCLEAR if "hedge" in said and "yes" in said else Answer.OTHER
    if "yes" in said and not said & {"no", "hedge", "again"}:
        return Answer.YES
    if "no" in said and not said & {"yes", "hedge"}:
        return Answer.NO
    # «delete it» after «shall I delete it?» repeats the wish in so many words: it agrees.
    if said in ({"action"}, {"action", "filler"}):
        return Answer.YES
    return Answer.UNCLEAR


@cache
def _table(tool: str) -> dict[str, str]:
    data = phrase_file("answers")
    kinds = {kind: data[kind] for kind in ("filler", "hedge", "again", "no", "yes")}
    return phrase_table({**kinds, "action": data["action"].get(tool, [])})
