"""The trunk and the dispatch rule that we want the room server to have, and what of it there is already."""

from __future__ import annotations

import ipaddress
import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final, Literal

from google.protobuf.message import Message
from livekit.protocol.agent_dispatch import RoomAgentDispatch
from livekit.protocol.room import RoomConfiguration
from livekit.protocol.sip import (
    SIPDispatchRule,
    SIPDispatchRuleIndividual,
    SIPDispatchRuleInfo,
    SIPInboundTrunkInfo,
    SIPMediaEncryption,
)

from sip.headers import allowed

NAME: Final = "voicetasks"
"""Ours are known by it; anything else is left alone."""
AGENT_NAME: Final = "voicetasks"
ROOM_PREFIX: Final = "phone"
METADATA: Final = json.dumps({"channel": "phone"})
"""What the agent is told: the same for every call, so nothing of who calls."""
EMPTY_SECONDS: Final = 5
DEPARTURE_SECONDS: Final = 2
"""The room is made by who enters it, and a telephone does not come back into it."""
MOST_CALLERS: Final = 1
SERVERS_OWN: Final = frozenset({"sip_trunk_id", "sip_dispatch_rule_id", "created_at", "updated_at"})

Kind = Literal["create", "update", "delete", "keep"]


class TrunkError(ValueError):
    """What was asked for must not be; the message says why."""


@dataclass(frozen=True)
class Wanted:
    """How calls come in. `secure` asks the carrier for encrypted sound (SRTP)."""

    numbers: tuple[str, ...] = ()
    allowed_addresses: tuple[str, ...] = ()
    username: str = ""
    password: str = field(default="", repr=False)
    secure: bool = False

    def __post_init__(self) -> None:
        """Refuse a trunk that anybody in the world may call by."""
        for address in self.allowed_addresses:
            try:
                ipaddress.ip_network(address, strict=False)
            except ValueError:
                raise TrunkError(f"{address} is no network such as 54.172.60.0/30") from None
        if bool(self.username) != bool(self.password):
            raise TrunkError("a user name needs a password, and a password a user name")
        if not self.numbers and not self.is_trusted:
            raise TrunkError(
                "a trunk for any number needs addresses that calls may come from, or a user name and a password"
            )

    @property
    def is_trusted(self) -> bool:
        """Whether only peers that we know get in: what they say of a caller counts as theirs."""
        networks = [ipaddress.ip_network(address, strict=False) for address in self.allowed_addresses]
        return bool(self.password) or (bool(networks) and all(each.prefixlen > 0 for each in networks))

    def trunk(self) -> SIPInboundTrunkInfo:
        """As the room server knows a trunk."""
        encrypted = SIPMediaEncryption.SIP_MEDIA_ENCRYPT_REQUIRE
        return SIPInboundTrunkInfo(
            name=NAME,
            numbers=self.numbers,
            allowed_addresses=self.allowed_addresses,
            auth_username=self.username,
            auth_password=self.password,
            headers_to_attributes=allowed(trusted=self.is_trusted),
            media_encryption=encrypted if self.secure else SIPMediaEncryption.SIP_MEDIA_ENCRYPT_DISABLE,
        )

    def rule(self, trunk_id: str) -> SIPDispatchRuleInfo:
        """One room for each call of the trunk, with our agent sent to it."""
        individual = SIPDispatchRuleIndividual(room_prefix=ROOM_PREFIX)
        return SIPDispatchRuleInfo(
            name=NAME,
            rule=SIPDispatchRule(dispatch_rule_individual=individual),
            trunk_ids=[trunk_id] if trunk_id else [],
            room_config=RoomConfiguration(
                empty_timeout=EMPTY_SECONDS,
                departure_timeout=DEPARTURE_SECONDS,
                max_participants=MOST_CALLERS,
                agents=[RoomAgentDispatch(agent_name=AGENT_NAME, metadata=METADATA)],
            ),
        )


@dataclass(frozen=True)
class Step:
    """One thing that will be done at the room server, and why."""

    kind: Kind
    what: Literal["trunk", "dispatch rule"]
    identity: str = ""
    """The room server's id of what is there; empty for what is made."""
    changes: tuple[str, ...] = ()
    """Names of the fields that differ."""

    @property
    def sentence(self) -> str:
        """For people."""
        named = f"{self.what} {self.identity or NAME}"
        match self.kind:
            case "create":
                return f"make the {self.what} «{NAME}»"
            case "update":
                return f"change the {named}: {', '.join(self.changes)}"
            case "delete":
                return f"delete the {named}: there is another one with our name"
            case "keep":
                return f"leave the {named}: it is as it should be"


def plan(
    wanted: Wanted, trunks: Sequence[SIPInboundTrunkInfo], rules: Sequence[SIPDispatchRuleInfo]
) -> list[Step]:
    """What has to be done, in this order; a second time it is nothing."""
    our_trunks = [each for each in trunks if each.name == NAME]
    our_rules = [each for each in rules if each.name == NAME]
    trunk, rule = next(iter(our_trunks), None), next(iter(our_rules), None)
    # Rules first where something goes: a trunk that a rule names is in use.
    steps = [Step("delete", "dispatch rule", each.sip_dispatch_rule_id) for each in our_rules[1:]]
    steps += [Step("delete", "trunk", each.sip_trunk_id) for each in our_trunks[1:]]
    trunk_id = trunk.sip_trunk_id if trunk is not None else ""
    steps.append(_step("trunk", trunk_id, wanted.trunk(), trunk))
    rule_id = rule.sip_dispatch_rule_id if rule is not None else ""
    steps.append(_step("dispatch rule", rule_id, wanted.rule(trunk_id), rule))
    return steps


def _step(
    what: Literal["trunk", "dispatch rule"], identity: str, wanted: Message, there: Message | None
) -> Step:
    if there is None:
        return Step("create", what)
    changes = tuple(_differences(wanted, there))
    return Step("update" if changes else "keep", what, identity, changes)


def _differences(wanted: Message, there: Message) -> list[str]:
    """Names of fields alone: values may be secrets."""
    names = [each.name for each in wanted.DESCRIPTOR.fields if each.name not in SERVERS_OWN]
    return [name for name in names if name != "media" and getattr(wanted, name) != getattr(there, name)]
