"""The chat stand-in's faults, under OpenAI's own client and over the bare wire; and Ollama's route beside it."""

import asyncio
from typing import Any

import aiohttp
import openai
import pytest

from sandbox.app import Running
from sandbox.desk import Desk
from sandbox.scripts import ScriptedCall, ScriptedReply

pytestmark = pytest.mark.unit

SERVICE = "openai-chat"
WORDS = " ".join(f"word{n}" for n in range(40))
BODY: dict[str, Any] = {"model": "gpt-4o-mini", "messages": [{"role": "user", "content": "Hello."}]}


async def said(sdk: openai.AsyncOpenAI) -> str:
    """The text of a stream, to where it ends."""
    text = ""
    async for chunk in await sdk.chat.completions.create(**BODY, stream=True):
        text += (chunk.choices[0].delta.content or "") if chunk.choices else ""
    return text


@pytest.mark.parametrize(
    ("kind", "status", "code"),
    [
        ("refuse", 503, None),
        ("cut", 503, None),
        ("server-error", 500, None),
        ("unauthorized", 401, "invalid_api_key"),
        ("quota", 429, "insufficient_quota"),
        ("rate-limit", 429, "rate_limit_exceeded"),
    ],
)
async def test_a_request_is_refused_as_openai_does_it_and_costs_nothing(
    sdk: openai.AsyncOpenAI, desk: Desk, kind: str, status: int, code: str | None
) -> None:
    desk.faults.set(SERVICE, kind)
    with pytest.raises(openai.APIStatusError) as refused:
        await said(sdk)
    assert (refused.value.status_code, refused.value.code) == (status, code)
    assert refused.value.response.headers.get("retry-after") == ("2" if kind == "rate-limit" else None)
    assert (desk.connections.ever(SERVICE), desk.connections.refused(SERVICE)) == (1, 1)
    assert desk.invoice.count == 0
    desk.faults.clear()
    assert await said(sdk)


async def test_a_connection_is_closed_without_an_answer(sdk: openai.AsyncOpenAI, desk: Desk) -> None:
    desk.faults.set(SERVICE, "accept-then-close")
    with pytest.raises(openai.APIConnectionError):
        await said(sdk)


async def test_silence_is_headers_and_no_chunk_until_it_is_healed(
    running: Running, http: aiohttp.ClientSession, desk: Desk
) -> None:
    desk.faults.set(SERVICE, "silent")
    url = f"{running.url}/openai/v1/chat/completions"
    body, key = BODY | {"stream": True}, {"authorization": "Bearer sandbox"}
    async with http.post(url, json=body, headers=key) as response:
        assert response.status == 200
        reading = asyncio.create_task(response.content.readline())
        done, _ = await asyncio.wait([reading], timeout=0.3)
        assert not done
        desk.faults.clear()
        assert (await asyncio.wait_for(reading, 5)).startswith(b"data: ")


@pytest.mark.parametrize("kind", ["stall-mid-stream", "cut-mid-stream"])
async def test_a_stream_breaks_off_after_twelve_words_and_bills_them(
    sdk: openai.AsyncOpenAI, desk: Desk, kind: str
) -> None:
    desk.scripts.add([ScriptedReply(content=WORDS)])
    desk.faults.set(SERVICE, kind)
    text = ""
    stream = await sdk.chat.completions.create(**BODY, stream=True)
    with pytest.raises((TimeoutError, openai.APIConnectionError)) as broken:  # noqa: PT012
        async with asyncio.timeout(1):
            async for chunk in stream:
                text += chunk.choices[0].delta.content or ""
    assert isinstance(broken.value, TimeoutError) == (kind == "stall-mid-stream")
    assert text == " ".join(WORDS.split()[:12])
    await stream.close()
    await asyncio.wait_for(desk.invoice.grown(1), 5)
    (row,) = desk.invoice.rows()
    assert row.status == "cancelled"
    assert row.units["output_tokens"] > 11


async def test_a_cut_breaks_a_stream_that_is_open(sdk: openai.AsyncOpenAI, desk: Desk) -> None:
    desk.faults.set(SERVICE, "silent")
    stream = await sdk.chat.completions.create(**BODY, stream=True)
    desk.faults.set(SERVICE, "cut")
    with pytest.raises(openai.APIConnectionError):
        await anext(aiter(stream))


async def test_an_incomplete_reply_has_half_its_arguments(sdk: openai.AsyncOpenAI, desk: Desk) -> None:
    desk.scripts.add(
        [ScriptedReply(tool_calls=[ScriptedCall(name="delete_task", arguments='{"task_id": "1234"}')])]
    )
    desk.faults.set(SERVICE, "incomplete-reply")
    choice = (await sdk.chat.completions.create(**BODY)).choices[0]
    assert choice.finish_reason == "length"
    assert choice.message.tool_calls
    call = choice.message.tool_calls[0]
    assert call.type == "function"
    assert '{"task_id": "1234"}'.startswith(call.function.arguments)
    assert len(call.function.arguments) < len('{"task_id": "1234"}')


async def test_garbage_cannot_be_parsed(sdk: openai.AsyncOpenAI, desk: Desk) -> None:
    desk.faults.set(SERVICE, "garbage")
    with pytest.raises(ValueError, match="char"):
        await said(sdk)


async def test_ollama_s_route_thinks_without_a_key_or_a_bill_and_has_faults_of_its_own(
    running: Running, http: aiohttp.ClientSession, desk: Desk
) -> None:
    desk.faults.set(SERVICE, "refuse")
    url = f"{running.url}/ollama/v1/chat/completions"
    async with http.post(url, json=BODY | {"model": "llama3.1"}) as response:
        assert (await response.json())["choices"][0]["message"]["content"]
    assert (desk.invoice.count, desk.connections.ever("ollama")) == (0, 1)
    desk.faults.set("ollama", "refuse")
    async with http.post(url, json=BODY) as response:
        assert response.status == 503
