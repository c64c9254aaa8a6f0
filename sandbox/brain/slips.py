"""Putting right what the ear gets wrong at the start of a request: «add» as «and», «at» or «ed», glued to the next word.

Where the sentence has a frame («and a task to …») the templates know it. Here is what has none: «and buy milk».
It counts only before a verb of errands (data/slips.yaml), so that «and then he left» makes no task.
"""

import re
from functools import cache

import yaml

from sandbox.brain import due_phrase
from sandbox.brain.grammar import DATA


@cache
def _slips() -> tuple[re.Pattern[str], re.Pattern[str], list[tuple[re.Pattern[str], str]]]:
    data = yaml.safe_load((DATA / "slips.yaml").read_text(encoding="utf-8"))
    adds, verbs = "|".join(data["add"]), "|".join(data["errands"])
    mends = [(re.compile(rf"\b(?:{heard})", re.IGNORECASE), said) for heard, said in data["mend"].items()]
    with_verb = re.compile(rf"^(?:{adds})[, ]+(?P<title>(?:{verbs})\s+.+)$", re.IGNORECASE)
    with_noun = re.compile(rf"^(?:{'|'.join(data['add_a'])})\s+(?P<title>\S.+)$", re.IGNORECASE)
    return with_verb, with_noun, mends


def mended(text: str) -> str:
    """The text with words put right that are no words: «adbye» is «add buy»."""
    for heard, said in _slips()[2]:
        text = heard.sub(said, text)
    return text


def slipped_add(text: str) -> str | None:
    """The title of a task whose «add» was misheard; None when this is no such sentence."""
    with_verb, with_noun, _ = _slips()
    if found := with_verb.match(text):
        return found["title"]
    found = with_noun.match(text)
    return found["title"] if found and due_phrase.cut_last(found["title"]).due else None
