"""`voicetasks admin health`: which services nobody dials, and until when."""

from __future__ import annotations

import pytest

from routing.breaker import Breakers
from routing.health import BreakerRules
from tests.cli.admin_terminal import Terminal
from tiers.faults import Fault

pytestmark = pytest.mark.system

RULES = BreakerRules()


async def fail(terminal: Terminal, service: str, fault: Fault) -> None:
    breakers = Breakers(terminal.bank.link)
    await breakers.change(service, lambda known, now: known.failed(now, fault, RULES, f"{service} {fault}"))


async def test_every_service_is_shown_with_its_breaker(terminal: Terminal) -> None:
    await fail(terminal, "cartesia", Fault.NO_CREDIT)
    await fail(terminal, "openai-chat", Fault.VENDOR_DOWN)
    services = {each["service"]: each for each in (await terminal.ask("health"))["services"]}
    assert services["deepgram-stt"]["state"] == "closed"
    assert (services["openai-chat"]["state"], services["openai-chat"]["failures"]) == ("closed", 1)
    assert (services["cartesia"]["state"], services["cartesia"]["fault"]) == ("open", "no_credit")
    assert 0 < services["cartesia"]["retry_in_seconds"] <= 15


async def test_people_see_a_table(terminal: Terminal) -> None:
    await fail(terminal, "cartesia", Fault.NO_CREDIT)
    said = await terminal.run("health")
    assert (said.code, said.out) == (0, "")
    assert "no_credit" in said.err
    assert "open" in said.err


async def test_without_redis_it_says_so(terminal: Terminal) -> None:
    said = await terminal.run("health", "--json", REDIS_URL="redis://127.0.0.1:1/0")
    assert said.code != 0
    assert "redis" in said.json["error"]["message"].lower()
