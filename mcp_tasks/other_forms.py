"""Other ways to say the same words: one of many, many of one, and two words that are written as one."""

from collections.abc import Sequence
from itertools import islice, product
from typing import Final

from mcp_tasks.spoken_form import spoken_form

_MOST: Final = 12
"""Ways that are tried; of long words in long queries there are many, and none is likelier than the first."""
_SHORTEST: Final = 4


def other_forms(words: Sequence[str]) -> list[list[str]]:
    """The words of a query in other forms, in spoken form; without the way in which they were said."""
    each = [_of_one(word) for word in words]
    ways = [list(way) for way in islice(product(*each), _MOST)]
    joined = [
        [*words[:place], _spoken(words[place] + words[place + 1]), *words[place + 2 :]]
        for place in range(len(words) - 1)
        if words[place].isalpha() and words[place + 1].isalpha()
    ]
    return [way for way in (*ways, *joined) if way != list(words)]


def _of_one(word: str) -> list[str]:
    """«Bill» for «bills», «battery» for «batteries» and the other way round; the word itself comes first."""
    if not word.isalpha() or len(word) < _SHORTEST:
        return [word]
    forms = [word]
    if word.endswith("s") and not word.endswith("ss"):
        forms.append(word[:-1])
        if word.endswith("es"):
            forms.append(word[:-2])
        if word.endswith("ies"):
            forms.append(f"{word[:-3]}y")
    if word.endswith("y"):
        forms.append(f"{word[:-1]}ies")
    return list(dict.fromkeys(_spoken(form) for form in forms))


def _spoken(word: str) -> str:
    """One word stays one: what stands for two in spoken form is looked for as it is."""
    spoken = spoken_form(word)
    return spoken if len(spoken.split()) == 1 else word
