import asyncio
import contextlib
import json
import sqlite3
from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

import httpx
import httpx2
import jsonschema
import pytest
from mcp.client import Client
from mcp.client.streamable_http import streamable_http_client
from mcp.types import CallToolResult, TextContent

pytestmark = pytest.mark.system

DESTRUCTIVE = {"complete_task", "delete_task"}


def bearer(token: str) -> httpx2.AsyncClient:
    return httpx2.AsyncClient(headers={"Authorization": f"Bearer {token}"}, timeout=20)


def error_of(result: CallToolResult) -> dict[str, Any]:
    assert result.is_error
    (block,) = result.content
    assert isinstance(block, TextContent)
    error: dict[str, Any] = json.loads(block.text)["error"]
    return error


async def post(server: Any, headers: dict[str, str], body: str | bytes | None = None) -> httpx.Response:
    call = {
        "jsonrpc": "2.0",
        "id": 1,
        "method": "tools/call",
        "params": {"name": "list_tasks", "arguments": {}},
    }
    sent = {
        "Accept": "application/json, text/event-stream",
        "Content-Type": "application/json",
        "MCP-Protocol-Version": "2025-06-18",
    }
    async with httpx.AsyncClient() as http:
        return await http.post(server.url, headers=sent | headers, content=body or json.dumps(call))


@pytest.mark.parametrize("mode", ["auto", "legacy"])
async def test_any_mcp_client_makes_the_whole_round_trip(
    server: Any, token: Callable[..., str], user: str, mode: Any
) -> None:
    async with (
        bearer(token(user)) as http,
        Client(streamable_http_client(server.url, http_client=http), mode=mode) as client,
    ):
        tools = {tool.name: tool for tool in (await client.list_tools()).tools}
        assert set(tools) == {
            "list_tasks",
            "create_task",
            "update_task",
            "complete_task",
            "delete_task",
            "undo",
        }
        for name, tool in tools.items():
            hints = tool.annotations
            assert hints is not None
            assert hints.read_only_hint is (name == "list_tasks")
            assert hints.destructive_hint is (name in DESTRUCTIVE)
            assert hints.open_world_hint is False
            assert tool.description
            assert tool.input_schema["additionalProperties"] is False
            jsonschema.Draft202012Validator.check_schema(tool.input_schema)

        async def call(name: str, **arguments: Any) -> dict[str, Any]:
            result = await client.call_tool(
                name, arguments
            )  # the client itself holds it to the output schema
            assert not result.is_error, result.content
            schema = tools[name].output_schema
            assert schema is not None
            structured: dict[str, Any] = result.structured_content or {}
            jsonschema.validate(structured, schema)
            (block,) = result.content
            assert isinstance(block, TextContent)
            assert json.loads(block.text) == structured
            return structured

        empty = await call("list_tasks")
        assert (empty["tasks"], empty["total"]) == ([], 0)
        made = (await call("create_task", title="Review the proposal", due_words="tomorrow at 5"))["task"]
        assert made["due"].endswith("T17:00:00")
        assert made["due_words"] == "tomorrow at 5"
        assert made["due_spoken"].endswith("at 5 PM")
        listed = await call("list_tasks", view="week", query="PROPOSAL")
        assert [task["id"] for task in listed["tasks"]] == [made["id"]]
        changed = (
            await call("update_task", task_id=made["id"], title="Send the proposal", due_words="no date")
        )["task"]
        assert (changed["title"], changed["due"], changed["version"]) == ("Send the proposal", None, 2)
        done = (await call("complete_task", task_id=made["id"]))["task"]
        assert (done["status"], done["completed_at"] is None) == ("done", False)
        assert (await call("list_tasks", view="done"))["total"] == 1
        await call("delete_task", task_id=made["id"])
        assert (await call("undo"))["undone"] == "delete"
        assert (await call("list_tasks", view="done"))["total"] == 1


async def test_refusals_carry_a_code_and_store_nothing(
    server: Any, token: Callable[..., str], user: str
) -> None:
    async with (
        bearer(token(user)) as http,
        Client(streamable_http_client(server.url, http_client=http)) as client,
    ):

        async def refused(name: str, arguments: dict[str, Any]) -> dict[str, Any]:
            return error_of(await client.call_tool(name, arguments))

        for arguments, code in [
            ({"title": "x" * 10_000}, "too_long"),
            ({"title": ""}, "invalid"),
            ({"title": " \n "}, "invalid"),
            ({"title": "a\x00\x01\x02"}, "invalid"),
            ({"title": "ok", "notes": "x" * 3_000}, "too_long"),
            ({"title": "ok", "due_words": "x" * 2_000}, "too_long"),
            ({"title": 5}, "invalid"),
            ({"title": ["ok"]}, "invalid"),
            ({}, "invalid"),
            ({"title": "ok", "due_word": "tomorrow"}, "invalid"),
            ({"title": "ok", "owner": "bob"}, "invalid"),
            ({"title": "ok", "operation_id": "x" * 500}, "invalid"),
            ({"title": "ok", "due_words": "next blursday"}, "bad_date"),
            ({"title": "ok", "due": "2020-01-01"}, "bad_date"),
        ]:
            error = await refused("create_task", arguments)
            assert error["code"] == code, arguments
            assert error["message"]
            assert "xxxx" not in error["message"]
        asked = await refused("create_task", {"title": "ok", "due_words": "the weekend"})
        assert asked["message"].endswith("?")
        assert asked["candidates"]
        assert (await refused("delete_task", {"task_id": "nosuchid"}))["code"] == "not_found"
        assert (await refused("list_tasks", {"limit": 100_000}))["code"] == "invalid"
        assert (await refused("list_tasks", {"view": "everything"}))["code"] == "invalid"
        assert (await refused("no_such_tool", {}))["code"] == "invalid"
        assert (await refused("undo", {}))["code"] == "not_found"
    assert server.rows(user) == 0


async def test_text_that_looks_like_json_stays_text(
    server: Any, token: Callable[..., str], user: str
) -> None:
    async with (
        bearer(token(user)) as http,
        Client(streamable_http_client(server.url, http_client=http)) as client,
    ):
        made = await client.call_tool("create_task", {"title": '["a"]', "notes": "null", "due_words": None})
        task = (made.structured_content or {})["task"]
        assert (task["title"], task["notes"], task["due"]) == ('["a"]', "null", None)


@pytest.mark.parametrize(
    ("claims", "reason"),
    [
        (None, "A bearer token is required"),
        ({"secret": "forged with another secret of good length"}, "The token is not valid"),
        ({"exp": 1}, "The token has expired"),
        ({"aud": "somebody-else"}, "The token is for another audience"),
        ({"zone": "Mars/Olympus"}, "The token's claim zoneinfo is not a known time zone"),
        ({"zone": None}, "The token lacks the claim zoneinfo"),
    ],
)
async def test_without_a_good_token_nothing_is_said_but_why(
    server: Any, token: Callable[..., str], user: str, claims: dict[str, Any] | None, reason: str
) -> None:
    headers = {} if claims is None else {"Authorization": f"Bearer {token(user, **claims)}"}
    reply = await post(server, headers)
    assert reply.status_code == 401
    assert reply.headers["www-authenticate"] == f'Bearer error="invalid_token", error_description="{reason}"'
    assert (reply.json()["code"], reply.json()["message"]) == ("unauthorized", reason)


async def test_two_users_never_meet(server: Any, token: Callable[..., str], user: str) -> None:
    async with (
        bearer(token(f"ann-{user}")) as ann_http,
        bearer(token(f"bob-{user}")) as bob_http,
        Client(streamable_http_client(server.url, http_client=ann_http)) as ann,
        Client(streamable_http_client(server.url, http_client=bob_http)) as bob,
    ):

        async def work(client: Client, owner: str) -> str:
            ids = []
            for number in range(8):
                made = await client.call_tool(
                    "create_task", {"title": f"{owner} {number}", "operation_id": f"same-{number}"}
                )
                ids.append((made.structured_content or {})["task"]["id"])
                listed = (await client.call_tool("list_tasks", {})).structured_content or {}
                assert all(task["title"].startswith(owner) for task in listed["tasks"])
            return str(ids[0])

        hers, _ = await asyncio.gather(work(ann, "ann"), work(bob, "bob"))
        for name in ("update_task", "complete_task", "delete_task"):
            error = error_of(await bob.call_tool(name, {"task_id": hers}))
            assert (error["code"], error["message"]) == ("not_found", "There is no such task.")
        assert ((await bob.call_tool("list_tasks", {})).structured_content or {})["total"] == 8


async def test_a_change_of_a_due_counts_from_what_it_is(
    server: Any, token: Callable[..., str], user: str
) -> None:
    async with (
        bearer(token(user)) as http,
        Client(streamable_http_client(server.url, http_client=http)) as client,
    ):

        async def call(name: str, **arguments: Any) -> dict[str, Any]:
            result = await client.call_tool(name, arguments)
            assert not result.is_error, result.content
            task: dict[str, Any] = (result.structured_content or {})["task"]
            return task

        day = date.today() + timedelta(days=60)  # far enough from today in any zone
        made = await call("create_task", title="Call Ann", due=f"{day}T15:00")
        dues = []
        for words in ("a day later", "a week later", "make it 5 instead", "drop the time", "no, at noon"):
            dues.append((await call("update_task", task_id=made["id"], due_words=words))["due"])
        assert dues == [
            f"{day + timedelta(days=1)}T15:00:00",
            f"{day + timedelta(days=8)}T15:00:00",
            f"{day + timedelta(days=8)}T17:00:00",
            f"{day + timedelta(days=8)}",
            f"{day + timedelta(days=8)}T12:00:00",
        ]


async def test_words_that_say_how_it_repeats_make_a_series(
    server: Any, token: Callable[..., str], user: str
) -> None:
    async with (
        bearer(token(user)) as http,
        Client(streamable_http_client(server.url, http_client=http)) as client,
    ):

        async def changed(tool: str, **arguments: str) -> dict[str, Any]:
            answer = (await client.call_tool(tool, arguments)).structured_content or {}
            task: dict[str, Any] = answer["task"]
            return task

        # Not today's weekday in any zone: said on a Friday, «every other Friday» may begin today or in a week.
        first = date.today() + timedelta(days=3)
        made = await changed("create_task", title="Water the plants", due_words=f"every other {first:%A}")
        assert made["rrule"] == f"FREQ=WEEKLY;INTERVAL=2;BYDAY={f'{first:%a}'[:2].upper()}"
        assert (made["repeats"], made["due"]) == (f"every other {first:%A}", f"{first}")
        await changed("complete_task", task_id=made["id"])
        left = ((await client.call_tool("list_tasks", {"view": "all"})).structured_content or {})["tasks"]
        assert [each["title"] for each in left] == ["Water the plants"]
        assert date.fromisoformat(left[0]["due"]) - date.fromisoformat(made["due"]) == timedelta(days=14)
        over = await changed("update_task", task_id=left[0]["id"], due_words="do not repeat")
        assert over.get("rrule") is None
        assert over["due"] == left[0]["due"]


async def test_what_cannot_be_kept_of_a_date_is_refused_and_a_title_keeps_its_own(
    server: Any, token: Callable[..., str], user: str
) -> None:
    async with (
        bearer(token(user)) as http,
        Client(streamable_http_client(server.url, http_client=http)) as client,
    ):
        report = {"title": "Prepare the Monday report", "due_words": "Monday"}
        assert "only part of the title" in error_of(await client.call_tool("create_task", report))["message"]
        due = f"{date.today() + timedelta(days=60)}"
        unknown = {"title": "Call Ann", "due_words": "when the fair is over", "due": due}
        offered = error_of(await client.call_tool("create_task", unknown))["candidates"]
        assert [each["due"] for each in offered] == [due]
        assert server.rows(user) == 0
        film = {"title": "Watch Friday the 13th", "due_words": "Friday the 13th"}
        task = ((await client.call_tool("create_task", film)).structured_content or {})["task"]
        assert (task["title"], task["due"], task["due_words"]) == ("Watch Friday the 13th", None, None)


async def test_a_body_of_two_megabytes_is_refused_before_it_is_read(
    server: Any, token: Callable[..., str], user: str
) -> None:
    call = {
        "jsonrpc": "2.0",
        "id": 1,
        "method": "tools/call",
        "params": {"name": "create_task", "arguments": {"title": "x" * 2_000_000}},
    }
    reply = await post(server, {"Authorization": f"Bearer {token(user)}"}, json.dumps(call))
    assert reply.status_code == 413
    assert server.rows(user) == 0


@pytest.mark.parametrize(
    "body", [b"\x00\xff\xfe", b"[" * 50_000, b"{}", b'{"jsonrpc":"2.0","id":1}', b"null"]
)
async def test_garbage_gets_a_client_error(
    server: Any, token: Callable[..., str], user: str, body: bytes
) -> None:
    for version in ("2025-06-18", "2026-07-28"):
        reply = await post(
            server, {"Authorization": f"Bearer {token(user)}", "MCP-Protocol-Version": version}, body
        )
        assert 400 <= reply.status_code < 500


async def test_a_foreign_host_name_is_refused_on_loopback(
    server: Any, token: Callable[..., str], user: str
) -> None:
    reply = await post(server, {"Authorization": f"Bearer {token(user)}", "Host": "evil.example"})
    assert reply.status_code == 421


async def test_health_needs_no_token_and_tells_nothing(server: Any) -> None:
    async with httpx.AsyncClient() as http:
        for path in ("healthz", "readyz"):
            reply = await http.get(f"{server.base}/{path}")
            assert (reply.status_code, reply.json()) == (200, {"status": "ok"})


async def test_logs_hold_no_words_and_sigterm_ends_cleanly(
    own_server: Any, token: Callable[..., str], user: str
) -> None:
    secret = token(user)
    async with (
        bearer(secret) as http,
        Client(streamable_http_client(own_server.url, http_client=http)) as client,
    ):
        await client.call_tool("create_task", {"title": "buy a zeppelin", "due_words": "zeppelin day"})
        await client.call_tool(
            "create_task", {"title": "buy a zeppelin", "notes": "zeppelin", "bogus": "zeppelin"}
        )
        await client.call_tool("create_task", {"title": "buy a zeppelin"})
        await client.call_tool("zeppelin", {})
        with contextlib.closing(sqlite3.connect(own_server.database)) as database:
            database.execute("DROP TABLE tasks")
        broken = error_of(await client.call_tool("create_task", {"title": "buy a zeppelin"}))
        assert broken == {
            "code": "unavailable",
            "message": "The task server had a problem; nothing was changed.",
        }
    await post(own_server, {"Authorization": f"Bearer {token(user, exp=1)}"})
    assert own_server.stop() == 0
    lines = [json.loads(line) for line in own_server.log.splitlines()]
    assert lines[0]["event"] == "starting"
    assert lines[-1]["event"] == "stopped"
    outcomes = [(line["tool"], line["outcome"]) for line in lines if line["event"] == "tool"]
    assert outcomes == [
        ("create_task", "bad_date"),
        ("create_task", "invalid"),
        ("create_task", "ok"),
        ("unknown", "invalid"),
        ("create_task", "unavailable"),
    ]
    (failure,) = [line for line in lines if line["event"] == "tool_failed"]
    assert failure["error"] == "OperationalError"
    assert "zeppelin" not in own_server.log
    assert secret not in own_server.log


def test_a_taken_port_is_named(server: Any, spare_server: Any) -> None:
    spare_server.port = server.port
    assert spare_server.spawn().wait(timeout=60) != 0
    assert str(server.port) in spare_server.log
    assert "address already in use" in spare_server.log


def test_a_missing_secret_is_named_without_a_traceback(spare_server: Any) -> None:
    del spare_server.environment["VOICETASKS_TASKS_TOKEN_SECRET"]
    assert spare_server.spawn().wait(timeout=60) == 2
    assert "VOICETASKS_TASKS_TOKEN_SECRET" in spare_server.log
    assert "Traceback" not in spare_server.log
