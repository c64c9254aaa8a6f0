"""What the words around a claim say of it: that it did not happen, would, or seems so, and whether it is said of all.

A denial, a condition or a question mark belongs to its own clause: «I've deleted it, is there anything else?» claims
as much as «I've deleted it.».
"""

from __future__ import annotations

import re
from typing import Final

_NEXT: Final = r"i|i've|i'd|we|we've|it|it's|that|this|they|both|everything|what|which"
_CLAUSE: Final = re.compile(
    r"[,;:!?…—–]|\.(?=\s|$)|\s-\s|\b(?:don't worry|not to worry|no worries|no problem)\b"
    rf"|\b(?:so|then)\b(?= (?:{_NEXT})\b)|\b(?:and|but)\b(?= (?:{_NEXT}|is|are)\b)",
    re.IGNORECASE,
)
"""Where one clause ends and the next begins. «And» also stands between things, and ends none there."""
_DENIAL: Final = re.compile(
    r"n't\b|\b(?:not|nothing|none|no|neither|nor|never|unable|failed|cannot|if|unless|whether|once|when|before|until"
    r"|would|shall|should|want)\b|\bafter\b(?! (?:that|all)\b)|\b(?:may|might|could|will)(?: have)?$",
    re.IGNORECASE,
)
"""What says of the words behind it, in the same clause, that they did not happen, or not yet."""
_ASKS_FIRST: Final = re.compile(
    r"^\W*(?:have|had|has|did|do|does|is|are|was|were|can|could|will|may)\b", re.IGNORECASE
)
_ASKS_WHICH: Final = re.compile(r"^\W*(?:what|which|who|how|why|where)\b", re.IGNORECASE)
_EVERYTHING: Final = re.compile(
    r"\b(?:both|everything|all)\b(?<!\bnot all)(?<!\bthat's all)(?<!\bat all)(?<!\bafter all)(?! (?:right|day)\b)",
    re.IGNORECASE,
)
_WOULD_BE: Final = re.compile(r"\b(?:if|once|when|unless|until|as soon as|after|before)\b", re.IGNORECASE)
_SEEMS: Final = re.compile(
    r"\b(?:seems?|looks? like|appears?|apparently|perhaps|maybe|be|what)\b", re.IGNORECASE
)
_COUNTED: Final = re.compile(
    r"\b(?:what|which(?: ones?| tasks?)?|these|those|here|there)$"
    r"|(?<!\ball )\b(?:\d+|two|three|four|five|six|seven|eight|nine|ten|several|some|many)"
    r"(?: of (?:them|these|those))?(?: (?:open|more|other))*(?: (?:tasks?|things?|items?|ones?))?$",
    re.IGNORECASE,
)
"""Before «are on your list now»: who counts reads the list out."""
_THE_ONE: Final = re.compile(r"\b(?:ones?|tasks?|things?|items?|lists?) (?:that|which)\b", re.IGNORECASE)
_NOTHING: Final = re.compile(r"^ (?:nothing|none|neither|no)\b", re.IGNORECASE)
_WE_WOULD: Final = re.compile(r"^(?:i|we)'d\b.*(?:put|set)\b", re.IGNORECASE)

_OFFERS: Final = re.compile(
    r"\b(?:shall|should) i\b|\b(?:would you like|do you want)(?: me)? to\b", re.IGNORECASE
)
_PASSIVE: Final = re.compile(r"^(?:is|are|was|were)\b", re.IGNORECASE)


def is_of_everything(plain: str) -> bool:
    """Whether it is said of both, or of all; «I couldn't delete both, but …» is not."""
    begins, ends = 0, [*((each.start(), each.end()) for each in _CLAUSE.finditer(plain)), (len(plain), 0)]
    for end, next_begins in ends:
        if _EVERYTHING.search(clause := plain[begins:end]) and not _DENIAL.search(clause):
            return True
        begins = next_begins
    return False


def is_not_said_to_be_so(plain: str, claim: re.Match[str], *, is_read_out: bool) -> bool:
    """Whether «it's gone» and its like only say what would be so, seems so, or is read out from the list."""
    begins = clause_begins(plain, claim)
    ends = _CLAUSE.search(plain, claim.end())
    behind = plain[claim.end() : ends.start() if ends is not None else len(plain)]
    before = plain[begins : claim.start()].strip()
    return bool(
        _WOULD_BE.search(behind)
        or _WOULD_BE.match(plain[:begins].lstrip())
        or _SEEMS.search(before)
        or (is_read_out and (_COUNTED.search(before) or _THE_ONE.search(plain[begins : claim.end()])))
    )


def clause_begins(plain: str, claim: re.Match[str]) -> int:
    """Where the clause of a claim begins."""
    return max((end.end() for end in _CLAUSE.finditer(plain) if end.end() <= claim.start()), default=0)


def is_denied_or_asked(plain: str, claim: re.Match[str]) -> bool:
    """Whether what looks like a claim is a denial, a condition or a question."""
    begins = clause_begins(plain, claim)
    before = plain[begins : claim.start()].strip()
    if _DENIAL.search(before) or _ASKS_FIRST.search(before) or _WE_WOULD.search(claim.group()):
        return True
    if _NOTHING.search(plain[claim.end() :]) or " nothing " in claim.group().lower():
        return True
    ends = _CLAUSE.search(plain, claim.end())
    if ends is not None and ends.group() == "?":
        return True
    if not plain.endswith("?"):
        return False
    # «Your dentist is scheduled for Friday, would you like to move it?» says how it is, to offer something.
    if _PASSIVE.search(claim.group()) and ends is not None and _OFFERS.search(plain, ends.end()):
        return True
    return not plain[:begins].strip() and _ASKS_WHICH.search(before) is not None
