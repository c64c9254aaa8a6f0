"""What a caller means by pointing: «add this to my tasks», «remind me about that deadline», «what's on my screen?»."""

import re
from dataclasses import replace

from sandbox.brain import due_phrase, wording
from sandbox.brain.choosing import place
from sandbox.brain.dialogue import Action, Question, say
from sandbox.brain.frame import strip_points
from sandbox.brain.request import Intent, Request
from sandbox.brain.spoken_form import plain_form
from sandbox.brain.transcript import Ran

TOOL = "read_screen"

# What can be pointed at without more words. Not «task»: «add that task» is about the list.
_THING = (
    r"(?:deadline|due date|date|ticket|issue|bug|e-?mail|mail|message|event|appointment|meeting|invoice|bill|page|slide|card"
    r"|entry|request|thing|item|line|row|note|post|reminder|calendar entry|document|form|assignment|one(?: here)?)"
)
_SCREEN = r"(?:on|from|in|off) (?:my|the|this) (?:shared )?(?:screen|page|slide|tab|window|display|monitor)"
_LOOKING = (
    r"(?:what(?:ever)?|the (?:thing|one|task|ticket|page|deadline|event|mail|e-?mail)(?: that)?) (?:i'm|i am|you're|you are|you)"
    r" (?:looking at|seeing|showing|showing you|pointing at|pointing to|sharing|see|sees)(?: (?:right )?(?:now|here))?"
)
_POINTED = (
    rf"(?:(?:this|that|it|these|those)(?: {_THING})?(?: (?:here|there|right here|over there))?(?: {_SCREEN})?"
    rf"|{_LOOKING}|what(?:'s| is) (?:here|{_SCREEN})|(?:the|a) [\w' -]{{1,60}}? {_SCREEN}|what you see(?: here)?)"
)
_ADD = r"(?:add|at|and|had|ad|put|save|note|note down|write down|take down|stick|track|capture|take|get|make|turn|create|schedule|log)"
_LIST = (
    r"(?:(?:a |an |another )?(?:new )?(?:task|test|reminder|to-?do)(?: (?:of|from|out of|for|about|with) )?"
    r"|(?:to|on|onto|in|into|down on) (?:my|the|our) (?:task |to-?do )?(?:list|lists|tasks|task|test|tests|to-?dos)|down|as a (?:task|reminder|to-?do)"
    r"|into a (?:task|reminder|to-?do))"
)
_ADDS = re.compile(
    rf"^(?:(?P<verb>{_ADD}) (?P<one>{_POINTED})(?P<list> {_LIST})?|{_ADD} (?:a |an |another )?(?:new )?(?:task|test|reminder|to-?do) (?:of|from|out of|for|about|with)"
    rf" (?P<two>{_POINTED})|remind(?:er)?(?: me)? (?:about|of|for|on) (?P<three>{_POINTED})|set (?:me )?(?:a )?reminder (?:about|of|for|on)"
    rf" (?P<four>{_POINTED}))(?P<due>(?: .+)?)$",
    re.IGNORECASE,
)
_ADDS_ALONE = re.compile(r"^(?:add|save|note|note down|write down|take down|track|capture)$", re.IGNORECASE)
_ASKS = re.compile(
    rf"^(?:what(?:'s| is| do you see| can you see| does it say)?(?: {_SCREEN}| here)?|what(?:'s| is) {_SCREEN}"
    rf"|(?:read|look at|see|check)(?: me)? (?:my|the|this) (?:screen|page|slide)|(?:do|can) you see (?:my screen|this|that|it|what i'm (?:sharing|showing))"
    rf"|what (?:do|can) you see(?: {_SCREEN}| here| now)?|what does (?:this|that|it|my screen) say|look at (?:this|that))$",
    re.IGNORECASE,
)
_ONLY_WHAT = re.compile(r"^what(?:'s| is)?$", re.IGNORECASE)


def shown(text: str) -> Request | None:
    """The request of a clause that points at something; None for one that does not. No politeness may stand around it."""
    if _ASKS.match(text) and not _ONLY_WHAT.match(text):
        return Request(Intent.SHOWN, text, rest="tell")
    found = _ADDS.match(text)
    if found is None:
        return None
    if found["verb"] and not found["list"] and not _ADDS_ALONE.match(found["verb"]):
        return None  # «make that Friday» changes something
    due = strip_points(found["due"] or "")
    if due and not due_phrase.is_due(due):
        return None
    return Request(Intent.SHOWN, text, due=due or None)


def chosen(words: str, offers: tuple[tuple[str, str | None], ...]) -> int | None:
    """Which of the things on a screen an answer means; None when that is not clear."""
    index = place(words, len(offers))
    if index is not None:
        return index
    said = {word for word in plain_form(words).split() if word not in _COMMON}
    scores = [len(said & set(plain_form(f"{title} {due or ''}").split())) for title, due in offers]
    best = max(scores, default=0)
    return scores.index(best) if best and scores.count(best) == 1 else None


_COMMON = frozenset(
    [
        "the",
        "one",
        "a",
        "an",
        "to",
        "on",
        "for",
        "of",
        "in",
        "that",
        "this",
        "due",
        "i",
        "mean",
        "meant",
        "please",
        "and",
        "by",
        "at",
    ]
)


def answered(request: Request, question: Question) -> list[Action] | None:
    """What the turn does as an answer to «which one do you mean?» about things on a screen."""
    if request.intent in {Intent.NO, Intent.CANCEL}:
        return [say(wording.NOT_ADDED)]
    index = chosen(strip_points(request.rest or request.text), question.offers)
    if index is None:
        return (
            None
            if request.intent not in {Intent.UNKNOWN, Intent.YES, Intent.SHOWN}
            else [say(question.text, asks=question)]
        )
    title, due = question.offers[index]
    return [replace(question.action, verb="create", title=title, due=question.action.due or due)]


def offers_of(ran: Ran) -> tuple[tuple[str, str | None], ...]:
    """What was read, title and due words; as data."""
    items = ran.result.get("items")
    if not isinstance(items, list):
        return ()
    found = [each for each in items if isinstance(each, dict) and isinstance(each.get("title"), str)]
    return tuple((each["title"], str(each.get("due_words") or "") or None) for each in found[:6])


def is_unclear(ran: Ran) -> bool:
    """Whether a date stands there that could not be read."""
    items = ran.result.get("items")
    return isinstance(items, list) and bool(items) and bool(dict(items[0]).get("date_unclear"))
