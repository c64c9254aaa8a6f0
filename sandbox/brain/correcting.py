"""«No, I meant …», «no, Thursday», «not the milk one, the other»: what was wrong, and what to do instead."""

import re
from dataclasses import replace

from sandbox.brain import due_phrase, wording
from sandbox.brain.choosing import at_place, choose
from sandbox.brain.clause import one
from sandbox.brain.dialogue import Action, Last, Question, State, Verb, say
from sandbox.brain.frame import strip_points
from sandbox.brain.naming import clean_title
from sandbox.brain.request import ACTIONS, Intent, Request
from sandbox.brain.transcript import Task

# «The dentist one» names a task; it is no new title.
_NAMES_A_TASK = re.compile(r"^(?:the|my|that|this)\s.*\b(?:one|task)$|\bone$", re.IGNORECASE)
_PICKS: frozenset[Verb] = frozenset({"complete", "delete"})


def correct(request: Request, state: State) -> list[Action] | Request:
    """What a correction does; a Request when it is one of its own and not about what came before."""
    rest = strip_points(request.rest or "")
    last = state.last
    inner = one(rest)
    if inner.intent in {
        Intent.OTHER,
        Intent.NO,
        Intent.CANCEL,
        Intent.YES,
        Intent.THANKS,
        Intent.REPEAT,
        Intent.GOODBYE,
    }:
        return inner
    if last is None:
        return inner if inner.intent in ACTIONS else [say(wording.UNKNOWN, keeps_question=True)]
    if due_phrase.is_due(rest):
        return _date(rest, state, last)
    if inner.intent in ACTIONS:
        return _said_again(inner, last)
    return _words(rest, state, last)


def _date(rest: str, state: State, last: Last) -> list[Action]:
    verb = last.action.verb
    if verb in {"create", "update"} and last.task and last.state != "waiting":
        return [Action("update", task=last.task, due=rest)]
    if verb == "list":
        return [_list_for(rest)]
    if verb in _PICKS:
        return _instead(last, rest, state)
    return [say(wording.UNKNOWN, keeps_question=True)]


def _list_for(rest: str) -> Action:
    words = due_phrase.without_lead(rest).casefold()
    view = {"today": "today", "this week": "week"}.get(words)
    return Action("list", view=view or "all", day=None if view else rest)


def _said_again(inner: Request, last: Last) -> list[Action] | Request:
    """«No, I said add buy stamps»: the new task was misheard, and is put right instead of being made twice."""
    made = last.action.verb == "create" and last.state == "done"
    if inner.intent is Intent.CREATE and made and last.task:
        return [Action("update", task=last.task, title=inner.title, due=inner.due)]
    return inner


def _words(rest: str, state: State, last: Last) -> list[Action]:
    verb = last.action.verb
    if verb in _PICKS:
        return _instead(last, rest, state)
    if (
        verb == "update"
        and last.state != "waiting"
        and (last.action.title is None or _NAMES_A_TASK.search(rest))
    ):
        return _instead(last, rest, state)
    if verb in {"create", "update"} and last.state != "waiting" and last.task:
        if _NAMES_A_TASK.search(rest):
            return [say(wording.UNKNOWN, keeps_question=True)]
        cut = due_phrase.cut_last(rest)
        return [Action("update", task=last.task, title=clean_title(cut.text) or None, due=cut.due)]
    return [say(wording.UNKNOWN, keeps_question=True)]


def _instead(last: Last, target: str, state: State) -> list[Action]:
    """The same on another task; what was done to the wrong one is taken back first."""
    listed = at_place(target, state.shown.tasks) if state.shown else None
    again = replace(last.action, target=target, task=listed)
    return [Action("undo"), again] if last.state == "done" else [again]


def other(request: Request, state: State) -> list[Action]:
    """«The other one»: the one task left of those to pick from. With several left it is a question."""
    last = state.last
    if last is None or last.action.verb not in {"complete", "delete", "update"}:
        return [say(wording.UNKNOWN, keeps_question=True)]
    pool = last.pool or ((last.task,) if last.task else ())
    left = [task for task in pool if last.task is None or task.id != last.task.id]
    if request.target:
        wrong = choose(request.target, pool)
        if wrong is None:
            return [_ask(last.action, left)]
        left = [task for task in left if task.id != wrong.id]
        if last.task and wrong.id != last.task.id and last.task.id not in {task.id for task in left}:
            left = [last.task, *left] if last.state == "waiting" else left
    back = [Action("undo")] if last.state == "done" else []
    again = replace(last.action, target=None, task=None)
    if not left and last.task:
        return [*back, replace(again, but=last.task.id)]
    if len(left) == 1:
        return [*back, replace(again, task=left[0])]
    return [*back, _ask(again, left)]


def _ask(action: Action, left: list[Task]) -> Action:
    candidates = tuple(left[:6])
    text = wording.which(action.verb, candidates if len(left) <= 6 else ())
    return say(text, asks=Question("which", text, replace(action, target=None, task=None), candidates))
