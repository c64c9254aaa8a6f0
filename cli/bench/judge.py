"""Whether what an utterance did to the store is what it meant, and whether it did harm."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date

from cli.bench.spoken_form import mentions, spoken_form
from cli.bench.utterances import Utterance, due


@dataclass(frozen=True)
class StoredTask:
    """A task as the task server lists it."""

    id: str
    title: str
    due: str | None
    status: str
    made_at: float = field(default=0.0, compare=False)
    """Unix time; 0 where it is not asked for."""


@dataclass(frozen=True)
class Verdict:
    """`harm` means that a task was completed, deleted or renamed that should not have been."""

    right: bool
    harm: bool
    found: str
    """The store afterwards, for whoever mends a miss."""


def judge(
    utterance: Utterance, seeded: Sequence[StoredTask], after: Sequence[StoredTask], heard: str, today: date
) -> Verdict:
    """Compare the store with what was meant. `seeded` is how it was when the utterance was said."""
    meant = expected(utterance, seeded, today)
    right = Counter(map(_key, meant)) == Counter(map(_key, after))
    right = right and all(mentions(heard, title) for title in utterance.hears)
    return Verdict(right, _harm(seeded, meant, after), "; ".join(_show(task) for task in after) or "empty")


def expected(utterance: Utterance, seeded: Sequence[StoredTask], today: date) -> list[StoredTask]:
    """The store as it should be afterwards. Raises ValueError when the data name a task that is not there."""
    meaning, result = utterance.means, list(seeded)
    when = due(meaning.due, today)
    if meaning.effect == "none":
        return result
    if meaning.effect == "create":
        return [*result, StoredTask("new", meaning.task or "", when, "open")]
    found = [task for task in result if task.title == meaning.task]
    if meaning.effect == "reopen" and not found:  # it had been deleted: only its seed knows the date
        seed = next(seed for seed in utterance.before if seed.title == meaning.task)
        return [*result, StoredTask("back", seed.title, due(seed.due, today), "open")]
    if len(found) != 1:
        raise ValueError(f"{utterance.id}: there are {len(found)} tasks called {meaning.task!r}")
    task, index = found[0], result.index(found[0])
    match meaning.effect:
        case "complete":
            result[index] = StoredTask(task.id, task.title, task.due, "done")
        case "reopen":
            result[index] = StoredTask(task.id, task.title, task.due, "open")
        case "rename":
            result[index] = StoredTask(task.id, meaning.title or "", task.due, task.status)
        case "move":
            result[index] = StoredTask(task.id, task.title, when, task.status)
        case "delete":
            del result[index]
    return result


def _harm(seeded: Sequence[StoredTask], meant: Sequence[StoredTask], after: Sequence[StoredTask]) -> bool:
    """A seeded task was lost, done or renamed against what was meant for it."""
    should_be = {task.id: task for task in meant}
    is_now = {task.id: task for task in after}
    for task in seeded:
        should, now = should_be.get(task.id), is_now.get(task.id)
        if now is None:
            if should is not None:
                return True
            continue
        newly_done = now.status == "done" and task.status == "open"
        if newly_done and (should is None or should.status != "done"):
            return True
        renamed = spoken_form(now.title) != spoken_form(task.title)
        if renamed and (should is None or should.title == task.title):
            return True
    return False


def _key(task: StoredTask) -> tuple[str, str | None, str]:
    return spoken_form(task.title), task.due, task.status


def _show(task: StoredTask) -> str:
    return f"{task.title} ({task.due or 'no date'}, {task.status})"
