"""A stored decision in sentences, and whether it would be made again."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from pydantic import ValidationError

from routing.decision import Decision, Money, RouteInputs
from routing.journal import Entry
from routing.kinds import Tier
from routing.router import replay

Replayed = Literal["same", "different", "unreadable"]


@dataclass(frozen=True, slots=True)
class Explanation:
    """One decision of a call."""

    at_ms: int
    """Unix ms."""
    replayed: Replayed
    """What deciding again from the stored inputs gives; `unreadable` when they are another version's."""
    sentences: tuple[str, ...]
    decision: Decision | None


_MONEY = {
    "unasked": "was not asked for money",
    "held": "had its money reserved",
    "exhausted": "found no room below a cap",
    "unpaid": "had to wait for earlier spending to be paid",
    "blind": "could not reserve, since the budget gave no answer",
}
_REPLAYED = {
    "same": "Replaying the stored inputs gives the same answer.",
    "different": "Replaying the stored inputs gives another answer.",
}


def explain(entry: Entry) -> Explanation:
    """Explain an entry of the kind `decision`."""
    try:
        decision = Decision.model_validate(entry.details.get("decision"))
    except ValidationError:
        said = "This decision was stored in a form that this version cannot read, so it cannot be replayed."
        return Explanation(entry.at_ms, "unreadable", (said,), None)
    again = replay(decision.inputs)
    replayed: Replayed = "same" if again == decision else "different"
    inputs = decision.inputs
    served = (
        f"Served with {decision.stack} ({decision.tier})."
        if decision.stack is not None
        else "Served with nothing: the call got a goodbye."
    )
    sentences = [
        f"{served} {decision.reason}",
        f"The plan was {inputs.plan}, the door {inputs.channel}, the policy version {decision.policy_version}.",
        *_experiment(decision),
        _money(inputs),
        *_health(decision),
        *(f"{reason.stack} did not serve: {reason.sentence}" for reason in decision.reasons),
        _REPLAYED[replayed],
    ]
    if replayed == "different":
        sentences.append(f"It would be {again.stack or 'nothing'} now: {again.reason}")
    return Explanation(entry.at_ms, replayed, tuple(sentences), decision)


def _experiment(decision: Decision) -> list[str]:
    """Say what part the call has in an experiment."""
    drawn = decision.inputs.assignment
    if drawn is None:
        return []
    served = "which is what served it" if decision.as_assigned else "which did not serve it"
    return [
        f"In phase {drawn.phase} of the experiment {drawn.experiment} it belongs to the arm {drawn.arm}: "
        f"{drawn.stack}, {served}."
    ]


def _health(decision: Decision) -> list[str]:
    """Say how services that were down or failed bear on it."""
    said = []
    if decision.without:
        why = {service: "had failed in this call" for service in decision.inputs.failed}
        why |= {one.service: "was down" for one in decision.inputs.health}
        parts = ", ".join(f"{service}, which {why.get(service, 'was down')}" for service in decision.without)
        said.append(f"It did without {parts}.")
    if decision.least_bad:
        said.append("Nothing was known to work, so what should be well again soonest was tried.")
    return said


def _money(inputs: RouteInputs) -> str:
    said = f"Premium {_MONEY[_money_of(inputs, 'premium')]}; economy {_MONEY[_money_of(inputs, 'economy')]}."
    if inputs.budget.too_dear:
        said += f" No room for a slice of {', '.join(inputs.budget.too_dear)}."
    return said


def _money_of(inputs: RouteInputs, tier: Tier) -> Money:
    money = inputs.budget.of("", tier)
    too_dear = any(each.tier == tier and each.name in inputs.budget.too_dear for each in inputs.stacks)
    return "exhausted" if money == "unasked" and too_dear else money
