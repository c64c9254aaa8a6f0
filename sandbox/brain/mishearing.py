"""What was meant by words that make no sense as they stand: the usual command that sounds most like them.

It is asked only when no literal reading acts. The commands are data (data/commands.yaml); those about a task are
spelled out for each open task that is heard in the words. One must sound clearly more like it than any about another
task, or it is a question; a title alone, without something like a command around it, is nothing.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache

import yaml

from sandbox.brain import due_phrase, matching
from sandbox.brain.dialogue import Verb
from sandbox.brain.frame import strip_points, without_closing, without_opening
from sandbox.brain.grammar import DATA
from sandbox.brain.inflection import forms
from sandbox.brain.phones import distance, distance_inside, likeness, phones
from sandbox.brain.transcript import Task

_LONGEST = 16
"""Words; commands are short, and long speech is full of chance likenesses."""
_COMMAND, _SURE_COMMAND = 0.8, 0.88
"""How alike a command without a task must sound."""
_WHOLE, _TITLE, _FRAME = 0.76, 0.7, 0.42
"""How alike the whole, the title in it and the command around that must sound."""
_HEAD = 0.67
"""How alike a command's first words must sound for the list to be looked at."""
_LEAD = 0.07
"""By how much it must sound more alike than about any other task."""
_CANDIDATES = 4
_TASK_VERBS: tuple[Verb, ...] = ("complete", "delete", "update")


@dataclass(frozen=True, slots=True)
class Guess:
    """`task` when it is clear which is meant, else `candidates` to ask about."""

    verb: Verb
    task: Task | None
    candidates: tuple[Task, ...]
    due: str | None = None


@cache
def _commands() -> dict[str, list[str]]:
    data: dict[str, list[str]] = yaml.safe_load((DATA / "commands.yaml").read_text(encoding="utf-8"))
    return data


def command(text: str, *, sure: bool = False) -> tuple[Verb, str | None] | None:
    """The command without a task that is meant: «undo», or «list» and its view; None when none is near enough.

    `sure` asks for more likeness: for words that make sense as they stand, although not here.
    """
    said = without_closing(strip_points(text))
    sounds = [phones(said), phones(without_opening(said) or said)]
    if not sounds[0] or len(text.split()) > _LONGEST:
        return None
    ranked = sorted(
        (
            (max(likeness(sound, phones(sentence)) for sound in sounds), name)
            for name, sentences in _commands().items()
            if name == "undo" or name.startswith("list ")
            for sentence in sentences
        ),
        reverse=True,
    )
    score, name = ranked[0]
    other = next((score for score, name_of in ranked if name_of != name), 0.0)
    if score < (_SURE_COMMAND if sure else _COMMAND) or score - other < _LEAD / 2:
        return None
    return ("undo", None) if name == "undo" else ("list", name.removeprefix("list "))


def could_be_about_a_task(text: str) -> bool:
    """Whether something like a command's first or last words is there, so that looking at the list is worth it."""
    words = text.split()
    if not 2 <= len(words) <= _LONGEST:
        return False
    cut = due_phrase.cut_last(strip_points(text))
    if cut.due and cut.text.casefold().endswith((" to", " do", " until")):  # a date to move something to
        return True
    sounds = [phones(" ".join(words[:count])) for count in range(1, min(5, len(words)))]
    ends = [phones(" ".join(words[-count:])) for count in range(1, min(4, len(words)))]
    for verb in _TASK_VERBS:
        for sentence in _commands()[verb]:
            before, _, after = sentence.partition("{")
            after = after.partition("}")[2]
            head, tail = phones(before), phones(after)
            spoken_by_i = sentence.startswith("i") and not sounds[0].startswith("i")
            if head and not spoken_by_i and max(likeness(head, sound) for sound in sounds) >= _HEAD:
                return True
            if tail and max(likeness(tail, sound) for sound in ends) >= _WHOLE:
                return True
    return False


def about_a_task(text: str, tasks: Sequence[Task], verbs: Sequence[Verb] = ()) -> Guess | None:
    """The command about one of `tasks` that is meant by a text; None when none sounds like it.

    `verbs` are those that were heard literally. A guess at both command and task is a question, and so is a guess at
    the task of a change that nobody will ask about.
    """
    cut = due_phrase.cut_last(without_closing(strip_points(text)))
    if not 2 <= len(cut.text.split()) <= _LONGEST:
        return None
    wanted = [verb for verb in verbs or _TASK_VERBS if (verb == "update") == (cut.due is not None)]
    heard = [phones(cut.text)]
    if shorter := without_opening(cut.text):
        heard.append(phones(shorter))
    best: dict[str, tuple[float, Verb, Task]] = {}
    for task in _heard_in(heard[0], tasks):
        said = forms(task.title)
        for verb in wanted:
            for sentence in _commands()[verb]:
                score = max(_score(sound, sentence, said) for sound in heard)
                if score > best.get(task.id, (0.0, verb, task))[0]:
                    best[task.id] = score, verb, task
    ranked = sorted(best.values(), key=lambda each: -each[0])
    if not ranked or ranked[0][0] < _WHOLE:
        return None
    score, verb, task = ranked[0]
    near = [each for each in ranked if score - each[0] < _LEAD]
    # One title word for word beats another that only sounds like it; the command around it was a guess already.
    if len(literal := [each for each in near if _says_all(each[2], cut.text)]) == 1 and near[0] == literal[0]:
        near = literal
    certain = bool(verbs) and verb != "update"
    clear = len(near) == 1 and (certain or _says_all(task, cut.text))
    candidates = tuple(each[2] for each in near)
    return Guess(verb, task if clear else None, () if clear else candidates, cut.due)


def _says_all(task: Task, words: str) -> bool:
    return any(matching.said_in(form, words) for many in forms(task.title).values() for form in many)


def _heard_in(sound: str, tasks: Sequence[Task]) -> list[Task]:
    """The tasks whose title is most clearly in the sound."""
    scored: list[tuple[float, int]] = []
    for index, task in enumerate(tasks):
        titles = [phones(title) for titles in forms(task.title).values() for title in titles]
        score = max(1 - distance_inside(title, sound) / max(len(title), 1) for title in titles)
        if score >= _TITLE:
            scored.append((-score, index))
    return [tasks[index] for _, index in sorted(scored)[:_CANDIDATES]]


def _score(sound: str, sentence: str, said: dict[str, list[str]]) -> float:
    """How much a command with one form of a title sounds like what was heard; 0 when the command itself is not there."""
    form = next(name for name in said if f"{{{name}}}" in sentence)
    # Of «I …» little is left to compare: it must be there.
    if sentence.startswith("i") and not sound.startswith("i"):
        return 0.0
    frame = phones(sentence.replace(f"{{{form}}}", " "))
    best = 0.0
    for title in said[form]:
        whole = phones(sentence.replace(f"{{{form}}}", title))
        # Most pairs are far apart, and a length that differs much says so without looking closer.
        if abs(len(whole) - len(sound)) > 0.4 * max(len(whole), len(sound)):
            continue
        part = phones(title)
        cost, title_cost = distance(sound, whole), distance_inside(part, sound)
        if 1 - (cost - title_cost) / len(frame) >= _FRAME and 1 - title_cost / max(len(part), 1) >= _TITLE:
            best = max(best, 1 - cost / max(len(whole), len(sound)))
    return best
