"""Which words of a sentence say that something was done, of what kind, and which only seem to.

What stands in quotes is somebody's title and says nothing.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Final

from agent.claim_clauses import clause_begins, is_denied_or_asked, is_not_said_to_be_so, is_of_everything
from agent.claim_forms import (
    AHEAD,
    ANY_BEGUN,
    ANY_FORM,
    DID,
    FORMS,
    HOW,
    IS_HOW,
    OK,
    THAT_IS,
    THEN,
    WE_HAVE,
    Form,
)
from agent.effects import ALL, Done, Effects
from agent.shown import Fact

_CLAIM: Final = re.compile(
    rf"{WE_HAVE}(?: {AHEAD}{HOW})? {DID}\b"
    rf"|\b(?:is|are|was|were|has been|have been|been){IS_HOW} {DID}\b(?! (?:yesterday|last)\b)"
    # «It's scheduled for Friday» in the middle of a sentence reads the list out.
    rf"|{THAT_IS}{IS_HOW}"
    rf" (?:(?<=now )|(?<=just )|(?<=successfully )|(?<=also )|(?!scheduled|completed|finished|marked)){DID}\b"
    rf"|{OK}(?:done|all set|taken care of|{DID})\b(?! (?:tasks?|items?|yesterday|on|at|in)\b)",
    re.IGNORECASE,
)
_CLAIM_BEGUN: Final = re.compile(
    rf"(?:{WE_HAVE}(?: (?:gone|went)(?: ahead)?| {AHEAD}{HOW})?(?: checked)?"
    rf"|\b(?:is|are|was|were|has|have|has been|have been|been){IS_HOW}(?: checked)?|{THAT_IS}{IS_HOW}(?: checked)?"
    rf"|{OK}(?:all|both|it's|it|that's|that|they're|they|those|taken|taken care|checked)?"
    rf"|{ANY_BEGUN})\s*$",
    re.IGNORECASE,
)
"""The words of a claim without the one that claims, at the end of what is known of a sentence."""

_QUOTED: Final = re.compile(r"\"[^\"]*\"|“[^”]*”|«[^»]*»|‘.*?’(?!\w)|(?<!\w)'(?=\w)[^']*(?:'\w[^']*)*'(?!\w)")
_BEGUN_TITLE: Final = re.compile(r"[\"“«‘].*$")

_WHAT: Final = re.compile(rf"(?:{DID}|done|all set|taken care of)$", re.IGNORECASE)
_AND: Final = re.compile(rf"{THEN} ({DID})\b(?! (?:tasks?|items?)\b)", re.IGNORECASE)
"""A verb that shares what stands before the one that claims: «I've added the stamps and deleted the dentist»."""
_OF_A_TASK: Final = re.compile(
    r"^(?: [\w']+){0,7} (?:notes?|dates?|due|deadline|time|tags?|priority|details?|reminder)\b"
    r"|\b(?:to|from) (?!(?:the |your |my )?(?:list|tasks?|to-?do)\b)\w",
    re.IGNORECASE,
)
"""Behind «added» or «removed»: what is a part of a task, or another list, so that the task was changed."""
_OF_A_PART: Final = re.compile(
    r"\b(?:notes?|dates?|deadline|tags?|priority|details?|reminder)\b"
    r"|\b(?:off|on|from) (?:the |your |my )(?!(?:list|tasks?|to-?do)\b)[\w-]+ list\b",
    re.IGNORECASE,
)
"""The same in a sentence that takes away in other words: «I've taken the date off», «It's off your work list»."""
_ON_YOUR_LIST: Final = re.compile(
    r"\b(?:on|onto|in|into) (?:your|the|my) (?:to-?do |task )?(?:list|tasks)\b", re.IGNORECASE
)
_AS_DONE: Final = re.compile(r"^[^,;]*\bas (?:done|completed?|finished)\b", re.IGNORECASE)
_LIST: Final = re.compile(r"\b(?:list|tasks)\b", re.IGNORECASE)
_STATE: Final = re.compile(r"^(?:is|are) scheduled$", re.IGNORECASE)
_IS_SO: Final = re.compile(
    r"(?:\b(?:is|are)|'s|'re)(?: (?:both|all|fully|completely|permanently))* (?:[a-z]+|(?:checked|crossed|struck|taken) off"
    r"|taken care of)$| down$",
    re.IGNORECASE,
)
"""A plain statement of how it is: nothing of «now», «just» or «successfully», and nothing of us."""
_NOT_ANY_MORE: Final = re.compile(
    r"^[^,;]*\b(?:now|just now|successfully|as you (?:asked|wished|wanted))\b", re.IGNORECASE
)
_OBEYS: Final = re.compile(
    r"^\W*(?:ok(?:ay)?|alright|all right|perfect|great|got it|done|right away|there you go)\b", re.IGNORECASE
)
_SHOWN: Final[dict[str, Fact]] = {
    **dict.fromkeys(("done", "completed", "finished", "ticked", "checked off", "taken care of"), "done"),
    **dict.fromkeys(("scheduled", "moved", "rescheduled", "postponed", "pushed"), "due"),
}
"""What a list has to show for a statement of how it is, by its verb."""
_GERUND: Final = re.compile(r"^ \w+ing\b", re.IGNORECASE)

_ADDING: Final = frozenset({"added", "created"})
_TAKING_AWAY: Final = frozenset({"deleted", "removed", "erased", "cleared", "wiped", "emptied", "scrapped"})
_EFFECTS: Final[dict[str, Effects]] = {
    **dict.fromkeys(_ADDING, Effects({"added"})),
    **dict.fromkeys(_TAKING_AWAY, Effects({"deleted"})),
    **dict.fromkeys(("completed", "finished", "ticked", "checked off"), Effects({"completed"})),
    # A new task may have been marked as urgent, and one that was done and repeats has moved on.
    "marked": Effects({"added", "changed", "completed", "undone"}),
    "scheduled": Effects({"added", "changed", "completed"}),
    **dict.fromkeys(("moved", "pushed", "rescheduled", "postponed"), Effects({"changed", "completed"})),
    "logged": Effects({"added", "changed"}),
    "reopened": Effects({"changed", "undone"}),
    **dict.fromkeys(("updated", "changed", "renamed"), Effects({"changed"})),
    **dict.fromkeys(("cancelled", "canceled"), Effects({"deleted", "changed", "undone"})),
    **dict.fromkeys(("undone", "undid", "restored", "reverted"), Effects({"undone"})),
}
"""By what claims it: the kinds of which one must have happened. What is not here («done») is true of any."""


@dataclass(frozen=True)
class Claim:
    """That something was done: one of these kinds, or with `all_of_it` all that there was to do."""

    effects: Effects
    all_of_it: bool = False
    may_narrow: bool = False
    """What stands behind it may make it claim less: «marked», «marked as done»."""
    shown: Fact | None = None
    """It only says how it is, and is true as well where a list shows it to be so."""
    sentence: str = ""

    def is_true_of(self, done: Done) -> bool:
        """Whether it happened, or is so."""
        if done.supports(self.effects, all_of_it=self.all_of_it):
            return True
        return self.shown is not None and done.shows(
            self.shown, self.sentence, self.effects, all_of_it=self.all_of_it
        )

    def is_plain(self, done: Done) -> bool:
        """Whether no later words of the sentence could make it claim something else that did not happen."""
        if self.may_narrow or done.held or done.failed:
            return False
        return done.supports(self.effects, all_of_it=self.all_of_it)


def claims_of(sentence: str) -> list[Claim]:
    """What a sentence of ours says was changed. Questions, conditions and denials say nothing."""
    return [replace(claim, sentence=sentence) for claim in _claims(_plain(sentence))]


def claims_an_effect(sentence: str) -> bool:
    """Whether a sentence of ours says that something was changed, of whatever kind."""
    return bool(claims_of(sentence))


def may_be_begun(words: str, done: Done) -> bool:
    """Whether a sentence may be spoken as far as it is known: what it claims is true, and it is not about to claim more."""
    if not done.happened:
        return not may_become_a_claim(words)
    if _is_begun(_known(words)):
        return False
    return all(claim.is_true_of(done) and claim.is_plain(done) for claim in claims_of(words))


def may_become_a_claim(words: str) -> bool:
    """Whether a sentence that begins so claims an effect already, or is about to with its next words.

    Where not, these words belong to no claim, whatever follows them.
    """
    known = _known(words)
    return _CLAIM.search(known) is not None or ANY_FORM.search(known) is not None or _is_begun(known)


def _known(words: str) -> str:
    return words.strip().replace("’", "'")


def _is_begun(known: str) -> bool:
    """Whether the last words may be a claim's first ones; a title counts as one word, also one that is not over."""
    without = _BEGUN_TITLE.sub("_", _QUOTED.sub("_", known))
    return any(_CLAIM_BEGUN.search(each) is not None for each in {known, without})


def _plain(sentence: str) -> str:
    """The sentence with nothing where titles are, so that every other word keeps its place."""
    stripped = sentence.strip()
    without = _QUOTED.sub(lambda title: "_" * len(title.group()), stripped)
    return (without if without.strip("_.!? ") else stripped).replace("’", "'")


def _claims(plain: str) -> Iterator[Claim]:
    for found in _CLAIM.finditer(plain):
        if is_denied_or_asked(plain, found):
            continue
        what = _WHAT.search(found.group())
        verb = what.group().lower() if what is not None else ""
        yield _claim(verb, plain, found)
        yield from _shared(plain, found.end())
    for form in FORMS if ANY_FORM.search(plain) is not None else ():
        for found in form.whole.finditer(plain):
            if not is_denied_or_asked(plain, found) and not (
                form.says_how_it_is and is_not_said_to_be_so(plain, found, is_read_out=form.is_read_out)
            ):
                yield _of_form(form, plain, found)
                yield from _shared(plain, found.end())


def _shared(plain: str, end: int) -> Iterator[Claim]:
    """What a claim shares its first words with."""
    for more in _AND.finditer(plain, end):
        yield _claim(more.group(1).lower(), plain, more)
    for form in FORMS:
        if form.shared is not None:
            yield from (_of_form(form, plain, more) for more in form.shared.finditer(plain, end))


def _claim(verb: str, plain: str, found: re.Match[str]) -> Claim:
    """What a verb claims, with what stands behind it."""
    behind = plain[found.end() :]
    effects = _EFFECTS.get(verb, ALL)
    shown = _SHOWN.get(verb)
    if _STATE.search(found.group()) is not None or (verb == "updated" and _LIST.search(plain)):
        effects = ALL
    elif verb in _ADDING | _TAKING_AWAY and _OF_A_TASK.search(behind):
        effects |= {"changed"}
    elif verb == "marked" and _AS_DONE.search(behind):
        effects, shown = _EFFECTS["completed"], "done"
    elif verb == "finished" and _GERUND.search(behind):
        effects, shown = ALL, None
    return Claim(
        effects,
        all_of_it=is_of_everything(plain),
        may_narrow=verb in ("marked", "finished"),
        shown=shown if _says_how_it_is(plain, found, shown) else None,
    )


def _of_form(form: Form, plain: str, found: re.Match[str]) -> Claim:
    """What words claim, with what stands around them."""
    effects = form.effects
    behind = plain[found.end() :]
    if form.takes_away and (
        _OF_A_PART.search(plain[clause_begins(plain, found) :]) or _OF_A_TASK.search(behind)
    ):
        effects |= {"changed"}
    if form.may_narrow and _ON_YOUR_LIST.search(found.group() + behind):
        effects -= {"changed"}
    return Claim(
        effects,
        all_of_it=is_of_everything(plain),
        may_narrow=form.may_narrow,
        shown=form.shown if _says_how_it_is(plain, found, form.shown) else None,
    )


def _says_how_it_is(plain: str, found: re.Match[str], shown: Fact | None) -> bool:
    """Whether it is a plain statement, which a list may show to be true, and not the answer to an order."""
    if shown is None or (shown == "done" and _OBEYS.search(plain)):
        return False
    return bool(_IS_SO.search(found.group())) and not _NOT_ANY_MORE.search(plain[found.end() :])
