"""What happened in a call as a list of plain sentences, in the order in which it happened."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final, Literal

from routing.story.story import Answer, Chosen, Confirmation, Story, Turn

Kind = Literal["turn", "said", "answer", "tool", "question", "task", "decision", "swap", "fault", "line"]

_BY: Final = {"voice": "spoke", "text": "wrote", "key": "pressed a key", "click": "clicked"}
_CAUSES: Final = {
    "start": "The call begins",
    "vendor": "A service failed",
    "money": "The money changed it",
    "policy": "An admin changed the policy",
    "health": "Something better can serve again",
    "age": "The session had come to its greatest age",
}
_OUTCOMES: Final = {
    "confirmed": "confirmed",
    "declined": "declined",
    "expired": "not answered in time",
    "void": "dropped, since the caller went on to something else",
}


@dataclass(frozen=True, slots=True)
class Happened:
    """One line of the list."""

    at_ms: int
    kind: Kind
    title: str
    details: tuple[str, ...] = ()
    answer: Answer | None = None
    """Whose time is shown as a bar."""
    speaker: str = ""


def happened(story: Story) -> list[Happened]:
    """Tell everything, oldest first."""
    found = [
        *_turns(story.turns),
        *(_decided(each) for each in story.decisions if each.moves),
        *_others(story),
        *(Happened(word.at_ms, "said", word.text, speaker=word.speaker) for word in story.words),
    ]
    return sorted(found, key=lambda each: each.at_ms)


def _turns(turns: list[Turn]) -> Iterator[Happened]:
    for turn in turns:
        if turn.turn:
            yield Happened(turn.at_ms, "turn", f"Turn {turn.turn}: the caller {_BY.get(turn.by, 'began')}")
        for answer in turn.answers:
            yield Happened(answer.at_ms, "answer", _answered(turn, answer), answer=answer)
        for run in turn.tools:
            how = "worked" if run.outcome == "ok" else f"did not work: {run.outcome}"
            yield Happened(run.at_ms, "tool", f"{run.tool} {how}, in {seconds(run.ms)}")
        for question in turn.confirmations:
            yield Happened(question.at_ms, "question", _question(question))
        for event in turn.tasks:
            yield Happened(turn.at_ms, "task", f"Turn {turn.turn}: a task was {event}")
        if turn.corrections:
            said = "A sentence that claimed what no tool had done was broken off and put right"
            yield Happened(turn.at_ms, "fault", said)


def _answered(turn: Turn, answer: Answer) -> str:
    whose = "The greeting" if not turn.turn else f"The answer to turn {turn.turn}"
    when = "was given" if answer.ms is None else f"came {seconds(answer.ms)} after the last word"
    return f"{whose} {when}" + (", and was interrupted" if answer.interrupted else "")


def _question(question: Confirmation) -> str:
    tools = ", ".join(question.tools) or "something"
    outcome = _OUTCOMES.get(question.outcome, question.outcome)
    things = f" ({question.objects})" if question.objects > 1 else ""
    return f"Asked before {tools}{things}: {outcome}" + (f", by {question.by}" if question.by else "")


def _decided(chosen: Chosen) -> Happened:
    details = [chosen.reason] if chosen.reason else []
    if chosen.policy is not None:
        note = f" «{chosen.policy.note}»" if chosen.policy.note else ""
        details.append(f"Policy {chosen.policy.version} by {chosen.policy.author}{note}")
        details += chosen.policy.changes
    served = f"{chosen.stack} is to serve" if chosen.stack else "Nothing can serve; the call gets a goodbye"
    return Happened(
        chosen.at_ms, "decision", f"{_CAUSES.get(chosen.cause, 'Decided')}: {served}", tuple(details)
    )


def _others(story: Story) -> Iterator[Happened]:
    for swap in story.swaps:
        title = f"{swap.after} takes over from {swap.before}"
        why = _CAUSES.get(swap.reason, swap.reason)
        yield Happened(swap.at_ms, "swap", title, (f"{why}. Nobody had the line for {swap.own_ms} ms.",))
    for fault in story.faults:
        blame = {"us": "ours", "caller": "the caller's"}.get(fault.blame, "the vendor's")
        label = fault.fault.replace("_", " ")
        yield Happened(
            fault.at_ms, "fault", f"{fault.service} failed this call: {label} (the fault is {blame})"
        )
    for at_ms, what in story.lost:
        yield Happened(
            at_ms, "line", "The caller's line was lost" if what == "away" else "The caller is back"
        )
    if story.ended is not None:
        yield Happened(story.until_ms, "line", f"The call ended: {story.ended.replace('_', ' ')}")


def seconds(ms: int) -> str:
    """A time for people: milliseconds below a second, else seconds with one decimal."""
    return f"{ms} ms" if ms < 1000 else f"{ms / 1000:.1f} s"
