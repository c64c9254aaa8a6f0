"""Which of the things that a question is about an answer names, and what else it says.

A title's words are no part of an agreement: «the parking fine» is not fine, and whoever names one of two things does
not mean both.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from agent.phrase_match import consume, words

_NEVER_HIDDEN: Final = frozenset({"no", "hedge", "again"})
"""What is heard even where it may be a part of a title: a mistake then only costs a question."""
_ARTICLES: Final = frozenset({"the", "my"})


@dataclass
class Said:
    """An answer, taken apart."""

    kinds: list[str] = field(default_factory=list)
    """Those of its phrases, in order, without what names a thing."""
    unknown: list[str] = field(default_factory=list)
    """Words that belong to no phrase and to no title."""
    plain: list[str] = field(default_factory=list)
    """All words but those of titles."""
    named: list[frozenset[int]] = field(default_factory=list)
    """For each mention, the numbers of the things that it may mean."""
    last: str = ""
    """The kind of the phrase that it ends with; none where it ends with a whole title or a word that is unknown."""

    def names_all(self, count: int) -> bool:
        """Whether each of so many things is meant. «Buy» says nothing of its own beside «milk», which means one."""
        exact = [each for each in self.named if not any(other < each for other in self.named)]
        return len(frozenset().union(*exact)) == count


def take_apart(said: Sequence[str], things: Sequence[Sequence[str]], table: Mapping[str, str]) -> Said:
    """Find in an answer what names one of `things`, each known by its titles, and the phrases of `table` in the rest."""
    titles = [(number, words(title)) for number, thing in enumerate(things) for title in thing]
    answer = Said()
    for stretch, whole, named in _stretches(list(said), titles, table):
        kinds, unexplained = consume(stretch, table)
        ends_known = kinds and not whole and stretch[-1:] != unexplained[-1:]
        answer.last = kinds[-1] if ends_known else ""
        if named:
            answer.named.append(named)
            answer.kinds += [] if whole else [kind for kind in kinds if kind in _NEVER_HIDDEN]
            continue
        answer.kinds += kinds
        answer.plain += stretch
        for word in unexplained:
            if meant := _that_hold([word], titles):
                answer.named.append(meant)
            else:
                answer.unknown.append(word)
    return answer


_Titles = Sequence[tuple[int, list[str]]]


def _stretches(
    said: list[str], titles: _Titles, table: Mapping[str, str]
) -> Iterator[tuple[list[str], bool, frozenset[int]]]:
    """Cut an answer into titles, parts of titles, and what is neither: words, whether a whole title, what it names."""
    at = begun = 0
    while at < len(said):
        length, whole, named = _title_at(said, at, titles, table)
        if not length:
            at += 1
            continue
        if begun < at:
            yield said[begun:at], False, frozenset()
        yield said[at : at + length], whole, named
        at = begun = at + length
    if begun < at:
        yield said[begun:], False, frozenset()


def _title_at(
    said: list[str], at: int, titles: _Titles, table: Mapping[str, str]
) -> tuple[int, bool, frozenset[int]]:
    """How many words from here on are a title or belong to one, whether they are all of it, and what they name."""
    whole = [title for _, title in titles if title and said[at : at + len(title)] == title]
    if whole:
        title = max(whole, key=len)
        kinds, unexplained = consume(title, table)
        if unexplained or not _NEVER_HIDDEN & set(kinds):
            return len(title), True, frozenset(number for number, other in titles if other == title)
    longest = max((len(title) for _, title in titles), default=0)
    for length in range(min(longest, len(said) - at), 1, -1):
        run = said[at : at + length]
        if (named := _that_hold(run, titles)) and consume(run, table)[1]:
            return length, False, named
    if said[at] in _ARTICLES and at + 1 < len(said):
        word = said[at + 1]
        if table.get(word) not in ("filler", "leads_on", "part") and (named := _that_hold([word], titles)):
            return 2, False, named
    return 0, False, frozenset()


def _that_hold(run: list[str], titles: _Titles) -> frozenset[int]:
    return frozenset(number for number, title in titles if _holds(title, run))


def _holds(title: list[str], run: list[str]) -> bool:
    return any(title[at : at + len(run)] == run for at in range(len(title) - len(run) + 1))
