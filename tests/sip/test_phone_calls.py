"""Real calls by an independent telephone (baresip: SIP, G.711 over RTP, RFC 4733), through whichever bridge is here."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest

from tests.sip.talk import Talk

pytestmark = [pytest.mark.phone, pytest.mark.timeout(240)]


@pytest.mark.dear
@pytest.mark.parametrize(("plan", "law"), [("economy", "pcmu"), ("premium", "pcma")])
async def test_a_whole_conversation_by_telephone(
    phone_demo: Any, baresip: Any, person: Any, mouth_and_ear: Any, plan: str, law: str
) -> None:
    somebody = person(phone_demo, f"{plan}@example.com")
    await somebody.start_with("Water the plants", "Call the plumber", "Wash the car")
    number = {"economy": "+15550100", "premium": "+15550101"}[plan]
    async with baresip(phone_demo, number, law=law) as phone:
        await phone.dial()
        talk = Talk(phone, *mouth_and_ear)
        greeting = await talk.is_known()
        assert "task assistant" in greeting
        if "transcript" in greeting:
            await talk.press("2")

        heard = await talk.say("What's on my list?")
        assert "plumber" in heard
        assert "plants" in heard

        heard = await talk.say("Add a task to review the proposal tomorrow.")
        assert "review the proposal" in heard
        assert "tomorrow" in heard

        asked = await talk.say("Please complete the task water the plants.")
        assert "water the plants" in asked
        done = await talk.say("Yes.")
        assert "done" in done or "marked" in done

        asked = await talk.say("Please delete the task call the plumber.")
        assert "plumber" in asked
        done = await talk.press("1")
        assert "deleted" in done

        asked = await talk.say("Please delete the task wash the car.")
        assert "car" in asked
        left = await talk.press("2")
        assert "left" in left or "okay" in left
        await phone.hang_up()

    tasks = {task["title"].lower(): task for task in await somebody.tasks()}
    tomorrow = date.fromisoformat(await somebody.today()) + timedelta(days=1)
    assert tasks["review the proposal"]["due"] == tomorrow.isoformat()
    assert tasks["water the plants"]["status"] == "done"
    assert "call the plumber" not in tasks
    assert tasks["wash the car"]["status"] == "open"


@pytest.mark.dear
async def test_help_and_repeat_by_key(phone_demo: Any, baresip: Any, person: Any, mouth_and_ear: Any) -> None:
    await person(phone_demo).start_with("Buy milk")
    async with baresip(phone_demo) as phone:
        await phone.dial()
        talk = Talk(phone, *mouth_and_ear)
        await talk.is_known()
        assert "press" in await talk.press("0")
        assert "milk" in await talk.say("What's on my list?")
        assert "milk" in await talk.press("*")
        assert "milk" in await talk.press("A*")


@pytest.mark.dear
@pytest.mark.flaky(reruns=0)  # behind a first try the numbers have to wait before they may guess again
async def test_who_has_no_pin_is_told_nothing_is_let_go_and_costs_nothing(
    phone_demo: Any, baresip: Any, person: Any, mouth_and_ear: Any
) -> None:
    """Whether the number is nobody's or forged: what is heard is the same."""
    await person(phone_demo).start_with("Water the tomatoes")
    before = phone_demo.voicetasks("sandbox", "invoice", "--json").stdout
    for number in ("+4930123456", "+15550100"):
        async with baresip(phone_demo, number) as phone:
            await phone.dial()
            talk = Talk(phone, *mouth_and_ear)
            heard = [await talk.listen()]
            for _ in range(3):
                heard.append(await talk.press("112233#"))
            await phone.happens("CALL_CLOSED", 15)
        assert "pin" in heard[0]
        assert "not right" in heard[1]
        assert "bye" in heard[3]  # a telephone's «goodbye» may be understood as «bye bye»
        assert "tomatoes" not in " ".join(heard)
    assert phone_demo.voicetasks("sandbox", "invoice", "--json").stdout == before
