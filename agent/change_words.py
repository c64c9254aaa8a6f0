"""What a change of tasks is called in a question: which task, and what it is to be."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

from agent.arguments import EXAMPLES, MOST_NAMED
from agent.asked_first import due_said, emptied
from agent.gate import Action
from agent.known_tasks import Task
from agent.promised_calls import CALLS_AT
from agent.speakable import speakable

WORDLESS: Final = "a title without words"
_EMPTIED: Final = {
    "due": "without a date",
    "repeats": "no longer repeated",
    "notes": "without notes",
    "list_name": "on no list",
    "tags": "without tags",
}


def quoted(action: Action, title: str) -> str:
    """A title in quotes, with what tells the task from another one of that title."""
    name = f'"{speakable(title) or WORDLESS}"'
    return f"the {name} {action.told_apart}" if action.told_apart else name


def listed(parts: Sequence[str]) -> str:
    """Parts as one says them: «a, b and c»."""
    return " and ".join([", ".join(parts[:-1]), parts[-1]] if len(parts) > 1 else parts)


def counted(names: Sequence[str]) -> str:
    """The same of names; many are counted, with examples."""
    if len(names) <= MOST_NAMED:
        return listed(names)
    return f"{len(names)} tasks, {listed([*names[:EXAMPLES], f'{len(names) - EXAMPLES} more'])}"


def changed_to(actions: Sequence[Action]) -> str:
    """Tasks with what each is to be; those that are to be the same stand together."""
    alike: dict[str, list[str]] = {}
    for action in actions:
        names = [quoted(action, title) for title in action.objects] or ["this"]
        alike.setdefault(_to_be(action), []).extend(names)
    groups = [
        f"{counted(names)}{',' if len(names) > MOST_NAMED and to_be else ''}{to_be}"
        for to_be, names in alike.items()
    ]
    if len(groups) <= MOST_NAMED:
        return listed(groups)
    rest = sum(map(len, list(alike.values())[EXAMPLES:]))
    return listed([*groups[:EXAMPLES], f"{rest} more"])


def call_said(action: Action) -> str:
    """The call that comes with a task: when, where that is not its due. Empty where nothing is to be said of one."""
    if action.calls_at:
        return f"with a call {action.calls_at}"
    return "with a call when it is due" if action.arguments.get("by_phone") else ""


def due_told(task: Task) -> str:
    """When a task is due, as the task server says it, and when its person is called."""
    calls_at = task.get(CALLS_AT)
    return f"{task['due_spoken']}, with a call {calls_at}" if calls_at else str(task["due_spoken"])


def _to_be(action: Action) -> str:
    title = speakable(str(action.arguments.get("title") or ""))
    states = _states(action.arguments)
    if call := call_said(action):
        states.append(call)
    if title:
        name = f'"{title}"'
        return f" to {listed([name, *states])}"
    return f" to be {listed(states)}" if states else ""


def _states(arguments: Mapping[str, Any]) -> list[str]:
    nothing = emptied(arguments)
    states = [_EMPTIED[name] for name in ("due", "repeats") if name in nothing]
    if not states and (due := speakable(due_said(arguments))):
        states.append(f"due {due}")
    if arguments.get("notes") is not None:
        states.append("with other notes" if "notes" not in nothing else _EMPTIED["notes"])
    if (list_name := arguments.get("list_name")) is not None:
        on_list = f"on the list {speakable(str(list_name))}"
        states.append(on_list if "list_name" not in nothing else _EMPTIED["list_name"])
    if arguments.get("tags") is not None:
        states.append("with other tags" if "tags" not in nothing else _EMPTIED["tags"])
    if priority := arguments.get("priority"):
        states.append(f"of {speakable(str(priority))} priority")
    if arguments.get("by_phone") is False:
        states.append("without a call")
    return states
