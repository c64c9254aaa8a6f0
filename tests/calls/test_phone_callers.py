"""A telephone in a real room: who keys a PIN is served as its owner, who does not is shown nothing and costs nothing."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from typing import Any

import pytest
from redis.asyncio import Redis

from agent.phone_prompts import CLOSED, PROMPTS, WELCOME
from people.demo_accounts import DEMO_PIN
from privacy.live_calls import LiveCalls
from tests.calls.phone_caller import telephone
from tests.calls.room_caller import until

pytestmark = [pytest.mark.system, pytest.mark.timeout(240)]

NUMBER = "+15550100"
PIN = DEMO_PIN.get_secret_value()
ASKED, REFUSED = PROMPTS[WELCOME], PROMPTS[CLOSED]


def booked(demo: Any, call_id: str) -> list[Any]:
    """What the books hold of a call: a lease stands there before the first vendor is dialled."""
    said = demo.voicetasks("admin", "journal", "--call", call_id, "--json")
    assert said.returncode == 0, said.stderr
    return list(json.loads(said.stdout)["entries"])


def lines(demo: Any) -> str:
    return str((demo.log_dir / "worker.log").read_text(encoding="utf-8"))


@pytest.mark.dear
async def test_who_keys_their_pin_is_served_with_their_own_list(
    demo: Any, person: Callable[..., Any]
) -> None:
    economy = person(demo)
    await economy.start_with("Water the tomatoes")
    async with telephone(demo, NUMBER) as caller:
        await caller.hears(ASKED, 60)
        assert "tomatoes" not in " ".join(caller.heard)
        await caller.press(f"{PIN}#")
        await caller.hears("your task assistant", 40)
        await caller.quiet()
        await caller.type("What's on my list?")
        await caller.hears("tomatoes", 40)
        subject = json.loads(await metadata_of(demo, caller.call_id))["subject"]
        assert booked(demo, caller.call_id) != []
    assert subject.startswith("usr_"), "a worker that takes over knows whose call it is"
    assert PIN not in lines(demo)
    assert NUMBER not in lines(demo)


async def test_keys_of_an_entry_answer_nothing_and_wrong_ones_end_the_call_without_a_vendor(
    demo: Any, person: Callable[..., Any]
) -> None:
    economy = person(demo)
    ids = await economy.start_with("Water the tomatoes")
    async with telephone(demo, "+15550142") as caller:  # a forged or unknown number: nobody's
        await caller.hears(ASKED, 60)
        for _ in range(3):
            await caller.press("112211#")
            await asyncio.sleep(0.3)
        await caller.hears(REFUSED, 60)
        await until(lambda: caller.is_over, 30, "the room is gone")
        assert "tomatoes" not in " ".join(caller.heard)
    assert [task["id"] for task in await economy.tasks()] == list(ids.values())
    assert booked(demo, caller.call_id) == [], "no money was held for a stranger"


async def test_who_hangs_up_while_being_asked_leaves_nothing(demo: Any) -> None:
    async with telephone(demo, None) as caller:
        await caller.hears(ASKED, 60)
        call_id = caller.call_id
    async with Redis(port=demo.ports["redis"], decode_responses=True) as redis:
        left = await LiveCalls(redis).wait([call_id], seconds=10)
    assert left == []
    assert booked(demo, call_id) == []


async def metadata_of(demo: Any, call_id: str) -> str:
    async with Redis(port=demo.ports["redis"], decode_responses=True) as redis:
        return str(await redis.hget(f"voicetasks:served:{call_id}", "metadata"))
