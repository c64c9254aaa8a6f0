"""What the conversation has come to: the open question, the last action, the task and the list in mind."""

from dataclasses import dataclass
from typing import Literal

from sandbox.brain.transcript import Task

Verb = Literal["create", "list", "complete", "delete", "update", "undo", "guess", "shown", "say"]


@dataclass(frozen=True, slots=True)
class Question:
    """What we asked and have no answer to yet, and the action that an answer completes.

    which: one of the candidates, or any task when there are none. when: a date, perhaps one of `dates` (ISO, spoken).
    title: a new task's title. shown: one of `offers` (title, due words), read from a screen. gate: the caller's yes, which others than we will take. undo: whether to undo.
    """

    kind: Literal["which", "when", "title", "shown", "gate", "undo"]
    text: str
    action: "Action"
    candidates: tuple[Task, ...] = ()
    dates: tuple[tuple[str, str], ...] = ()
    offers: tuple[tuple[str, str | None], ...] = ()


@dataclass(frozen=True, slots=True)
class Action:
    """One thing to do: a tool to run once it is known on which task, or something to say.

    `target` are the caller's words for a task, `task` is that task when it is known already; `due` are words,
    `due_date` is ISO; `but` is the id of a task that is not meant, where the only other one is; `text` of a guess are the caller's words that are to be guessed at; `day` and `query` pick from a list. `text` and `asks` are what to say and to ask.
    """

    verb: Verb
    title: str | None = None
    due: str | None = None
    due_date: str | None = None
    but: str | None = None
    target: str | None = None
    task: Task | None = None
    view: str | None = None
    day: str | None = None
    query: str | None = None
    text: str = ""
    asks: Question | None = None
    shows: "Shown | None" = None
    keeps_question: bool = False


@dataclass(frozen=True, slots=True)
class Shown:
    """A list that the caller is hearing: all of it, and how far we read."""

    tasks: tuple[Task, ...]
    read: int


@dataclass(frozen=True, slots=True)
class Last:
    """The last action on a task: done, without effect, or waiting for the caller's yes. `pool` are the tasks it was picked from."""

    action: Action
    task: Task | None
    state: Literal["done", "idle", "waiting"]
    pool: tuple[Task, ...] = ()


@dataclass(frozen=True, slots=True)
class State:
    """All that a turn leaves to the next."""

    question: Question | None = None
    last: Last | None = None
    focus: Task | None = None
    shown: Shown | None = None


def say(text: str, *, asks: Question | None = None, keeps_question: bool = False) -> Action:
    """Just say something, and perhaps wait for an answer to it."""
    return Action("say", text=text, asks=asks, keeps_question=keeps_question)
