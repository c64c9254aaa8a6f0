"""Date words inside a title: «watch Friday the 13th» is due on no day, «the Monday report» may be."""

import re
from typing import Final, Literal

from mcp_tasks.date_vocabulary import MONTHS, WEEKDAYS, plain, without_lead

Place = Literal["beside", "title", "unclear"]
"""Whether words about a date stand beside the title, are only part of it, or may be either."""

_WORK_VERBS: Final = (
    "watch",
    "see",
    "read",
    "listen to",
    "play",
    "rent",
    "stream",
    "download",
    "called",
    "named",
)
"""What follows them is the name of a film, a book, a song."""
_NAME_VERBS: Final = ("watch", "listen to", "rent", "stream", "download", "called", "named")
"""«Listen to Ruby Tuesday» may be such a name; «see the dentist Tuesday» is none."""
_LEADS: Final = ("by", "on", "until", "till", "before", "after", "due", "at", "this", "next", "in", "every")
_LINKS: Final = (
    *("about", "with", "to", "and", "for", "from", "because", "if", "so", "or", "re", "regarding", "when"),
    *("by", "on", "at", "before", "after", "until", "in", "the", "a"),
)
_SMALL: Final = ("the", "a", "an", "of", "and", "in", "to", "for", "at", "on", "from", "with", "by", "or")
"""Words that the name of a work writes small."""
_QUOTES: Final = "«“\"‘'"
_JOINING: Final = frozenset(_LINKS) - {"the", "a", "by"}
"""After them something else begins: «play Saturday with Bob». «Read Saturday by Ian McEwan» goes on."""
_KINDS: Final = ("film", "movie", "remake", "sequel", "soundtrack", "book", "novel", "album", "song")
_NAMES = re.compile(rf"\b(?:{'|'.join((*WEEKDAYS, *MONTHS))}|christmas|easter|halloween|valentines day)\b")

_DAYS = re.compile(
    rf"(?<!every )(?<!other )\b(?P<day>(?:(?:this|next|coming) )?(?:{'|'.join(WEEKDAYS)})|today|tonight|"
    rf"(?:the day after )?tomorrow|(?:{'|'.join(MONTHS)}) \d\d?(?:st|nd|rd|th)?|"
    r"(?<=on )the \d\d?(?:st|nd|rd|th)(?! \w)|christmas(?: eve)?|easter)s?\b"
)


def days_named(title: str) -> list[str]:
    """What a title says of single days, in plain words; «every Friday» is a repetition."""
    return [found["day"] for found in _DAYS.finditer(plain(title))]


def place(title: str, words: str, own_reading: str = "") -> Place:
    """Say where the words about a date stand, given the title that they came with.

    Models take «Friday the 13th» for the date of «watch Friday the 13th». Words that are no part of the title, or
    stand in it as only a date can («call Bob on Friday», «call Bob tomorrow»), are beside it. `own_reading` is the
    date that a model gave with them: with one, a single word or a part of a name («Saturday Night Live») is unclear.
    """
    said = plain(words)
    core = without_lead(said)
    whole = plain(title)
    found = re.search(rf"(?<!\S){re.escape(core)}(?P<of>s)?(?!\S)", whole) if core else None
    if found is None or (said != core and not re.search(rf"(?<!\S){re.escape(said)}(?!\S)", whole)):
        return "beside"
    ahead, behind = whole[: found.start()].strip(), whole[found.end() :].strip()
    if re.search(rf"(?:^|\s)(?:{'|'.join(_WORK_VERBS)})(?: the| a)?$", ahead):
        called = (
            _is_name(title, _KINDS if " " in core else ())
            and not found["of"]
            and behind.split(" ")[0] not in _JOINING
        )
        is_whole = not behind and " " in core
        return "title" if called and (is_whole or not own_reading.strip()) else "unclear"
    if ahead.split()[-1:] and ahead.split()[-1] in _LEADS:
        return "beside"
    named = not behind and re.search(rf"(?:^|\s)(?:{'|'.join(_NAME_VERBS)})(?: the)? \S+$", ahead)
    if named or found["of"] or ahead.endswith((" for", " the", " black", " good", " super", " cyber")):
        return "unclear"
    if not behind or behind.split()[0] in _LINKS:
        return "beside"
    return "unclear" if _NAMES.search(core) else "beside"


def _is_name(title: str, kinds: tuple[str, ...]) -> bool:
    """Whether what follows «watch» is written as a name: «watch Saturday Night Live», and not «watch the Sunday match».

    `kinds`: words for what it is that may stand with it.
    """
    work = re.split(rf"\b(?:{'|'.join(_WORK_VERBS)})\b", title, maxsplit=1, flags=re.IGNORECASE)[-1].strip()
    if work[:1] in _QUOTES:
        return True
    words = re.findall(r"[^\W_]+(?:['’][^\W_]+)*", work)
    return all(word in _SMALL or word in kinds or not word[:1].islower() for word in words)
