"""What a text sounds like: two texts with the same spoken form cannot be told apart by ear.

Case, punctuation, numbers («two thirty», «2:30», «2.30»), spelling variants and homophones fall together.
The result is a key to compare, never a text to show.
"""

import re
import unicodedata
from functools import lru_cache

from whisper_normalizer.english import EnglishTextNormalizer

_normalise = EnglishTextNormalizer()

# Words that an ear cannot tell apart, by the word that stands for them. Numbers are digits by then.
_SAME_SOUND = {
    word: words[0]
    for words in (
        ("buy", "by", "bye"),
        ("2", "to", "too"),
        ("4", "for", "fore"),
        ("1", "won"),
        ("8", "ate"),
        ("flour", "flower"),
        ("flours", "flowers"),
        ("mail", "male"),
        ("mum", "mom"),
        ("ann", "anne"),
        ("meet", "meat"),
        ("week", "weak"),
        ("write", "right"),
        ("their", "there", "they're"),
        ("your", "you're"),
        ("new", "knew"),
        ("no", "know"),
        ("read", "red"),
        ("son", "sun"),
        ("pair", "pear", "pare"),
        ("plane", "plain"),
        ("sale", "sail"),
        ("bill", "bil"),
        ("check", "cheque"),
        ("wait", "weight"),
        ("hour", "our"),
        ("here", "hear"),
        ("see", "sea"),
        ("blue", "blew"),
        ("pay", "pey"),
        ("tire", "tyre"),
        ("brake", "break"),
        ("cell", "sell"),
        ("cellar", "seller"),
        ("cent", "scent", "sent"),
        ("dear", "deer"),
        ("fare", "fair"),
        ("hair", "hare"),
        ("heal", "heel"),
        ("hole", "whole"),
        ("knight", "night"),
        ("mane", "main"),
        ("piece", "peace"),
        ("role", "roll"),
        ("steel", "steal"),
        ("storey", "story"),
        ("tail", "tale"),
        ("vet", "vett"),
        ("waist", "waste"),
        ("wood", "would"),
        ("sara", "sarah"),
        ("jon", "john"),
        ("marc", "mark"),
        ("steven", "stephen"),
        ("katherine", "catherine", "kathryn"),
        ("email", "e-mail"),
        ("wifi", "wi-fi"),
        ("dr", "doctor"),
    )
    for word in words
}

_BRACKETS = re.compile(r"[][(){}<>]")
_AMPERSAND = re.compile(r"\s*&\s*")
_O_CLOCK = re.compile(r"\bo['’]?\s?clock\b", re.IGNORECASE)
_HALF_DAY = re.compile(r"\b([ap])\.?\s?m\b\.?", re.IGNORECASE)
# «2:30» and «2.30» are the hour and the minutes that «two thirty» becomes; a price keeps its point («$2.30»).
_CLOCK = re.compile(r"(?<![\d$£€.:])(\d{1,2})[:.](\d{2})(?![\d%])")
_ORDINAL = re.compile(r"\b(\d+)(?:st|nd|rd|th)\b")
_POSSESSIVE = re.compile(r"['’]s\b")


@lru_cache(maxsize=8192)
def plain_form(text: str) -> str:
    """The text without case, punctuation and spelling variants, numbers as digits; homophones stay apart."""
    text = unicodedata.normalize("NFKC", text[:1000])
    # The library drops what is in brackets; an ear does not hear brackets.
    text = _BRACKETS.sub(" ", text)
    text = _AMPERSAND.sub(" and ", text)
    text = _O_CLOCK.sub(" ", text)
    text = _HALF_DAY.sub(r"\1m", text)
    text = _CLOCK.sub(r"\1\2", text)
    text = _POSSESSIVE.sub("s", text)
    # The library knows «e-mail» only as two words.
    text = re.sub(r"\b(e|wi)-(mail|fi)", r"\1\2", text, flags=re.IGNORECASE)
    return " ".join(_ORDINAL.sub(r"\1", str(_normalise(text))).split())


@lru_cache(maxsize=8192)
def spoken_form(text: str) -> str:
    """The key of what `text` sounds like. Same key, same sound; empty for a text without words."""
    return " ".join(_SAME_SOUND.get(word, word) for word in plain_form(text).split())


def sound_of(word: str) -> str:
    """The one of a word's homophones that stands for all of them; the word is in its plain form."""
    return _SAME_SOUND.get(word, word)
