"""Which words of a sentence say that something was done, and which only seem to.

A denial, a condition or a question mark belongs to its own clause: «I've deleted it, is there anything else?» claims
as much as «I've deleted it.». What stands in quotes is somebody's title and says nothing.
"""

from __future__ import annotations

import re
from typing import Final

_DID: Final = (
    r"(?:added|created|saved|scheduled|deleted|removed|erased|cleared|completed|finished|marked|ticked|checked off"
    r"|updated|changed|renamed|moved|rescheduled|postponed|undone|undid|restored|cancelled|canceled)"
)
_HOW: Final = r"(?: (?:just|now|also|already|then|since|both|all|\w+ly))*"
_AHEAD: Final = r"(?:gone|went) ahead and"
_WE_HAVE: Final = rf"\b(?:i|we)(?:'ve| have|'d| had)?{_HOW}"
_IS_HOW: Final = r"(?: (?:now|just|successfully|both|all|also|fully|completely|permanently))*"
_OK: Final = r"^(?:ok(?:ay)?|sure|great|alright|all right|perfect|yes)?[,.! ]*(?:all |both |it's |it is |that's |that is )*"
_CLAIM: Final = re.compile(
    rf"{_WE_HAVE}(?: {_AHEAD}{_HOW})? {_DID}\b"
    rf"|\b(?:is|are|was|were|has been|have been|been){_IS_HOW} {_DID}\b"
    rf"|{_OK}(?:done|all set|taken care of|{_DID})\b(?! (?:tasks?|items?|yesterday|on|at|in)\b)",
    re.IGNORECASE,
)
_CLAIM_BEGUN: Final = re.compile(
    rf"(?:{_WE_HAVE}(?: (?:gone|went)(?: ahead)?| {_AHEAD}{_HOW})?(?: checked)?"
    rf"|\b(?:is|are|was|were|has|have|has been|have been|been){_IS_HOW}(?: checked)?"
    rf"|{_OK}(?:all|both|it's|it|that's|that|taken|taken care|checked)?)\s*$",
    re.IGNORECASE,
)
"""The words of a claim without the one that claims, at the end of what is known of a sentence."""

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
_QUOTED: Final = re.compile(r"\"[^\"]*\"|“[^”]*”|«[^»]*»|‘.*?’(?!\w)|(?<!\w)'(?=\w)[^']*(?:'\w[^']*)*'(?!\w)")


def claims_an_effect(sentence: str) -> bool:
    """Whether a sentence of ours says that something was changed. Questions, conditions and denials do not."""
    plain = _plain(sentence)
    return any(not _is_denied_or_asked(plain, claim) for claim in _CLAIM.finditer(plain))


def may_become_a_claim(words: str) -> bool:
    """Whether a sentence that begins so claims an effect already, or is about to with its next words.

    Where not, these words belong to no claim, whatever follows them.
    """
    plain = words.strip().replace("’", "'")
    return _CLAIM.search(plain) is not None or _CLAIM_BEGUN.search(plain) is not None


def _plain(sentence: str) -> str:
    """The sentence with nothing where titles are, so that every other word keeps its place."""
    stripped = sentence.strip()
    without = _QUOTED.sub(lambda title: "_" * len(title.group()), stripped)
    return (without if without.strip("_.!? ") else stripped).replace("’", "'")


def _is_denied_or_asked(plain: str, claim: re.Match[str]) -> bool:
    ends_before = (end.end() for end in _CLAUSE.finditer(plain) if end.end() <= claim.start())
    begins = max(ends_before, default=0)
    before = plain[begins : claim.start()].strip()
    if _DENIAL.search(before) or _ASKS_FIRST.search(before):
        return True
    ends = _CLAUSE.search(plain, claim.end())
    if ends is not None and ends.group() == "?":
        return True
    return plain.endswith("?") and not plain[:begins].strip() and _ASKS_WHICH.search(before) is not None
