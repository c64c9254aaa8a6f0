"""A task server that is away is asked for without taking the processor that it needs to start on."""

from __future__ import annotations

import json
import ssl
from itertools import islice, pairwise
from typing import ClassVar

import httpx2
import pytest
from mcp.types import CallToolResult, TextContent, Tool

from mcp_tasks import client as module
from mcp_tasks.back_off import FIRST_SECONDS, LONGEST_SECONDS, pauses
from mcp_tasks.client import Patience, TaskClient, TaskServerUnavailable
from mcp_tasks.connection import Bearer, Connection, ConnectionFailed, tls
from mcp_tasks.errors import TaskError

pytestmark = pytest.mark.unit

NOWHERE = "http://127.0.0.1:1/mcp"
"""Nobody listens on port 1."""


@pytest.fixture
def read(monkeypatch: pytest.MonkeyPatch) -> list[ssl.SSLContext]:
    """Each time that certificates are read."""
    made: list[ssl.SSLContext] = []

    def create(verify: ssl.SSLContext | bool = True, **_: object) -> ssl.SSLContext:
        if isinstance(verify, ssl.SSLContext):
            return verify
        made.append(ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT))
        return made[-1]

    monkeypatch.setattr(httpx2, "create_ssl_context", create)
    monkeypatch.setattr("httpx2._transports.default.create_ssl_context", create)
    tls.cache_clear()
    return made


async def test_certificates_are_read_once_however_often_it_is_tried(read: list[ssl.SSLContext]) -> None:
    for _ in range(3):
        connection = Connection(NOWHERE, Bearer(), 5.0)
        with pytest.raises(ConnectionFailed):
            await connection.opened(within=5.0)
        await connection.close()
    tls.cache_clear()
    assert len(read) == 1


async def test_a_server_that_stays_away_is_tried_seldom_and_to_the_end_of_patience(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    tried = []

    class Away:
        lost = False

        def __init__(self, *_: object) -> None:
            tried.append(self)

        async def opened(self, within: float) -> None:
            raise ConnectionFailed("away")

        async def close(self) -> None: ...

    async def provide() -> str:
        return "token"

    monkeypatch.setattr(module, "Connection", Away)
    async with TaskClient(NOWHERE, provide, patience=Patience(reconnect=2.0)) as client:
        with pytest.raises(TaskServerUnavailable):
            await client.list_tools()
    assert 4 <= len(tried) <= 14


class There:
    """A connection to a server whose database is away for so many answers."""

    lost = False
    tools: ClassVar[list[Tool]] = []
    answers: ClassVar[list[CallToolResult]] = []
    """Each once, the last for ever."""
    asked: ClassVar[list[object]] = []

    def __init__(self, *_: object) -> None: ...

    async def opened(self, within: float) -> object:
        return self

    async def call_tool(self, *said: object) -> CallToolResult:
        self.asked.append(said)
        return self.answers[min(len(self.asked), len(self.answers)) - 1]

    async def close(self) -> None: ...


@pytest.fixture
def there(monkeypatch: pytest.MonkeyPatch) -> type[There]:
    monkeypatch.setattr(module, "Connection", There)
    There.asked.clear()
    return There


def away(*, unknown: bool = False) -> CallToolResult:
    error = TaskError("unavailable", "The database is away.", may_have_happened=unknown)
    return CallToolResult(content=[TextContent(type="text", text=json.dumps(error.payload()))], is_error=True)


async def token() -> str:
    return "token"


@pytest.mark.parametrize("unknown", [True, False])
async def test_a_server_that_does_not_know_what_became_of_a_write_is_no_refusal(
    there: type[There], unknown: bool
) -> None:
    there.answers = [away(unknown=unknown)]
    async with TaskClient(NOWHERE, token, patience=Patience(reconnect=0.3)) as client:
        if not unknown:
            assert (await client.call("create_task", {}, "one")).code == "unavailable"
            return
        with pytest.raises(TaskServerUnavailable) as lost:
            await client.call("create_task", {}, "one")
        assert lost.value.may_have_happened


@pytest.mark.parametrize("unknown", [True, False])
async def test_a_database_that_restarts_costs_a_wait_and_no_refusal(
    there: type[There], unknown: bool
) -> None:
    done = CallToolResult(content=[], structured_content={"changed": True})
    there.answers = [away(), away(unknown=unknown), done]
    async with TaskClient(NOWHERE, token) as client:
        assert (await client.call("create_task", {"title": "milk"}, "one")).structured == {"changed": True}
    assert [said == there.asked[0] for said in there.asked] == [True] * 3, "one operation, so one task"


async def test_a_change_without_an_operation_is_not_asked_for_again(there: type[There]) -> None:
    there.answers = [away(), CallToolResult(content=[], structured_content={"changed": True})]
    async with TaskClient(NOWHERE, token) as client:
        assert (await client.call("create_task", {"title": "milk"})).code == "unavailable"


def test_each_pause_is_longer_than_the_one_before_up_to_a_bound() -> None:
    first, *_, last = waits = list(islice(pauses(), 10))
    assert first <= FIRST_SECONDS
    assert all(later >= sooner for sooner, later in pairwise(waits[:3]))
    assert LONGEST_SECONDS / 2 <= last <= LONGEST_SECONDS


def test_calls_that_lost_it_together_do_not_come_back_together() -> None:
    assert len({next(pauses()) for _ in range(8)}) == 8
