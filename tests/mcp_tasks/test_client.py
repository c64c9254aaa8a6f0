import asyncio
import contextlib
import signal
import socket
import time
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any

import httpx2
import pytest
import uvicorn
from mcp.server.mcpserver import MCPServer
from starlette.responses import Response
from starlette.types import ASGIApp, Receive, Scope, Send

from mcp_tasks.client import NOT_FOR_MODELS, Patience, TaskClient, TaskServerUnavailable
from mcp_tasks.connection import Bearer

pytestmark = pytest.mark.system

Provider = Callable[[], Awaitable[str]]
RESTART = Patience(reconnect=60)
"""For tests that start a server meanwhile, on whatever machine."""


class Traffic:
    """Counts the requests that clients send and the replies that come."""

    def __init__(self) -> None:
        self.sent = 0
        self.replies = 0
        self._changed = asyncio.Condition()

    async def count(self, *, sent: int = 0, replies: int = 0) -> None:
        async with self._changed:
            self.sent += sent
            self.replies += replies
            self._changed.notify_all()

    async def under_way(self, requests: int = 1) -> None:
        """Wait until so many requests wait for their replies."""
        async with asyncio.timeout(30), self._changed:
            await self._changed.wait_for(lambda: self.sent - self.replies >= requests)


@pytest.fixture
def traffic(monkeypatch: pytest.MonkeyPatch) -> Traffic:
    traffic = Traffic()
    sign = Bearer.async_auth_flow

    async def counted(
        self: Bearer, request: httpx2.Request
    ) -> AsyncGenerator[httpx2.Request, httpx2.Response]:
        flow = sign(self, request)
        signed = await anext(flow)
        await traffic.count(sent=1)
        reply = yield signed
        await traffic.count(replies=1)
        with contextlib.suppress(StopAsyncIteration):
            await flow.asend(reply)

    monkeypatch.setattr(Bearer, "async_auth_flow", counted)
    return traffic


async def test_tools_carry_hints_and_the_arguments_that_models_do_not_see(
    server: Any, provider: Provider
) -> None:
    async with TaskClient(server.url, provider) as client:
        tools = {tool.name: tool for tool in await client.list_tools()}
    assert tools["create_task"].input_schema["properties"].keys() - NOT_FOR_MODELS == {
        "title", "due_words", "due", "notes", "priority", "list_name", "tags", "by_phone",
    }  # fmt: skip
    assert tools["update_task"].input_schema["properties"].keys() >= {"operation_id", "expected_version"}
    assert (
        tools["undo"].input_schema["properties"].keys() == {"operation_id", "expected_at"} <= NOT_FOR_MODELS
    )


async def test_outcomes_are_structured_and_errors_have_codes(server: Any, provider: Provider) -> None:
    async with TaskClient(server.url, provider) as client:
        empty = await client.call("list_tasks", {})
        assert (empty.is_error, empty.code, empty.structured["tasks"]) == (False, None, [])
        assert empty.text
        unclear = await client.call("create_task", {"title": "Call", "due_words": "the weekend"})
        assert (unclear.is_error, unclear.code) == (True, "bad_date")
        assert len(unclear.structured["error"]["candidates"]) >= 1
        huge = await client.call("create_task", {"title": "x" * 2_000_000})
        assert huge.code == "too_long"


async def test_calls_from_many_tasks_with_one_operation_id_make_one_task(
    server: Any, provider: Provider, user: str
) -> None:
    async with TaskClient(server.url, provider) as client:
        calls = (client.call("create_task", {"title": "Buy milk"}, operation_id="op-1") for _ in range(20))
        outcomes = await asyncio.gather(*calls)
    assert [outcome.structured["repeated"] for outcome in outcomes].count(False) == 1
    assert server.rows(user) == 1


async def test_a_restart_is_not_noticed(own_server: Any, provider: Provider) -> None:
    async with TaskClient(own_server.url, provider, patience=RESTART) as client:
        made = await client.call("create_task", {"title": "Buy milk"}, operation_id="op-1")
        own_server.stop()
        starting = asyncio.create_task(asyncio.to_thread(own_server.start))
        listed = await client.call("list_tasks", {})
        assert listed.structured["tasks"] == [made.structured["task"]]
        await starting
        own_server.stop(signal.SIGKILL)
        await asyncio.to_thread(own_server.start)
        again = await client.call("create_task", {"title": "Buy milk"}, operation_id="op-1")
        assert again.structured == {**made.structured, "repeated": True}


async def test_a_write_cut_off_by_a_crash_is_repeated_under_its_operation_id(
    own_server: Any, provider: Provider, user: str, traffic: Traffic
) -> None:
    async with TaskClient(own_server.url, provider, patience=RESTART) as client:
        await client.list_tools()
        with own_server.held_up():
            writing = asyncio.create_task(
                client.call("create_task", {"title": "Buy milk"}, operation_id="op-1")
            )
            await traffic.under_way()
            own_server.stop(signal.SIGKILL)
        await asyncio.to_thread(own_server.start)
        assert (await writing).structured["task"]["title"] == "Buy milk"
    assert own_server.rows(user) == 1


async def test_a_write_without_operation_id_is_not_repeated_and_not_called_a_failure(
    own_server: Any, provider: Provider, user: str, traffic: Traffic
) -> None:
    async with TaskClient(own_server.url, provider, patience=RESTART) as client:
        await client.list_tools()
        with own_server.held_up():
            writing = asyncio.create_task(client.call("create_task", {"title": "Buy milk"}))
            await traffic.under_way()
            own_server.stop(signal.SIGKILL)
            with pytest.raises(TaskServerUnavailable) as lost:
                await writing
    assert lost.value.may_have_happened
    assert own_server.rows(user) == 0


async def test_a_write_that_took_too_long_is_looked_up(
    server: Any, provider: Provider, user: str, traffic: Traffic
) -> None:
    patience = Patience(reconnect=20, answer=1.5)
    async with TaskClient(server.url, provider, patience=patience) as client:
        await client.list_tools()
        with server.held_up():
            writing = asyncio.create_task(
                client.call("create_task", {"title": "Buy milk"}, operation_id="op-1")
            )
            await traffic.under_way(2)  # the write, whose reply never came, and its repeat
        outcome = await writing
    assert outcome.structured["task"]["title"] == "Buy milk"
    assert server.rows(user) == 1


async def test_cancelling_one_call_leaves_the_others_alone(
    server: Any, provider: Provider, user: str, traffic: Traffic
) -> None:
    async with TaskClient(server.url, provider) as client:
        await client.list_tools()
        with server.held_up():
            calls = [
                asyncio.create_task(
                    client.call("create_task", {"title": f"t{number}"}, operation_id=f"op-{number}")
                )
                for number in range(3)
            ]
            await traffic.under_way(3)
            calls[1].cancel()
            await asyncio.wait([calls[1]])
        assert calls[1].cancelled()
        for kept in (calls[0], calls[2]):
            assert (await kept).structured["changed"] is True
        titles = {task["title"] for task in (await client.call("list_tasks", {})).structured["tasks"]}
    assert titles >= {"t0", "t2"}


async def test_a_server_that_is_down_is_told_within_patience(spare_server: Any, provider: Provider) -> None:
    async with TaskClient(spare_server.url, provider) as client:
        for call in (
            client.call("list_tasks", {}),
            client.call("create_task", {"title": "Buy milk"}),
            client.call("create_task", {"title": "Buy milk"}, operation_id="op-1"),
        ):
            began = time.monotonic()
            with pytest.raises(TaskServerUnavailable) as away:
                await call
            assert not away.value.may_have_happened
            assert time.monotonic() - began < 4
        await asyncio.to_thread(spare_server.start)
        assert (await client.call("list_tasks", {})).structured["total"] == 0


@asynccontextmanager
async def silent_server() -> AsyncIterator[str]:
    """Accepts connections and never says a word."""
    waiting = asyncio.Event()

    async def keep_silent(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await waiting.wait()
        writer.close()

    server = await asyncio.start_server(keep_silent, "127.0.0.1", 0)
    host, port = server.sockets[0].getsockname()
    try:
        yield f"http://{host}:{port}/mcp"
    finally:
        waiting.set()
        server.close()
        await server.wait_closed()


async def test_a_silent_server_holds_up_neither_a_call_nor_the_end(provider: Provider) -> None:
    async with silent_server() as url:
        client = TaskClient(url, provider)
        began = time.monotonic()
        with pytest.raises(TaskServerUnavailable):
            await client.call("list_tasks", {})
        await client.aclose()
        assert time.monotonic() - began < 8
        with pytest.raises(TaskServerUnavailable, match="closed"):
            await client.call("list_tasks", {})


async def test_closing_ends_calls_under_way(server: Any, provider: Provider, traffic: Traffic) -> None:
    client = TaskClient(server.url, provider)
    await client.list_tools()
    with server.held_up():
        writing = asyncio.create_task(client.call("create_task", {"title": "Buy milk"}, operation_id="op-1"))
        await traffic.under_way()
        began = time.monotonic()
        await client.aclose()
        with pytest.raises(TaskServerUnavailable) as cut:
            await writing
        assert time.monotonic() - began < 5
    assert cut.value.may_have_happened


async def test_a_token_that_ran_out_is_replaced(server: Any, token: Callable[..., str], user: str) -> None:
    given = 0

    async def provide() -> str:
        nonlocal given
        given += 1
        return token(user, exp=1) if given % 2 else token(user)

    async with TaskClient(server.url, provide, patience=Patience(reconnect=20)) as client:
        assert not (await client.call("list_tasks", {})).is_error
        assert not (await client.call("list_tasks", {})).is_error
    assert given >= 4


async def test_a_token_that_stays_refused_is_an_outcome(
    server: Any, token: Callable[..., str], user: str
) -> None:
    good = True

    async def provide() -> str:
        return token(user) if good else token(user, secret="forged with another secret of good length")

    async with TaskClient(server.url, provide, patience=Patience(reconnect=20)) as client:
        assert not (await client.call("list_tasks", {})).is_error
        good = False
        assert (await client.call("create_task", {"title": "Buy milk"})).code == "unauthorized"
    async with TaskClient(server.url, provide, patience=Patience(reconnect=20)) as client:
        assert (await client.call("list_tasks", {})).code == "unauthorized"
    assert server.rows(user) == 0


async def test_a_provider_that_fails_is_the_callers_to_see(server: Any) -> None:
    async def provide() -> str:
        raise LookupError("no such user")

    async with TaskClient(server.url, provide) as client:
        with pytest.raises(LookupError):
            await client.call("list_tasks", {})


class HandshakeOnly:
    """Refuses the sessionless protocol, as servers of before 2026 do."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        headers = dict(scope.get("headers", []))
        if headers.get(b"mcp-protocol-version", b"").startswith(b"2026"):
            await Response("unsupported", status_code=400)(scope, receive, send)
        else:
            await self._app(scope, receive, send)


class Embedded(uvicorn.Server):
    """Leaves the test run's signals alone and says when it is up."""

    def __init__(self, config: uvicorn.Config) -> None:
        super().__init__(config)
        self.up = asyncio.Event()

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        self.up.set()

    def capture_signals(self) -> contextlib.nullcontext[None]:  # type: ignore[override]
        return contextlib.nullcontext()


@asynccontextmanager
async def server_with_sessions(port: int) -> AsyncIterator[int]:
    """Somebody else's MCP server: it keeps sessions and forgets them when it restarts."""
    other = MCPServer("other", log_level="CRITICAL")

    @other.tool()
    async def echo(text: str) -> str:
        return text

    config = uvicorn.Config(
        HandshakeOnly(other.streamable_http_app()),
        host="127.0.0.1",
        port=port,
        log_config=None,
        access_log=False,
        timeout_graceful_shutdown=1,
    )
    server = Embedded(config)
    task = asyncio.create_task(server.serve())
    async with asyncio.timeout(20):
        await server.up.wait()
    try:
        yield server.servers[0].sockets[0].getsockname()[1]
    finally:
        server.should_exit = True
        await task


async def test_a_session_that_a_server_forgot_is_made_anew(provider: Provider) -> None:
    async with server_with_sessions(0) as port:
        client = TaskClient(f"http://127.0.0.1:{port}/mcp", provider)
        first = await client.call("echo", {"text": "one"}, operation_id=None)
        assert first.structured == {"result": "one"}
    async with server_with_sessions(port):
        assert (await client.call("echo", {"text": "two"})).structured == {"result": "two"}
        await client.aclose()
