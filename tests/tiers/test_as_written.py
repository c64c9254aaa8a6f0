"""A chat request goes out as it is written, and the SDK does not look through it on the way."""

from __future__ import annotations

import json
from typing import Any

import httpx
import pytest
from openai import AsyncClient
from openai._utils import async_maybe_transform
from openai.resources.chat.completions import completions

from tiers.as_written import as_written

pytestmark = pytest.mark.unit

MESSAGES: list[Any] = [{"role": "system", "content": "Be brief."}, {"role": "user", "content": "Hello."}]
TOOLS: list[Any] = [
    {"type": "function", "function": {"name": "list_tasks", "parameters": {"type": "object"}}}
]
EVENT = {
    "id": "chatcmpl-1",
    "object": "chat.completion.chunk",
    "created": 1,
    "model": "gpt-4o-mini",
    "choices": [{"index": 0, "delta": {"role": "assistant", "content": "Hi."}, "finish_reason": "stop"}],
}


async def sent(**request: Any) -> dict[str, Any]:
    """The body of a request that was answered."""
    bodies = []

    def answer(asked: httpx.Request) -> httpx.Response:
        bodies.append(json.loads(asked.content))
        events = f"data: {json.dumps(EVENT)}\n\ndata: [DONE]\n\n"
        return httpx.Response(200, text=events, headers={"content-type": "text/event-stream"})

    async with httpx.AsyncClient(transport=httpx.MockTransport(answer)) as http:
        client = as_written(AsyncClient(api_key="k", base_url="http://vendor/v1", http_client=http))
        stream = await client.chat.completions.create(
            model="gpt-4o-mini", messages=MESSAGES, stream=True, extra_body={"store": False}, **request
        )
        assert [chunk.choices[0].delta.content async for chunk in stream] == ["Hi."]
    (body,) = bodies
    return dict(body)


async def test_the_vendor_gets_every_word_of_it() -> None:
    said = await sent(tools=TOOLS, parallel_tool_calls=True)
    assert said == {
        "model": "gpt-4o-mini",
        "stream": True,
        "store": False,
        "parallel_tool_calls": True,
        "messages": MESSAGES,
        "tools": TOOLS,
    }


async def test_without_tools_none_are_named() -> None:
    assert "tools" not in await sent()


async def test_the_sdk_rewrites_neither_messages_nor_tools(monkeypatch: pytest.MonkeyPatch) -> None:
    rewritten = list[Any]()

    async def watched(data: Any, expected: object) -> Any:
        rewritten.append(data)
        return await async_maybe_transform(data, expected)

    monkeypatch.setattr(completions, "async_maybe_transform", watched)
    await sent(tools=TOOLS)
    (seen,) = rewritten
    assert not seen["messages"]
    assert seen["tools"] is not TOOLS
