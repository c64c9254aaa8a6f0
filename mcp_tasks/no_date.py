"""Words that take a date away: «no date», «whenever», «actually, remove the deadline»."""

import re

from mcp_tasks import corrections
from mcp_tasks.date_vocabulary import plain, without_lead

_NO_DATE = re.compile(
    r"(?:theres |there is |it has |with |has )?(?:no|without an?|without|remove the|clear the|drop the) "
    r"(?:due |particular |fixed |specific )?(?:date|deadline|due date|day|rush|time limit)(?: yet| for now| at all)?|"
    r"(?:it )?(?:is not|isn t|isnt|not) due(?: any time| at all)?|none|never|whenever|any time|anytime|"
    r"someday|some day|no rush"
)


def is_no_date(text: str) -> bool:
    """Whether a plain phrase says nothing else."""
    return _NO_DATE.fullmatch(text) is not None


def takes_date_away(words: str) -> bool:
    """Whether words about when, as they were said, leave a task without a date."""
    return _ends_without(without_lead(plain(words)))


def _ends_without(text: str) -> bool:
    if is_no_date(text):
        return True
    text = without_lead(corrections.opened(text).text)
    if is_no_date(text):
        return True
    both = corrections.second_thought(text)  # «Friday, actually no date»
    return both is not None and _ends_without(f"no {both[1]}")
