"""What is provisioned: planned before it is done, nothing the second time, nobody trusted for the asking."""

from __future__ import annotations

import json

import pytest
from livekit.protocol.sip import SIPDispatchRuleInfo, SIPInboundTrunkInfo

from sip.headers import ATTESTATION, FROM_ANYBODY, FROM_TRUSTED
from sip.trunk import NAME, TrunkError, Wanted, plan

pytestmark = pytest.mark.unit

CARRIER = Wanted(numbers=("+15550199",), allowed_addresses=("54.172.60.0/30",))


def there(wanted: Wanted) -> tuple[SIPInboundTrunkInfo, SIPDispatchRuleInfo]:
    trunk, rule = wanted.trunk(), wanted.rule("ST_1")
    trunk.sip_trunk_id, rule.sip_dispatch_rule_id = "ST_1", "SDR_1"
    return trunk, rule


def done(wanted: Wanted, trunks: list[SIPInboundTrunkInfo], rules: list[SIPDispatchRuleInfo]) -> list[str]:
    return [f"{step.kind} {step.what} {step.identity}".strip() for step in plan(wanted, trunks, rules)]


def test_where_nothing_is_both_are_made() -> None:
    assert done(CARRIER, [], []) == ["create trunk", "create dispatch rule"]


def test_where_all_is_nothing_is_done() -> None:
    trunk, rule = there(CARRIER)
    assert done(CARRIER, [trunk], [rule]) == ["keep trunk ST_1", "keep dispatch rule SDR_1"]


def test_what_differs_is_named_without_its_value() -> None:
    trunk, rule = there(CARRIER)
    wanted = Wanted(numbers=CARRIER.numbers, username="ann", password="open sesame")
    change, keep = plan(wanted, [trunk], [rule])
    assert set(change.changes) == {"allowed_addresses", "auth_username", "auth_password"}
    assert keep.kind == "keep"
    assert "sesame" not in f"{change} {change.sentence} {wanted!r}"


def test_what_somebody_else_made_is_left_alone_and_doubles_of_ours_go() -> None:
    trunk, rule = there(CARRIER)
    double = SIPInboundTrunkInfo(sip_trunk_id="ST_2", name=NAME)
    foreign = SIPInboundTrunkInfo(sip_trunk_id="ST_3", name="theirs")
    assert done(CARRIER, [foreign, trunk, double], [rule]) == [
        "delete trunk ST_2",
        "keep trunk ST_1",
        "keep dispatch rule SDR_1",
    ]


def test_every_call_has_a_room_of_its_own_and_the_agent_is_told_nothing_of_who_calls() -> None:
    rule = CARRIER.rule("ST_1")
    individual = rule.rule.dispatch_rule_individual
    assert individual.room_prefix
    assert not individual.no_randomness
    assert not rule.attributes
    [agent] = rule.room_config.agents
    assert json.loads(agent.metadata) == {"channel": "phone"}


@pytest.mark.parametrize(
    ("wanted", "trusted"),
    [
        (CARRIER, True),
        (Wanted(username="ann", password="secret"), True),
        (Wanted(numbers=("+15550199",)), False),
        (Wanted(numbers=("+15550199",), allowed_addresses=("0.0.0.0/0",)), False),
        (Wanted(numbers=("+15550199",), allowed_addresses=("54.172.60.0/30", "::/0")), False),
    ],
)
def test_only_a_peer_that_is_known_says_something_of_its_callers(wanted: Wanted, trusted: bool) -> None:
    assert wanted.is_trusted is trusted
    passed_on = wanted.trunk().headers_to_attributes
    assert (ATTESTATION in passed_on.values()) is trusted
    assert wanted.trunk().include_headers == 0


def test_no_header_says_who_somebody_is_or_what_they_pay_for() -> None:
    headers = {name.lower() for name in FROM_ANYBODY | FROM_TRUSTED}
    assert not headers & {"from", "p-asserted-identity", "remote-party-id", "identity", "authorization"}
    attributes = (FROM_ANYBODY | FROM_TRUSTED).values()
    assert all(each.startswith("sip.h.") for each in attributes)


@pytest.mark.parametrize(
    "wrong",
    [
        {},
        {"allowed_addresses": ("0.0.0.0/0",)},
        {"allowed_addresses": ("nowhere",)},
        {"numbers": ("+1",), "username": "ann"},
        {"numbers": ("+1",), "password": "secret"},
    ],
)
def test_a_trunk_for_everybody_is_refused(wrong: dict[str, object]) -> None:
    with pytest.raises(TrunkError):
        Wanted(**wrong)  # type: ignore[arg-type]
