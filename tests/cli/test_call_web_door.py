"""The caller at the web server's door."""

import json

import httpx
import pytest

from cli.caller.errors import NobodyAnsweredError, RefusedError
from cli.caller.web_door import WebDoor

pytestmark = pytest.mark.unit


def door(*answers: httpx.Response) -> tuple[WebDoor, list[httpx.Request]]:
    seen: list[httpx.Request] = []
    left = list(answers)

    def answer(request: httpx.Request) -> httpx.Response:
        seen.append(request)
        return left.pop(0)

    return WebDoor("http://voicetasks.test", transport=httpx.MockTransport(answer)), seen


SIGNED_IN = httpx.Response(200, json={"csrf": "c5rf", "user": {"email": "a@b.c", "plan": "economy"}})
CALL = {"call_id": "c1", "url": "ws://x", "token": "t", "room": "call-c1"}


async def test_a_call_is_started_with_the_sessions_csrf_token() -> None:
    web, seen = door(SIGNED_IN, httpx.Response(201, json=CALL))
    async with web:
        await web.sign_in("a@b.c", "demo")
        ticket = await web.start_call()
    assert json.loads(seen[0].content) == {"email": "a@b.c", "password": "demo"}
    assert seen[1].headers["x-csrf-token"] == "c5rf"
    assert (ticket.call_id, ticket.url, ticket.token, ticket.room) == ("c1", "ws://x", "t", "call-c1")
    assert web.plan == "economy"


async def test_open_and_done_tasks_are_both_listed() -> None:
    def task(name: str, status: str) -> dict[str, object]:
        return {"id": name, "title": name, "due": None, "status": status, "notes": "", "version": 1}

    web, seen = door(
        httpx.Response(200, json={"tasks": [task("a", "open")], "total": 1}),
        httpx.Response(200, json={"tasks": [task("b", "done")], "total": 250}),
    )
    async with web:
        tasks = await web.tasks()
    assert tasks.shown == [
        {"id": "a", "title": "a", "due": None, "status": "open"},
        {"id": "b", "title": "b", "due": None, "status": "done"},
    ]
    assert tasks.total == 251, "also those that are not shown"
    assert [request.url.params["view"] for request in seen] == ["all", "done"]


async def test_a_refusal_gives_the_servers_own_words_and_fix() -> None:
    error = {"error": {"code": "busy", "message": "All lines are busy.", "fix": "Try again in a minute."}}
    web, _ = door(httpx.Response(503, json=error))
    async with web:
        with pytest.raises(
            RefusedError, match=r"All lines are busy. Try again in a minute. \(busy, HTTP 503\)"
        ):
            await web.start_call()


async def test_a_refusal_without_words_gives_the_status() -> None:
    web, _ = door(httpx.Response(403, text="<html>forbidden</html>"))
    async with web:
        with pytest.raises(RefusedError, match="HTTP 403"):
            await web.start_call()


@pytest.mark.parametrize(
    ("status", "body"),
    [
        (503, '{"error": {"code": "no_worker", "message": "Nobody is there to take the call.", "fix": ""}}'),
        (503, '{"error": {"code": "unavailable", "message": "The room server does not answer."}}'),
        (502, "<html>bad gateway</html>"),
        (500, "Internal Server Error"),
    ],
)
async def test_a_server_that_cannot_serve_is_nobody_answering(status: int, body: str) -> None:
    web, _ = door(httpx.Response(status, text=body))
    async with web:
        with pytest.raises(NobodyAnsweredError, match=f"HTTP {status}"):
            await web.start_call()


async def test_another_programs_page_is_nobody_answering() -> None:
    web, _ = door(httpx.Response(200, text="<html>hello</html>"))
    async with web:
        with pytest.raises(NobodyAnsweredError, match="not as a voicetasks server"):
            await web.sign_in("a@b.c", "demo")


async def test_no_server_is_nobody_answering_and_says_how_to_start_one() -> None:
    def refuse(_request: httpx.Request) -> httpx.Response:
        raise httpx.ConnectError("refused")

    async with WebDoor("http://voicetasks.test", transport=httpx.MockTransport(refuse)) as web:
        with pytest.raises(NobodyAnsweredError, match="scripts/demo"):
            await web.sign_in("a@b.c", "demo")
