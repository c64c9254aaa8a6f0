"""Taking a turn as the answer to our question. A turn that is no answer goes on as a request of its own."""

from dataclasses import replace

from sandbox.brain import due_phrase, showing, wording
from sandbox.brain.choosing import choose, place
from sandbox.brain.clause import NO_DATE, one
from sandbox.brain.dialogue import Action, Question, State, say
from sandbox.brain.frame import strip_points
from sandbox.brain.naming import clean_title
from sandbox.brain.request import ACTIONS, Intent, Request
from sandbox.brain.spoken_form import plain_form
from sandbox.brain.transcript import Task

_REFUSALS = frozenset({Intent.NO, Intent.CANCEL})
# What leaves a question open and is answered for itself.
_ASIDES = frozenset(
    {
        Intent.REPEAT,
        Intent.GREETING,
        Intent.CAPABILITIES,
        Intent.IDENTITY,
        Intent.SMALL_TALK,
        Intent.REFUSE,
        Intent.GOODBYE,
    }
)
_LONGEST_DATE_ANSWER = 8
_WHAT_TIME = "At what time"
"""What is asked where the day that was said stays."""


def answer(request: Request, state: State) -> list[Action] | None:
    """What the turn's first request does as an answer to the open question; None when it is none."""
    question = state.question
    if question is None:
        return None
    match question.kind:
        case "which":
            return _which(request, question)
        case "when":
            return _when(request, question)
        case "title":
            return _title(request, question)
        case "shown":
            return showing.answered(request, question)
        case "gate":
            return _gate(request, question)
        case "undo":
            return [Action("undo")] if request.intent is Intent.YES else _refused(request, wording.OKAY)


def _refused(request: Request, text: str) -> list[Action] | None:
    return [say(text)] if request.intent in _REFUSALS else None


def _words(request: Request) -> str:
    """What an answer says, without «I meant» and the like."""
    return strip_points(request.rest or request.text)


def _which(request: Request, question: Question) -> list[Action] | None:
    action, candidates = question.action, question.candidates
    if request.intent in _REFUSALS:
        return [say(wording.LEFT)]
    if request.intent is Intent.YES:
        if len(candidates) == 1:
            return [replace(action, task=candidates[0])]
        return [say(question.text, asks=question)]
    if request.intent is Intent.OTHER:
        left = _without(request, candidates)
        if len(left) == 1 and len(candidates) > 1:
            return [replace(action, task=left[0])]
        return [say(question.text, asks=question)] if len(candidates) > 1 else None
    same = request.intent.value == action.verb and action.verb in {"complete", "delete", "update"}
    if request.intent in _ASIDES or (request.intent in ACTIONS and not same):
        return None
    words = (request.target if same else None) or _words(request)
    if chosen := choose(words, candidates):
        return [replace(action, task=chosen)]
    if same or not candidates:
        return [replace(action, target=words)]
    # Nothing was chosen; words that name another task clearly still count, others bring the question again.
    return (
        [replace(action, target=words)]
        if request.intent is Intent.CORRECT
        else [say(question.text, asks=question)]
    )


def _without(request: Request, candidates: tuple[Task, ...]) -> list[Task]:
    if not request.target:
        return list(candidates)
    wrong = choose(request.target, candidates)
    return [task for task in candidates if task is not wrong] if wrong else []


def _when(request: Request, question: Question) -> list[Action] | None:
    action = question.action
    words = _words(request)
    if no_date(request.text) or no_date(words):
        bare = replace(action, due=None, due_date=None)
        return [bare if action.verb == "create" else replace(action, due=NO_DATE, due_date=None)]
    if request.intent in _REFUSALS:
        return [say(wording.NOT_ADDED if action.verb == "create" else wording.LEFT)]
    chosen = _date(request, words, question.dates)
    if chosen:
        return [replace(action, due=None, due_date=chosen)]
    if action.due and _WHAT_TIME in question.text and (time := due_phrase.only_a_time(words)):
        return [replace(action, due=f"{action.due} {time}", due_date=None)]
    if due_phrase.could_be_due(words):
        return [replace(action, due=words, due_date=None)]
    if request.intent is Intent.YES:
        return [say(question.text, asks=question)]
    if request.intent in {Intent.UNKNOWN, Intent.CORRECT} and len(words.split()) <= _LONGEST_DATE_ANSWER:
        # Not a date as we know them; the task server reads more than we do and asks again.
        return [replace(action, due=words, due_date=None)]
    return None


def _date(request: Request, words: str, dates: tuple[tuple[str, str], ...]) -> str | None:
    """The offered date that the answer picks, in ISO."""
    if request.intent is Intent.YES:
        return dates[0][0] if len(dates) == 1 else None
    said = [word for word in plain_form(words).split() if word not in {"the", "on", "one", "in", "i", "mean"}]
    picked = [
        due for due, spoken in dates if said and all(word in plain_form(spoken).split() for word in said)
    ]
    if len(picked) == 1:
        return picked[0]
    index = place(words, len(dates)) if "one" in words.split() or not due_phrase.could_be_due(words) else None
    return dates[index][0] if index is not None else None


def no_date(words: str) -> bool:
    """Whether an answer wants no date at all."""
    said = plain_form(words)
    return said in {
        "no date",
        "none",
        "no due date",
        "without a date",
        "without date",
        "without a due date",
        "no deadline",
    }


def _title(request: Request, question: Question) -> list[Action] | None:
    if request.intent in _REFUSALS:
        return [say(wording.NOT_ADDED)]
    if request.intent in _ASIDES or request.intent in {Intent.YES, Intent.THANKS}:
        return None
    if request.intent is Intent.CREATE:
        return [Action("create", title=request.title, due=request.due or question.action.due)]
    # «Buy milk» has no frame, and «complete the form» has one by chance: all of it is the title.
    if request.intent in ACTIONS and request.intent not in {Intent.COMPLETE}:
        return None
    cut = due_phrase.cut_last(_words(request))
    title = clean_title(cut.text)
    return [Action("create", title=title, due=cut.due or question.action.due)] if title else None


def _gate(request: Request, question: Question) -> list[Action] | None:
    """We never take a yes here: whoever holds the question does. All that is left for us is to ask again, or to go on."""
    if request.intent is Intent.YES or request.intent is Intent.REPEAT:
        return [say(question.text, asks=question)]
    if request.intent in _REFUSALS:
        return [say(wording.LEFT)]
    if question.action.verb == "create":
        # «No, Thursday»: what was read from a screen is asked about again, put right.
        words = _words(request)
        if request.intent in {Intent.CORRECT, Intent.UNKNOWN} and due_phrase.is_due(words):
            return [replace(question.action, due=words, due_date=None)]
        if request.intent is Intent.CORRECT and words:
            return [replace(question.action, title=clean_title(words))]
        return None
    if (
        request.intent is Intent.UNKNOWN
        and len(request.text.split()) <= 6
        and not due_phrase.is_due(request.text)
    ):
        return [Action(question.action.verb, target=one(request.text).text)]
    return None
