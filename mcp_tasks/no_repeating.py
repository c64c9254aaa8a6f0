"""Words that end a series: «don't repeat», «just once»."""

import re
from typing import Final

_ENDS: Final = re.compile(
    r"(?:just |only )?once|just this (?:once|one)|one time(?: only)?|never again|"
    r"(?:do not|don't|no longer|not|stop|no more|without|no) (?:repeat(?:s|ing)?|recurr(?:ing|ence)|recur)(?: (?:it|any ?more))?",
    re.IGNORECASE,
)


def ends_repeating(words: str) -> bool:
    """Whether words about when say that a task shall not come again."""
    return _ENDS.fullmatch(" ".join(words.split()).strip(".!")) is not None
