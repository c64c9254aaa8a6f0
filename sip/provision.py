"""Carrying out what the room server is to have of us: trunk and dispatch rule."""

from __future__ import annotations

import aiohttp
from livekit import api

from sip.trunk import Step, Wanted, plan

UNREACHABLE = (api.ServerError, aiohttp.ClientError, TimeoutError)
"""What the functions here raise when the room server is away or refuses us."""


async def planned(client: api.LiveKitAPI, wanted: Wanted) -> list[Step]:
    """Look at what there is and say what has to be done. Nothing is changed."""
    trunks = await client.sip.list_inbound_trunk(api.ListSIPInboundTrunkRequest())
    rules = await client.sip.list_dispatch_rule(api.ListSIPDispatchRuleRequest())
    return plan(wanted, trunks.items, rules.items)


async def carry_out(client: api.LiveKitAPI, wanted: Wanted, steps: list[Step]) -> None:
    """Do what was planned."""
    sip = client.sip
    trunk_id = ""
    for step in steps:
        match step.kind, step.what:
            case "delete", "trunk":
                await sip.delete_trunk(api.DeleteSIPTrunkRequest(sip_trunk_id=step.identity))
            case "delete", "dispatch rule":
                gone = api.DeleteSIPDispatchRuleRequest(sip_dispatch_rule_id=step.identity)
                await sip.delete_dispatch_rule(gone)
            case "create", "trunk":
                made = await sip.create_inbound_trunk(api.CreateSIPInboundTrunkRequest(trunk=wanted.trunk()))
                trunk_id = made.sip_trunk_id
            case "update", "trunk":
                await sip.update_inbound_trunk(step.identity, wanted.trunk())
                trunk_id = step.identity
            case "keep", "trunk":
                trunk_id = step.identity
            case "create", "dispatch rule":
                rule = wanted.rule(trunk_id)
                await sip.create_dispatch_rule(api.CreateSIPDispatchRuleRequest(dispatch_rule=rule))
            case "update", "dispatch rule":
                await sip.update_dispatch_rule(step.identity, wanted.rule(trunk_id))
            case _:
                pass


async def provision(client: api.LiveKitAPI, wanted: Wanted) -> list[Step]:
    """Plan and carry out; give what was done."""
    steps = await planned(client, wanted)
    await carry_out(client, wanted, steps)
    return steps
