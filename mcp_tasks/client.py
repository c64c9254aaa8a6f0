"""A client of the task server that survives its restarts.

A read is repeated at once when its session is lost; a write only under an operation id, where a repeat cannot have a
second effect. What may have happened is looked up by that repeat before anybody says that it failed.
"""

import asyncio
import json
import logging
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from types import TracebackType
from typing import Any, Final, Self, TypeVar

from mcp.client import Client
from mcp.shared.exceptions import MCPError
from mcp.types import (
    CONNECTION_CLOSED,
    INTERNAL_ERROR,
    INVALID_REQUEST,
    REQUEST_TIMEOUT,
    CallToolResult,
    TextContent,
    Tool,
)

from mcp_tasks.back_off import FIRST_SECONDS, pauses
from mcp_tasks.connection import LOST, Bearer, Connection, ConnectionFailed

log = logging.getLogger(__name__)

T = TypeVar("T")
TokenProvider = Callable[[], Awaitable[str]]

NOT_FOR_MODELS: Final = frozenset({"operation_id", "expected_version", "expected_at"})
"""Arguments that the caller's code sets; leave them out of the schema that a model sees."""
DATABASE_SECONDS: Final = 3.0
"""How long a server that says that its database is away is asked again, where that is harmless."""
MAX_ARGUMENT_BYTES: Final = 200_000
"""Below the server's own limit on a request's body."""


class TaskServerUnavailable(Exception):  # noqa: N818  # named after what happened
    """The task server did not answer in time. Say so; never that something was done."""

    def __init__(self, message: str, *, may_have_happened: bool) -> None:
        super().__init__(message)
        self.may_have_happened = may_have_happened
        """A write was sent and its answer never came, so «it failed» would be a guess."""


@dataclass(frozen=True, slots=True)
class ToolOutcome:
    """What a tool answered."""

    structured: dict[str, Any]
    """The structured content; for an error the parsed `{"error": …}` or empty."""
    is_error: bool
    code: str | None
    """The error's code (not_found, bad_date, …); None without an error or without a code."""
    text: str
    """The answer as text; for our tools the same JSON."""


@dataclass(frozen=True, slots=True)
class Patience:
    """How long a call waits, in seconds."""

    reconnect: float = 2.0
    """For a server that is away, handshakes included."""
    answer: float = 10.0
    """For one answer. A write that ran into it is looked up once more, so it may take about twice as long."""


class TaskClient:
    """One person's way to the task server, for one call (conversation) or page.

    Use it as an async context manager. Calls may come from several tasks at once, and cancelling one leaves the
    others alone. Entering connects nothing yet: a server that is down is only told when it is needed.
    `token_provider` is asked before every request and again when a token was refused; it may cache.
    """

    def __init__(self, url: str, token_provider: TokenProvider, *, patience: Patience | None = None) -> None:
        self._url = url
        self._token_provider = token_provider
        self._patience = patience or Patience()
        self._bearer = Bearer()
        self._connection: Connection | None = None
        self._connecting = asyncio.Lock()
        self._leaving: set[asyncio.Task[None]] = set()
        self._closed = False
        self._tools: dict[str, Tool] = {}

    async def __aenter__(self) -> Self:
        """Be ready for calls."""
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Close."""
        await self.aclose()

    async def aclose(self) -> None:
        """End the session; never takes more than a few seconds. Later calls raise TaskServerUnavailable."""
        self._closed = True
        connection, self._connection = self._connection, None
        if connection is not None:
            self._drop(connection)
        if self._leaving:
            await asyncio.wait(self._leaving, timeout=3.0)

    async def list_tools(self) -> list[Tool]:
        """The server's tools as it tells them now.

        Raises TaskServerUnavailable.
        """

        async def ask(client: Client) -> list[Tool]:
            return list((await client.list_tools()).tools)

        try:
            tools = await self._ask(ask, repeatable=True, writes=False)
        except (MCPError, _TokenRefused) as error:
            raise TaskServerUnavailable("The task server refused.", may_have_happened=False) from error
        self._tools = {tool.name: tool for tool in tools}
        return tools

    async def call(
        self, name: str, arguments: dict[str, Any], operation_id: str | None = None
    ) -> ToolOutcome:
        """Call a tool. Refusals of the tool are outcomes with a code, and so is a token that stays refused.

        Raises TaskServerUnavailable when no answer came; its `may_have_happened` tells what to say.
        """
        sent = arguments if operation_id is None else {**arguments, "operation_id": operation_id}
        if len(json.dumps(sent)) > MAX_ARGUMENT_BYTES:
            return _refused("too_long", "That is too long.")

        async def ask(client: Client) -> CallToolResult:
            return await client.call_tool(name, sent)

        try:
            await self._connected()  # the handshake tells which tools only read
            writes = not self._reads_only(name)
            repeatable = not writes or operation_id is not None
            outcome = await self._with_its_database(
                lambda: self._ask(ask, repeatable=repeatable, writes=writes), repeatable=repeatable
            )
        except _TokenRefused:
            return _refused("unauthorized", "The task server does not accept the sign-in.")
        except MCPError as error:
            return _refused("invalid", error.message)
        if _is_unknown(outcome):
            raise TaskServerUnavailable("The task server lost its database.", may_have_happened=True)
        return outcome

    async def _with_its_database(
        self, ask: Callable[[], Awaitable[CallToolResult]], *, repeatable: bool
    ) -> ToolOutcome:
        """Ask, and ask again for a while where the server's database is away, which restarts in a second or two."""
        loop = asyncio.get_running_loop()
        deadline = loop.time() + min(DATABASE_SECONDS, self._patience.reconnect)
        for pause in pauses():
            outcome = _outcome(await ask())
            if outcome.code != "unavailable" or not repeatable or loop.time() + pause > deadline:
                break
            await asyncio.sleep(pause)
        return outcome

    def _reads_only(self, name: str) -> bool:
        tool = self._tools.get(name)
        return tool is not None and tool.annotations is not None and bool(tool.annotations.read_only_hint)

    async def _ask(self, ask: Callable[[Client], Awaitable[T]], *, repeatable: bool, writes: bool) -> T:
        """Send a request; repeat it once after a lost session or a missing answer, where that is harmless."""
        repeats_left = 1 if repeatable else 0
        fresh_tokens_left = forgotten_left = 1
        sent = False
        while True:
            try:
                connection, client = await self._connected()
            except TaskServerUnavailable as error:
                error.may_have_happened = sent and writes
                raise
            token = self._bearer.token = await self._token_provider()
            problem: Exception
            timed_out = False
            try:
                sent = True
                async with asyncio.timeout(self._patience.answer):
                    return await ask(client)
            except TimeoutError as error:
                problem, timed_out = error, True
            except MCPError as error:
                if self._bearer.refused_token == token:
                    # 401: nothing was done, so anything may be sent again.
                    if not fresh_tokens_left:
                        raise _TokenRefused from error
                    fresh_tokens_left -= 1
                    continue
                if _is_forgotten(error) and forgotten_left:
                    # The server refused the session unread: nothing was done here either.
                    forgotten_left -= 1
                    self._drop(connection)
                    continue
                if not _is_loss(error):
                    raise
                problem, timed_out = error, error.code == REQUEST_TIMEOUT
            except (*LOST, RuntimeError, ValueError) as error:
                # RuntimeError: an answer that breaks the tool's own schema; ValueError: one that breaks the protocol.
                # Either way the request was read, and what became of it is not known.
                problem = error
            if not timed_out:
                self._drop(connection)
            # A read that timed out is not asked again: the caller has waited long enough.
            if repeats_left and (writes or not timed_out):
                repeats_left -= 1
                log.info("repeating", extra={"outcome": type(problem).__qualname__})
                continue
            raise TaskServerUnavailable(
                "The task server does not answer.", may_have_happened=writes
            ) from problem

    async def _connected(self) -> tuple[Connection, Client]:
        """The live session, made anew when it is lost, for as long as patience lasts."""
        async with self._connecting:
            deadline = asyncio.get_running_loop().time() + self._patience.reconnect
            refusals = 0
            pause = pauses()
            while True:
                if self._closed:
                    raise TaskServerUnavailable("This client is closed.", may_have_happened=False)
                if self._connection is None or self._connection.lost:
                    self._bearer.token = await self._token_provider()
                    self._connection = Connection(self._url, self._bearer, self._patience.answer)
                connection = self._connection
                left = deadline - asyncio.get_running_loop().time()
                try:
                    client = await connection.opened(within=max(left, 0.05))
                except ConnectionFailed as error:
                    self._drop(connection)
                    if self._bearer.refused_token == self._bearer.token:
                        refusals += 1
                        if refusals > 1:
                            raise _TokenRefused from error
                    elif (left := deadline - asyncio.get_running_loop().time()) < FIRST_SECONDS:
                        raise TaskServerUnavailable(
                            "The task server cannot be reached.", may_have_happened=False
                        ) from error
                    else:
                        await asyncio.sleep(min(left, next(pause)))
                    continue
                self._tools = {tool.name: tool for tool in connection.tools}
                return connection, client

    def _drop(self, connection: Connection) -> None:
        if self._connection is connection:
            self._connection = None
        leaving = asyncio.create_task(connection.close())
        self._leaving.add(leaving)
        leaving.add_done_callback(self._leaving.discard)


class _TokenRefused(Exception):  # noqa: N818  # named after what happened
    """The server refused a fresh token too."""


def _is_forgotten(error: MCPError) -> bool:
    """404 for a session of before a restart: «Session not found» in the body, «Session terminated» from the SDK."""
    return error.code == INVALID_REQUEST and "session" in error.message.lower()


def _is_loss(error: MCPError) -> bool:
    """Whether the server is gone or failing, rather than the request refused."""
    return error.code in (CONNECTION_CLOSED, REQUEST_TIMEOUT, INTERNAL_ERROR) or _is_forgotten(error)


def _refused(code: str, message: str) -> ToolOutcome:
    structured = {"error": {"code": code, "message": message}}
    return ToolOutcome(structured, is_error=True, code=code, text=json.dumps(structured))


def _outcome(result: CallToolResult) -> ToolOutcome:
    text = "\n".join(block.text for block in result.content if isinstance(block, TextContent))
    structured = result.structured_content if isinstance(result.structured_content, dict) else {}
    if not result.is_error:
        return ToolOutcome(structured, is_error=False, code=None, text=text)
    error = structured or _parsed(text)
    detail = error.get("error")
    code = detail.get("code") if isinstance(detail, dict) else None
    return ToolOutcome(error, is_error=True, code=code if isinstance(code, str) else None, text=text)


def _is_unknown(outcome: ToolOutcome) -> bool:
    """Whether the server itself does not know what became of the request."""
    error = outcome.structured.get("error")
    return outcome.is_error and isinstance(error, dict) and error.get("may_have_happened") is True


def _parsed(text: str) -> dict[str, Any]:
    try:
        parsed = json.loads(text)
    except ValueError:
        return {}
    return parsed if isinstance(parsed, dict) else {}
