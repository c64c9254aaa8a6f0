"""From a caller's words to requests. What was meant by «no, Thursday» is for the dialogue to find out."""

import re
from dataclasses import replace
from functools import lru_cache

from sandbox.brain import due_phrase, frame, grammar
from sandbox.brain.request import ACTIONS, Intent, Request

_BY_NAME = {
    "Create": Intent.CREATE,
    "CreateWithDueFirst": Intent.CREATE,
    "AskTitle": Intent.ASK_TITLE,
    "List": Intent.LIST,
    "ListDay": Intent.LIST,
    "Search": Intent.SEARCH,
    "Complete": Intent.COMPLETE,
    "CompleteAll": Intent.COMPLETE_ALL,
    "Delete": Intent.DELETE,
    "DeleteAll": Intent.DELETE_ALL,
    "MoveDue": Intent.UPDATE,
    "DropDue": Intent.UPDATE,
    "Rename": Intent.UPDATE,
    "Undo": Intent.UNDO,
    "Correct": Intent.CORRECT,
    "Other": Intent.OTHER,
    "OtherThan": Intent.OTHER,
    "NotButThis": Intent.CORRECT,
    "Yes": Intent.YES,
    "No": Intent.NO,
    "Cancel": Intent.CANCEL,
    "More": Intent.MORE,
    "Repeat": Intent.REPEAT,
    "Greeting": Intent.GREETING,
    "Thanks": Intent.THANKS,
    "Capabilities": Intent.CAPABILITIES,
    "Identity": Intent.IDENTITY,
    "Refuse": Intent.REFUSE,
    "Goodbye": Intent.GOODBYE,
    "SmallTalk": Intent.SMALL_TALK,
}
NO_DATE = "no date"

_NOT_COMMA = re.compile(r"^(?:no,? )?not (?:the )?(?P<wrong>[^,]+?), (?:but )?(?P<right>.+)$", re.IGNORECASE)
_MID_CORRECTION = re.compile(
    r"[,.;–-]*\s+(?:(?:oh |er )?no,? wait,?|wait,? no,?|no,? sorry,?|sorry,? no,?|sorry,|no,|no\.|actually,? (?:no,?|make (?:it|that))"
    r"|(?:no,? |sorry,? )?i mean(?:t)?,?|i meant to say|make that|scratch that,?|or rather,?|rather,)\s+(?:i mean(?:t)? |make (?:it|that) )?",
    re.IGNORECASE,
)
_TARGET_FRONT = re.compile(
    r"^(?:(?:the|my|that|this|a|our)\s+)?(?:(?:task|test|item|reminder|to-?do|one)\s+(?:(?:to|called|named|titled|about|for|with|that says|saying|of)\s+))?"
    r"(?:(?:the|my)\s+)?",
    re.IGNORECASE,
)
_TARGET_BACK = re.compile(
    r"\s+(?:one|task|tasks|test|item|reminder|to-?do|thing|entry)(?:\s+(?:please|now|from (?:my|the) list))?$",
    re.IGNORECASE,
)
_TASK_ALONE = re.compile(
    r"(?:a|an|the|another)?\s*(?:new )?(?:task|test|reminder|to-?do|item|one)", re.IGNORECASE
)
_QUOTED = re.compile(r"^[\"'](?P<inside>.+)[\"']$")
# The ear hears «buy» as «by» or «bye»; no title begins with «by» unless a date follows.
_BUY = re.compile(r"^(?:by|bye)\s+(?=\S)", re.IGNORECASE)
_TITLE_FRONT = re.compile(r"^(?:to|that|:|-|for me to|me to)\s+", re.IGNORECASE)


def understand(text: str) -> tuple[Request, ...]:
    """The requests in a caller's turn, in order. Never empty, unless the text has no words."""
    return _understood(text[:2000])


@lru_cache(maxsize=2048)
def _understood(text: str) -> tuple[Request, ...]:
    tidied = frame.tidy(text)
    if not any(character.isalnum() for character in tidied):
        return ()
    if whole := _NOT_COMMA.match(frame.strip_points(tidied)):
        return (_not_but(tidied, whole["wrong"], whole["right"]),)
    requests: list[Request] = []
    for sentence in frame.sentences(tidied):
        for clause in frame.clauses(sentence):
            requests.append(one(clause))
    return _joined(_titled(requests), tidied)


def _not_but(text: str, wrong: str, right: str) -> Request:
    reading = grammar.best(right, lambda each: each.name == "Other")
    if reading:
        return Request(Intent.OTHER, text, target=bare_target(wrong))
    return Request(Intent.CORRECT, text, target=bare_target(wrong), rest=right)


def _titled(requests: list[Request]) -> list[Request]:
    """«Add a task. Buy milk.»: the sentence after is the title."""
    result: list[Request] = []
    for request in requests:
        if result and result[-1].intent is Intent.ASK_TITLE and request.intent is Intent.UNKNOWN:
            cut = due_phrase.cut_last(request.text)
            due = cut.due or result[-1].due
            result[-1] = Request(Intent.CREATE, request.text, title=clean_title(cut.text), due=due)
        else:
            result.append(request)
    return result


def _joined(requests: list[Request], text: str) -> tuple[Request, ...]:
    """Take a turn's sentences together: «No. Thursday.» is one correction, «Delete it. No, wait.» none at all."""
    if refused := [each for each in requests if each.intent is Intent.REFUSE]:
        return (refused[0],)
    if len(requests) > 1 and requests[0].intent in {Intent.NO, Intent.CORRECT} and not _acts(requests[1:]):
        rest = " ".join(
            each.rest or each.text for each in requests[1:] if each.intent not in {Intent.NO, Intent.THANKS}
        )
        corrections = [each for each in requests[1:] if each.intent in {Intent.CORRECT, Intent.OTHER}]
        if corrections:
            return (corrections[-1],)
        if rest and requests[-1].intent is Intent.UNKNOWN:
            return (Request(Intent.CORRECT, text, rest=rest),)
    if _acts(requests) and requests[-1].intent in {Intent.NO, Intent.CANCEL}:
        return (Request(Intent.CANCEL, text),)
    if _acts(requests):
        # With a request in the turn, a greeting or an aside needs no answer of its own. A no is heard first.
        kept = [each for each in requests if each.intent in ACTIONS or each.intent in {Intent.GOODBYE}]
        if requests[0].intent is Intent.NO:
            kept.insert(0, requests[0])
        return tuple(kept)
    known = [each for each in requests if each.intent is not Intent.UNKNOWN]
    telling = [each for each in known if each.intent not in {Intent.THANKS, Intent.GREETING}]
    return tuple((telling or known or requests)[-1:])


def _acts(requests: list[Request]) -> bool:
    return any(each.intent in ACTIONS for each in requests)


def one(clause: str) -> Request:
    """The one request of a clause."""
    text = frame.strip_points(clause)
    corrected = _mid_correction(text)
    return corrected or _plain(text)


def _mid_correction(text: str) -> Request | None:
    """«Add buy stamps for Thursday, no, Friday»: what comes last counts."""
    *_, last = [None, *_MID_CORRECTION.finditer(text)]
    if last is None or not text[: last.start()].strip():
        return None
    base = _plain(frame.strip_points(text[: last.start()]))
    right = frame.strip_points(text[last.end() :])
    if base.intent not in {Intent.CREATE, Intent.COMPLETE, Intent.DELETE, Intent.UPDATE}:
        return None
    fix = _plain(right)
    if fix.intent in ACTIONS:
        return replace(fix, text=text)
    if fix.intent in {Intent.NO, Intent.CANCEL}:
        return Request(Intent.CANCEL, text)
    right = fix.rest or right
    if due_phrase.is_due(right):
        return replace(base, due=right, text=text)
    cut = due_phrase.cut_last(right)
    if base.intent is Intent.CREATE:
        return replace(base, title=clean_title(cut.text), due=cut.due or base.due, text=text)
    return replace(base, target=bare_target(right), text=text)


def _plain(text: str) -> Request:
    """Read a clause with more and more politeness cut off; the most literal reading that acts wins."""
    shorter = frame.without_closing(text)
    acting: tuple[int, Request] | None = None
    weaker: Request | None = None
    for candidate in dict.fromkeys((shorter, text)):
        current: str | None = candidate
        while current:
            reading = grammar.best(current, _fits)
            request = _request(reading, current) if reading else None
            if reading and request and request.intent in ACTIONS:
                if acting is None or reading.loose < acting[0]:
                    acting = (reading.loose, request)
            elif request and (weaker is None or weaker.intent is Intent.SMALL_TALK):
                weaker = request
            current = frame.without_opening(current)
        if acting:
            return replace(acting[1], text=text)
    cut = due_phrase.cut_first(_stripped(shorter))
    if cut.due:
        later = _read(_stripped(cut.text))
        if later and later.intent is Intent.CREATE and not later.due:
            return replace(later, due=cut.due, text=text)
    return replace(weaker, text=text) if weaker else Request(Intent.UNKNOWN, text)


def _stripped(text: str) -> str:
    while (shorter := frame.without_opening(text)) is not None:
        text = shorter
    return text


def _read(text: str) -> Request | None:
    reading = grammar.best(text, _fits)
    return _request(reading, text) if reading else None


def _fits(reading: grammar.Reading) -> bool:
    slots = reading.slots
    if "due" in slots:
        return due_phrase.could_be_due(slots["due"]) and not _is_no_target(slots.get("target"))
    if reading.name == "Create":
        # «Add a task for tomorrow» has no title yet.
        return not _only_due(slots.get("title", ""))
    if reading.name == "Rename":
        return not due_phrase.is_due(slots.get("new", "")) and not _is_no_target(slots.get("target"))
    if reading.name in {"Complete", "Delete"}:
        return not _is_no_target(slots.get("target"))
    return True


def _only_due(title: str) -> bool:
    return due_phrase.is_due(title)


def _is_no_target(target: str | None) -> bool:
    """Words that only belong to a longer template («the date of …») or to none."""
    return target is not None and bool(
        re.fullmatch(
            r"(?:the )?(?:due )?(?:as|date|deadline|title|name)(?: (?:of|for|on|from) .*)?",
            target,
            re.IGNORECASE,
        )
    )


def _request(reading: grammar.Reading, text: str) -> Request:
    intent = _BY_NAME[reading.name]
    slots = {name: _original(value, text) for name, value in reading.slots.items()}
    match intent:
        case Intent.CREATE:
            return _create(slots, text)
        case Intent.LIST:
            return _list(reading.view, slots.get("due"), text)
        case Intent.SEARCH:
            return Request(intent, text, view="all", query=bare_target(slots.get("query", "")))
        case Intent.UPDATE:
            due = NO_DATE if reading.name == "DropDue" else slots.get("due")
            title = clean_title(slots["new"]) if "new" in slots else None
            return Request(intent, text, target=bare_target(slots.get("target", "")), due=due, title=title)
        case Intent.CORRECT | Intent.OTHER | Intent.COMPLETE | Intent.DELETE:
            target = bare_target(slots["target"]) if "target" in slots else None
            return Request(intent, text, target=target, rest=slots.get("rest"))
        case _:
            return Request(intent, text)


def _list(view: str | None, due: str | None, text: str) -> Request:
    named = {"today": "today", "this week": "week"}.get(due_phrase.without_lead(due or "").casefold())
    return Request(Intent.LIST, text, view=named or view or "all", due=None if named else due)


def _create(slots: dict[str, str], text: str) -> Request:
    said = slots.get("title", "")
    if _QUOTED.match(said):
        return Request(Intent.CREATE, text, title=clean_title(said), due=slots.get("due"))
    due = slots.get("due")
    if due is None:
        first = _leading_due(said)
        said, due = first.text, first.due
    if due is None:
        cut = due_phrase.cut_last(said)
        said, due = cut.text, cut.due
    title = clean_title(said)
    if due and _TASK_ALONE.fullmatch(title):
        title = ""
    return (
        Request(Intent.CREATE, text, title=title, due=due)
        if title
        else Request(Intent.ASK_TITLE, text, due=due)
    )


def _leading_due(said: str) -> due_phrase.Cut:
    """«Remind me tomorrow at 5 to call»: a date first, then «to» or a colon, then the title."""
    cut = due_phrase.cut_first(said)
    if cut.due and re.match(r"(?:to|that|about|called|named|:)\s", cut.text, re.IGNORECASE):
        return cut
    return due_phrase.Cut(said, None)


def clean_title(said: str) -> str:
    """A new task's title from what was said: no quotes, no leading «to», «by milk» as «buy milk»."""
    title = frame.strip_points(said)
    if quoted := _QUOTED.match(title):
        return quoted["inside"].strip()
    title = _TITLE_FRONT.sub("", title)
    if not due_phrase.cut_first(title).due and not due_phrase.is_due(title):
        title = _BUY.sub("buy ", title)
    return title.strip()


def bare_target(said: str) -> str:
    """The words for an existing task without «the», «my», «task» and «one»; empty for «the task» alone."""
    target = frame.strip_points(said)
    if quoted := _QUOTED.match(target):
        return quoted["inside"].strip()
    return target


def reduced_target(target: str) -> str:
    """A target without the words that any task could have: «the dentist one» is «dentist»."""
    reduced = _TARGET_BACK.sub("", _TARGET_FRONT.sub("", target)).strip()
    return (
        ""
        if re.fullmatch(r"(?:the|my|that|this)?\s*(?:one|task|item|reminder|thing)?", reduced, re.IGNORECASE)
        else reduced
    )


def _original(words: str, text: str) -> str:
    """The words as they stand in the text: the matcher drops commas."""
    parts = words.split()
    pattern = r"[\s,;:.!?]*\s+".join(re.escape(part) for part in parts)
    found = re.findall(pattern, text, re.IGNORECASE)
    return found[-1] if found else words
