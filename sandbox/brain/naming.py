"""The words for a task: a new title, or what names one that is there."""

import re

from sandbox.brain import due_phrase, frame

_TARGET_FRONT = re.compile(
    r"^(?:(?:the|my|that|this|a|our)\s+)?(?:(?:task|test|item|reminder|to-?do|one)\s+(?:(?:to|called|named|titled|about|for|with|that says|saying|of)\s+))?"
    r"(?:(?:the|my)\s+)?",
    re.IGNORECASE,
)
_TARGET_BACK = re.compile(
    r"\s+(?:one|task|tasks|test|item|reminder|to-?do|thing|entry)(?:\s+(?:please|now|from (?:my|the) list))?$",
    re.IGNORECASE,
)
TASK_ALONE = re.compile(
    r"(?:a|an|the|another)?\s*(?:new )?(?:task|test|reminder|to-?do|item|one)", re.IGNORECASE
)
QUOTED = re.compile(r"^[\"'](?P<inside>.+)[\"']$")
_ANY_TASK = re.compile(r"(?:the|my|that|this)?\s*(?:one|task|item|reminder|thing)?", re.IGNORECASE)
_ARTICLE = re.compile(r"^(?:the|my|a|that|this|our)\s+", re.IGNORECASE)
# The ear hears «buy» as «by» or «bye»; no title begins with «by» unless a date follows.
_BUY = re.compile(r"^(?:by|bye)\s+(?=\S)", re.IGNORECASE)
# «Email the landlord» is heard as «a male the landlord», «a mail to the landlord».
_EMAIL = re.compile(r"^a[- ]?(?:male|mail)\s+(?=(?:the|my|our|to|mr|mrs|dr)\b)", re.IGNORECASE)
_WRITE = re.compile(r"^right\s+(?=(?:an?|the|my|to)\b)", re.IGNORECASE)
# «To order twelve chairs» is heard as «or 12 chairs».
_ORDER = re.compile(r"^or\s+(?=\d)", re.IGNORECASE)
_TITLE_FRONT = re.compile(r"^(?:to|that|:|-|for me to|me to)\s+", re.IGNORECASE)


def clean_title(said: str) -> str:
    """A new task's title from what was said: no quotes, no leading «to», «by milk» as «buy milk»."""
    title = frame.strip_points(said)
    if quoted := QUOTED.match(title):
        return quoted["inside"].strip()
    title = _TITLE_FRONT.sub("", title)
    if not due_phrase.cut_first(title).due and not due_phrase.is_due(title):
        title = _ORDER.sub("order ", title)
        title = _WRITE.sub("write ", _EMAIL.sub("email ", _BUY.sub("buy ", title)))
    return title.strip()


def bare_target(said: str) -> str:
    """The words for an existing task, without quotes around them."""
    target = frame.strip_points(said)
    if quoted := QUOTED.match(target):
        return quoted["inside"].strip()
    return target


def reduced_target(target: str) -> str:
    """A target without the words that any task could have: «the dentist one» is «dentist»."""
    reduced = _TARGET_BACK.sub("", _TARGET_FRONT.sub("", target)).strip()
    return "" if _ANY_TASK.fullmatch(reduced) else reduced


def without_article(target: str) -> str:
    """«The task four» is «task four»."""
    return _ARTICLE.sub("", target)
