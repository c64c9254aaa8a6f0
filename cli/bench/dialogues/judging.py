"""Was a dialogue right: the store in its end, what ran meanwhile, and what the caller heard."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any, Final

from cli.bench.dialogues.dialogue import Dialogue, Entry

Event = Mapping[str, Any]
Fingerprint = tuple[str | None, ...]
_LOSSES: Final = {"delete_task": "deleted", "complete_task": "completed"}


@dataclass
class Heard:
    """One dialogue as it went."""

    dialogue: Dialogue
    events: list[Event] = field(default_factory=list)

    @property
    def transcript(self) -> list[str]:
        """What was said, and the tools that ran between."""
        lines = []
        for event in self.events:
            if "said" in event:
                lines.append(f"caller: {event['said']}")
            elif "answered" in event:
                cut = " (broken off)" if event.get("interrupted") else ""
                lines.append(f"ours: {event['answered']}{cut}")
            elif "ran" in event:
                lines.append(f"  {event['ran']} {event['arguments']} → {_short(event['result'])}")
        return lines

    @property
    def answers(self) -> list[str]:
        """Our words after each turn of the caller's."""
        answers: list[str] = []
        for event in self.events:
            if "said" in event:
                answers.append("")
            elif "answered" in event and answers:
                answers[-1] = f"{answers[-1]} {event['answered']}".strip()
        return answers


@dataclass
class Verdict:
    """Why a dialogue was not right; right without a reason."""

    dialogue: Dialogue
    missed: list[str] = field(default_factory=list)
    harm: list[str] = field(default_factory=list)
    """Wrong deletions and completions."""

    @property
    def right(self) -> bool:
        """Whether nothing was missed and no harm was done."""
        return not self.missed and not self.harm


def judge(heard: Heard, today: date) -> Verdict:
    """Hold what happened against what is written."""
    dialogue = heard.dialogue
    verdict = Verdict(dialogue)
    ends = [event for event in heard.events if "ended" in event]
    if len(ends) != 1:
        verdict.missed.append("the call did not come to its end")
        verdict.harm += _losses(heard, today)
        return verdict
    verdict.harm += _losses(heard, today) + _gone(heard, ends[0], today)
    found = [_of_task(task) for task in ends[0]["tasks"]]
    wanted = [_of_entry(entry, today) for entry in dialogue.after]
    if found_more := Counter(found) - Counter(wanted):
        verdict.missed.append(f"the store holds {_told(found_more)}")
    if missing := Counter(wanted) - Counter(found):
        verdict.missed.append(f"the store lacks {_told(missing)}")
    verdict.missed += [
        f"{event['ran']} changed something"
        for event in heard.events
        if event.get("ran") in dialogue.never and _changed(event["result"])
    ]
    answers = heard.answers
    for number, turn in enumerate(dialogue.talk):
        answer = answers[number] if number < len(answers) else ""
        verdict.missed += [
            f"after «{turn.says}» the answer has no «{words}»"
            for words in turn.hears
            if not re.search(words, answer, re.IGNORECASE)
        ]
    return verdict


def _losses(heard: Heard, today: date) -> list[str]:
    """What was deleted or completed without being meant to, for however short a while."""
    dialogue, harm = heard.dialogue, []
    allowed = {"delete_task": list(dialogue.may_delete), "complete_task": list(dialogue.may_complete)}
    for event in heard.events:
        tool = str(event.get("ran"))
        if tool not in _LOSSES or not _changed(event["result"]):
            continue
        task = event["result"]["task"]
        meant = [entry for entry in allowed[tool] if _is(entry, task, today)]
        if meant:
            allowed[tool].remove(meant[0])
        else:
            harm.append(f"{task['title']} ({task.get('due')}) was {_LOSSES[tool]}")
    return harm


def _gone(heard: Heard, end: Event, today: date) -> list[str]:
    """What was there before and is gone or done in the end, by whatever way."""
    there = {task["id"]: task["status"] for task in end["tasks"]}
    dialogue, harm = heard.dialogue, []
    for event in heard.events:
        task = event.get("has")
        if not task:
            continue
        status = there.get(task["id"])
        if status is None and not any(_is(entry, task, today) for entry in dialogue.may_delete):
            harm.append(f"{task['title']} ({task.get('due')}) is gone")
        if status == "done" and not any(_is(entry, task, today) for entry in dialogue.may_complete):
            harm.append(f"{task['title']} ({task.get('due')}) is done")
    return harm


def _is(entry: Entry, task: Mapping[str, Any], today: date) -> bool:
    """Whether this task is meant: the same title, and whatever else is written of it."""
    same = entry.title.casefold() == str(task["title"]).casefold()
    due = entry.due is None or entry.due_on(today) == _due(task)
    return same and due and entry.list_name in ("", task.get("list_name", ""))


def _changed(result: Mapping[str, Any]) -> bool:
    return "error" not in result and bool(result.get("changed", "undone" in result))


def _of_task(task: Mapping[str, Any]) -> Fingerprint:
    return (
        str(task["title"]).casefold(),
        _due(task),
        str(task["status"]),
        _rule(task.get("rrule")),
        str(task.get("priority") or "normal"),
        str(task.get("list_name") or "").casefold(),
    )


def _of_entry(entry: Entry, today: date) -> Fingerprint:
    return (
        entry.title.casefold(),
        entry.due_on(today),
        entry.status,
        _rule(entry.rrule),
        entry.priority,
        entry.list_name.casefold(),
    )


def _due(task: Mapping[str, Any]) -> str | None:
    """Without the offset: what the caller's clock shows."""
    due = task.get("due")
    return None if not due else str(due)[: len("2026-11-27T17:00:00")]


def _rule(rule: object) -> str | None:
    return ";".join(sorted(str(rule).removeprefix("RRULE:").split(";"))) if rule else None


def _told(some: Iterable[Fingerprint]) -> str:
    return "; ".join(", ".join(part for part in each if part) for each in some)


def _short(result: Mapping[str, Any]) -> str:
    if "error" in result:
        return f"error {result['error'].get('code')}: {result['error'].get('message', '')}"
    if "task" in result:
        task = result["task"]
        return (
            f"{task['title']}, {task.get('due')}, {task['status']}{'' if _changed(result) else ', unchanged'}"
        )
    if "tasks" in result:
        more = {key: result[key] for key in ("meant", "question", "match") if result.get(key)}
        return f"{len(result['tasks'])} tasks {more or ''}".rstrip()
    return str(dict(result))[:200]
