"""Which of the stacks that nothing else speaks against can be served by services that are well, and by which ones."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from routing.decision import RouteInputs, StackState


class Choice(NamedTuple):
    """What serves the call, and without which of its services."""

    stack: StackState | None
    without: tuple[str, ...] = ()
    least_bad: bool = False


class _Way(NamedTuple):
    """One way to serve a stack."""

    due_ms: int
    """When the last of its services is tried again; 0 when all are well."""
    without: tuple[str, ...]


def choose(inputs: RouteInputs, able: Sequence[StackState]) -> Choice:
    """Choose the first stack whose parts all have a service that is well.

    `able` are the stacks that nothing but their services' health may speak against, best first. Before a call falls
    back to typing, or to nothing, the one that should be well again soonest is tried, once.
    """
    ways = {stack.name: _way(inputs, stack) for stack in able}

    def is_up(stack: StackState) -> bool:
        way = ways[stack.name]
        return way is not None and way.due_ms == 0

    def least_bad(of: Sequence[StackState]) -> Choice | None:
        found = [(way.due_ms, at) for at, stack in enumerate(of) if (way := ways[stack.name]) is not None]
        if not found:
            return None
        stack = of[min(found)[1]]
        return Choice(stack, _without(ways[stack.name]), least_bad=True)

    up = next((stack for stack in able if is_up(stack)), None)
    above = able[: able.index(up)] if up is not None else able
    if (up is None or not up.voice) and not inputs.least_bad_failed:
        tried = least_bad([stack for stack in above if stack.voice])
        if tried is not None:
            return tried
    if up is not None:
        return Choice(up, _without(ways[up.name]))
    return least_bad([stack for stack in able if not stack.voice]) or Choice(None)


def out_of_order(inputs: RouteInputs, stack: StackState) -> str:
    """Say which services keep a stack from being served, as a clause; empty when none does."""
    failed = {service: "failed in this call" for service in inputs.failed}
    down = failed | {one.service: "is down" for one in inputs.health}
    parts = (part for part in stack.alternatives if all(service in down for service in part))
    missing = dict.fromkeys(service for part in parts for service in part)
    return ", ".join(f"{service} {down[service]}" for service in missing)


def _way(inputs: RouteInputs, stack: StackState) -> _Way | None:
    """The best way to serve a stack; None when a part has only services that failed in this very call."""
    retry = {one.service: one.retry_ms for one in inputs.health} | dict.fromkeys(inputs.failed)
    due_ms, without = 0, dict[str, None]()
    for part in stack.alternatives:
        if not part:
            continue
        served = next((service for service in part if service not in retry), None)
        if served is None:
            # `max` with 1: due long ago is not the same as being well
            waits = [(max(1, at), n) for n, service in enumerate(part) if (at := retry[service]) is not None]
            if not waits:
                return None
            due, n = min(waits)
            due_ms, served = max(due_ms, due), part[n]
        without |= dict.fromkeys(part[: part.index(served)])
    return _Way(due_ms, tuple(without))


def _without(way: _Way | None) -> tuple[str, ...]:
    return () if way is None else way.without
