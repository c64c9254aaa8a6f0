"""One connection to a vision model: what a turn that comes to nothing costs."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator
from typing import Any

import pytest
from google.genai import types

from tiers.sighting import FUNCTION, Reading
from tiers.usage import Usage
from tiers.vision_fault import VisionError
from tiers.vision_link import VisionLink

pytestmark = pytest.mark.unit

USED = types.UsageMetadata(prompt_token_count=300, response_token_count=20)


class Session:
    """The vendor's side, which says what it is told to say."""

    def __init__(self) -> None:
        self.says: asyncio.Queue[types.LiveServerMessage] = asyncio.Queue()
        self.asked = asyncio.Event()
        self.hushed = asyncio.Event()

    async def receive(self) -> AsyncIterator[types.LiveServerMessage]:
        while True:
            yield await self.says.get()

    async def send_realtime_input(self, **_: Any) -> None:
        self.asked.set()

    async def send_tool_response(self, **_: Any) -> None:
        return

    async def send_client_content(self, *, turn_complete: bool) -> None:
        assert not turn_complete
        self.hushed.set()


def answer(arguments: dict[str, Any], *, used: types.UsageMetadata | None) -> types.LiveServerMessage:
    call = types.FunctionCall(id="1", name=FUNCTION, args=arguments)
    return types.LiveServerMessage(
        tool_call=types.LiveServerToolCall(function_calls=[call]), usage_metadata=used
    )


@contextlib.asynccontextmanager
async def connected(used: list[Usage]) -> AsyncIterator[tuple[VisionLink, Session]]:
    session = Session()
    link = VisionLink(
        contextlib.AsyncExitStack(),
        session,
        stack=lambda: "economy",
        on_usage=used.append,
        on_leaving=lambda: None,
    )
    yield link, session
    await link.aclose()


async def asked(link: VisionLink, session: Session, said: types.LiveServerMessage) -> Reading:
    """Ask, and have the vendor say this once it has been asked."""
    session.asked.clear()
    asking = asyncio.create_task(link.ask("this"))
    await session.asked.wait()
    await session.says.put(said)
    return await asking


async def test_an_answer_that_cannot_be_read_costs_what_was_reported_and_no_estimate_beside_it() -> None:
    used: list[Usage] = []
    async with connected(used) as (link, session):
        assert (await asked(link, session, answer({"status": "seen"}, used=USED))).items == ()
        with pytest.raises(VisionError):
            await asked(link, session, answer({"status": "maybe"}, used=USED))
    assert [usage.certainty for usage in used] == ["actual", "actual"]
    assert len({usage.event_id for usage in used}) == 2


async def test_a_report_that_comes_after_the_estimate_takes_its_place() -> None:
    used: list[Usage] = []
    async with connected(used) as (link, session):
        with pytest.raises(VisionError):
            await asked(link, session, answer({"status": "maybe"}, used=None))
        await session.says.put(types.LiveServerMessage(usage_metadata=USED))
        async with asyncio.timeout(5):
            while len(used) < 2:
                await asyncio.sleep(0)
    estimate, report = used
    assert (estimate.certainty, report.certainty) == ("estimated", "actual")
    assert (estimate.replaces, report.replaces) == (None, estimate.event_id)


async def test_a_question_that_is_reported_in_parts_costs_each_of_them() -> None:
    used: list[Usage] = []
    async with connected(used) as (link, session):
        await asked(link, session, answer({"status": "seen"}, used=USED))
        await session.says.put(types.LiveServerMessage(usage_metadata=USED))
        await asked(link, session, answer({"status": "seen"}, used=USED))
    assert [usage.certainty for usage in used] == ["actual"] * 3
    assert len({usage.event_id for usage in used}) == 3


async def test_an_answer_that_nobody_reports_is_estimated_at_the_next_question_or_the_end() -> None:
    used: list[Usage] = []
    async with connected(used) as (link, session):
        await asked(link, session, answer({"status": "seen"}, used=None))
        assert used == []
        await asked(link, session, answer({"status": "seen"}, used=None))
        assert [(usage.certainty, usage.outcome) for usage in used] == [("estimated", "ok")]
    assert [(usage.certainty, usage.outcome) for usage in used] == [("estimated", "ok")] * 2
    assert all(usage.units["image_input_tokens"] > 0 for usage in used)


@pytest.mark.parametrize(
    "wrong",
    [
        {"prompt_token_count": -300, "response_token_count": 20},
        {"prompt_token_count": 300, "thoughts_token_count": -1},
        {
            "prompt_token_count": 300,
            "prompt_tokens_details": [
                types.ModalityTokenCount(modality=types.MediaModality.IMAGE, token_count=305),
                types.ModalityTokenCount(modality=types.MediaModality.IMAGE, token_count=-5),
            ],
        },
    ],
)
async def test_a_look_whose_report_cannot_be_right_is_answered_and_estimated_once(
    wrong: dict[str, Any],
) -> None:
    used: list[Usage] = []
    async with connected(used) as (link, session):
        reported = types.UsageMetadata(**wrong)
        assert (await asked(link, session, answer({"status": "seen"}, used=reported))).status == "seen"
        (estimate,) = used
        assert (estimate.certainty, estimate.outcome) == ("estimated", "ok")
        assert estimate.units["image_input_tokens"] > 0
        await asked(link, session, answer({"status": "seen"}, used=USED))
        assert not link.over, "the connection is as good as before"
    assert [usage.certainty for usage in used] == ["estimated", "actual"]


async def test_a_connection_that_is_closed_in_the_middle_of_a_question_is_no_fault_of_the_vendors() -> None:
    used: list[Usage] = []
    async with connected(used) as (link, session):
        asking = asyncio.create_task(link.ask("this"))
        await session.asked.wait()
        await link.aclose()
        with pytest.raises(VisionError) as told:
            async with asyncio.timeout(5):
                await asking
        assert told.value.fault.blame == "us"


def remark(seconds: float) -> types.LiveServerMessage:
    sound = types.Blob(data=bytes(round(48_000 * seconds)), mime_type="audio/pcm;rate=24000")
    turn = types.Content(parts=[types.Part(inline_data=sound)])
    return types.LiveServerMessage(server_content=types.LiveServerContent(model_turn=turn))


def turn_over(used: types.UsageMetadata | None = None) -> types.LiveServerMessage:
    over = types.LiveServerContent(turn_complete=True)
    return types.LiveServerMessage(server_content=over, usage_metadata=used)


async def test_what_it_says_after_its_answer_is_interrupted_and_paid_as_the_same_look() -> None:
    used: list[Usage] = []
    async with connected(used) as (link, session):
        await asked(link, session, answer({"status": "seen"}, used=USED))
        await session.says.put(remark(0.1))
        async with asyncio.timeout(5):
            await session.hushed.wait()
            assert link.over, "the vendor would wait for the turn that interrupted it"
            await session.says.put(remark(0.1))
            await session.says.put(turn_over(USED))
            await link.settled()
    assert [usage.certainty for usage in used] == ["actual", "actual"]
    assert {usage.event_id.split(":")[1] for usage in used} == {"1"}


async def test_what_it_said_and_had_not_reported_when_it_was_closed_is_estimated() -> None:
    used: list[Usage] = []
    async with connected(used) as (link, session):
        await asked(link, session, answer({"status": "seen"}, used=USED))
        await session.says.put(remark(2.0))
        async with asyncio.timeout(5):
            await session.hushed.wait()
    assert [usage.certainty for usage in used] == ["actual", "estimated"]
    assert used[1].units == {"image_input_tokens": 300, "audio_output_tokens": 50}


async def test_a_late_report_of_one_look_is_not_taken_for_one_of_the_next() -> None:
    used: list[Usage] = []
    async with connected(used) as (link, session):
        await asked(link, session, answer({"status": "seen"}, used=USED))
        session.asked.clear()
        asking = asyncio.create_task(link.ask("that"))
        await session.asked.wait()
        await session.says.put(turn_over(USED))  # of the first, which the second question interrupted
        async with asyncio.timeout(5):
            while len(used) < 2:
                await asyncio.sleep(0)
        await link.aclose()
        with pytest.raises(VisionError):
            await asking
    assert [(usage.event_id.split(":")[1], usage.certainty) for usage in used] == [
        ("1", "actual"),
        ("1", "actual"),
        ("2", "estimated"),
    ]
