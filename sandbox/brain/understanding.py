"""From a caller's turn to requests. What was meant by «no, Thursday» is for the dialogue to find out."""

import re
from functools import lru_cache

from sandbox.brain import due_phrase, frame, grammar, slips
from sandbox.brain.clause import corrected, one
from sandbox.brain.naming import bare_target, clean_title
from sandbox.brain.request import ACTIONS, Intent, Request

_NOT_COMMA = re.compile(r"^(?:no,? )?not (?:the )?(?P<wrong>[^,]+?), (?:but )?(?P<right>.+)$", re.IGNORECASE)


def understand(text: str) -> tuple[Request, ...]:
    """The requests in a caller's turn, in order. Never empty, unless the text has no words."""
    return _understood(text[:2000])


@lru_cache(maxsize=2048)
def _understood(text: str) -> tuple[Request, ...]:
    tidied = slips.mended(frame.tidy(text))
    if not any(character.isalnum() for character in tidied):
        return ()
    if whole := _NOT_COMMA.match(frame.strip_points(tidied)):
        return (_not_but(tidied, whole["wrong"], whole["right"]),)
    requests: list[Request] = []
    for sentence in frame.sentences(tidied):
        for clause in frame.clauses(sentence):
            requests.append(one(clause))
    return _joined(_led_on(requests), tidied)


def _not_but(text: str, wrong: str, right: str) -> Request:
    reading = grammar.best(right, lambda each: each.name == "Other")
    if reading:
        return Request(Intent.OTHER, text, target=bare_target(wrong))
    return Request(Intent.CORRECT, text, target=bare_target(wrong), rest=right)


def _led_on(requests: list[Request]) -> list[Request]:
    """«Add a task. Buy milk.»: the sentence after is the title. «Add milk for Monday. No, Friday.»: it puts right."""
    result: list[Request] = []
    for request in requests:
        before = result[-1] if result else None
        # «Finish the slides» is a title here, although it has a frame by chance.
        if (
            before
            and before.intent is Intent.ASK_TITLE
            and request.intent in {Intent.UNKNOWN, Intent.COMPLETE}
        ):
            cut = due_phrase.cut_last(request.text)
            due = cut.due or before.due
            result[-1] = Request(Intent.CREATE, request.text, title=clean_title(cut.text), due=due)
        elif (
            before
            and request.intent is Intent.CORRECT
            and (right := corrected(before, request.rest or "", request.text))
        ):
            result[-1] = right
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
