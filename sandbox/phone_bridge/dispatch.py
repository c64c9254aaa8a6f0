"""Which trunk a call comes in by and which room it goes to: as the real bridge reads it from the room server.

Trunks and dispatch rules are LiveKit's own (`voicetasks sip provision` makes them), so a call meets the same
credentials, allowed addresses and rooms whichever bridge takes it.
"""

from __future__ import annotations

import ipaddress
import re
import secrets
import time
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from livekit import api
from livekit.protocol.sip import SIPDispatchRuleInfo, SIPInboundTrunkInfo

CACHE_SECONDS: Final = 2.0
LONGEST_NUMBER: Final = 64
_GUID: Final = "23456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz"
_ODD: Final = re.compile(r"[^A-Za-z0-9+._*#-]")


@dataclass(frozen=True)
class Facts:
    """What an INVITE says of itself, and where it came from."""

    calling: str
    called: str
    host: str
    """Of the caller's address, as they say."""
    source: str
    """The IP address that it really came from."""
    headers: Mapping[str, str]
    sip_call_id: str
    tag: str


@dataclass(frozen=True)
class Route:
    """Where the call goes, and what it shows of itself there."""

    room: str
    identity: str
    name: str
    attributes: dict[str, str]
    rule: SIPDispatchRuleInfo


def guid(prefix: str) -> str:
    """An id in the room server's style."""
    return prefix + "".join(secrets.choice(_GUID) for _ in range(12))


def choose_trunk(trunks: Iterable[SIPInboundTrunkInfo], facts: Facts) -> SIPInboundTrunkInfo | None:
    """The trunk that takes the call: one that names the number called beats one that takes all."""
    found = [trunk for trunk in trunks if _takes(trunk, facts)]
    return next((trunk for trunk in found if trunk.numbers), found[0] if found else None)


def choose_rule(
    rules: Iterable[SIPDispatchRuleInfo], trunk: SIPInboundTrunkInfo, facts: Facts
) -> SIPDispatchRuleInfo | None:
    """The rule for a trunk's calls: one that names the trunk beats one for all."""
    found = [
        rule
        for rule in rules
        if rule.rule.WhichOneof("rule") == "dispatch_rule_individual"
        and (not rule.trunk_ids or trunk.sip_trunk_id in rule.trunk_ids)
        and (not rule.inbound_numbers or facts.calling in rule.inbound_numbers)
    ]
    return next((rule for rule in found if rule.trunk_ids), found[0] if found else None)


def route(trunk: SIPInboundTrunkInfo, rule: SIPDispatchRuleInfo, facts: Facts) -> Route:
    """A room of its own for the call, as `dispatch_rule_individual` says."""
    number = _ODD.sub("", facts.calling)[:LONGEST_NUMBER] or "anonymous"
    attributes = dict(rule.attributes)
    attributes |= {
        "sip.callID": guid("SCL_"),
        "sip.trunkID": trunk.sip_trunk_id,
        "sip.ruleID": rule.sip_dispatch_rule_id,
        "sip.callIDFull": facts.sip_call_id,
        "sip.callTag": facts.tag,
    }
    shown = number
    identity = f"sip_{number}"
    if rule.hide_phone_number:
        shown = number[-4:] if len(number) > 4 else number[-1:]
        identity = guid("sip_")
    else:
        attributes |= {
            "sip.phoneNumber": facts.calling,
            "sip.hostname": facts.host,
            "sip.trunkPhoneNumber": facts.called,
        }
    for header, attribute in trunk.headers_to_attributes.items():
        if (value := facts.headers.get(header.lower())) is not None:
            attributes[attribute] = value
    prefix = rule.rule.dispatch_rule_individual.room_prefix
    room = guid(f"{prefix}_{shown}_" if prefix else f"{shown}_")
    return Route(room, identity, f"Phone {shown}", attributes, rule)


class Directory:
    """Trunks and rules as the room server has them now, or had two seconds ago. Raises what its client raises."""

    def __init__(self, client: api.LiveKitAPI) -> None:
        self._client = client
        self._read_at = float("-inf")
        self._trunks: Sequence[SIPInboundTrunkInfo] = ()
        self._rules: Sequence[SIPDispatchRuleInfo] = ()

    async def trunk_for(self, facts: Facts) -> SIPInboundTrunkInfo | None:
        """The trunk that takes the call, or None."""
        await self._read()
        return choose_trunk(self._trunks, facts)

    def route_for(self, trunk: SIPInboundTrunkInfo, facts: Facts) -> Route | None:
        """Where its calls go, or None where no rule says so."""
        rule = choose_rule(self._rules, trunk, facts)
        return route(trunk, rule, facts) if rule is not None else None

    async def _read(self) -> None:
        if time.monotonic() - self._read_at < CACHE_SECONDS:
            return
        sip = self._client.sip
        self._trunks = (await sip.list_inbound_trunk(api.ListSIPInboundTrunkRequest())).items
        self._rules = (await sip.list_dispatch_rule(api.ListSIPDispatchRuleRequest())).items
        self._read_at = time.monotonic()


def _takes(trunk: SIPInboundTrunkInfo, facts: Facts) -> bool:
    if trunk.numbers and facts.called not in trunk.numbers:
        return False
    if trunk.allowed_numbers and facts.calling not in trunk.allowed_numbers:
        return False
    return not trunk.allowed_addresses or any(
        _is_within(facts.source, allowed) for allowed in trunk.allowed_addresses
    )


def _is_within(address: str, network: str) -> bool:
    try:
        return ipaddress.ip_address(address) in ipaddress.ip_network(network, strict=False)
    except ValueError:
        return False
