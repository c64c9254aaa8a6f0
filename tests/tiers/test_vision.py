"""Sight over many connections, by the vendor's own library on the stand-in: what ends, what goes on, and what it costs."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass, field, replace
from typing import Any

import pytest

from sandbox.app import Running
from sandbox.desk import Desk
from tests.sandbox.test_gemini_live import jpeg
from tiers.faults import Fault
from tiers.google_client import client
from tiers.prices import bundled
from tiers.settings import VendorSettings
from tiers.usage import Usage
from tiers.vision import Vision
from tiers.vision_fault import VisionError
from tiers.vision_link import MODEL, TRIGGER_TOKENS

pytestmark = pytest.mark.unit

SERVICE = "gemini-live"
WITHIN = 15.0
"""For a stand-in that really reads, on a machine that does much else."""


@dataclass
class Sight:
    """A vision at a stand-in, and what it told."""

    vision: Vision
    desk: Desk
    used: list[Usage] = field(default_factory=list)
    failures: list[Fault] = field(default_factory=list)
    worked: int = 0
    is_given_up: bool = False
    now: float = 0.0

    @property
    def metered(self) -> int:
        """What the meter's events cost, µ$."""
        return sum(bundled().price(usage) for usage in self.used)

    async def reads(self, page: str = "ticket_light") -> str:
        await self.vision.show(jpeg(page))
        reading = await self.vision.ask("add this", within=WITHIN)
        return reading.items[0].title

    async def until(self, condition: Any) -> None:
        async with asyncio.timeout(WITHIN):
            while not condition():
                await asyncio.sleep(0.02)


@pytest.fixture
async def sight(desk: Desk, running: Running) -> AsyncIterator[Sight]:
    settings = VendorSettings(GOOGLE_API_KEY="sandbox", GOOGLE_BASE_URL=f"{running.url}/gemini")  # type: ignore[call-arg]
    made: dict[str, Sight] = {}

    def worked() -> None:
        made["it"].worked += 1

    used: list[Usage] = []
    failures: list[Fault] = []
    vision = Vision(
        settings,
        call_id="call",
        stack=lambda: "economy",
        on_usage=used.append,
        on_failure=failures.append,
        on_worked=worked,
        is_given_up=lambda: made["it"].is_given_up,
        clock=lambda: made["it"].now,
    )
    made["it"] = Sight(vision, desk, used, failures)
    yield made["it"]
    await vision.aclose()
    assert desk.connections.count() == 0


async def test_the_library_still_lets_a_stand_in_be_dialled_plainly(running: Running) -> None:
    """The two private names that `client` sets: an upgrade that renames them fails here and not in a call."""
    settings = VendorSettings(GOOGLE_API_KEY="k", GOOGLE_BASE_URL=f"{running.url}/gemini")  # type: ignore[call-arg]
    api: Any = client(settings, call_id="c")._api_client
    assert {"_websocket_base_url", "_websocket_ssl_ctx"} <= vars(api).keys()
    real = VendorSettings(GOOGLE_API_KEY="k", GOOGLE_BASE_URL="https://example.com")  # type: ignore[call-arg]
    untouched: Any = client(real, call_id="c")._api_client
    assert untouched._websocket_base_url().startswith("wss://")
    assert "ssl" in untouched._websocket_ssl_ctx
    assert "x-voicetasks-tag" not in str(untouched._http_options.headers)


async def test_what_is_metered_is_what_is_invoiced(sight: Sight) -> None:
    for page in ("ticket_light", "mail_dark", "slide_dark"):
        await sight.reads(page)
    assert sight.metered == sight.desk.invoice.microdollars > 0
    assert {(usage.part, usage.stack, usage.certainty) for usage in sight.used} == {
        ("vision", "economy", "actual")
    }
    assert sight.worked == 3


async def test_a_model_that_cannot_be_silent_is_heard_by_nobody_and_what_it_says_is_paid(
    sight: Sight, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tiers.vision_link.MODEL", replace(MODEL, name="gemini-3.1-flash-live-preview"))
    monkeypatch.setattr("tiers.vision_turns.SIGHT", replace(MODEL, name="gemini-3.1-flash-live-preview"))
    for number, page in enumerate(("ticket_light", "mail_dark", "slide_dark"), 1):
        await sight.reads(page)
        # One that speaks is replaced: it would not answer again.
        await sight.until(lambda number=number: sight.vision.renewals == number)
        await sight.until(lambda: sight.desk.connections.count(SERVICE) == 1)
    assert sight.failures == []
    assert sight.metered == sight.desk.invoice.microdollars > 0
    spoken = [
        row.units["audio_output_tokens"] for row in sight.desk.invoice.rows() if row.status == "cancelled"
    ]
    assert len(spoken) == 3
    assert max(spoken) < 125, "it is interrupted: it would have spoken for more than ten seconds"


async def test_a_look_that_ends_with_its_answer_is_metered_as_it_is_invoiced(sight: Sight) -> None:
    await sight.reads()
    await sight.vision.aclose()
    await sight.until(lambda: sight.desk.connections.count(SERVICE) == 0)
    assert sight.metered == sight.desk.invoice.microdollars > 0
    assert not any("audio_output_tokens" in row.units for row in sight.desk.invoice.rows())


async def test_a_connection_that_says_it_will_end_is_replaced_before_it_does(sight: Sight) -> None:
    assert await sight.reads() == "Fix the login button on Android"
    sight.desk.faults.set(SERVICE, "session-expired")
    await sight.until(lambda: sight.vision.renewals == 1)
    # The new one was shown the screen without being asked.
    reading = await sight.vision.ask("this", within=WITHIN)
    assert reading.items[0].title == "Fix the login button on Android"
    await sight.until(lambda: sight.desk.connections.count(SERVICE) == 1)
    assert sight.failures == []


async def test_a_connection_that_grows_old_without_a_word_is_replaced(sight: Sight) -> None:
    await sight.reads()
    sight.now += 600
    await sight.vision.ask("this", within=WITHIN)
    await sight.until(lambda: sight.vision.renewals == 1)


async def test_a_connection_that_breaks_is_made_anew_within_the_same_question(sight: Sight) -> None:
    await sight.reads()
    sight.desk.faults.set(SERVICE, "cut", times=1)
    assert await sight.reads("mail_dark") == "Invoice 2026-118 is due"
    assert sight.vision.renewals == 1


async def test_two_questions_at_once_are_both_answered_and_both_paid_for(sight: Sight) -> None:
    await sight.vision.show(jpeg("ticket_light"))
    both = [sight.vision.ask(about, within=WITHIN) for about in ("add this", "and add this too")]
    readings = await asyncio.gather(*both)
    assert all(reading.items for reading in readings)
    assert not sight.failures
    assert len({usage.event_id for usage in sight.used}) == len(sight.used) == 2


async def test_five_forced_renewals_lose_no_answer(sight: Sight) -> None:
    for number in range(1, 6):
        await sight.reads()
        sight.desk.faults.set(SERVICE, "session-expired")
        await sight.until(lambda number=number: sight.vision.renewals == number)
    assert await sight.reads("slide_dark") == "Submit the grant proposal"


@pytest.mark.parametrize(
    ("kind", "fault"),
    [
        ("refuse", Fault.VENDOR_DOWN),
        ("accept-then-close", Fault.VENDOR_DOWN),
        ("unauthorized", Fault.BAD_KEY),
        ("quota", Fault.NO_CREDIT),
        ("rate-limit", Fault.VENDOR_BUSY),
        ("server-error", Fault.VENDOR_DOWN),
        ("garbage", Fault.VENDOR_DOWN),
    ],
)
async def test_a_vendor_that_fails_is_judged_and_told(sight: Sight, kind: str, fault: Fault) -> None:
    sight.desk.faults.set(SERVICE, kind)
    with pytest.raises(VisionError) as failed:
        await sight.reads()
    assert failed.value.fault is fault
    assert sight.failures[-1] is fault


async def test_a_silent_vendor_is_waited_for_no_longer_than_the_bound(sight: Sight) -> None:
    await sight.reads()
    sight.desk.faults.set(SERVICE, "silent")
    began = asyncio.get_running_loop().time()
    with pytest.raises(VisionError):
        await sight.vision.ask("this", within=0.5)
    assert asyncio.get_running_loop().time() - began < 3
    assert sight.failures == [Fault.VENDOR_DOWN]
    assert [usage.certainty for usage in sight.used] == [
        "actual",
        "estimated",
    ]  # it may be billed all the same


async def test_a_vendor_that_had_no_fair_time_to_answer_is_not_judged(sight: Sight) -> None:
    await sight.reads()
    sight.desk.faults.set(SERVICE, "silent")
    with pytest.raises(VisionError):
        await sight.vision.ask("this", within=0.2, judged=False)
    assert sight.failures == []
    sight.desk.faults.clear()
    assert await sight.reads() == "Fix the login button on Android"


async def test_a_vendor_that_is_down_is_not_dialled_all_the_time(sight: Sight) -> None:
    sight.desk.faults.set(SERVICE, "refuse")
    for _ in range(5):
        with pytest.raises(VisionError):
            await sight.vision.show(jpeg())
    assert sight.desk.connections.ever(SERVICE) == 1
    sight.desk.faults.clear()
    sight.now += 60
    assert await sight.reads() == "Fix the login button on Android"


async def test_while_others_have_given_the_vendor_up_nobody_dials_it_and_nobody_is_told_anew(
    sight: Sight,
) -> None:
    sight.is_given_up = True
    with pytest.raises(VisionError):
        await sight.reads()
    assert sight.desk.connections.ever(SERVICE) == 0
    assert sight.failures == []
    sight.is_given_up = False
    assert await sight.reads() == "Fix the login button on Android"


async def test_what_is_open_still_sees_while_the_vendor_is_given_up_and_is_not_renewed(sight: Sight) -> None:
    await sight.reads()
    sight.is_given_up = True
    sight.now += 600
    assert await sight.reads("mail_dark") == "Invoice 2026-118 is due"
    assert sight.desk.connections.ever(SERVICE) == 1


async def test_what_a_turn_can_cost_is_bounded_however_long_the_screen_is_shared(sight: Sight) -> None:
    picture = jpeg()
    for _ in range(60):
        await sight.vision.show(bytes(picture))
        picture = picture[:] + b"\0"  # another frame, as long as it is another object
    await sight.vision.ask("this", within=WITHIN)
    tokens = sum(count for unit, count in sight.used[-1].units.items() if unit.endswith("input_tokens"))
    assert tokens <= TRIGGER_TOKENS


async def test_after_it_is_closed_nothing_is_shown_or_asked(sight: Sight) -> None:
    await sight.reads()
    await sight.vision.aclose()
    assert sight.desk.connections.count() == 0
    with pytest.raises(VisionError):
        await sight.vision.ask("this", within=1)
    with pytest.raises(VisionError):
        await sight.vision.show(jpeg())
