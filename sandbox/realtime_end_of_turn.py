"""Semantic turn detection: how long to wait in a silence, from the words so far."""

import re

# A sentence that ends so goes on. «It», «that», «please» and «have» are missing: «delete it», «what do I have».
_OPEN_ENDS = frozenset(
    {"a", "an", "the", "my", "your", "our", "their", "its", "some", "another", "new"}
    | {"and", "or", "but", "because", "if", "then", "than", "as", "until", "before", "after", "while"}
    | {"to", "by", "for", "of", "with", "at", "from", "on", "into", "about", "called", "named", "titled"}
    | {"add", "create", "remind", "rename", "uh", "um", "er", "hmm", "i", "i'm", "i'd", "i'll", "let's"}
)
_TRAILING = re.compile(r"(?:,|…|\.\.\.|-|–|—|:)\s*$")
_WORD = re.compile(r"[\w']+")

_FINISHED_SECONDS = {"high": 0.25, "medium": 0.4, "auto": 0.4, "low": 0.8}
_UNFINISHED_SECONDS = {"high": 2.0, "medium": 4.0, "auto": 4.0, "low": 8.0}


def sounds_unfinished(text: str) -> bool:
    """Whether more should come: no words yet, a comma at the end, or a last word that leads on."""
    words = _WORD.findall(text.casefold())
    if not words:
        return True
    # «No.» and «Please.» alone are whole answers.
    return bool(_TRAILING.search(text)) or (len(words) > 1 and words[-1] in _OPEN_ENDS)


def finished_after(eagerness: str) -> float:
    """Seconds of silence that end a turn whose words sound finished."""
    return _FINISHED_SECONDS[eagerness]


def longest_wait(eagerness: str) -> float:
    """Seconds of silence that end any turn: the vendor's own limits."""
    return _UNFINISHED_SECONDS[eagerness]
