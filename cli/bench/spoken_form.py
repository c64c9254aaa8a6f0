"""When two titles count as equal for the judge: they are written differently but spoken the same words.

The normaliser is the one that Whisper's word error rates are published with (whisper-normalizer, MIT). Words that
merely sound alike («by milk», «buy milk») stay different: a person who reads the list sees the mistake.
"""

from __future__ import annotations

import re
from functools import cache

from whisper_normalizer.english import EnglishTextNormalizer

POSSESSIVE = re.compile(r"(?<=\w)['’]s\b")
"""The library reads every «'s» as «is», which a title hardly ever means."""
NO_LETTER = re.compile(r"[^a-z0-9$£€%]")


@cache
def _normaliser() -> EnglishTextNormalizer:
    return EnglishTextNormalizer()


def spoken_form(text: str) -> str:
    """A key that is equal for two spellings of the same words; not for reading.

    Spaces go at the end, because «check-up», «checkup» and «check up», or «2:30» and «two thirty», are one.
    """
    words = str(_normaliser()(POSSESSIVE.sub("s", text)))
    return NO_LETTER.sub("", words)


def mentions(heard: str, title: str) -> bool:
    """Whether a title is among the words that were heard."""
    return bool(spoken_form(title)) and spoken_form(title) in spoken_form(heard)
