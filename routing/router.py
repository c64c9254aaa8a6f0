"""The tier router: a pure function from what is known about a call to the stack that serves it."""

from routing.decision import Decision, LostBecause, Reason, RouteInputs, StackState
from routing.policy import StackName

_RANK = {"economy": 0, "premium": 1}


def decide(inputs: RouteInputs) -> Decision:
    """Choose the first candidate that nothing speaks against. The same inputs always give the same decision."""
    known = {stack.name: stack for stack in inputs.stacks}
    hurdles = {name: _hurdle(inputs, name, known.get(name)) for name in _order(inputs)}
    chosen = next((known[name] for name in hurdles if hurdles[name] is None), None)
    reasons = tuple(
        hurdle or _beaten(inputs, name, chosen)
        for name, hurdle in hurdles.items()
        if chosen is None or name != chosen.name
    )
    return Decision(
        stack=chosen.name if chosen else None,
        tier=chosen.tier if chosen else None,
        reason=_for_the_caller(inputs, chosen),
        reasons=reasons,
        policy_version=inputs.policy.version,
        inputs=inputs,
    )


def replay(inputs: RouteInputs) -> Decision:
    """Decide again from stored inputs, to explain or check a decision of the past."""
    return decide(inputs)


def _order(inputs: RouteInputs) -> list[StackName]:
    """Every stack once: the override, the ladder from its top, then the rest by name."""
    override = [inputs.environment_stack] if inputs.environment_stack else []
    ladder = inputs.policy.ladder(inputs.plan)
    return list(dict.fromkeys([*override, *ladder, *(stack.name for stack in inputs.stacks)]))


def _hurdle(inputs: RouteInputs, name: StackName, state: StackState | None) -> Reason | None:
    """Say what rules a stack out whatever the others are, or None."""
    override = name == inputs.environment_stack
    if state is None:
        return Reason(stack=name, code=LostBecause.UNKNOWN, sentence=f"There is no stack called {name}.")
    if _RANK[state.tier] > _RANK[inputs.plan]:
        return Reason(
            stack=name,
            code=LostBecause.DEARER_THAN_PLAN,
            sentence=f"{name} is {state.tier}, and the plan is {inputs.plan}.",
        )
    if not override and name not in inputs.policy.ladder(inputs.plan):
        return Reason(
            stack=name,
            code=LostBecause.NOT_ON_LADDER,
            sentence=f"{name} is on no rung of the {inputs.plan} ladder.",
        )
    if not override and name == "local" and not inputs.policy.local_enabled:
        return Reason(
            stack=name,
            code=LostBecause.LOCAL_NOT_ENABLED,
            sentence="The policy does not allow local models.",
        )
    if not state.configured:
        return Reason(
            stack=name,
            code=LostBecause.NOT_CONFIGURED,
            sentence=f"{name} is not configured: {state.why_not}.",
        )
    return None


def _beaten(inputs: RouteInputs, name: StackName, chosen: StackState | None) -> Reason:
    """Say why a stack that could have served did not."""
    better = chosen.name if chosen else ""
    if better == inputs.environment_stack:
        return Reason(
            stack=name,
            code=LostBecause.OVERRIDDEN,
            sentence=f"The environment asks for {better} (VOICETASKS_AGENT_STACK).",
        )
    return Reason(
        stack=name, code=LostBecause.LOWER_ON_LADDER, sentence=f"{better} stands above {name} and can serve."
    )


def _for_the_caller(inputs: RouteInputs, chosen: StackState | None) -> str:
    if chosen is None:
        return "Nothing can serve this call right now."
    if chosen.name == inputs.environment_stack:
        return f"This installation serves calls with {chosen.name}."
    if chosen.name == inputs.plan:
        return f"Your plan includes {inputs.plan}."
    if inputs.plan in inputs.policy.ladder(inputs.plan):
        return f"Your plan includes {inputs.plan}, which is not set up here; {chosen.name} serves this call."
    return f"Calls on your plan, {inputs.plan}, are served with {chosen.name}."
