"""In which words it is said that something was done, and of what kind it then is.

A form is a row of words. As far as only its first ones are known it may still become a claim, so that whoever speaks
before a sentence is whole learns from the same row where to wait.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from agent.effects import ALL, Effects
from agent.shown import Fact

DID: Final = (
    r"(?:added|created|saved|scheduled|deleted|removed|erased|cleared|wiped|emptied|scrapped|completed|finished|marked"
    r"|ticked|checked off|updated|changed|renamed|moved|pushed|rescheduled|postponed|undone|undid|restored|reverted"
    r"|reopened|logged(?! (?:in|out|on)\b)|cancelled|canceled)"
)
HOW: Final = r"(?: (?:just|now|also|already|then|since|both|all|\w+ly))*"
AHEAD: Final = r"(?:(?:gone|went) ahead|gone) and"
WE_HAVE: Final = rf"\b(?:i|we)(?:'ve| have|'d| had)?{HOW}"
IS_HOW: Final = r"(?: (?:now|just|successfully|both|all|also|fully|completely|permanently))*"
_SURE: Final = r"^(?:ok(?:ay)?|sure|great|alright|all right|perfect|yes)?[,.! ]*"
OK: Final = _SURE + r"(?:all |both |it's |it is |that's |that is |they're |they are |those are )*"
THEN: Final = rf"(?:,|,? and)(?: then)?{HOW}"

# «What's», «here's» and «let's» begin something else than a claim.
_S: Final = r"(?<=\w)(?<!\bwhat)(?<!\bwho)(?<!\bhow)(?<!\bhere)(?<!\bthere)(?<!\bwhere)(?<!\blet)'(?:s|re)\b"
_IS: Final = rf"(?:\b(?:is|are|was|were)\b|{_S})"
THAT_IS: Final = r"\b(?:it|that|this|one|they|these|those|everything)'(?:s|re)"
_IS_DONE: Final = rf"(?:(?<!\byou )(?<!\bwe )\b(?:is|are)\b|{THAT_IS}\b)"

# What begins with a space in a row may also be left out.
_THING: Final = r"(?: (?!(?:is|are|i|i'm|i'll|i've|you|we|but|so|which|what|if|when)\b)[^\s;:!?]+){0,10}?"
_FEW: Final = (
    r"(?: (?!(?:your|my|our|for|again|and|or|if|whether|is|are|i|you)\b)(?:[^\s,;:!?.]|\.(?=\w))+){0,4}?"
)
_OR_SO: Final = r"(?: (?!(?:mistake|error|with|in|on|about|of|for|to|and)\b)[\w'-]+){0,3}?"
_THESE: Final = (
    r"(?:_+|(?:it|that|this|them|both|those|all)(?: (?:one|two|three|four|five|of(?: (?:it|that|them|these|those|this))?))?"
    r"|everything)\b(?! (?:i|you|we)\b)"
)
_A_TASK: Final = r"(?:task|reminder|note|item|entry|appointment|date|title)"
_A: Final = r"(?:a|an|the|that|this|those|these|your|another|both|one|two|three)\b"
_NO_LOOK: Final = r"\b(?! (?:a look|note|your word)\b)"
_CROSSED: Final = r"(?:taken|took|crossed|struck|knocked|scratched)" + _NO_LOOK
_TIME: Final = (
    r"(?:to|for|on|today|tomorrow|next|this|monday|tuesday|wednesday|thursday|friday|saturday|sunday)\b"
)
_ON: Final = r"(?:on|in)"
_YOUR_LIST: Final = (r"(?:your|the|my)", r"(?: (?!list\b)[\w'-]+){0,2}?", r"list\b")
_GONE: Final = r"gone\b(?! (?:already|bad|up|down|well|wrong|sour|missing|by|past|over|through|to|on|ahead|out|off|quiet|away)\b)"
_DONE: Final = r"(?<!already )(?:done|did)"
_ALL_SET: Final = r"set\b(?! for (?:today|tonight|now|then|the|this)\b)"

_OFF: Final = Effects({"deleted", "completed"})
_DELETED: Final = Effects({"deleted"})
_NEW: Final = Effects({"added", "changed"})
_BACK: Final = Effects({"added", "changed", "undone"})
_MOVED: Final = Effects({"changed", "completed"})


@dataclass(frozen=True, kw_only=True)
class Form:
    """A way to claim."""

    whole: re.Pattern[str]
    rows: tuple[tuple[str, str], ...]
    """What may stand before its words, and they themselves."""
    begun: tuple[tuple[str, str], ...]
    """What may stand before its words, and the first ones of them."""
    shared: re.Pattern[str] | None
    """The form behind an «and», where the claim before it has said who did it."""
    effects: Effects
    """The kinds of which one makes it true."""
    takes_away: bool = False
    """Said of a part of a task, it says that the task was changed."""
    may_narrow: bool = False
    """What follows may make it claim less."""
    says_how_it_is: bool = False
    """Not who did it, so that the words around it may say that it would be so, or only seems so."""
    is_read_out: bool = False
    """Said of two or three of them, it reads a list out."""
    shown: Fact | None = None
    """A list may show it to be so, though nobody did it now."""


def _row(pieces: tuple[str, ...]) -> str:
    return "".join(piece if piece.startswith("(?: ") else f" {piece}" for piece in pieces)


def _begun(pieces: tuple[str, ...]) -> str:
    begun = ""
    for piece in reversed(pieces[:-1]):
        begun = f"(?:{_row((piece,))}{begun})?"
    return begun


def _form(
    before: str,
    pieces: tuple[str, ...],
    effects: Effects,
    *,
    shared: bool = False,
    bare: bool = False,
    takes_away: bool = False,
    may_narrow: bool = False,
    says_how_it_is: bool = False,
    is_read_out: bool = False,
    shown: Fact | None = None,
) -> Form:
    row = _row(pieces)
    rows: tuple[tuple[str, str], ...] = ((before, row),)
    begun: tuple[tuple[str, str], ...] = ((before, _begun(pieces)),)
    if bare:  # also as an answer's first words, where a space may stand before them or not
        rows += ((rf"{OK}(?<![^\W_])", row[1:]),)
        begun += ((OK, f"{pieces[0]}{_begun(pieces[1:])}" if pieces[1:] else ""),)
    return Form(
        whole=re.compile("|".join(map("".join, rows)), re.IGNORECASE),
        rows=rows,
        begun=begun,
        shared=re.compile(f"{THEN}{row}", re.IGNORECASE) if shared else None,
        effects=effects,
        takes_away=takes_away,
        may_narrow=may_narrow,
        says_how_it_is=says_how_it_is,
        is_read_out=is_read_out,
        shown=shown,
    )


def _bare(effects: Effects, *pieces: str) -> Form:
    """What an answer begins with, without a word of who did it."""
    row = _row(pieces)[1:]
    return Form(
        whole=re.compile(f"{_SURE}{row}", re.IGNORECASE),
        rows=((_SURE, row),),
        begun=((_SURE, f"{pieces[0]}{_begun(pieces[1:])}"),),
        shared=None,
        effects=effects,
        takes_away=effects <= _OFF,
    )


def _ours(effects: Effects, *pieces: str, may_narrow: bool = False, shown: Fact | None = None) -> Form:
    """What we say that we have done."""
    before = rf"{WE_HAVE}(?: {AHEAD}{HOW})?"
    away = effects <= _OFF
    return _form(before, pieces, effects, shared=True, takes_away=away, may_narrow=may_narrow, shown=shown)


def _been(effects: Effects, *pieces: str, may_narrow: bool = False) -> Form:
    """What has been done."""
    return _form(rf"\bbeen{IS_HOW}", pieces, effects, takes_away=effects <= _OFF, may_narrow=may_narrow)


def _is(effects: Effects, *pieces: str, bare: bool = False, shown: Fact | None = None) -> Form:
    """How things are now. `bare`: also without a subject."""
    return _form(
        f"{_IS}{IS_HOW}",
        pieces,
        effects,
        bare=bare,
        takes_away=effects <= _OFF,
        may_narrow=_ON in pieces,
        says_how_it_is=True,
        is_read_out="added" in effects,
        shown=shown,
    )


FORMS: Final = (
    _ours(_OFF, _CROSSED, _THING, r"off\b"),
    _ours(Effects({"completed"}), r"(?:checked|ticked)", _FEW, r"off\b"),
    _ours(
        _NEW, r"(?:put|placed|popped)", _THING, r"(?<!back )(?:on|onto|in|into|under|down)\b", may_narrow=True
    ),
    _ours(_BACK, "put", _THING, r"back\b"),
    _ours(_MOVED, "put", _THING, r"off\b"),
    _ours(_BACK, r"(?:taken|took|brought)" + _NO_LOOK, _FEW, r"back\b"),
    _ours(_NEW | _MOVED, r"set\b"),
    _ours(_MOVED, r"(?:bumped|shifted)\b"),
    _ours(_DELETED, r"(?:got|gotten)", "rid", r"of\b"),
    _ours(
        _DELETED,
        r"(?:dropped|binned|trashed|ditched|discarded)\b"
        r"(?! (?:out|off|you|that idea|the (?:ball|idea|matter|subject|call|line))\b)",
    ),
    _ours(_DELETED, r"(?:thrown|threw|tossed)", _THING, r"(?:out|away)\b"),
    _ours(
        _NEW,
        "made",
        r"(?: you)?",
        _A,
        _OR_SO,
        r"(?:task|note|reminder|entry|item|appointment|to-do)s?\b(?!-)",
    ),
    _ours(ALL, "made", r"(?: you)?", _A, _OR_SO, r"(?:change|update|edit|correction|adjustment)s?\b"),
    _ours(
        _NEW,
        "made",
        _THESE,
        r"(?: a)?",
        r"(?:due|urgent|recurring|repeat|repeating|weekly|daily|monthly|high|low|top)\b",
    ),
    _ours(ALL, r"(?:taken|took)", "care", r"of\b"),
    _ours(ALL, r"(?:seen|saw)", "to", _THESE),
    _ours(ALL, "dealt", r"with\b"),
    _ours(ALL, r"(?:handled|fixed|corrected)\b"),
    _ours(ALL, "sorted", rf"{_THESE}(?! by\b)"),
    _ours(ALL, _DONE, r"(?:it|that|this|them|both|those|everything)\b(?! (?:i|you|we|already|before)\b)"),
    _ours(ALL, _DONE, "all", r"(?:of|two|three|four|five)\b"),
    _ours(_NEW, "got", _THESE, r"(?:down(?! as\b)|noted|written|recorded|saved|logged)\b", shown="due"),
    _ours(_NEW, "noted", r"(?:it|that|this|them|both|down)\b(?! (?:you|there|the|your|it|i|we)\b)"),
    _ours(_NEW, "recorded", _THESE),
    _ours(_NEW, r"(?:written|wrote|jotted)", _THING, r"down\b"),
    _ours(_NEW, r"(?:adjusted|edited|modified|tagged|flagged|extended|booked|assigned)\b"),
    _ours(_OFF, r"closed\b"),
    _form(r"\b(?:i|we)(?:'ve| have)", (_THESE, r"down\b(?! as\b)"), _NEW, shown="due"),
    _ours(Effects({"undone", "changed"}), r"(?:unchecked|unmarked|uncompleted|reactivated)\b"),
    _form(r"\byou're", (r"(?: now)?", "all", _ALL_SET), ALL),
    _form(r"\byou", ("are", r"(?: now)?", "all", _ALL_SET), ALL),
    _form(r"\byou're", ("good", "to", r"go\b"), ALL),
    _form(r"\bconsider", (_THESE, r"(?:done|added|deleted|gone|sorted)\b"), ALL),
    _been(_OFF, _CROSSED, _FEW, r"off\b"),
    _been(ALL, "taken", "care", r"of\b"),
    _been(ALL, "dealt", r"with\b"),
    _been(ALL, r"(?:handled|fixed|corrected|sorted|done)\b(?! (?:by|yesterday|last)\b)"),
    _been(_NEW | _MOVED, r"set\b"),
    _been(_BACK, "put", r"(?:on|onto|in|into|down|back)\b", may_narrow=True),
    _been(_MOVED, "put", r"off\b"),
    _been(_DELETED, "dropped", r"from\b"),
    _been(_DELETED, "thrown", r"(?:out|away)\b"),
    _been(_NEW, r"(?:noted|written|jotted|recorded|booked|tagged|flagged|adjusted|edited|modified)\b"),
    _is(_DELETED, _GONE, bare=True),
    _is(_DELETED, "gone", "off", r"(?:your|the|my)\b"),
    _is(_OFF, r"(?:crossed|struck|taken)", r"off\b", bare=True, shown="done"),
    _is(ALL, "taken", "care", r"of\b", shown="done"),
    _is(_OFF, "off", *_YOUR_LIST, bare=True),
    _is(_OFF, "no", "longer", _ON, *_YOUR_LIST, bare=True),
    _is(_BACK, "back", _ON, *_YOUR_LIST, bare=True),
    _is(_BACK, "now", r"(?: also)?", r"(?: back)?", _ON, *_YOUR_LIST),
    _is(_BACK, _ON, *_YOUR_LIST, r"now\b"),
    _is(_BACK, _ON, "there", r"now\b"),
    _is(Effects({"undone", "changed"}), "open", r"again\b(?! (?:on|at|in|from|tomorrow)\b)"),
    _is(_OFF, r"(?:empty|clear)", r"now\b"),
    _is(_OFF, "now", r"(?: \w+ly)?", r"(?:empty|clear)\b"),
    _is(ALL, r"sorted\b(?! by\b)", bare=True),
    _is(_NEW | _MOVED, "now", r"(?:due|set|down|planned|booked)", _TIME),
    _form(
        f"{_IS_DONE}{IS_HOW}",
        (r"done\b(?! (?:with|by|on|at|in|only|yesterday|last)\b)",),
        ALL,
        says_how_it_is=True,
        is_read_out=True,
        shown="done",
    ),
    _bare(Effects({"added"}), _A_TASK, r"(?:added|created|saved)\b"),
    _bare(_DELETED, _A_TASK, r"(?:deleted|removed|erased|gone)\b"),
    _bare(Effects({"completed"}), _A_TASK, r"(?:completed|done)\b"),
    _bare(_MOVED, _A_TASK, r"(?:moved|updated|changed|renamed|rescheduled|postponed)\b"),
    _bare(_NEW | _MOVED, _A_TASK, r"(?:set|scheduled|noted)\b"),
    _bare(_NEW | _MOVED, "set", r"(?:to|for)\b(?! (?:you|now|today)\b)"),
    _bare(_NEW, "got", r"(?:it|that|this|both|them)", r"down\b"),
    _bare(ALL, "took", "care", r"of\b"),
    _bare(_DELETED, "got", "rid", r"of\b"),
)


def _any(rows: Iterable[tuple[str, str]]) -> str:
    """One pattern for many, in which what stands before them is looked for once: a voice waits for the answer."""
    behind: dict[str, list[str]] = {}
    for before, row in rows:
        behind.setdefault(before, []).append(row)
    return "|".join(f"{before}(?:{'|'.join(rows)})" for before, rows in behind.items())


ANY_FORM: Final = re.compile(_any(row for form in FORMS for row in form.rows), re.IGNORECASE)
ANY_BEGUN: Final = _any(begun for form in FORMS for begun in form.begun)
"""A pattern of the first words of any form."""
