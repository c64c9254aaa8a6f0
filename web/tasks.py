"""The caller's tasks, read from the task server with a token of theirs."""

from typing import Annotated, Any

from fastapi import APIRouter, Query

from mcp_tasks.client import TaskServerUnavailable
from mcp_tasks.task import TaskList, View
from web.errors import ApiError
from web.services import Served
from web.sign_in import CurrentUser

router = APIRouter(prefix="/api", tags=["tasks"])


@router.get("/tasks")
async def tasks(
    services: Served,
    user: CurrentUser,
    view: View = "all",
    query: Annotated[str | None, Query(max_length=200)] = None,
    limit: Annotated[int, Query(ge=1, le=100)] = 100,
) -> TaskList:
    """List tasks of whoever is signed in. The server knows whose from the token, not from an argument."""
    arguments: dict[str, Any] = {"view": view, "limit": limit} | ({"query": query} if query else {})
    try:
        async with services.task_lines.of(user) as client:
            outcome = await client.call("list_tasks", arguments)
    except TaskServerUnavailable as error:
        raise ApiError(
            503,
            "unavailable",
            "The task server does not answer.",
            "Try again in a moment; /readyz says what is missing.",
        ) from error
    if outcome.is_error and outcome.code in ("invalid", "too_long"):
        raise ApiError(
            422,
            outcome.code,
            "The task server takes no such search.",
            "Search for plain words, not too many.",
        )
    if outcome.is_error:
        raise ApiError(
            502,
            outcome.code or "tasks",
            "The task server refused the request.",
            "See its log for the reason.",
        )
    return TaskList.model_validate(outcome.structured)
