"""Tokens of chat completions, by OpenAI's real plugin and the sandbox's invoice."""

import asyncio
import contextlib
import json
from collections.abc import Callable
from dataclasses import replace
from types import SimpleNamespace

import anyio
import httpx2
import pytest
from hypothesis import given
from hypothesis import strategies as st
from livekit.agents import APIConnectOptions, APIError, llm

from sandbox.desk import Desk
from sandbox.profiles import PROFILES, Span
from sandbox.scripts import ScriptedCall, ScriptedReply
from tests.tiers.metering.conftest import Booked, Line, until
from tests.tiers.metering.talk import LONG, RULES, Breath, answered, asked, begin
from tiers.cascade import Cascade
from tiers.catalogue import MODELS
from tiers.metering import thinking
from tiers.metering.bookings import Bookings
from tiers.metering.thinking import ThinkingWatch, _same

pytestmark = pytest.mark.unit

SLOW = PROFILES["instant"].model_copy(update={"llm_token_ms": 15})


async def interrupted(economy: Cascade, context: llm.ChatContext, chunks: int) -> None:
    async with begin(economy, context) as stream:
        for _ in range(chunks):
            await asyncio.wait_for(anext(aiter(stream)), 20)


async def test_an_answer_is_booked_as_it_was_reported(economy: Cascade, booked: Booked, desk: Desk) -> None:
    await answered(economy, asked("Add a task to buy milk."))
    (row,) = desk.invoice.rows()
    (usage,) = booked
    assert usage.units == row.units
    assert (usage.event_id, usage.model) == (f"s1:{row.request_id}", "gpt-4o-mini")
    assert (usage.certainty, usage.outcome) == ("actual", "ok")
    booked.check(desk.invoice.rows())


async def test_an_interrupted_answer_is_estimated_from_what_went_and_what_came(
    economy: Cascade, booked: Booked, desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(desk, "pace", lambda: Breath(14))
    desk.scripts.add([ScriptedReply(content=LONG)])
    await interrupted(economy, asked("Tell me everything.", rules=RULES), 12)
    await asyncio.wait_for(desk.invoice.grown(1), 20)
    (row,) = desk.invoice.rows()
    (usage,) = booked
    assert (usage.certainty, usage.outcome) == ("estimated", "cancelled")
    assert usage.units["input_tokens"] == row.units["input_tokens"] > 1000
    assert 0 <= row.units["output_tokens"] - usage.units["output_tokens"] <= 2
    assert usage.units["output_tokens"] >= 12
    booked.check(desk.invoice.rows())


async def test_what_the_vendor_had_cached_is_known_without_its_report(
    economy: Cascade, booked: Booked, desk: Desk
) -> None:
    desk.profile = SLOW
    await answered(economy, asked("Add a task to buy milk.", rules=RULES))
    desk.scripts.add([ScriptedReply(content=LONG)] * 2)
    await interrupted(economy, asked("Add a task to buy milk.", "Done.", "And bread.", rules=RULES), 3)
    await interrupted(economy, asked("Something else.", rules=RULES), 3)
    await asyncio.wait_for(desk.invoice.grown(3), 20)
    for row, usage in zip(desk.invoice.rows(), booked, strict=True):
        assert usage.units["cached_input_tokens"] == row.units["cached_input_tokens"]
        assert usage.units["input_tokens"] == row.units["input_tokens"]
    assert booked[1].units["cached_input_tokens"] > 1024
    booked.check(desk.invoice.rows())


async def test_an_answer_given_up_before_its_first_word_costs_its_prompt(
    economy: Cascade, booked: Booked, desk: Desk
) -> None:
    desk.profile = PROFILES["instant"].model_copy(update={"llm": Span(low_ms=3000, high_ms=3000)})
    async with begin(economy, asked("Hello.", rules=RULES)):
        await until(lambda: desk.connections.count("openai-chat"))
    await asyncio.wait_for(desk.invoice.grown(1), 20)
    assert [(usage.units["output_tokens"], usage.outcome) for usage in booked] == [(0, "cancelled")]
    booked.check(desk.invoice.rows())


@pytest.fixture
def came(monkeypatch: pytest.MonkeyPatch) -> Callable[[], bytes]:
    """What has come over the line of answers: the plugin tells of a tool call only when it is complete."""
    pieces: list[bytes] = []
    data = thinking._Exchange.data

    def seen(exchange: thinking._Exchange, chunk: bytes) -> None:
        data(exchange, chunk)
        pieces.append(chunk)

    monkeypatch.setattr(thinking._Exchange, "data", seen)
    return lambda: b"".join(pieces)


async def test_a_tool_call_that_was_broken_off_counts_as_far_as_it_came(
    economy: Cascade,
    booked: Booked,
    desk: Desk,
    monkeypatch: pytest.MonkeyPatch,
    came: Callable[[], bytes],
) -> None:
    monkeypatch.setattr(desk, "pace", lambda: Breath(24))
    arguments = json.dumps({"title": LONG})
    desk.scripts.add([ScriptedReply(tool_calls=[ScriptedCall(name="create_task", arguments=arguments)])])
    async with begin(economy, asked("Add this.")):
        await until(lambda: came().count(b"arguments") > 22)
    await asyncio.wait_for(desk.invoice.grown(1), 20)
    (row,) = desk.invoice.rows()
    assert booked[0].units["output_tokens"] > 5
    assert 0 <= row.units["output_tokens"] - booked[0].units["output_tokens"] <= 2
    booked.check(desk.invoice.rows())


async def test_every_attempt_that_the_vendor_began_is_booked(
    economy: Cascade, booked: Booked, desk: Desk
) -> None:
    desk.profile = PROFILES["instant"].model_copy(update={"llm": Span(low_ms=3000, high_ms=3000)})
    impatient = APIConnectOptions(max_retry=1, retry_interval=0.05, timeout=0.4)
    with pytest.raises(APIError):
        async with begin(economy, asked("Hello.", rules=RULES), impatient) as stream:
            await anext(aiter(stream))
    await asyncio.wait_for(desk.invoice.grown(2), 20)
    assert [usage.outcome for usage in booked] == ["failed", "failed"]
    booked.check(desk.invoice.rows())


async def test_a_line_that_broke_in_an_answer_leaves_an_estimate(
    economy: Cascade, booked: Booked, desk: Desk, line: tuple[Line, int]
) -> None:
    desk.profile = SLOW
    desk.scripts.add([ScriptedReply(content=LONG)])
    with contextlib.suppress(APIError):
        async with begin(economy, asked("Tell me.", rules=RULES)) as stream:
            for _ in range(10):
                await anext(aiter(stream))
            line[0].cut()
            async for _ in stream:
                pass
    await asyncio.wait_for(desk.invoice.grown(1), 20)
    assert (booked[0].certainty, booked[0].outcome) == ("estimated", "failed")
    booked.check(desk.invoice.rows(), broken=True)


async def test_a_refused_request_and_one_that_never_arrived_cost_nothing(
    economy: Cascade,
    booked: Booked,
    desk: Desk,
    line: tuple[Line, int],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(economy.llm, "_opts", replace(economy.llm._opts, model="gpt-of-nobody"))  # type: ignore[attr-defined]
    with pytest.raises(APIError):
        await answered(economy, asked("Hello."))
    await line[0].aclose()
    with pytest.raises(APIError):
        async with begin(economy, asked("Hello."), APIConnectOptions(max_retry=0, timeout=1)) as stream:
            await anext(aiter(stream))
    assert (booked, desk.invoice.rows()) == ([], [])


async def test_a_vendor_that_takes_requests_and_closes_owes_nothing_until_its_export_says_so(
    economy: Cascade, booked: Booked, desk: Desk
) -> None:
    desk.faults.set("openai-chat", "accept-then-close")
    with pytest.raises(APIError):
        async with begin(economy, asked("Hello."), APIConnectOptions(max_retry=0, timeout=1)) as stream:
            await anext(aiter(stream))
    assert booked
    assert {(usage.certainty, usage.outcome, sum(usage.units.values())) for usage in booked} == {
        ("estimated", "failed", 0)
    }
    booked.check(desk.invoice.rows())


async def test_a_request_given_up_while_it_was_connecting_costs_nothing(
    economy: Cascade, booked: Booked, desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    connecting = asyncio.Event()

    async def connect(*_: object, **__: object) -> None:
        connecting.set()
        await asyncio.Event().wait()

    monkeypatch.setattr(anyio, "connect_tcp", connect)
    async with begin(economy, asked("Hello.", rules=RULES)):
        await asyncio.wait_for(connecting.wait(), 20)
    assert booked == []
    assert desk.invoice.rows() == []


# What the stand-in does not do


def watch_of(booked: Booked) -> ThinkingWatch:
    return ThinkingWatch(Bookings("economy", "s1", booked.append), MODELS["gpt-4o-mini"])


def body(*said: str) -> bytes:
    messages = [{"role": "user", "content": [{"type": "text", "text": text}]} for text in said]
    return json.dumps({"messages": messages}).encode()


def chunk(**fields: object) -> bytes:
    return f"data: {json.dumps({'id': 'chatcmpl-1', **fields})}\n\n".encode()


def words(text: str) -> bytes:
    return chunk(choices=[{"index": 0, "delta": {"content": text}}], usage=None)


def test_an_answer_that_ended_with_a_usage_of_null_is_estimated(booked: Booked) -> None:
    exchange = watch_of(booked).request(body("Hello there."))
    exchange.answered(200, "chatcmpl-1")
    stream = words("All is ") + words("well.") + b"data: [DONE]\n\n"
    for piece in (stream[:30], stream[30:90], stream[90:]):
        exchange.data(piece)
    exchange.ended(None)
    exchange.ended(None)
    (usage,) = booked
    assert (usage.certainty, usage.outcome, usage.event_id) == ("estimated", "ok", "s1:chatcmpl-1:estimate")
    assert usage.units == {"input_tokens": 10, "cached_input_tokens": 0, "output_tokens": 4}


def test_a_vendor_that_counts_prompts_otherwise_is_believed_from_its_first_report_on(booked: Booked) -> None:
    watch = watch_of(booked)
    first = watch.request(body("Hello there."))
    first.answered(200, "chatcmpl-1")
    first.data(chunk(choices=[], usage={"prompt_tokens": 110, "completion_tokens": 3}))
    first.ended(None)
    second = watch.request(body("Hello there.", "Hello there."))
    second.sent()
    second.ended(asyncio.CancelledError())
    assert [usage.units["input_tokens"] for usage in booked] == [110, 117]


class Fleet:
    """What the calls of all workers know of the vendor's cache."""

    def __init__(self) -> None:
        self.held: set[str] = set()

    def knows(self, digest: str) -> bool:
        return digest in self.held

    def used(self, digest: str) -> None:
        self.held.add(digest)


def of_a_call(said: str, rules: str) -> bytes:
    messages = [{"role": "system", "content": rules}, {"role": "user", "content": said}]
    return json.dumps({"messages": messages}).encode()


def cached_of_the_first_request(booked: Booked, model: str, fleet: Fleet, *, said: str, rules: str) -> int:
    """How much of it is booked as cached where the vendor never says what it came to."""
    watch = ThinkingWatch(Bookings("economy", f"s{len(booked)}", booked.append), MODELS[model], fleet)
    exchange = watch.request(of_a_call(said, rules))
    exchange.sent()
    exchange.ended(asyncio.CancelledError())
    return booked[-1].units["cached_input_tokens"]


def test_the_first_request_of_a_call_knows_what_other_calls_had_cached(booked: Booked) -> None:
    fleet, rules = Fleet(), "Speak plainly, please. " * 300
    first = cached_of_the_first_request(booked, "gpt-4o-mini", fleet, said="Hello.", rules=rules)
    second = cached_of_the_first_request(booked, "gpt-4o-mini", fleet, said="Good day.", rules=rules)
    whole = booked[-1].units["input_tokens"]
    assert first == 0
    assert whole - 128 < second <= whole
    assert second % 128 == 0


@pytest.mark.parametrize(
    ("model", "rules"),
    [("gpt-4o", "Speak plainly, please. " * 300), ("gpt-4o-mini", "Speak kindly, please. " * 300)],
    ids=["another model", "other rules"],
)
def test_what_another_model_or_other_rules_had_cached_is_nothing_to_a_call(
    booked: Booked, model: str, rules: str
) -> None:
    fleet = Fleet()
    cached_of_the_first_request(
        booked, "gpt-4o-mini", fleet, said="Hello.", rules="Speak plainly, please. " * 300
    )
    assert cached_of_the_first_request(booked, model, fleet, said="Hello.", rules=rules) == 0


def test_an_answer_that_came_whole_is_read_too(booked: Booked) -> None:
    exchange = watch_of(booked).request(body("Hello."))
    exchange.answered(200, "x")
    whole = json.dumps(
        {
            "id": "chatcmpl-2",
            "choices": [{"message": {"content": "Hi."}}],
            "usage": {
                "prompt_tokens": 8,
                "completion_tokens": 2,
                "prompt_tokens_details": {"cached_tokens": 0},
            },
        }
    ).encode()
    exchange.data(whole[:20])
    exchange.data(whole[20:])
    exchange.ended(None)
    assert [(usage.event_id, usage.certainty) for usage in booked] == [("s1:chatcmpl-2", "actual")]


@pytest.mark.parametrize(
    "error",
    [httpx2.ConnectError("no"), httpx2.ConnectTimeout("no"), asyncio.CancelledError()],
    ids=["refused", "too late", "given up"],
)
def test_what_never_left_is_free_and_what_got_no_answer_is_not(booked: Booked, error: BaseException) -> None:
    watch = watch_of(booked)
    watch.request(body("Hello.")).ended(error)
    assert booked == []
    late = watch.request(body("Hello."))
    late.sent()
    late.ended(httpx2.ReadTimeout("late"))
    assert [(usage.certainty, usage.outcome) for usage in booked] == [("estimated", "failed")]


def test_an_answer_that_is_still_coming_is_booked_when_the_meter_closes(booked: Booked) -> None:
    watch = watch_of(booked)
    exchange = watch.request(body("Hello."))
    exchange.answered(200, "chatcmpl-1")
    exchange.data(words("All is well."))
    watch.flush()
    exchange.ended(None)
    assert [(usage.outcome, usage.units["output_tokens"]) for usage in booked] == [("cancelled", 4)]


@given(st.lists(st.integers(0, 1), max_size=40), st.lists(st.integers(0, 1), max_size=40))
def test_as_much_is_the_same_as_two_prompts_begin_with(one: list[int], other: list[int]) -> None:
    same = next((n for n, pair in enumerate(zip(one, other, strict=False)) if pair[0] != pair[1]), None)
    prompts = [SimpleNamespace(tokens=tokens) for tokens in (one, other)]
    assert _same(*prompts) == (min(len(one), len(other)) if same is None else same)  # type: ignore[arg-type]
