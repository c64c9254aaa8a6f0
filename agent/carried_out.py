"""What is said of actions that the caller agreed to and that were carried out: from the tools' results."""

from __future__ import annotations

from collections.abc import Sequence

from agent import persona
from agent.arguments import MOST_NAMED
from agent.asked_first import due_said
from agent.change_words import WORDLESS, counted, due_told, quoted
from agent.gate import Action
from agent.speakable import speakable
from mcp_tasks.client import ToolOutcome

Runs = Sequence[tuple[Action, ToolOutcome]]

_SAYS = {"create_task": "I've added {what}.", "update_task": "I've changed it to {what}."}


def told(runs: Runs) -> str:
    """Tell what was done, each thing once. What failed is left out."""
    done = [(action, outcome) for action, outcome in runs if not outcome.is_error]
    others = [action for action, _ in done if action.tool not in _SAYS]
    changed = _changes([(action, outcome) for action, outcome in done if action.tool in _SAYS])
    following = persona.comes_next(outcome.structured for action, outcome in done if action.tool not in _SAYS)
    return " ".join(filter(None, [persona.done(others), *changed, following]))


def _changes(done: Runs) -> list[str]:
    """Each by its title and date; many are counted, with examples."""
    updates = [(action, outcome) for action, outcome in done if action.tool == "update_task"]
    if len(updates) <= MOST_NAMED:
        return [_changed(action, outcome) for action, outcome in done]
    names = [quoted(action, title) for action, _ in updates for title in action.objects]
    made = [_changed(action, outcome) for action, outcome in done if action.tool != "update_task"]
    return [*made, f"I've changed {counted(names)}."]


def _changed(action: Action, outcome: ToolOutcome) -> str:
    task = outcome.structured.get("task") or {}
    what = f'"{speakable(str(task.get("title") or "")) or WORDLESS}"'
    if task.get("due_spoken"):
        what = f"{what}, due {due_told(task)}"
    elif action.tool == "update_task" and due_said(action.arguments):
        what = f"{what}, without a date"
    return _SAYS[action.tool].format(what=what)
