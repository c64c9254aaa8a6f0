"""What the task server says of a search: which task is meant, or what to ask. An obedient model guesses nothing itself."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sandbox.brain import matching, mishearing
from sandbox.brain.day import due_on
from sandbox.brain.dialogue import Action, Verb
from sandbox.brain.transcript import Ran, Task

_MOST = 6
_ASKED_ABOUT: frozenset[Verb] = frozenset({"complete", "delete"})


@dataclass(frozen=True, slots=True)
class Sought:
    """The task that is meant, or a question with its candidates; neither when nothing like it was found."""

    task: Task | None = None
    question: str | None = None
    candidates: tuple[Task, ...] = ()


def sought(words: str, found: Ran, verb: Verb) -> Sought:
    """What a search for some words came to. A server that decides nothing gave a list, which is matched here."""
    if not found.decides:
        return Sought(matching.find(words, found.tasks).task)
    if found.meant:
        return Sought(found.meant)
    asked = found.question
    if asked is None:
        return Sought()
    candidates = tuple(task for task in found.tasks if f'"{task.title.replace(chr(34), chr(39))}"' in asked)
    if len(candidates) == 1 and verb in _ASKED_ABOUT:
        return Sought(candidates[0])  # the tool asks whether this one is meant: once is enough
    return Sought(None, asked, candidates)


def looked_through(action: Action, pool: Sequence[Task], today: str, *, sure: bool) -> matching.Match:
    """The task that is meant among all that are open, where no search found it: by its day, or by what was misheard.

    Unless it is `sure`, a likeness is only offered where the tool would not ask.
    """
    if action.but:
        left = tuple(task for task in pool if task.id != action.but)
        return matching.Match(left[0]) if len(left) == 1 else matching.Match(candidates=left[:_MOST])
    target = action.target or ""
    match = matching.find(target, pool)
    if match.task is None and not match.candidates:
        on_day = due_on(target, list(pool), today) or []
        if len(on_day) == 1:
            return matching.Match(on_day[0])
        match = matching.Match(candidates=tuple(on_day[:_MOST]))
    if match.task is None and not match.candidates and action.text:
        guess = mishearing.about_a_task(action.text, pool, (action.verb,))
        match = matching.Match(guess.task, guess.candidates) if guess else match
    if match.task and not sure and action.verb not in _ASKED_ABOUT:
        return matching.Match(candidates=(match.task,))
    return match
