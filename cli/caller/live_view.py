"""The call as it happens, for a person at the terminal."""

from __future__ import annotations

from rich.console import Console
from rich.markup import escape

from cli.caller.record import CallRecord
from cli.caller.transcript import Segment


class LiveView:
    """A two-sided transcript, line by line as each side finishes, and a summary at the end."""

    def __init__(self, console: Console) -> None:
        self._console = console

    def show(self, segment: Segment) -> None:
        """One side has said something."""
        if segment.text.strip():
            who = "[bold cyan]agent[/]" if segment.by_agent else "[bold green]  you[/]"
            self._console.print(f"{who}  {escape(segment.text.strip())}")

    def summary(self, record: CallRecord) -> None:
        """What came of the call."""
        if record.stack:
            label = " [yellow](sandbox)[/]" if record.sandbox else ""
            self._console.print(f"\n{escape(record.tier or '?')} tier, stack {escape(record.stack)}{label}")
        for turn in record.turns:
            said = escape(turn.said if len(turn.said) <= 60 else turn.said[:57] + "…")
            timing = f"{turn.first_sound_ms} ms" if turn.first_sound_ms is not None else "no sound"
            interrupted = turn.silence_after_interrupt_ms
            extra = f", silent {interrupted} ms after the interruption" if interrupted is not None else ""
            problem = f" [red]{escape(turn.problem)}[/]" if turn.problem else ""
            self._console.print(f"  «{said}»: {timing}{extra}{problem}")
        for confirmation in record.confirmations:
            outcome = escape(confirmation.outcome or "open")
            self._console.print(f"  asked «{escape(confirmation.question)}»: {outcome}")
        self._changes(record)
        if record.error:
            self._console.print(f"[red]{escape(record.error)}[/]")

    def _changes(self, record: CallRecord) -> None:
        """What the call did to the tasks, where both looks at them saw all."""
        if record.tasks_problem:
            self._console.print(
                f"  [yellow]the tasks could not be looked at:[/] {escape(record.tasks_problem)}"
            )
            return
        before = {task["id"]: task for task in record.tasks_before}
        after = {task["id"]: task for task in record.tasks_after}
        if (record.tasks_total_before or 0) > len(before) or (record.tasks_total_after or 0) > len(after):
            self._console.print(
                f"  {record.tasks_total_before} tasks before, {record.tasks_total_after} after: too many to compare"
            )
            return
        for task_id in before.keys() | after.keys():
            self._change(before.get(task_id), after.get(task_id))

    def _change(self, before: dict[str, object] | None, after: dict[str, object] | None) -> None:
        if before is None and after is not None:
            self._console.print(f"  [green]+[/] {escape(str(after['title']))} {after['due'] or ''}")
        elif before is not None and after is None:
            self._console.print(f"  [red]-[/] {escape(str(before['title']))}")
        elif before is not None and after is not None and before != after:
            self._console.print(f"  [yellow]~[/] {escape(str(after['title']))} {after['status']}")
