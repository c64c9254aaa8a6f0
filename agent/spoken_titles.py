"""What a model is told of tasks holds their titles as they are said too: a speech-to-speech model says them by itself."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from agent.speakable import speakable

_PROSE: Final = ("question", "summary")
"""Sentences of the task server's that name titles and are said as they are."""


def with_spoken_titles(answer: Mapping[str, Any]) -> dict[str, Any]:
    """Give the task server's answer with `title_spoken` beside each title that is said otherwise than it is written.

    The title stays what it is: a model that changes or searches it needs what is written.
    """
    told = dict(answer)
    for name in ("task", "next"):
        if name in told:
            told[name] = _named(told[name])
    if isinstance(told.get("tasks"), list):
        told["tasks"] = [_named(task) for task in told["tasks"]]
    for name in _PROSE:
        if isinstance(told.get(name), str):
            told[name] = speakable(told[name])
    return told


def _named(task: Any) -> Any:
    if not isinstance(task, Mapping) or not isinstance(title := task.get("title"), str):
        return task
    said = speakable(title)
    return task if said == title else {**task, "title_spoken": said}
