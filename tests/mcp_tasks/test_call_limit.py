"""Whoever calls too often is told when to come back, and nobody else notices."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from mcp.server.auth.middleware.auth_context import auth_context_var
from mcp.server.auth.middleware.bearer_auth import AuthenticatedUser
from mcp.server.auth.provider import AccessToken
from pydantic import SecretStr

from mcp_tasks.call_limit import MOST_SUBJECTS, CallLimit
from mcp_tasks.errors import TaskError
from mcp_tasks.server import build_server
from mcp_tasks.settings import TasksSettings
from mcp_tasks.store import TaskStore

pytestmark = pytest.mark.unit


class Clock:
    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


def refused(limit: CallLimit, subject: str = "ann") -> TaskError | None:
    try:
        limit.take(subject)
    except TaskError as error:
        return error
    return None


def test_a_minutes_calls_may_come_at_once_and_then_as_many_as_time_gives_back() -> None:
    clock = Clock()
    limit = CallLimit(120, clock)
    assert [refused(limit) for _ in range(120)] == [None] * 120
    error = refused(limit)
    assert error is not None
    assert error.payload() == {
        "error": {
            "code": "rate_limited",
            "message": "Too many requests; try again in 1 s.",
            "retry_after_seconds": 1,
        }
    }
    clock.now += error.retry_after_seconds
    assert [refused(limit) is None for _ in range(3)] == [True, True, False]
    clock.now += 3600
    assert [refused(limit) is None for _ in range(121)] == [True] * 120 + [False]


def test_whoever_comes_back_when_told_is_served_also_where_calls_are_few() -> None:
    clock = Clock()
    limit = CallLimit(2, clock)
    for _ in range(2):
        assert refused(limit) is None
    for _ in range(5):
        error = refused(limit)
        assert error is not None
        assert error.retry_after_seconds == 30
        clock.now += error.retry_after_seconds
        assert refused(limit) is None


def test_one_persons_calls_are_no_others() -> None:
    limit = CallLimit(1, Clock())
    assert refused(limit, "ann") is None
    assert refused(limit, "ann") is not None
    assert refused(limit, "bob") is None


def test_without_a_limit_nothing_is_counted() -> None:
    limit = CallLimit(0, Clock())
    assert [refused(limit) for _ in range(1000)] == [None] * 1000
    assert not limit._left


def test_no_more_people_are_remembered_than_are_told() -> None:
    limit = CallLimit(1, Clock())
    for number in range(MOST_SUBJECTS + 1):
        limit.take(f"user {number}")
    assert len(limit._left) == MOST_SUBJECTS
    assert refused(limit, f"user {MOST_SUBJECTS}") is not None


@pytest.fixture
def is_caller() -> Callable[[str], None]:
    def become(subject: str) -> None:
        token = AccessToken(
            token="t", client_id="c", scopes=[], subject=subject, claims={"zoneinfo": "Europe/Berlin"}
        )
        auth_context_var.set(AuthenticatedUser(token))

    return become


async def test_a_server_refuses_by_subject_before_it_does_anything(
    store: TaskStore, tmp_path: Path, is_caller: Callable[[str], None]
) -> None:
    settings = TasksSettings(token_secret=SecretStr("s" * 32), calls_per_minute=2)
    server = build_server(store, settings)
    is_caller("ann")
    answers = [await server.call_tool("create_task", {"title": f"Task {number}"}) for number in range(3)]
    assert [getattr(answer, "is_error", None) for answer in answers] == [False, False, True]
    assert "rate_limited" in str(answers[2])
    is_caller("bob")
    assert not getattr(await server.call_tool("list_tasks", {}), "is_error", True)
