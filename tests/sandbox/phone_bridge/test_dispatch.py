"""Which trunk takes a call, and what the call shows in its room."""

from __future__ import annotations

import pytest
from livekit.protocol.sip import SIPDispatchRuleInfo, SIPInboundTrunkInfo

from sandbox.phone_bridge.digest import Digest
from sandbox.phone_bridge.dispatch import Facts, choose_rule, choose_trunk, route

pytestmark = pytest.mark.unit


def facts(**more: str) -> Facts:
    headers = {"x-twilio-verstat": "TN-Validation-Passed-A", "x-plan": "premium", "privacy": "id"}
    told = {"calling": "+15550100", "called": "+15550199", "source": "127.0.0.1"} | more
    return Facts(host="carrier.example", headers=headers, sip_call_id="1@x", tag="t", **told)


def rule(**more: object) -> SIPDispatchRuleInfo:
    made = SIPDispatchRuleInfo(sip_dispatch_rule_id="SDR_1", **more)  # type: ignore[arg-type]
    made.rule.dispatch_rule_individual.room_prefix = "phone"
    return made


def test_a_trunk_takes_only_its_numbers_and_its_networks() -> None:
    all_numbers = SIPInboundTrunkInfo(sip_trunk_id="all", allowed_addresses=["127.0.0.0/8"])
    one = SIPInboundTrunkInfo(sip_trunk_id="one", numbers=["+15550199"], allowed_addresses=["127.0.0.1"])
    assert choose_trunk([all_numbers, one], facts()) == one
    assert choose_trunk([all_numbers, one], facts(called="+1")) == all_numbers
    assert choose_trunk([all_numbers, one], facts(source="10.0.0.1")) is None


def test_two_calls_from_one_number_have_two_rooms() -> None:
    trunk = SIPInboundTrunkInfo(sip_trunk_id="ST_1")
    one, other = (route(trunk, rule(), facts()) for _ in range(2))
    assert one.room.startswith("phone_+15550100_")
    assert one.room != other.room
    assert one.attributes["sip.callID"] != other.attributes["sip.callID"]


def test_only_allowed_headers_become_attributes() -> None:
    trunk = SIPInboundTrunkInfo(headers_to_attributes={"Privacy": "sip.h.privacy", "X-None": "sip.h.none"})
    shown = route(trunk, rule(), facts()).attributes
    assert shown["sip.h.privacy"] == "id"
    assert "premium" not in shown.values()
    assert not [value for value in shown.values() if "Validation" in value]
    assert shown["sip.phoneNumber"] == "+15550100"
    assert shown["sip.trunkPhoneNumber"] == "+15550199"


def test_a_rule_that_hides_numbers_shows_none() -> None:
    found = route(SIPInboundTrunkInfo(), rule(hide_phone_number=True), facts())
    assert "+15550100" not in f"{found.room}{found.identity}{found.name}{found.attributes}"


@pytest.mark.parametrize(
    "number", ["", "anonymous", "'; drop table rooms; --", "+1 (555) 010-0199", "x" * 500]
)
def test_an_odd_number_makes_a_sound_room(number: str) -> None:
    found = route(SIPInboundTrunkInfo(), rule(), facts(calling=number))
    assert len(found.room) < 100
    assert all(each.isalnum() or each in "+._*#-" for each in found.room)


def test_a_rule_that_names_the_trunk_comes_first() -> None:
    trunk = SIPInboundTrunkInfo(sip_trunk_id="ST_1")
    named, foreign = rule(trunk_ids=["ST_1"], name="named"), rule(trunk_ids=["ST_2"])
    assert choose_rule([foreign, rule(), named], trunk, facts()) == named
    assert choose_rule([foreign], trunk, facts()) is None


def test_a_password_is_proved_for_one_method_and_a_while_only() -> None:
    from hashlib import md5

    digest = Digest()
    nonce = digest.challenge()[0][1].partition('nonce="')[2].partition('"')[0]

    def answer(password: str, nonce: str) -> str:
        one = md5(f"ann:voicetasks sandbox:{password}".encode()).hexdigest()
        two = md5(b"INVITE:sip:x").hexdigest()
        response = md5(f"{one}:{nonce}:{two}".encode()).hexdigest()
        return f'Digest username="ann", realm="voicetasks sandbox", nonce="{nonce}", uri="sip:x", response="{response}"'

    def is_right(header: str, method: str = "INVITE") -> bool:
        return digest.is_right(header, method=method, username="ann", password="secret")

    assert is_right(answer("secret", nonce))
    assert not is_right(answer("wrong", nonce))
    assert not is_right(answer("secret", nonce), "BYE")
    assert not is_right(answer("secret", "1." + nonce.partition(".")[2]))
    assert not is_right("Digest rubbish")
    assert not is_right("Basic YW5uOnNlY3JldA==")
