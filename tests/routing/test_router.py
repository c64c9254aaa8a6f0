import json
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from routing.decision import Decision, LostBecause, RouteInputs, StackState
from routing.kinds import Plan, Tier
from routing.policy import DEFAULT_POLICY, Policy
from routing.router import decide, replay

pytestmark = pytest.mark.unit

TIERS: dict[str, Tier] = {
    "premium": "premium",
    "quality": "premium",
    "economy": "economy",
    "budget": "economy",
    "local": "economy",
    "text": "economy",
}
RANK = {"economy": 0, "premium": 1}
names = st.sampled_from(sorted(TIERS))
ladders = st.lists(names, max_size=8).map(tuple)


def state(name: str, configured: bool = True, tier: Tier | None = None) -> StackState:
    why_not = "" if configured else "DEEPGRAM_API_KEY is not set"
    return StackState(name=name, tier=tier or TIERS[name], configured=configured, why_not=why_not)


@st.composite
def inputs(draw: st.DrawFn) -> RouteInputs:
    known = draw(st.lists(names, unique=True))
    tiers: st.SearchStrategy[Tier] = st.sampled_from(["premium", "economy"])
    return RouteInputs(
        plan=draw(st.sampled_from(["premium", "economy"])),
        channel=draw(st.sampled_from(["browser", "phone"])),
        stacks=tuple(state(name, draw(st.booleans()), draw(tiers)) for name in known),
        environment_stack=draw(st.none() | names),
        policy=draw(
            st.just(DEFAULT_POLICY)
            | st.builds(
                Policy, version=st.just("p"), premium=ladders, economy=ladders, local_enabled=st.booleans()
            )
        ),
    )


def everything(plan: Plan, *without: str, environment: str | None = None, local: bool = True) -> Decision:
    return decide(
        RouteInputs(
            plan=plan,
            stacks=tuple(state(name, name not in without) for name in TIERS),
            environment_stack=environment,
            policy=DEFAULT_POLICY.model_copy(update={"local_enabled": local}),
        )
    )


def why(decision: Decision) -> dict[str, LostBecause]:
    return {reason.stack: reason.code for reason in decision.reasons}


@given(inputs())
def test_deciding_again_gives_the_same_even_from_stored_json(given: RouteInputs) -> None:
    decision = decide(given)
    assert decide(given) == decision
    assert replay(decision.inputs) == decision
    stored = Decision.model_validate(json.loads(decision.model_dump_json()))
    assert stored == decision
    assert replay(stored.inputs) == decision


@given(inputs(), st.randoms())
def test_the_order_in_which_stacks_are_told_changes_nothing(given: RouteInputs, random: object) -> None:
    shuffled = list(given.stacks)
    random.shuffle(shuffled)  # type: ignore[attr-defined]
    assert decide(RouteInputs(**{**given.model_dump(), "stacks": shuffled})) == decide(given)


@given(inputs())
def test_no_call_is_served_above_its_plan(given: RouteInputs) -> None:
    decision = decide(given)
    if decision.tier is not None:
        assert RANK[decision.tier] <= RANK[given.plan]


@given(inputs())
def test_only_a_configured_stack_is_chosen(given: RouteInputs) -> None:
    decision = decide(given)
    configured = {stack.name: stack.tier for stack in given.stacks if stack.configured}
    assert decision.stack is None or configured[decision.stack] == decision.tier


@given(inputs())
def test_a_stack_is_found_whenever_one_that_the_plan_may_have_is_configured(given: RouteInputs) -> None:
    allowed = {
        name
        for name in given.policy.ladder(given.plan)
        if name != "local" or given.policy.local_enabled or name == given.environment_stack
    } | {given.environment_stack}
    may_serve = [
        stack
        for stack in given.stacks
        if stack.configured and stack.name in allowed and RANK[stack.tier] <= RANK[given.plan]
    ]
    assert (decide(given).stack is not None) == bool(may_serve)


@given(inputs())
def test_every_stack_either_wins_or_has_one_reason(given: RouteInputs) -> None:
    decision = decide(given)
    everyone = {stack.name for stack in given.stacks} | set(given.policy.ladder(given.plan))
    if given.environment_stack:
        everyone.add(given.environment_stack)
    lost = [reason.stack for reason in decision.reasons]
    assert len(lost) == len(set(lost))
    assert set(lost) == everyone - {decision.stack}
    assert all(reason.sentence.endswith(".") for reason in decision.reasons)


@given(inputs())
def test_taking_winners_away_one_by_one_walks_one_total_order(given: RouteInputs) -> None:
    won: list[str] = []
    left = given
    while (stack := decide(left).stack) is not None:
        won.append(stack)
        left = left.model_copy(update={"stacks": tuple(s for s in left.stacks if s.name != stack)})
    ladder = [name for name in given.policy.ladder(given.plan) if name != given.environment_stack]
    order = [given.environment_stack, *ladder]
    assert len(won) == len(set(won))
    assert all(order.index(upper) < order.index(lower) for upper, lower in pairwise(won))


def test_a_premium_plan_gets_premium_and_each_other_stack_says_why_not() -> None:
    decision = everything("premium")
    assert (decision.stack, decision.tier, decision.reason) == (
        "premium",
        "premium",
        "Your plan includes premium.",
    )
    assert why(decision) == {
        "economy": LostBecause.LOWER_ON_LADDER,
        "budget": LostBecause.LOWER_ON_LADDER,
        "local": LostBecause.LOWER_ON_LADDER,
        "text": LostBecause.LOWER_ON_LADDER,
        "quality": LostBecause.NOT_ON_LADDER,
    }
    assert decision.policy_version == DEFAULT_POLICY.version


def test_an_economy_plan_never_climbs_even_when_the_environment_asks() -> None:
    decision = everything("economy", environment="premium")
    assert decision.stack == "economy"
    assert why(decision)["premium"] == LostBecause.DEARER_THAN_PLAN
    assert why(decision)["quality"] == LostBecause.DEARER_THAN_PLAN


def test_a_missing_key_takes_the_next_rung_and_names_the_key() -> None:
    decision = everything("premium", "premium", "economy")
    assert (decision.stack, decision.tier) == ("budget", "economy")
    assert decision.reason == "Your plan includes premium, which is not set up here; budget serves this call."
    assert decision.reasons[0].sentence == "premium is not configured: DEEPGRAM_API_KEY is not set."


def test_the_environment_comes_before_the_ladder_and_falls_back_to_it() -> None:
    asked = everything("economy", environment="local", local=False)
    assert asked.stack == "local"
    assert why(asked)["economy"] == LostBecause.OVERRIDDEN
    missing = everything("economy", "local", environment="local")
    assert missing.stack == "economy"
    assert why(missing)["local"] == LostBecause.NOT_CONFIGURED
    unknown = everything("economy", environment="chepa")
    assert unknown.stack == "economy"
    assert why(unknown)["chepa"] == LostBecause.UNKNOWN


def test_local_serves_only_where_the_policy_allows_it() -> None:
    assert everything("economy", "economy", "budget").stack == "local"
    barred = everything("economy", "economy", "budget", local=False)
    assert barred.stack == "text"
    assert why(barred)["local"] == LostBecause.LOCAL_NOT_ENABLED


def test_with_nothing_configured_the_decision_says_so() -> None:
    decision = everything("premium", *TIERS)
    assert (decision.stack, decision.tier) == (None, None)
    assert decision.reason == "Nothing can serve this call right now."
    assert len(decision.reasons) == len(TIERS)


def test_inputs_that_contradict_themselves_are_refused() -> None:
    with pytest.raises(ValueError, match="named twice"):
        RouteInputs(plan="economy", stacks=(state("economy"), state("economy", False)))
    with pytest.raises(ValueError, match="why_not"):
        StackState(name="economy", tier="economy", configured=False)
