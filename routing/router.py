"""The tier router: a pure function from what is known about a call to the stack that serves it."""

from collections.abc import Mapping

from routing.availability import choose, out_of_order
from routing.decision import Decision, LostBecause, Reason, RouteInputs, StackState
from routing.kinds import StackName

_RANK = {"economy": 0, "premium": 1}
_SCOPES = {
    "call": "the call's",
    "user-day": "the day's",
    "user-month": "the month's",
    "global-day": "everybody's daily",
}


def decide(inputs: RouteInputs) -> Decision:
    """Choose the first candidate that nothing speaks against. The same inputs always give the same decision."""
    known = {stack.name: stack for stack in inputs.stacks}
    hurdles = {name: _hurdle(inputs, name, known.get(name)) for name in _order(inputs)}
    choice = choose(inputs, [known[name] for name, hurdle in hurdles.items() if hurdle is None])
    chosen = choice.stack
    reasons = tuple(
        hurdle or _ill(inputs, known[name]) or _beaten(inputs, name, chosen)
        for name, hurdle in hurdles.items()
        if chosen is None or name != chosen.name
    )
    return Decision(
        stack=chosen.name if chosen else None,
        tier=chosen.tier if chosen else None,
        reason=_for_the_caller(inputs, chosen, {reason.stack: reason.code for reason in reasons}),
        reasons=reasons,
        policy_version=inputs.policy.version,
        inputs=inputs,
        without=choice.without,
        least_bad=choice.least_bad,
    )


def replay(inputs: RouteInputs) -> Decision:
    """Decide again from stored inputs, to explain or check a decision of the past."""
    return decide(inputs)


def _order(inputs: RouteInputs) -> list[StackName]:
    """Every stack once: the override, the arm's, the ladder from its top, then the rest by name."""
    ladder = inputs.policy.ladder(inputs.plan)
    return list(dict.fromkeys([*_named(inputs), *ladder, *(stack.name for stack in inputs.stacks)]))


def _named(inputs: RouteInputs) -> list[StackName]:
    """Stacks that are tried before the ladder, and whether they stand on it or not."""
    drawn = inputs.assignment
    override = [inputs.environment_stack] if inputs.environment_stack else []
    return override + ([drawn.stack] if drawn is not None else [])


def _hurdle(inputs: RouteInputs, name: StackName, state: StackState | None) -> Reason | None:
    """Say what rules a stack out whatever the others are, or None."""
    named = name in _named(inputs)
    if state is None:
        return Reason(stack=name, code=LostBecause.UNKNOWN, sentence=f"There is no stack called {name}.")
    if _RANK[state.tier] > _RANK[inputs.plan]:
        return Reason(
            stack=name,
            code=LostBecause.DEARER_THAN_PLAN,
            sentence=f"{name} is {state.tier}, and the plan is {inputs.plan}.",
        )
    if not named and name not in inputs.policy.ladder(inputs.plan):
        return Reason(
            stack=name,
            code=LostBecause.NOT_ON_LADDER,
            sentence=f"{name} is on no rung of the {inputs.plan} ladder.",
        )
    if not named and name == "local" and not inputs.policy.local_enabled:
        return Reason(
            stack=name,
            code=LostBecause.LOCAL_NOT_ENABLED,
            sentence="The policy does not allow local models.",
        )
    if state.tier in inputs.policy.tiers_off:
        return Reason(stack=name, code=LostBecause.TIER_OFF, sentence=f"{state.tier} is switched off.")
    if name in inputs.policy.stacks_off:
        return Reason(stack=name, code=LostBecause.STACK_OFF, sentence=f"{name} is switched off.")
    if not state.configured:
        return Reason(
            stack=name,
            code=LostBecause.NOT_CONFIGURED,
            sentence=f"{name} is not configured: {state.why_not}.",
        )
    return None if state.free else _money(inputs, name, state)


def _money(inputs: RouteInputs, name: StackName, state: StackState) -> Reason | None:
    """Say what the budget has against a stack that costs something."""
    scope = _SCOPES.get(inputs.budget.scope, "a")
    match inputs.budget.of(name, state.tier):
        case "exhausted":
            sentence = f"{name} would go beyond {scope} cap for {state.tier}."
            return Reason(stack=name, code=LostBecause.BUDGET_EXHAUSTED, sentence=sentence)
        case "unpaid":
            sentence = f"{name} has to wait until earlier spending beyond a cap is paid."
            return Reason(stack=name, code=LostBecause.BUDGET_UNPAID, sentence=sentence)
        case "blind":
            sentence = f"{name} needs money that could not be reserved: the budget gave no answer."
            return Reason(stack=name, code=LostBecause.BUDGET_BLIND, sentence=sentence)
        case _:
            return None


def _ill(inputs: RouteInputs, state: StackState) -> Reason | None:
    """Say which services a stack lacks."""
    if not (clause := out_of_order(inputs, state)):
        return None
    sentence = f"{state.name} lacks what it needs: {clause}."
    return Reason(stack=state.name, code=LostBecause.VENDOR_DOWN, sentence=sentence)


def _beaten(inputs: RouteInputs, name: StackName, chosen: StackState | None) -> Reason:
    """Say why a stack that could have served did not."""
    better = chosen.name if chosen else ""
    if better == inputs.environment_stack:
        return Reason(
            stack=name,
            code=LostBecause.OVERRIDDEN,
            sentence=f"The environment asks for {better} (VOICETASKS_AGENT_STACK).",
        )
    if (drawn := inputs.assignment) is not None and better == drawn.stack:
        return Reason(
            stack=name,
            code=LostBecause.OTHER_ARM,
            sentence=f"The experiment {drawn.experiment} has {better} serve the arm {drawn.arm}.",
        )
    return Reason(
        stack=name, code=LostBecause.LOWER_ON_LADDER, sentence=f"{better} stands above {name} and can serve."
    )


_FOR_THE_CALLER = {
    LostBecause.TIER_OFF: "which is switched off right now",
    LostBecause.STACK_OFF: "which is switched off right now",
    LostBecause.BUDGET_EXHAUSTED: "whose budget is used up",
    LostBecause.BUDGET_UNPAID: "whose budget is used up",
    LostBecause.BUDGET_BLIND: "which is not available right now",
    LostBecause.VENDOR_DOWN: "which is out of order right now",
}


def _for_the_caller(
    inputs: RouteInputs, chosen: StackState | None, lost: Mapping[StackName, LostBecause]
) -> str:
    if chosen is None:
        return "Nothing can serve this call right now."
    if chosen.name == inputs.environment_stack:
        return f"This installation serves calls with {chosen.name}."
    if chosen.name == inputs.plan:
        return f"Your plan includes {inputs.plan}."
    if lost.get(inputs.plan) is LostBecause.OTHER_ARM:
        return f"Your plan includes {inputs.plan}; to compare voices, {chosen.name} serves this call."
    if inputs.plan in inputs.policy.ladder(inputs.plan):
        why = _FOR_THE_CALLER.get(
            lost.get(inputs.plan, LostBecause.NOT_CONFIGURED), "which is not set up here"
        )
        return f"Your plan includes {inputs.plan}, {why}; {chosen.name} serves this call."
    return f"Calls on your plan, {inputs.plan}, are served with {chosen.name}."
