"""One clause of a caller's turn read as one request."""

import re
from dataclasses import replace

from sandbox.brain import due_phrase, frame, grammar, slips
from sandbox.brain.naming import QUOTED, TASK_ALONE, bare_target, clean_title
from sandbox.brain.request import ACTIONS, Intent, Request
from sandbox.brain.showing import shown

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

_MID_CORRECTION = re.compile(
    r"[,.;–-]*\s+(?:(?:oh |er )?no,? wait,?|wait,? no,?|no,? sorry,?|sorry,? no,?|sorry,|no,|no\.|actually,? (?:no,?|make (?:it|that))"
    r"|(?:no,? |sorry,? )?i mean(?:t)?,?|i meant to say|make that|scratch that,?|or rather,?|rather,)\s+(?:i mean(?:t)? |make (?:it|that) )?",
    re.IGNORECASE,
)


def one(clause: str) -> Request:
    """The one request of a clause."""
    text = frame.strip_points(clause)
    return _mid_correction(text) or _plain(text)


def _mid_correction(text: str) -> Request | None:
    """«Add buy stamps for Thursday, no, Friday»: what comes last counts."""
    *_, last = [None, *_MID_CORRECTION.finditer(text)]
    if last is None or not text[: last.start()].strip():
        return None
    base = _plain(frame.strip_points(text[: last.start()]))
    return corrected(base, text[last.end() :], text)


def corrected(base: Request, said: str, text: str) -> Request | None:
    """A request put right by what was said after it; None when there is nothing to put right. `text` is all of it."""
    if base.intent not in {Intent.CREATE, Intent.COMPLETE, Intent.DELETE, Intent.UPDATE}:
        return None
    right = frame.strip_points(said)
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
    pointing: str | None = shorter
    while pointing:
        if request := shown(pointing):
            return replace(request, text=text)
        pointing = frame.without_opening(pointing)
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
    if (weaker is None or weaker.intent in {Intent.SMALL_TALK, Intent.CORRECT}) and (
        title := slips.slipped_add(shorter)
    ):
        return replace(_create({"title": title}, text), text=text)
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
    if QUOTED.match(said):
        return Request(Intent.CREATE, text, title=clean_title(said), due=slots.get("due"))
    due = slots.get("due")
    if due is None:
        first = _leading_due(said)
        said, due = first.text, first.due
    if due is None:
        cut = due_phrase.cut_last(said)
        said, due = cut.text, cut.due
    title = clean_title(_without_frames_article(said, text))
    if due and TASK_ALONE.fullmatch(title):
        title = ""
    return (
        Request(Intent.CREATE, text, title=title, due=due)
        if title
        else Request(Intent.ASK_TITLE, text, due=due)
    )


def _without_frames_article(said: str, text: str) -> str:
    """«Add a meeting»: the article is the command's, not the title's. «Add write a letter» keeps its own."""
    found = re.match(r"an?\s+(?=\w)", said, re.IGNORECASE)
    before = re.search(
        r"\b(?:add|at|and|put|schedule|plan|create)\s+$", text.partition(said)[0], re.IGNORECASE
    )
    return said[found.end() :] if found and before else said


def _leading_due(said: str) -> due_phrase.Cut:
    """«Remind me tomorrow at 5 to call»: a date first, then «to» or a colon, then the title."""
    cut = due_phrase.cut_first(said)
    if cut.due and re.match(r"(?:to|that|about|called|named|:)\s", cut.text, re.IGNORECASE):
        return cut
    return due_phrase.Cut(said, None)


def _original(words: str, text: str) -> str:
    """The words as they stand in the text: the matcher drops commas."""
    parts = words.split()
    pattern = r"[\s,;:.!?]*\s+".join(re.escape(part) for part in parts)
    found = re.findall(pattern, text, re.IGNORECASE)
    return found[-1] if found else words
