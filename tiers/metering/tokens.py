"""Text tokens as OpenAI's o200k vocabulary counts them; `bpe-openai` brings it in its wheel."""

from __future__ import annotations

import warnings
from functools import cache

with warnings.catch_warnings():
    # It opens its vocabulary by a call that Python 3.11 deprecates.
    warnings.simplefilter("ignore", DeprecationWarning)
    import bpe_openai


@cache
def _vocabulary() -> bpe_openai.Encoding:
    return bpe_openai.get_encoding("o200k_base")


def load_vocabulary() -> None:
    """Read it now (0.2 s), so that the first reply of a call does not wait for it."""
    _vocabulary()


def encode(text: str) -> list[int]:
    """The token ids of a text; what looks like a special token is text."""
    return list(_vocabulary().encode_ordinary(text))


def count(text: str) -> int:
    """How many tokens a text has."""
    return len(encode(text)) if text else 0
