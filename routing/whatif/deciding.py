"""Decides again about a call of the past, under another policy."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from routing.decision import BudgetState, Decision, RouteInputs, StackState
from routing.experiments.assignment import Assignment, assigned, drawn
from routing.experiments.design import Experiment
from routing.forecast import Offer
from routing.kinds import Tier
from routing.policy import Policy
from routing.router import decide
from routing.whatif.purse import Purse
from routing.whatif.recorded import RecordedCall


class Decider:
    """Decides for one call at a time. Without a policy each decision is made under its own again."""

    def __init__(
        self,
        policy: Policy | None,
        purse: Purse,
        users: Mapping[str, str],
        experiments: Mapping[str, Mapping[str, Experiment]],
    ) -> None:
        self._policy = policy
        self._purse = purse
        self._users = users
        self._experiments = experiments

    def again(self, call: RecordedCall, recorded: Decision, at_ms: int) -> Decision:
        """Decide what a recorded decision was about."""
        inputs = recorded.inputs
        if self._policy is not None:
            inputs = inputs.model_copy(
                update={
                    "policy": self._policy.concerning(call.subject),
                    "assignment": self._assignment(call),
                }
            )
        held: Tier | None = recorded.tier
        if self.caps_differ(call, recorded):
            # What the budget said then was said of other caps.
            fresh = BudgetState(scope=inputs.budget.scope)
            inputs, held = inputs.model_copy(update={"budget": fresh}), None
        return self._reserve(inputs, call, at_ms, held)

    def without_money(self, call: RecordedCall, decision: Decision, at_ms: int) -> Decision | None:
        """Decide anew when there is no room for more of what serves a call; None while there is."""
        state = next((state for state in decision.inputs.stacks if state.name == decision.stack), None)
        if state is None or state.free:
            return None
        scope = self._refusal(decision.inputs, call, at_ms, state)
        if not scope:
            return None
        budget = decision.inputs.budget.beyond(state.tier, state.name, scope=scope)
        inputs = decision.inputs.model_copy(update={"budget": budget})
        return self._reserve(inputs, call, at_ms, None)

    def caps_differ(self, call: RecordedCall, recorded: Decision) -> bool:
        """Whether other caps hold for the caller than did then."""
        before = recorded.inputs.policy.caps_of(call.subject)
        return self._policy is not None and self._policy.caps_of(call.subject) != before

    def _reserve(self, inputs: RouteInputs, call: RecordedCall, at_ms: int, held: Tier | None) -> Decision:
        """Decide until the purse agrees, as a call's router does with the budget. `held` had its money reserved."""
        decision = decide(inputs)
        for _ in inputs.stacks:  # each round rules one out
            state = next((state for state in inputs.stacks if state.name == decision.stack), None)
            if state is None or state.free or state.tier == held:
                break
            if inputs.budget.of(state.name, state.tier) == "held":
                break
            scope = self._refusal(inputs, call, at_ms, state)
            if not scope:
                break
            budget = inputs.budget.beyond(state.tier, state.name, scope=scope)
            inputs = inputs.model_copy(update={"budget": budget})
            decision = decide(inputs)
        return decision

    def _refusal(self, inputs: RouteInputs, call: RecordedCall, at_ms: int, state: StackState) -> str:
        offer = Offer.of(state.name, state.tier)
        return self._purse.refuses(call.scopes_at(at_ms), offer, inputs.policy.caps_of(call.subject))

    def _assignment(self, call: RecordedCall) -> Assignment | None:
        """The call's part in the experiments of the other policy, drawn when it began and kept to its end.

        Where the same ones ran then, it is what was drawn, though it be nothing: neither a start nor a stop moves a
        call, and some are never compared. Nobody can draw for a user who was erased.
        """
        inputs = call.stretches[0].decision.inputs
        policy, recorded = self._policy, inputs.assignment
        if policy is None or inputs.environment_stack:
            return recorded
        then = self._experiments.get(inputs.policy.version)
        if then is not None and _divide_alike(then, policy.experiments, inputs):
            return recorded
        if not inputs.compared:
            return None
        if recorded is not None and (experiment := policy.experiments.get(recorded.experiment)) is not None:
            running = experiment.state == "running" and experiment.is_for(inputs.plan, inputs.channel)
            return drawn(recorded.experiment, experiment, recorded.bucket) if running else None
        unit = self._users.get(call.subject, "")
        return assigned(policy.experiments, unit, plan=inputs.plan, channel=inputs.channel)


def _divide_alike(
    some: Mapping[str, Experiment], others: Mapping[str, Experiment], inputs: RouteInputs
) -> bool:
    """Whether a call is drawn for the same by both."""
    one, other = (
        {
            name: experiment
            for name, experiment in each.items()
            if experiment.state == "running" and experiment.is_for(inputs.plan, inputs.channel)
        }
        for each in (some, others)
    )
    return one.keys() == other.keys() and all(one[name].divides_like(other[name]) for name in one)


def same_answer(one: Decision, other: Decision) -> bool:
    """Whether two decisions serve the call alike, and for the same reasons."""

    def told(decision: Decision) -> Sequence[object]:
        return (
            *(decision.stack, decision.tier, decision.reason, decision.reasons),
            *(decision.without, decision.least_bad),
        )

    return told(one) == told(other)
