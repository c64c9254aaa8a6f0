"""Which words of a sentence say that something was done, of what kind, and which only seem to.

A denial, a condition or a question mark belongs to its own clause: «I've deleted it, is there anything else?» claims
as much as «I've deleted it.». What stands in quotes is somebody's title and says nothing.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from agent.effects import ALL, Done, Effects

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
    rf"|\b(?:is|are|was|were|has been|have been|been){_IS_HOW} {_DID}\b(?! (?:yesterday|last)\b)"
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

_WHAT: Final = re.compile(rf"(?:{_DID}|done|all set|taken care of)$", re.IGNORECASE)
_AND: Final = re.compile(rf"(?:,|,? and)(?: then)?{_HOW} ({_DID})\b(?! (?:tasks?|items?)\b)", re.IGNORECASE)
"""A verb that shares what stands before the one that claims: «I've added the stamps and deleted the dentist»."""
_EVERYTHING: Final = re.compile(r"\b(?:both|all|everything)\b", re.IGNORECASE)
_OF_A_TASK: Final = re.compile(
    r"^(?: [\w']+){0,7} (?:notes?|dates?|due|deadline|time|tags?|priority|details?|reminder)\b"
    r"|\b(?:to|from) (?!(?:the |your |my )?(?:list|tasks?|to-?do)\b)\w",
    re.IGNORECASE,
)
"""Behind «added» or «removed»: what is a part of a task, or another list, so that the task was changed."""
_AS_DONE: Final = re.compile(r"^[^,;]*\bas (?:done|completed?|finished)\b", re.IGNORECASE)
_LIST: Final = re.compile(r"\b(?:list|tasks)\b", re.IGNORECASE)
_STATE: Final = re.compile(r"^(?:is|are) scheduled$", re.IGNORECASE)

_OFFERS: Final = re.compile(
    r"\b(?:shall|should) i\b|\b(?:would you like|do you want)(?: me)? to\b", re.IGNORECASE
)
_PASSIVE: Final = re.compile(r"^(?:is|are|was|were)\b", re.IGNORECASE)
_GERUND: Final = re.compile(r"^ \w+ing\b", re.IGNORECASE)

_ADDING: Final = frozenset({"added", "created"})
_TAKING_AWAY: Final = frozenset({"deleted", "removed", "erased", "cleared"})
_EFFECTS: Final[dict[str, Effects]] = {
    **dict.fromkeys(_ADDING, Effects({"added"})),
    **dict.fromkeys(_TAKING_AWAY, Effects({"deleted"})),
    **dict.fromkeys(("completed", "finished", "ticked", "checked off"), Effects({"completed"})),
    # A new task may have been marked as urgent, and one that was done and repeats has moved on.
    "marked": Effects({"added", "changed", "completed", "undone"}),
    "scheduled": Effects({"added", "changed", "completed"}),
    **dict.fromkeys(("moved", "rescheduled", "postponed"), Effects({"changed", "completed"})),
    **dict.fromkeys(("updated", "changed", "renamed"), Effects({"changed"})),
    **dict.fromkeys(("cancelled", "canceled"), Effects({"deleted", "changed", "undone"})),
    **dict.fromkeys(("undone", "undid", "restored"), Effects({"undone"})),
}
"""By what claims it: the kinds of which one must have happened. What is not here («done») is true of any."""


@dataclass(frozen=True)
class Claim:
    """That something was done: one of these kinds, or with `all_of_it` all that there was to do."""

    effects: Effects
    all_of_it: bool = False
    may_narrow: bool = False
    """What stands behind it may make it claim less: «marked», «marked as done»."""

    def is_true_of(self, done: Done) -> bool:
        """Whether it happened."""
        return done.supports(self.effects, all_of_it=self.all_of_it)

    def is_plain(self, done: Done) -> bool:
        """Whether no later words of the sentence could make it claim something else that did not happen."""
        return not self.may_narrow and not done.held


def claims_of(sentence: str) -> list[Claim]:
    """What a sentence of ours says was changed. Questions, conditions and denials say nothing."""
    return list(_claims(_plain(sentence)))


def claims_an_effect(sentence: str) -> bool:
    """Whether a sentence of ours says that something was changed, of whatever kind."""
    return bool(claims_of(sentence))


def may_be_begun(words: str, done: Done) -> bool:
    """Whether a sentence may be spoken as far as it is known: what it claims is true, and it is not about to claim more."""
    if not done.happened:
        return not may_become_a_claim(words)
    if _CLAIM_BEGUN.search(words.strip().replace("’", "'")) is not None:
        return False
    return all(claim.is_true_of(done) and claim.is_plain(done) for claim in claims_of(words))


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


def _claims(plain: str) -> Iterator[Claim]:
    for found in _CLAIM.finditer(plain):
        if _is_denied_or_asked(plain, found):
            continue
        what = _WHAT.search(found.group())
        verb = what.group().lower() if what is not None else ""
        yield _claim(verb, plain, found.end(), is_state=_STATE.search(found.group()) is not None)
        for more in _AND.finditer(plain, found.end()):
            yield _claim(more.group(1).lower(), plain, more.end())


def _claim(verb: str, plain: str, end: int, *, is_state: bool = False) -> Claim:
    """What a verb claims, with what stands behind it."""
    behind = plain[end:]
    effects = _EFFECTS.get(verb, ALL)
    if is_state or (verb == "updated" and _LIST.search(plain)):
        effects = ALL
    elif verb in _ADDING | _TAKING_AWAY and _OF_A_TASK.search(behind):
        effects |= {"changed"}
    elif verb == "marked" and _AS_DONE.search(behind):
        effects = _EFFECTS["completed"]
    elif verb == "finished" and _GERUND.search(behind):
        effects = ALL
    all_of_it = _EVERYTHING.search(plain) is not None
    return Claim(effects, all_of_it=all_of_it, may_narrow=verb in ("marked", "finished"))


def _is_denied_or_asked(plain: str, claim: re.Match[str]) -> bool:
    ends_before = (end.end() for end in _CLAUSE.finditer(plain) if end.end() <= claim.start())
    begins = max(ends_before, default=0)
    before = plain[begins : claim.start()].strip()
    if _DENIAL.search(before) or _ASKS_FIRST.search(before):
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
