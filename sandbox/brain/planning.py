"""What to do about a caller's requests, given what the conversation has come to."""

import re
from dataclasses import replace

from sandbox.brain import due_phrase, mishearing, wording
from sandbox.brain.answering import answer
from sandbox.brain.choosing import at_place
from sandbox.brain.clause import one
from sandbox.brain.correcting import correct, other
from sandbox.brain.dialogue import Action, Question, Shown, State, Verb, say
from sandbox.brain.frame import without_opening
from sandbox.brain.naming import reduced_target
from sandbox.brain.request import ACTIONS, Intent, Request

_PRONOUN = re.compile(
    r"^(?:it|that|this|them|those|(?:that|this) (?:one|task|last one)|the (?:last|latest|new|previous) (?:one|task)|the task|the one|one)?$",
    re.IGNORECASE,
)
_LAST = re.compile(r"^(?:the|my) last (?:one|task)$", re.IGNORECASE)
_ELLIPSIS = re.compile(r"^(?:and )?(?P<target>.+?)(?: to)?$", re.IGNORECASE)
_SAYS = {
    Intent.GREETING: wording.GREETING,
    Intent.THANKS: wording.THANKS,
    Intent.CAPABILITIES: wording.CAPABILITIES,
    Intent.IDENTITY: wording.IDENTITY,
    Intent.SMALL_TALK: wording.SMALL_TALK,
    Intent.REFUSE: wording.REFUSE,
    Intent.GOODBYE: wording.GOODBYE,
}
_VERBS: dict[Intent, Verb] = {
    Intent.COMPLETE: "complete",
    Intent.COMPLETE_ALL: "complete",
    Intent.DELETE: "delete",
    Intent.DELETE_ALL: "delete",
    Intent.UPDATE: "update",
}


def plan(requests: tuple[Request, ...], state: State, *, said_before: str | None) -> list[Action]:
    """The actions for a turn, in order; at least one."""
    if not requests:
        return [say(wording.UNKNOWN, keeps_question=True)]
    first = answer(requests[0], state)
    actions = list(first) if first is not None else _meant(requests[0], state, said_before)
    for request in requests[1:]:
        actions += _meant(request, state, said_before)
    return actions


def _meant(request: Request, state: State, said_before: str | None) -> list[Action]:
    match request.intent:
        case Intent.CORRECT:
            inner = correct(request, state)
            return inner if not isinstance(inner, Request) else _meant(inner, state, said_before)
        case Intent.OTHER:
            return other(request, state)
        case Intent.UNKNOWN:
            return _unknown(request, state)
        case Intent.REPEAT:
            return [say(said_before or wording.NOTHING_SAID, keeps_question=True)]
        case Intent.YES | Intent.NO | Intent.CANCEL | Intent.MORE:
            return [_short_answer(request, state)]
        case Intent.SMALL_TALK if meant := mishearing.command(request.text, sure=True):
            return [Action(meant[0], view=meant[1])]
        case intent if intent in _SAYS:
            return [say(_SAYS[intent], keeps_question=intent is not Intent.GOODBYE)]
        case _:
            return [_task_action(request, state)]


def _task_action(request: Request, state: State) -> Action:
    match request.intent:
        case Intent.CREATE if request.title and not _PRONOUN.match(request.title):
            return Action("create", title=request.title, due=request.due)
        case Intent.CREATE | Intent.ASK_TITLE:
            action = Action("create", due=request.due)
            return say(wording.WHAT_TO_ADD, asks=Question("title", wording.WHAT_TO_ADD, action))
        case Intent.SHOWN:
            return Action("shown", due=request.due, text=request.text, query=request.rest)
        case Intent.LIST:
            return Action("list", view=request.view, day=request.due)
        case Intent.SEARCH:
            return Action("list", view="all", query=reduced_target(request.query or "") or None)
        case Intent.UNDO:
            return Action("undo")
        case Intent.COMPLETE_ALL | Intent.DELETE_ALL:
            verb = _VERBS[request.intent]
            text = wording.not_all_at_once(verb)
            return say(text, asks=Question("which", text, Action(verb)))
        case _:
            return _change(request, state)


def _change(request: Request, state: State) -> Action:
    verb = _VERBS[request.intent]
    action = Action(verb, title=request.title, due=request.due, target=request.target, text=request.text)
    just_read = state.shown and state.last and state.last.action.verb == "list"
    if state.shown and just_read and _LAST.match(request.target or "") and state.shown.read:
        return replace(action, task=state.shown.tasks[state.shown.read - 1])
    if _PRONOUN.match(request.target or ""):
        if state.focus:
            return replace(action, task=state.focus)
        text = wording.which(verb, ())
        return say(text, asks=Question("which", text, replace(action, target=None)))
    if state.shown and request.target and (listed := at_place(request.target, state.shown.tasks)):
        return replace(action, task=listed)
    return action


def _short_answer(request: Request, state: State) -> Action:
    """Yes, no and «go on» when no question of ours is open: they may be about the list that we are reading."""
    shown = state.shown
    reading = shown is not None and shown.read < len(shown.tasks)
    if request.intent is Intent.YES:
        later = without_opening(request.text)
        inner = one(later) if later else None
        if inner and inner.intent in ACTIONS:
            return _task_action(inner, state)
    if request.intent in {Intent.YES, Intent.MORE}:
        if shown and reading:
            text, read = wording.next_page(shown.tasks, shown.read)
            return replace(say(text), shows=Shown(shown.tasks, read))
        # «And do that» is a yes, but there is nothing to say yes to.
        if len(request.text.split()) > 2 and (meant := mishearing.command(request.text, sure=True)):
            return Action(meant[0], view=meant[1])
        return say(wording.OKAY if request.intent is Intent.YES else wording.NOTHING_SHOWN)
    if request.intent is Intent.CANCEL and state.last and state.last.state == "done" and state.last.task:
        return say(wording.UNDO_IT, asks=Question("undo", wording.UNDO_IT, Action("undo")))
    return say(wording.OKAY)


def _unknown(request: Request, state: State) -> list[Action]:
    """A bare date right after a task was made or changed is its date; anything else we did not get."""
    last = state.last
    if (
        last
        and last.state == "done"
        and last.task
        and last.action.verb in {"create", "update"}
        and due_phrase.is_due(request.text)
    ):
        return [Action("update", task=last.task, due=request.text)]
    cut = due_phrase.cut_last(request.text)
    named = _ELLIPSIS.match(cut.text)
    if (
        last
        and last.state == "done"
        and last.action.verb == "update"
        and last.action.due
        and cut.due
        and named
    ):
        # «And the second one to Friday», after something was moved.
        return [_change(replace(request, intent=Intent.UPDATE, target=named["target"], due=cut.due), state)]
    if meant := mishearing.command(request.text):
        return [Action(meant[0], view=meant[1])]
    if mishearing.could_be_about_a_task(request.text):
        return [Action("guess", text=request.text)]
    return [say(wording.UNKNOWN, keeps_question=True)]
