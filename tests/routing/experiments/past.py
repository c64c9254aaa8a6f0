"""Calls of the past, written into a journal as workers write them."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any
from zoneinfo import ZoneInfo

from routing.decision import RouteInputs, StackState
from routing.experiments.assignment import Assignment, assigned
from routing.experiments.design import Experiment
from routing.journal import Entry, Journal
from routing.policy import DEFAULT_POLICY, Policy
from routing.router import decide
from routing.scopes import scopes_of
from tiers.usage import Usage

STACKS = (
    StackState(name="premium", tier="premium", configured=True),
    StackState(name="economy", tier="economy", configured=True),
    StackState(name="budget", tier="economy", configured=True),
)
UTC = ZoneInfo("Etc/UTC")
MINUTE = 60_000


def usage(event_id: str, stack: str = "economy", **other: Any) -> Usage:
    """A thousand characters said by a stack's voice, unless said otherwise."""
    voices = {"economy": ("cartesia", "sonic-3"), "budget": ("deepgram", "aura-2")}
    vendor, model = voices.get(stack, ("openai", "gpt-realtime"))
    fields: dict[str, Any] = {
        "event_id": event_id,
        "vendor": vendor,
        "model": model,
        "part": "tts",
        "stack": stack,
        "units": {"characters": 1_000},
        "certainty": "actual",
        "outcome": "ok",
    }
    return Usage(**fields | other)


def decision(
    call_id: str,
    at_ms: int,
    *,
    subject: str,
    number: int = 1,
    plan: str = "economy",
    policy: Policy = DEFAULT_POLICY,
    assignment: Assignment | None = None,
    **inputs: Any,
) -> Entry:
    """A decision of the router."""
    made = decide(
        RouteInputs.model_validate(
            {
                "plan": plan,
                "stacks": [each.model_dump() for each in STACKS],
                "policy": policy.concerning(subject).model_dump(),
                "assignment": assignment and assignment.model_dump(),
                **inputs,
            }
        )
    )
    return Entry(
        operation=f"{call_id}:decision:{number}",
        kind="decision",
        at_ms=at_ms,
        call_id=call_id,
        tier=made.tier or "",
        details={"subject": subject, "decision": made.model_dump(mode="json")},
    )


def charge(call_id: str, at_ms: int, used: Usage, microdollars: int, *, subject: str) -> Entry:
    """A charge as a lease books it."""
    return Entry(
        operation=f"{call_id}:{used.event_id}",
        kind="charge",
        at_ms=at_ms,
        call_id=call_id,
        tier="premium" if used.stack == "premium" else "economy",
        microdollars=microdollars,
        scopes=tuple(scope.name for scope in scopes_of(call_id, subject, UTC, at_ms)),
        details={"usage": json.loads(used.to_json()), "price": microdollars, "price_version": "v1"},
    )


def outcome(call_id: str, at_ms: int, number: int, *, subject: str, **what: Any) -> Entry:
    """What became of a call."""
    return Entry(
        operation=f"{call_id}:outcome:{number}",
        kind="outcome",
        at_ms=at_ms,
        call_id=call_id,
        details={"subject": subject, **what},
    )


def task(event: str, task_id: str, turn: int = 1) -> dict[str, Any]:
    """An event of a task."""
    return {"task": {"event": event, "id": task_id, "turn": turn}}


def ended(call_id: str, at_ms: int, *, subject: str) -> Entry:
    """The end of a call's lease."""
    return Entry(
        operation=f"{call_id}:settled",
        kind="lease",
        at_ms=at_ms,
        call_id=call_id,
        scopes=tuple(scope.name for scope in scopes_of(call_id, subject, UTC, at_ms)),
        details={"event": "settled"},
    )


def plain_call(
    call_id: str,
    at_ms: int,
    *,
    subject: str,
    stack: str = "economy",
    microdollars: int = 40_000,
    minutes: int = 2,
    events: Sequence[dict[str, Any]] = (),
    **decided: Any,
) -> list[Entry]:
    """A call of some minutes with one charge and one decision."""
    return [
        decision(call_id, at_ms, subject=subject, **decided),
        charge(call_id, at_ms + MINUTE, usage("u1", stack), microdollars, subject=subject),
        *(outcome(call_id, at_ms + MINUTE, n, subject=subject, **what) for n, what in enumerate(events)),
        ended(call_id, at_ms + minutes * MINUTE, subject=subject),
    ]


async def experiment_calls(
    journal: Journal, experiments: Mapping[str, Experiment], count: int, name: str = "x"
) -> None:
    """Calls of one experiment's present phase from its beginning on, each of another user, each with one task."""
    experiment = experiments[name]
    for number in range(count):
        drawn = assigned(experiments, f"usr_{number}", plan="economy", channel="browser")
        assert drawn is not None
        await journal.append(
            plain_call(
                f"p{experiment.phase}c{number}",
                experiment.since_ms + number,
                subject=f"s_{number}",
                stack=drawn.stack,
                microdollars=40_000 + 100 * (number % 50) - (20_000 if drawn.stack == "budget" else 0),
                assignment=drawn,
                events=[task("created", f"t{number}")],
            )
        )
