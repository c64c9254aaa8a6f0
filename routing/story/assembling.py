"""Puts a call's story together from the journal's entries: pure, the same entries give the same story."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any, Final

from routing.cause import cause_of
from routing.charges import usage_of
from routing.decision import Decision
from routing.explanation import explain
from routing.journal import Entry
from routing.story.demo import is_demo
from routing.story.latency import parts_of
from routing.story.story import (
    Answer,
    Chosen,
    Confirmation,
    Cost,
    Failed,
    PolicyChange,
    Spoken,
    Story,
    Stretch,
    Swap,
    ToolRun,
    Turn,
)

_UNKNOWN: Final = "unknown"


def assemble(
    entries: Sequence[Entry], *, policies: Mapping[str, PolicyChange] | None = None, sandbox: bool = False
) -> Story:
    """Tell the story of the call that the entries, at least one and oldest first, are of.

    `policies` are what admins changed, by the version that it made.
    """
    first = entries[0]
    # What was settled, rated or cleared away later is of the time of the call, whenever it was written.
    last = max((each.at_ms for each in entries if not _is_late(each)), default=first.at_ms)
    story = Story(
        first.call_id, first.at_ms, last - first.at_ms, sandbox=sandbox, demo=is_demo(first.call_id)
    )
    _decisions(story, entries, policies or {})
    _costs(story, entries)
    happenings = [
        each for entry in entries if entry.kind == "event" for each in entry.details.get("events", ())
    ]
    story.is_told = bool(happenings)
    story.left_out = max(
        (int(entry.details.get("left_out", 0)) for entry in entries if entry.kind == "event"), default=0
    )
    for each in sorted(happenings, key=lambda each: each["at"]):
        _happened(story, each)
    _tasks(story, entries)
    story.turns.sort(key=lambda turn: turn.turn)
    story.spoken.sort(key=lambda spoken: spoken.at_ms)
    story.until_ms = max(story.until_ms, *(one.at_ms + one.ms for one in story.spoken), 0)
    story.stretches = _stretches(story)
    for turn in story.turns:
        turn.stack = _serving(story, turn.at_ms)
    return story


def policy_versions(entries: Sequence[Entry]) -> set[str]:
    """Name the policies that the decisions rest on."""
    found = (entry.details.get("decision") for entry in entries if entry.kind == "decision")
    return {
        str(each["policy_version"]) for each in found if isinstance(each, dict) and "policy_version" in each
    }


def _is_late(entry: Entry) -> bool:
    if "rating" in entry.details or (entry.kind == "lease" and entry.details.get("event") == "expired"):
        return True
    usage = usage_of(entry) if entry.kind == "charge" else None
    return usage is not None and usage.certainty == "reconciled"


def _decisions(story: Story, entries: Sequence[Entry], policies: Mapping[str, PolicyChange]) -> None:
    before: Decision | None = None
    for entry in entries:
        if entry.kind != "decision":
            continue
        story.subject = story.subject or str(entry.details.get("subject", ""))
        explained = explain(entry)
        made = explained.decision
        cause, moves, policy = _UNKNOWN, True, None
        if made is not None:
            story.plan, story.channel = made.inputs.plan, made.inputs.channel
            if (drawn := made.inputs.assignment) is not None:
                story.experiment = f"{drawn.experiment}: {drawn.arm}"
            moves = before is None or (before.stack, before.without) != (made.stack, made.without)
            cause = cause_of(before, made).value if moves else "same"
            if cause == "policy":
                policy = policies.get(made.policy_version)
            before = made
        story.decisions.append(
            Chosen(
                at_ms=entry.at_ms - story.began_ms,
                stack=made.stack if made is not None else None,
                tier=made.tier if made is not None else None,
                cause=cause,
                moves=moves,
                reason=made.reason if made is not None else "",
                sentences=explained.sentences,
                replayed=explained.replayed,
                policy_version=made.policy_version if made is not None else "",
                policy=policy,
            )
        )


def _costs(story: Story, entries: Sequence[Entry]) -> None:
    sums: Counter[tuple[str, str, str, str]] = Counter()
    for entry in entries:
        if entry.kind == "charge":
            usage = usage_of(entry)
            key = (_UNKNOWN,) * 4
            if usage is not None:
                key = (usage.vendor, usage.model, usage.stack, usage.certainty)
            sums[key] += entry.microdollars
    story.costs = [Cost(*key, amount) for key, amount in sums.most_common()]


def _happened(story: Story, each: Mapping[str, Any]) -> None:
    at_ms = int(each["at"]) - story.began_ms
    match each["what"]:
        case "spoke":
            story.spoken.append(Spoken(each["who"], at_ms, each["ms"]))
        case "swap":
            story.swaps.append(Swap(at_ms, each["before"], each["after"], each["reason"], each["own_ms"]))
        case "fault":
            story.faults.append(Failed(at_ms, each["service"], each["fault"], each["blame"]))
        case "away" | "back" as what:
            story.lost.append((at_ms, what))
        case "ended":
            story.ended = each["reason"]
            story.until_ms = max(story.until_ms, at_ms)
        case _:
            _happened_in_turn(_turn(story, each.get("turn", 0), at_ms, each.get("by")), each, at_ms)


def _happened_in_turn(turn: Turn, each: Mapping[str, Any], at_ms: int) -> None:
    match each["what"]:
        case "answered":
            parts = parts_of(each["ms"], each["parts"])
            turn.answers.append(Answer(at_ms, each["ms"], parts, bool(each["interrupted"])))
        case "tool":
            turn.tools.append(ToolRun(at_ms, each["tool"], each["outcome"], each["ms"]))
        case "confirmation":
            by = each["by"]
            made = Confirmation(at_ms, tuple(each["tools"]), each["objects"], each["outcome"], by)
            turn.confirmations.append(made)
        case "correction":
            turn.corrections += 1


def _turn(story: Story, number: int, at_ms: int, by: str | None) -> Turn:
    found = next((turn for turn in story.turns if turn.turn == number), None)
    if found is None:
        found = Turn(number, at_ms, by or "", "")
        story.turns.append(found)
    return found


def _tasks(story: Story, entries: Sequence[Entry]) -> None:
    for entry in entries:
        if entry.kind != "outcome":
            continue
        if (rating := entry.details.get("rating")) is not None:
            story.stars = rating["stars"]
        task = entry.details.get("task")
        if task is not None:
            _turn(story, task["turn"], entry.at_ms - story.began_ms, None).tasks.append(task["event"])


def _stretches(story: Story) -> list[Stretch]:
    """What served when: as decided at first, then as it was swapped; without happenings, as decided."""
    begins = [(each.at_ms, each.stack or "nothing") for each in story.decisions if each.moves]
    if story.is_told:
        begins = begins[:1] + [(swap.at_ms, swap.after) for swap in story.swaps]
    ends = [at_ms for at_ms, _ in begins[1:]] + [story.until_ms]
    return (
        [Stretch(at_ms, end, stack) for (at_ms, stack), end in zip(begins, ends, strict=True)]
        if begins
        else []
    )


def _serving(story: Story, at_ms: int) -> str:
    return next((each.stack for each in reversed(story.stretches) if each.at_ms <= at_ms), "")
