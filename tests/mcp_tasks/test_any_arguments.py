"""Whatever a tool is called with, it answers: never with a fault of the server's, never with another's tasks."""

import json
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from typing import Any

import httpx
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.mcp_tasks.conftest import make_token

pytestmark = pytest.mark.system

MARKER = "zeppelin"
CODES = {"not_found", "ambiguous", "bad_date", "conflict", "too_long", "invalid"}
HEADERS = {
    "Accept": "application/json, text/event-stream",
    "Content-Type": "application/json",
    "MCP-Protocol-Version": "2025-06-18",
}
JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**40), 2**40)
    | st.floats(allow_nan=False)
    | st.text(max_size=60),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=5,
)
TEXTS = st.text(max_size=120) | st.sampled_from(
    [
        "milk",
        "by milk",
        "#home",
        "100%",
        '"',
        "* OR a",
        "every Monday",
        "tomorrow",
        "no date",
        "don't repeat",
        "\x00",
        "\ud800",
    ]
)
FITTING: dict[str, st.SearchStrategy[Any]] = {
    "title": TEXTS,
    "notes": TEXTS,
    "query": TEXTS,
    "due_words": TEXTS,
    "list_name": TEXTS,
    "due": TEXTS | st.dates().map(str) | st.datetimes().map(lambda one: one.isoformat()),
    "tags": st.lists(TEXTS, max_size=5),
    "by_phone": st.booleans(),
    "priority": st.sampled_from(["high", "normal", "low"]),
    "view": st.sampled_from(["today", "week", "overdue", "all", "done", "changed"]),
    "limit": st.integers(1, 200),
    "expected_version": st.integers(1, 5),
    "expected_at": st.datetimes(timezones=st.just(UTC)).map(datetime.isoformat),
    "operation_id": st.text("abc", max_size=4),
}
TAKES = {
    "list_tasks": ["view", "query", "list_name", "limit"],
    "create_task": [
        "title",
        "due_words",
        "due",
        "notes",
        "priority",
        "list_name",
        "tags",
        "by_phone",
        "operation_id",
    ],
    "update_task": [
        *("task_id", "title", "due_words", "due", "notes", "priority", "list_name", "tags", "by_phone"),
        *("operation_id", "expected_version"),
    ],
    "complete_task": ["task_id", "operation_id", "expected_version"],
    "delete_task": ["task_id", "operation_id", "expected_version"],
    "undo": ["operation_id", "expected_at"],
}


class Caller:
    """Somebody with a token, who calls tools over plain HTTP."""

    def __init__(self, url: str, token: str, *, may_read: str = "") -> None:
        self._may_read = may_read
        self.http = httpx.Client(headers=HEADERS | {"Authorization": f"Bearer {token}"}, timeout=30)
        self._url = url

    def call(self, tool: str, arguments: Any) -> dict[str, Any]:
        params = {"name": tool, "arguments": arguments}
        body = {"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": params}
        reply = self.http.post(self._url, content=json.dumps(body))
        assert reply.status_code < 500, reply.text
        assert MARKER not in reply.text or self._may_read == MARKER
        answer: dict[str, Any] = reply.json()
        return answer


DONE = "done"
NO_REQUEST = "no request"
"""Not even JSON that a request can be read from, as with half a surrogate pair in a title."""


def outcome_of(answer: dict[str, Any]) -> str:
    """The code of a tool's refusal, `DONE` when it did what it is for, or `NO_REQUEST`."""
    result = answer.get("result")
    if result is None:
        assert answer["error"]["code"] < 0
        return NO_REQUEST
    if not result.get("isError"):
        return DONE
    code: str = json.loads(result["content"][0]["text"])["error"]["code"]
    return code


@pytest.fixture(scope="module")
def people(server: Any) -> Iterator[tuple[Caller, Caller, list[str]]]:
    """One who tries everything, one who has tasks, and the ids of these."""
    curious = Caller(server.url, make_token("curious-of-any-arguments"))
    victim = Caller(server.url, make_token("victim-of-any-arguments"), may_read=MARKER)
    ids = []
    for number in range(3):
        made = victim.call(
            "create_task", {"title": f"{MARKER} {number}", "due": "2030-01-01", "tags": [MARKER]}
        )
        ids.append(made["result"]["structuredContent"]["task"]["id"])
    yield curious, victim, ids
    curious.http.close()
    victim.http.close()


@st.composite
def calls(draw: st.DrawFn, ids: list[str]) -> tuple[str, Any]:
    """A tool with arguments that fit, that nearly fit, or that do not fit at all."""
    tool = draw(st.sampled_from(sorted(TAKES)))
    if draw(st.integers(0, 5)) == 0:
        return tool, draw(st.dictionaries(st.sampled_from([*TAKES[tool], "owner", "user"]), JSON, max_size=5))
    names = draw(st.lists(st.sampled_from(TAKES[tool]), unique=True))
    fitting = FITTING | {"task_id": st.sampled_from([*ids, "23456789"]) | TEXTS}
    if draw(st.booleans()) and tool != "list_tasks":
        names = list(dict.fromkeys([*names, TAKES[tool][0]]))
    return tool, {name: draw(fitting[name]) for name in names}


@given(st.data())
@settings(max_examples=200, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_any_arguments_get_an_answer_and_nobody_elses_task(
    people: tuple[Caller, Caller, list[str]], data: st.DataObject
) -> None:
    curious, _, ids = people
    tool, arguments = data.draw(calls(ids))
    outcome = outcome_of(curious.call(tool, arguments))
    assert outcome in {*CODES, DONE, NO_REQUEST}, (tool, arguments, outcome)
    if outcome == DONE and tool in ("update_task", "complete_task", "delete_task"):
        assert arguments.get("task_id") not in ids


def test_afterwards_the_other_ones_tasks_are_as_they_were(people: tuple[Caller, Caller, list[str]]) -> None:
    _, victim, ids = people
    listed = victim.call("list_tasks", {"query": MARKER})["result"]["structuredContent"]
    assert {task["id"] for task in listed["tasks"]} == set(ids)
    assert {(task["version"], task["status"], task["due"]) for task in listed["tasks"]} == {
        (1, "open", "2030-01-01")
    }
    assert victim.call("list_tasks", {})["result"]["structuredContent"]["total"] == 3


def test_the_tools_of_these_tests_are_all_the_tools(
    server: Any, token: Callable[..., str], user: str
) -> None:
    body = {"jsonrpc": "2.0", "id": 1, "method": "tools/list", "params": {}}
    headers = HEADERS | {"Authorization": f"Bearer {token(user)}"}
    told = httpx.post(server.url, headers=headers, content=json.dumps(body)).json()["result"]["tools"]
    assert {tool["name"]: sorted(tool["inputSchema"]["properties"]) for tool in told} == {
        name: sorted(arguments) for name, arguments in TAKES.items()
    }
