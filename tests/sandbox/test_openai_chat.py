"""The chat stand-in under OpenAI's own SDK and LiveKit's plugin, both unmodified, over real sockets."""

import asyncio
import json
import time
from typing import Any

import aiohttp
import openai
import pytest
from livekit.agents import APIConnectOptions, APIStatusError, llm
from livekit.agents.llm import function_tool
from livekit.plugins.openai import LLM
from openai import BaseModel
from openai.types.chat import ChatCompletion, ChatCompletionChunk

from sandbox import tokens
from sandbox.app import Running
from sandbox.desk import Desk
from sandbox.openai_request import ChatRequest
from sandbox.profiles import PROFILES, Profile
from sandbox.scripts import ScriptedCall, ScriptedReply

pytestmark = pytest.mark.system

ADD = "Add a task to review the proposal by Friday."


def user(text: str) -> list[dict[str, Any]]:
    return [{"role": "user", "content": text}]


def unknown_fields(value: Any) -> list[str]:
    """The fields that OpenAI's types do not know, anywhere below."""
    if isinstance(value, BaseModel):
        found = list(value.model_extra or {})
        return found + [
            each for name in type(value).model_fields for each in unknown_fields(getattr(value, name))
        ]
    if isinstance(value, list):
        return [each for item in value for each in unknown_fields(item)]
    return []


async def chunks_of(http: aiohttp.ClientSession, running: Running, **body: Any) -> list[dict[str, Any]]:
    """A stream's chunks as they came over the wire; it must end with [DONE]."""
    async with http.post(
        f"{running.url}/openai/v1/chat/completions",
        json={"model": "gpt-4o-mini", "stream": True, **body},
        headers={"authorization": "Bearer sandbox"},
    ) as response:
        assert response.status == 200
        assert response.content_type == "text/event-stream"
        events = (await response.text()).strip().split("\n\n")
    assert all(event.startswith("data: ") for event in events)
    assert events[-1] == "data: [DONE]"
    return [json.loads(event.removeprefix("data: ")) for event in events[:-1]]


async def test_a_streamed_text_is_chunked_as_openai_does_it(
    running: Running, http: aiohttp.ClientSession, tools: list[dict[str, Any]]
) -> None:
    raw = await chunks_of(
        http, running, messages=user("Hello."), tools=tools, stream_options={"include_usage": True}
    )
    chunks = [ChatCompletionChunk.model_validate(each, strict=True) for each in raw]
    assert [unknown_fields(chunk) for chunk in chunks] == [[] for _ in chunks]
    assert len({chunk.id for chunk in chunks}) == 1
    first, *middle, last, usage = chunks
    assert (first.choices[0].delta.role, first.choices[0].delta.content) == ("assistant", "")
    assert "".join(chunk.choices[0].delta.content or "" for chunk in middle).startswith(
        "Hello. What can I do"
    )
    assert len(middle) > 5
    assert last.choices[0].finish_reason == "stop"
    assert usage.choices == []
    assert usage.usage is not None
    assert usage.usage.completion_tokens == len(middle)
    assert all(each["usage"] is None for each in raw[:-1])


async def test_what_the_stand_in_works_is_part_of_the_time_that_it_takes(
    desk: Desk, running: Running, http: aiohttp.ClientSession, monkeypatch: pytest.MonkeyPatch
) -> None:
    desk.profile, slept, counted = PROFILES["seed"], list[float](), tokens.prompt

    async def sleep(seconds: float) -> None:
        slept.append(seconds)

    def slowly(request: ChatRequest) -> list[int]:
        time.sleep(0.44)  # as long as this profile's model takes at most
        return counted(request)

    monkeypatch.setattr(desk.clock, "sleep", sleep)
    monkeypatch.setattr(tokens, "prompt", slowly)
    await chunks_of(http, running, messages=user("Hello."))
    assert slept[0] <= 0


async def test_a_streamed_tool_call_has_its_name_first_and_its_arguments_in_fragments(
    running: Running, http: aiohttp.ClientSession, tools: list[dict[str, Any]]
) -> None:
    raw = await chunks_of(http, running, messages=user(ADD), tools=tools)
    chunks = [ChatCompletionChunk.model_validate(each, strict=True) for each in raw]
    assert "usage" not in raw[0]
    deltas = [chunk.choices[0].delta for chunk in chunks]
    assert deltas[0].role == "assistant"
    calls = [call for delta in deltas for call in delta.tool_calls or []]
    assert calls[0].id is not None
    assert calls[0].function is not None
    assert (calls[0].function.name, calls[0].function.arguments) == ("create_task", "")
    assert all(call.id is None and call.index == 0 for call in calls[1:])
    arguments = "".join((call.function.arguments or "") for call in calls if call.function)
    assert json.loads(arguments) == {"title": "review the proposal", "due_words": "by Friday"}
    assert chunks[-1].choices[0].finish_reason == "tool_calls"


async def test_a_whole_completion_validates_against_openais_types(
    running: Running, http: aiohttp.ClientSession, tools: list[dict[str, Any]]
) -> None:
    async with http.post(
        f"{running.url}/openai/v1/chat/completions",
        json={"model": "gpt-4o-mini", "messages": user(ADD), "tools": tools},
        headers={"authorization": "Bearer sandbox"},
    ) as response:
        completion = ChatCompletion.model_validate(await response.json(), strict=True)
    assert unknown_fields(completion) == []
    assert completion.choices[0].finish_reason == "tool_calls"
    assert completion.usage is not None
    assert (
        completion.usage.total_tokens == completion.usage.prompt_tokens + completion.usage.completion_tokens
    )


async def test_the_sdk_holds_a_conversation_with_tools(sdk: openai.AsyncOpenAI, tools: Any) -> None:
    messages: Any = user("Delete buy milk and add buy stamps.")
    first = await sdk.chat.completions.create(model="gpt-4o-mini", messages=messages, tools=tools)
    calls = first.choices[0].message.tool_calls or []
    assert [call.function.name for call in calls if call.type == "function"] == ["list_tasks", "create_task"]
    one = await sdk.chat.completions.create(
        model="gpt-4o-mini", messages=messages, tools=tools, parallel_tool_calls=False
    )
    assert len(one.choices[0].message.tool_calls or []) == 1
    task = {"id": "t1", "title": "buy milk", "due": None, "due_spoken": None, "status": "open"}
    new = task | {"id": "t2", "title": "buy stamps"}
    results = [
        {"tasks": [task], "total": 1, "view": "all", "today": "2026-11-25"},
        {"task": new, "changed": True},
    ]
    messages.append(first.choices[0].message.model_dump(exclude_none=True))
    messages += [
        {"role": "tool", "tool_call_id": call.id, "content": json.dumps(result)}
        for call, result in zip(calls, results, strict=True)
    ]
    second = await sdk.chat.completions.create(model="gpt-4o-mini", messages=messages, tools=tools)
    assert second.choices[0].message.content == 'I\'ve added "buy stamps".'
    (delete,) = second.choices[0].message.tool_calls or []
    assert delete.type == "function"
    assert (delete.function.name, json.loads(delete.function.arguments)) == ("delete_task", {"task_id": "t1"})


async def test_tool_choice_is_kept(sdk: openai.AsyncOpenAI, tools: Any) -> None:
    async def calls(choice: Any) -> list[str]:
        reply = await sdk.chat.completions.create(
            model="gpt-4o-mini", messages=user(ADD), tools=tools, tool_choice=choice
        )
        return [
            call.function.name
            for call in reply.choices[0].message.tool_calls or []
            if call.type == "function"
        ]

    assert await calls("none") == []
    assert await calls("required") == ["create_task"]
    assert await calls({"type": "function", "function": {"name": "undo"}}) == ["undo"]


async def test_livekits_plugin_streams_text_tools_and_usage(running: Running) -> None:
    @function_tool
    async def create_task(title: str, due_words: str = "") -> str:
        """Make a task."""
        return title + due_words

    model = LLM(model="gpt-4o-mini", base_url=f"{running.url}/openai/v1", api_key="sandbox")
    context = llm.ChatContext.empty()
    context.add_message(role="system", content="You help with tasks.")
    context.add_message(role="user", content=ADD)
    called: list[tuple[str, str]] = []
    tokens = 0
    try:
        async with model.chat(chat_ctx=context, tools=[create_task]) as stream:
            async for chunk in stream:
                if chunk.delta:
                    called += [(call.name, call.arguments) for call in chunk.delta.tool_calls]
                if chunk.usage:
                    tokens = chunk.usage.completion_tokens
        assert called == [("create_task", '{"title": "review the proposal", "due_words": "by Friday"}')]
        assert tokens > 5
        context = llm.ChatContext.empty()
        context.add_message(role="user", content="What can you do?")
        said = ""
        async with model.chat(chat_ctx=context) as stream:
            async for chunk in stream:
                said += (chunk.delta.content or "") if chunk.delta else ""
        assert said.startswith("I can list your tasks")
    finally:
        await model.aclose()


async def test_livekits_plugin_is_told_of_an_unknown_model(running: Running) -> None:
    model = LLM(model="gpt-nothing", base_url=f"{running.url}/openai/v1", api_key="sandbox")
    context = llm.ChatContext.empty()
    context.add_message(role="user", content="Hello")
    try:
        async with model.chat(chat_ctx=context, conn_options=APIConnectOptions(max_retry=0)) as stream:
            with pytest.raises(APIStatusError) as caught:
                await anext(stream)
        assert caught.value.status_code == 404
    finally:
        await model.aclose()


async def test_without_a_key_it_is_401_in_openais_shape(
    running: Running, http: aiohttp.ClientSession
) -> None:
    for path in ("chat/completions", "models"):
        method = "POST" if path.startswith("chat") else "GET"
        async with http.request(method, f"{running.url}/openai/v1/{path}") as response:
            body = await response.json()
            assert response.status == 401
            assert body["error"].keys() == {"message", "type", "param", "code"}


async def test_an_unknown_model_is_404(sdk: openai.AsyncOpenAI) -> None:
    with pytest.raises(openai.NotFoundError) as caught:
        await sdk.chat.completions.create(model="gpt-9", messages=[{"role": "user", "content": "Hi"}])
    assert caught.value.code == "model_not_found"


CALL = {"id": "call_1", "type": "function", "function": {"name": "undo", "arguments": "{}"}}


@pytest.mark.parametrize(
    ("messages", "says"),
    [
        ([{"role": "assistant", "tool_calls": [CALL]}], "must be followed by tool messages"),
        (
            [{"role": "assistant", "tool_calls": [CALL]}, {"role": "user", "content": "Well?"}],
            "did not have response messages: call_1",
        ),
        (
            [{"role": "tool", "tool_call_id": "call_1", "content": "{}"}],
            "must be a response to a preceeding message",
        ),
        (
            [
                {"role": "assistant", "tool_calls": [CALL]},
                {"role": "tool", "tool_call_id": "call_1", "content": "{}"},
                {"role": "user", "content": "Thanks"},
                {"role": "tool", "tool_call_id": "call_1", "content": "{}"},
            ],
            "must be a response to a preceeding message",
        ),
        ([{"role": "user", "content": None}], "expected a string, got null"),
        ([{"role": "somebody", "content": "Hi"}], "messages"),
        ([], "messages"),
    ],
)
async def test_broken_messages_are_400_as_openai_words_it(
    sdk: openai.AsyncOpenAI, desk: Desk, messages: Any, says: str
) -> None:
    with pytest.raises(openai.BadRequestError, match=says) as caught:
        await sdk.chat.completions.create(model="gpt-4o-mini", messages=messages)
    assert caught.value.type == "invalid_request_error"
    assert desk.invoice.count == 0


@pytest.mark.parametrize(
    "options",
    [
        {"tool_choice": "required"},
        {"parallel_tool_calls": True},
        {"stream_options": {"include_usage": True}},
        {"n": 3},
        {"max_completion_tokens": 0},
        {"tools": [{"type": "function", "function": {"name": "no spaces allowed"}}]},
    ],
)
async def test_options_that_openai_refuses_are_400(sdk: openai.AsyncOpenAI, options: dict[str, Any]) -> None:
    with pytest.raises(openai.BadRequestError):
        await sdk.chat.completions.create(
            model="gpt-4o-mini", messages=[{"role": "user", "content": "Hi"}], extra_body=options
        )


@pytest.mark.parametrize("body", [b"", b"{", b"[]", b"\xff\xfe", b'{"model": "gpt-4o-mini"}', b"[" * 100_000])
async def test_a_body_that_is_no_request_is_400(
    running: Running, http: aiohttp.ClientSession, body: bytes
) -> None:
    async with http.post(
        f"{running.url}/openai/v1/chat/completions", data=body, headers={"authorization": "Bearer sandbox"}
    ) as response:
        assert response.status == 400
        assert (await response.json())["error"]["type"] == "invalid_request_error"


async def test_a_prompt_beyond_the_context_window_is_400(sdk: openai.AsyncOpenAI) -> None:
    with pytest.raises(openai.BadRequestError) as caught:
        await sdk.chat.completions.create(
            model="gpt-4o-mini", messages=[{"role": "user", "content": "buy milk " * 70_000}]
        )
    assert caught.value.code == "context_length_exceeded"


async def test_a_repeated_long_beginning_is_cached_in_steps_of_128(sdk: openai.AsyncOpenAI) -> None:
    system = {"role": "system", "content": "Speak in short sentences. " * 300}

    async def cached(*messages: dict[str, Any]) -> int:
        reply = await sdk.chat.completions.create(model="gpt-4o-mini", messages=list(messages))  # type: ignore[arg-type]
        assert reply.usage is not None
        assert reply.usage.prompt_tokens_details is not None
        return reply.usage.prompt_tokens_details.cached_tokens or 0

    assert await cached(system, *user("Hello")) == 0
    again = await cached(system, *user("Hello"))
    assert again >= 1024
    assert again % 128 == 0
    assert await cached(system, *user("Goodbye")) == again
    assert await cached({"role": "system", "content": "X " + system["content"]}, *user("Hello")) == 0
    assert await cached(*user("Hello")) == 0
    assert await cached(*user("Hello")) == 0


async def test_a_request_is_billed_with_its_tag_and_tokens(sdk: openai.AsyncOpenAI, desk: Desk) -> None:
    reply = await sdk.chat.completions.create(
        model="gpt-4o-mini", messages=[{"role": "user", "content": "Hello"}], user="call-7"
    )
    (row,) = desk.invoice.rows(tag="call-7")
    assert reply.usage is not None
    assert (row.vendor, row.model, row.status, row.request_id) == ("openai", "gpt-4o-mini", "ok", reply.id)
    assert row.units == {
        "input_tokens": reply.usage.prompt_tokens,
        "cached_input_tokens": 0,
        "output_tokens": reply.usage.completion_tokens,
    }


async def test_a_script_is_served_word_for_word_before_the_brain(
    sdk: openai.AsyncOpenAI, desk: Desk, tools: Any
) -> None:
    broken = '{"task_id": "12'
    desk.scripts.add(
        [
            ScriptedReply(content="Done, both are updated."),
            ScriptedReply(
                tool_calls=[ScriptedCall(name="remove_task", arguments=broken)], finish_reason="length"
            ),
            ScriptedReply(content="for another call", tag="call-9"),
        ]
    )
    first = await sdk.chat.completions.create(model="gpt-4o-mini", messages=user("Hello"), tools=tools)
    assert first.choices[0].message.content == "Done, both are updated."
    second = await sdk.chat.completions.create(model="gpt-4o-mini", messages=user("Hello"), tools=tools)
    (call,) = second.choices[0].message.tool_calls or []
    assert call.type == "function"
    assert (call.function.name, call.function.arguments) == ("remove_task", broken)
    assert second.choices[0].finish_reason == "length"
    third = await sdk.chat.completions.create(model="gpt-4o-mini", messages=user("Hello"), tools=tools)
    assert third.choices[0].message.content != "for another call"
    fourth = await sdk.chat.completions.create(
        model="gpt-4o-mini",
        messages=user("Hello"),
        tools=tools,
        extra_body={"metadata": {"call_id": "call-9"}},
    )
    assert fourth.choices[0].message.content == "for another call"


async def test_a_token_limit_cuts_text_and_breaks_arguments(sdk: openai.AsyncOpenAI, tools: Any) -> None:
    text = await sdk.chat.completions.create(
        model="gpt-4o-mini", messages=user("What can you do?"), max_completion_tokens=4
    )
    assert (text.choices[0].finish_reason, text.choices[0].message.content) == ("length", "I can list your")
    assert text.usage is not None
    assert text.usage.completion_tokens == 4
    call = await sdk.chat.completions.create(
        model="gpt-4o-mini", messages=user(ADD), tools=tools, max_completion_tokens=8
    )
    assert call.choices[0].finish_reason == "length"
    (made,) = call.choices[0].message.tool_calls or []
    assert made.type == "function"
    with pytest.raises(json.JSONDecodeError):
        json.loads(made.function.arguments)


@pytest.mark.timeout(30)
async def test_a_stream_that_the_client_leaves_is_billed_for_what_was_generated(
    sdk: openai.AsyncOpenAI, desk: Desk
) -> None:
    desk.profile = Profile(name="slow", llm_token_ms=100)
    desk.scripts.add([ScriptedReply(content="word " * 2000)])
    stream = await sdk.chat.completions.create(model="gpt-4o-mini", messages=user("Hello"), stream=True)
    seen = 0
    async for _ in stream:
        seen += 1
        if seen == 5:
            break
    assert desk.connections.count("openai-chat") == 1
    await stream.close()
    await asyncio.wait_for(desk.invoice.grown(1), 10)
    (row,) = desk.invoice.rows()
    assert row.status == "cancelled"
    assert 3 <= row.units["output_tokens"] < 100
    assert desk.connections.count("openai-chat") == 0


async def test_a_client_that_leaves_before_the_first_token_pays_for_the_prompt(
    sdk: openai.AsyncOpenAI, desk: Desk
) -> None:
    desk.profile = Profile.model_validate({"name": "stuck", "llm": {"low_ms": 30_000, "high_ms": 30_000}})
    with pytest.raises(openai.APITimeoutError):
        await sdk.chat.completions.create(model="gpt-4o-mini", messages=user("Hello"), timeout=0.5)
    await asyncio.wait_for(desk.invoice.grown(1), 10)
    (row,) = desk.invoice.rows()
    assert (row.status, row.units["output_tokens"]) == ("cancelled", 0)
    assert row.units["input_tokens"] > 0


async def test_the_models_are_listed(sdk: openai.AsyncOpenAI) -> None:
    names = [model.id async for model in sdk.models.list()]
    assert "gpt-4o-mini" in names
    assert (await sdk.models.retrieve("gpt-4o")).owned_by == "system"
    with pytest.raises(openai.NotFoundError):
        await sdk.models.retrieve("gpt-9")
