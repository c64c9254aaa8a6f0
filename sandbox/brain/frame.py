"""The words around a request: hesitation and politeness are cut off, and several requests are told apart."""

import re
from functools import cache

import yaml

from sandbox.brain.grammar import DATA

_SPACES = re.compile(r"\s+")
_POINTS = ".,!?;:–—-… \t\n"
# A point after these is no end of a sentence.
_ABBREVIATION = re.compile(
    r"(?:\b(?:dr|mr|mrs|ms|st|prof|vs|etc|no|approx|dept|[a-z])|\b[ap]\.m)\.$", re.IGNORECASE
)
_SENTENCE_END = re.compile(r"(?<=[.!?;])[\"”’']?\s+")


def _one_of(words: list[str]) -> str:
    longest_first = sorted((str(word) for word in words), key=len, reverse=True)
    return "|".join(re.escape(word).replace(r"\ ", r",? ") for word in longest_first)


@cache
def _patterns() -> tuple[re.Pattern[str], re.Pattern[str], re.Pattern[str], re.Pattern[str]]:
    data = yaml.safe_load((DATA / "frame.yaml").read_text(encoding="utf-8"))
    hesitation = re.compile(rf"(?:^|[,\s]+)(?:{_one_of(data['hesitation'])})\b[,.…]*(?=\s|$)", re.IGNORECASE)
    opening = re.compile(rf"^(?:{_one_of(data['opening'])})(?:[,.!:?–-]*\s+)(?=\w|[\"“'])", re.IGNORECASE)
    closing = re.compile(rf"(?<=\S)[,.]?\s+(?:{_one_of(data['closing'])})$", re.IGNORECASE)
    starts = "|".join(data["following"])
    following = re.compile(
        rf"(?:,\s*|\s+)(?:and then|and also|and|then|also|plus)\s+(?:please\s+|also\s+|then\s+)?(?={starts})",
        re.IGNORECASE,
    )
    return hesitation, opening, closing, following


def tidy(text: str) -> str:
    """One line, straight apostrophes, no hesitation."""
    text = _SPACES.sub(" ", text.replace("’", "'").replace("“", '"').replace("”", '"')).strip()
    hesitation = _patterns()[0]
    return hesitation.sub(" ", text).strip(" ,").replace("  ", " ")


def strip_points(text: str) -> str:
    """Without punctuation around it; the point of «p.m.» stays."""
    stripped = text.strip(_POINTS)
    return f"{stripped}." if re.search(r"\b[ap]\.m$", stripped, re.IGNORECASE) else stripped


def without_opening(text: str) -> str | None:
    """The text without one politeness before it; None when there is none."""
    found = _patterns()[1].match(text)
    return strip_points(text[found.end() :]) if found else None


def without_closing(text: str) -> str:
    """The text without politeness after it."""
    closing = _patterns()[2]
    while True:
        shorter = strip_points(closing.sub("", strip_points(text)))
        if shorter == text or not shorter:
            return shorter or text
        text = shorter


def sentences(text: str) -> list[str]:
    """The text's sentences; «Dr. Smith» and «5 p.m. today» end none."""
    result: list[str] = []
    start = 0
    for end in _SENTENCE_END.finditer(text):
        if _ABBREVIATION.search(text[: end.start()].rstrip("\"”’'")):
            continue
        result.append(text[start : end.start()])
        start = end.end()
    result.append(text[start:])
    return [sentence for sentence in (strip_points(each) for each in result) if sentence]


def clauses(sentence: str) -> list[str]:
    """The requests of one sentence: «delete the dentist one and add buy stamps» are two."""
    following = _patterns()[3]
    parts: list[str] = []
    start = 0
    for found in following.finditer(sentence):
        parts.append(sentence[start : found.start()])
        start = found.end()
    parts.append(sentence[start:])
    return [part for part in (strip_points(each) for each in parts) if part]
