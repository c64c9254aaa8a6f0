"""What the router makes of services that are down: parts are replaced, then rungs, then the least bad is tried."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from routing.cause import cause_of
from routing.decision import BudgetState, Cause, Decision, LostBecause, RouteInputs, StackState, Unhealthy
from routing.kinds import Plan
from routing.policy import DEFAULT_POLICY
from routing.router import decide, replay

pytestmark = pytest.mark.unit

PREMIUM = StackState(
    name="premium",
    tier="premium",
    configured=True,
    alternatives=(("openai-realtime",), ("openai-realtime",)),
)
ECONOMY = StackState(
    name="economy",
    tier="economy",
    configured=True,
    alternatives=(
        ("deepgram-stt", "whisper"),
        ("openai-chat", "ollama"),
        ("cartesia", "deepgram-tts", "piper"),
    ),
)
BUDGET = StackState(
    name="budget",
    tier="economy",
    configured=True,
    alternatives=(("deepgram-stt", "whisper"), ("openai-chat", "ollama"), ("deepgram-tts", "piper")),
)
LOCAL = StackState(
    name="local",
    tier="economy",
    configured=True,
    free=True,
    alternatives=(("whisper",), ("ollama",), ("piper",)),
)
TEXT = StackState(
    name="text",
    tier="economy",
    configured=True,
    voice=False,
    alternatives=(("openai-chat", "ollama"),),
)
STACKS = (PREMIUM, ECONOMY, BUDGET, LOCAL, TEXT)
SERVICES = sorted({service for stack in STACKS for part in stack.alternatives for service in part})
EARS = ("deepgram-stt", "whisper")
VOICES = ("cartesia", "deepgram-tts", "piper")


def down(*services: str, retry_ms: int = 50_000) -> tuple[Unhealthy, ...]:
    return tuple(
        Unhealthy(service=service, state="open", since_ms=1, retry_ms=retry_ms) for service in services
    )


def inputs(plan: Plan = "premium", **more: object) -> RouteInputs:
    return RouteInputs.model_validate({"plan": plan, "stacks": STACKS} | more)


def why(decision: Decision) -> dict[str, LostBecause]:
    return {reason.stack: reason.code for reason in decision.reasons}


def dialled(decision: Decision) -> list[str]:
    """The services that the call is served by, as the agent builds it."""
    stack = next((stack for stack in decision.inputs.stacks if stack.name == decision.stack), None)
    parts = stack.alternatives if stack else ()
    return [next(service for service in part if service not in decision.without) for part in parts]


def test_a_stack_whose_only_service_is_down_loses_and_the_sentence_names_it() -> None:
    decision = decide(inputs(health=down("openai-realtime")))
    assert (decision.stack, decision.without) == ("economy", ())
    assert why(decision)["premium"] is LostBecause.VENDOR_DOWN
    assert decision.reasons[0].sentence == "premium lacks what it needs: openai-realtime is down."
    assert (
        decision.reason
        == "Your plan includes premium, which is out of order right now; economy serves this call."
    )


def test_a_cascade_goes_on_with_the_first_alternative_that_is_well() -> None:
    decision = decide(inputs("economy", health=down("cartesia", "deepgram-stt"), failed=("deepgram-tts",)))
    assert decision.stack == "economy"
    assert decision.without == ("deepgram-stt", "cartesia", "deepgram-tts")
    assert dialled(decision) == ["whisper", "openai-chat", "piper"]


def test_an_alternative_that_is_down_but_not_needed_changes_nothing() -> None:
    assert decide(inputs("economy", health=down("deepgram-tts", "whisper"))).without == ()


def test_our_own_machines_take_a_part_whether_or_not_local_calls_are_allowed() -> None:
    policy = DEFAULT_POLICY.model_copy(update={"local_enabled": False})
    decision = decide(inputs("economy", health=down("deepgram-stt"), policy=policy))
    assert (decision.stack, dialled(decision)[0]) == ("economy", "whisper")
    assert why(decision)["local"] is LostBecause.LOCAL_NOT_ENABLED


def test_a_service_that_failed_this_call_is_shunned_though_others_find_it_well() -> None:
    decision = decide(inputs(failed=("openai-realtime",)))
    assert decision.stack == "economy"
    assert "openai-realtime failed in this call" in decision.reasons[0].sentence


def test_when_no_voice_is_well_the_one_due_soonest_is_tried_before_text() -> None:
    health = (
        *down("openai-realtime", retry_ms=90_000),
        *down("cartesia", "piper", retry_ms=70_000),
        *down("deepgram-tts", retry_ms=60_000),
    )
    decision = decide(inputs(health=health))
    assert (decision.stack, decision.least_bad) == ("economy", True)
    assert dialled(decision) == ["deepgram-stt", "openai-chat", "deepgram-tts"]


def test_after_the_least_bad_failed_too_it_is_text_and_then_nothing() -> None:
    health = down("openai-realtime", *VOICES)
    text = decide(inputs(health=health, failed=("cartesia",), least_bad_failed=True))
    assert (text.stack, text.least_bad) == ("text", False)
    health = down("openai-realtime", "openai-chat", "ollama", *VOICES)
    last = decide(inputs(health=health, failed=("cartesia",), least_bad_failed=True))
    assert (last.stack, last.least_bad) == ("text", True)
    failed = ("cartesia", "openai-chat", "ollama")
    assert decide(inputs(health=health, failed=failed, least_bad_failed=True)).stack is None


def test_what_failed_in_this_call_is_not_the_least_bad() -> None:
    decision = decide(inputs("economy", health=down(*VOICES), failed=("cartesia", "piper")))
    assert dialled(decision)[2] == "deepgram-tts"
    assert decide(inputs("economy", health=down(*VOICES), failed=VOICES)).stack == "text"


def test_the_least_bad_is_never_one_whose_money_was_refused() -> None:
    health = (*down("openai-realtime", retry_ms=1), *down(*EARS, retry_ms=90_000))
    assert decide(inputs(health=health)).stack == "premium"
    refused = decide(inputs(health=health, budget=BudgetState(premium="exhausted")))
    assert (refused.stack, refused.least_bad) == ("economy", True)


def test_a_stored_decision_of_before_health_was_known_still_replays() -> None:
    old = decide(inputs()).model_dump(mode="json")
    for name in ("without", "least_bad"):
        del old[name]
    for name in ("health", "failed", "least_bad_failed"):
        del old["inputs"][name]
    for stack in old["inputs"]["stacks"]:
        del stack["alternatives"], stack["voice"]
    stored = Decision.model_validate(old)
    assert replay(stored.inputs) == stored


@st.composite
def troubled(draw: st.DrawFn) -> RouteInputs:
    services = st.sampled_from(SERVICES)
    health = draw(
        st.lists(
            st.builds(
                Unhealthy,
                service=services,
                state=st.sampled_from(["open", "half_open"]),
                since_ms=st.integers(0, 100),
                retry_ms=st.integers(0, 100),
            ),
            unique_by=lambda one: one.service,
        )
    )
    return inputs(
        draw(st.sampled_from(["premium", "economy"])),
        health=draw(st.permutations(health)),
        failed=draw(st.lists(services, unique=True)),
        least_bad_failed=draw(st.booleans()),
        budget=BudgetState(premium=draw(st.sampled_from(["unasked", "held", "exhausted"]))),
    )


@given(troubled())
def test_deciding_again_gives_the_same_even_from_stored_json(given: RouteInputs) -> None:
    stored = Decision.model_validate(json.loads(decide(given).model_dump_json()))
    assert replay(stored.inputs) == stored == decide(given)


@given(troubled())
def test_nothing_that_is_down_is_dialled_while_a_voice_is_well_and_nothing_that_failed_this_call_ever(
    given: RouteInputs,
) -> None:
    decision = decide(given)
    used = set(dialled(decision))
    assert not used & set(given.failed)
    if not decision.least_bad:
        assert not used & {one.service for one in given.health}
    else:
        codes = why(decision)
        healthy_voices = {"premium", "economy", "budget", "local"} - codes.keys() - {decision.stack}
        assert not healthy_voices
        assert LostBecause.LOWER_ON_LADDER not in {
            codes.get(name) for name in ("premium", "economy", "local")
        }


@given(troubled())
def test_failing_again_and_again_ends_after_as_many_steps_as_there_are_services(given: RouteInputs) -> None:
    steps = 0
    while (decision := decide(given)).stack is not None:
        steps += 1
        assert steps <= len(SERVICES)
        update = {
            "failed": tuple(sorted({*given.failed, dialled(decision)[-1]})),
            "least_bad_failed": given.least_bad_failed or decision.least_bad,
        }
        given = given.model_copy(update=update)


@given(troubled(), troubled())
def test_the_cause_of_every_change_can_be_told(one: RouteInputs, other: RouteInputs) -> None:
    assert cause_of(decide(one), decide(other)) in Cause


def test_the_causes_are_told_apart() -> None:
    well = decide(inputs())
    broken = decide(inputs(failed=("openai-realtime",)))
    poor = decide(inputs(budget=BudgetState(premium="exhausted", scope="user-day")))
    policy = DEFAULT_POLICY.model_copy(update={"version": "2", "tiers_off": ("premium",)})
    barred = decide(inputs(policy=policy))
    assert cause_of(None, well) is Cause.START
    assert cause_of(well, broken) is Cause.VENDOR
    assert cause_of(broken, well) is Cause.HEALTH
    assert cause_of(well, poor) is Cause.MONEY
    assert cause_of(well, barred) is cause_of(barred, well) is Cause.POLICY
    patched = decide(inputs("economy", failed=("cartesia",)))
    whole = decide(inputs("economy"))
    assert cause_of(whole, patched) is Cause.VENDOR
    assert cause_of(patched, whole) is Cause.HEALTH


@pytest.mark.parametrize("money", ["exhausted", "unpaid", "blind"])
def test_up_again_because_there_is_money_is_something_better_and_no_need_to_leave(money: Any) -> None:
    poor = decide(inputs(budget=BudgetState(premium=money, scope="user-day")))
    assert poor.stack == "economy"
    assert cause_of(decide(inputs()), poor) is Cause.MONEY
    assert cause_of(poor, decide(inputs())) is Cause.HEALTH
