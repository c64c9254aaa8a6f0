"""The MCP server: tools with their hints, errors with a code, bearer tokens, bounded bodies.

Streamable HTTP without sessions: every request stands alone and is answered in JSON. A restart then breaks no client,
any replica can answer, and nothing is lost, for tasks never call back into a client.
"""

import logging
import time
from collections.abc import Awaitable, Callable
from typing import Any

from mcp.server.auth.middleware.auth_context import get_access_token
from mcp.server.auth.settings import AuthSettings
from mcp.server.mcpserver import Context, MCPServer
from mcp.server.mcpserver.exceptions import ToolError
from mcp.server.mcpserver.utilities.func_metadata import FuncMetadata
from mcp.types import CallToolResult, InputRequiredResult, TextContent
from pydantic import AnyHttpUrl, ValidationError
from pydantic_core import to_json
from sqlalchemy.exc import SQLAlchemyError
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.types import ASGIApp

from mcp_tasks.call_limit import CallLimit
from mcp_tasks.errors import TaskError
from mcp_tasks.identity import TaskTokenVerifier
from mcp_tasks.settings import TasksSettings
from mcp_tasks.store import TaskStore
from mcp_tasks.tools import READ, Clock, TaskTools, writes
from mcp_tasks.unauthorized import ExplainUnauthorized

log = logging.getLogger(__name__)

INSTRUCTIONS = """Tasks of the person whose token came with the request. Pass dates as the person said them, in
due_words; on bad_date ask the question in the message. Never say that something was done unless a tool answered so."""


class AsSent(FuncMetadata):
    """The SDK parses texts that look like JSON («[1]» as a title becomes a list); people's words stay words."""

    def pre_parse_json(self, data: dict[str, Any]) -> dict[str, Any]:
        """Leave the arguments alone."""
        return data


class TaskServer(MCPServer[Any]):
    """The SDK's server; errors of tools become `{"error": {"code", "message"}}`, never a traceback or a log of words."""

    limit: CallLimit | None = None
    """Of each person's calls."""

    async def call_tool(
        self, name: str, arguments: dict[str, Any], context: Context[Any, Any] | None = None
    ) -> CallToolResult | InputRequiredResult:
        """Run one tool; every failure is an answer with a code."""
        began = time.monotonic()
        code = "ok"
        try:
            # A model's null means «not said»; left out says the same.
            said = {key: value for key, value in arguments.items() if value is not None}
            self._refuse_too_many()
            self._refuse_unknown(name, said)
            return await super().call_tool(name, said, context)
        except TaskError as error:
            code = error.code
            return _refusal(error)
        except ToolError as error:
            refused = _reason(error)
            code = refused.code
            if code == "unavailable":
                log.error("tool_failed", extra={"tool": name}, exc_info=error.__cause__)
            return _refusal(refused)
        finally:
            log.info(
                "tool",
                extra={
                    "tool": name if self._known(name) else "unknown",
                    "outcome": code,
                    "ms": round((time.monotonic() - began) * 1000, 1),
                },
            )

    def _known(self, name: str) -> bool:
        return self._tool_manager.get_tool(name) is not None

    def _refuse_too_many(self) -> None:
        token = get_access_token()
        if self.limit is not None and token is not None and token.subject is not None:
            self.limit.take(token.subject)

    def _refuse_unknown(self, name: str, arguments: dict[str, Any]) -> None:
        """A misspelt `due_word` that is ignored would be a date lost in silence."""
        tool = self._tool_manager.get_tool(name)
        if tool is None:
            raise TaskError("invalid", "There is no such tool.")
        unknown = arguments.keys() - tool.parameters["properties"].keys()
        if unknown:
            known = ", ".join(tool.parameters["properties"])
            raise TaskError("invalid", f"{name} takes only these arguments: {known}.")

    def hold_strictly(self) -> None:
        """Tell clients that no other arguments exist, and take arguments exactly as they were sent."""
        for tool in self._tool_manager.list_tools():
            tool.parameters["additionalProperties"] = False
            tool.parameters.pop("title", None)
            tool.description = " ".join(
                tool.description.split()
            )  # a docstring's margins are nobody's to pay for
            for argument in tool.parameters["properties"].values():
                _simplify(argument)
            sent = tool.fn_metadata
            tool.fn_metadata = AsSent(
                arg_model=sent.arg_model,
                output_schema=sent.output_schema,
                output_model=sent.output_model,
                wrap_output=sent.wrap_output,
            )


def build_server(store: TaskStore, settings: TasksSettings, clock: Clock | None = None) -> TaskServer:
    """The server with its tools; `clock` tells the time in UTC."""
    issuer = AnyHttpUrl(f"http://{settings.host}:{settings.port}")
    server = TaskServer(
        "voicetasks-tasks",
        title="Task Manager",
        instructions=INSTRUCTIONS,
        token_verifier=TaskTokenVerifier(settings.token_secret.get_secret_value()),
        auth=AuthSettings(issuer_url=issuer, resource_server_url=None),
        subscriptions=False,
        log_level="WARNING",
    )
    server.limit = CallLimit(settings.calls_per_minute)
    tools = TaskTools(store, clock) if clock is not None else TaskTools(store)
    server.add_tool(tools.list_tasks, annotations=READ)
    server.add_tool(tools.create_task, annotations=writes(destructive=False, idempotent=False))
    server.add_tool(tools.update_task, annotations=writes(destructive=False, idempotent=True))
    server.add_tool(tools.complete_task, annotations=writes(destructive=True, idempotent=True))
    server.add_tool(tools.delete_task, annotations=writes(destructive=True, idempotent=True))
    # Undo restores what its owner had a moment ago. A client that did not make the change itself asks before.
    server.add_tool(tools.undo, annotations=writes(destructive=False, idempotent=False))
    server.hold_strictly()
    _add_health(server, store)
    return server


def build_app(server: TaskServer, settings: TasksSettings) -> ASGIApp:
    """The ASGI app: `/mcp`, `/healthz`, `/readyz`."""
    app = server.streamable_http_app(
        streamable_http_path="/mcp",
        stateless_http=True,
        json_response=True,
        max_request_body_size=settings.max_body_bytes,
        host=settings.host,
    )
    return ExplainUnauthorized(app, settings.token_secret.get_secret_value())


def _add_health(server: TaskServer, store: TaskStore) -> None:
    route: Callable[[str, list[str]], Callable[[Callable[[Request], Awaitable[Response]]], Any]]
    route = server.custom_route

    async def healthz(_: Request) -> Response:
        return JSONResponse({"status": "ok"})

    async def readyz(_: Request) -> Response:
        try:
            await store.ping()
        except (SQLAlchemyError, OSError):
            return JSONResponse({"status": "unavailable", "missing": ["database"]}, status_code=503)
        return JSONResponse({"status": "ok"})

    route("/healthz", ["GET"])(healthz)
    route("/readyz", ["GET"])(readyz)


def _simplify(argument: dict[str, Any]) -> None:
    """An optional argument is left out, so the schema needs no null, no empty default and no title."""
    argument.pop("title", None)
    if argument.get("default", ...) in (None, ""):
        del argument["default"]
    for choice in argument.pop("anyOf", []):
        if choice != {"type": "null"}:
            argument.update(choice)


def _reason(error: ToolError) -> TaskError:
    cause: BaseException | None = error.__cause__
    if isinstance(cause, TaskError):
        return cause
    if isinstance(cause, ValidationError):
        first = cause.errors(include_url=False, include_input=False, include_context=False)[0]
        field = ".".join(str(part) for part in first["loc"])
        return TaskError("invalid", f"{field}: {first['msg']}.")
    return TaskError("unavailable", "The task server had a problem; nothing was changed.")


def _refusal(error: TaskError) -> CallToolResult:
    text = to_json(error.payload()).decode()
    return CallToolResult(content=[TextContent(type="text", text=text)], is_error=True)
