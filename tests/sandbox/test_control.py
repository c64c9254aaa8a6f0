"""The control port over real sockets."""

import asyncio

import aiohttp
import pytest

from sandbox.app import Running
from sandbox.desk import Desk

pytestmark = pytest.mark.system


async def test_health_names_the_sandbox_on_both_ports(running: Running, http: aiohttp.ClientSession) -> None:
    for url in (running.url, running.control_url):
        async with http.get(f"{url}/healthz") as response:
            assert (await response.json())["sandbox"] is True


async def test_words_and_scripts_are_taken(running: Running, http: aiohttp.ClientSession, desk: Desk) -> None:
    async with http.post(
        f"{running.control_url}/told", json={"tag": "call-1", "text": "Add buy milk"}
    ) as response:
        assert response.status == 200
    assert await desk.told.next("call-1", 1) == "Add buy milk"
    replies = [{"tool_calls": [{"name": "delete_task", "arguments": '{"task_id": "12'}]}]
    async with http.post(f"{running.control_url}/script", json={"replies": replies}) as response:
        assert await response.json() == {"ok": True, "waiting": 1}


async def test_the_invoice_shows_rows_and_is_emptied_by_a_reset(
    running: Running, http: aiohttp.ClientSession, desk: Desk
) -> None:
    desk.invoice.charge(
        vendor="deepgram", model="nova-3", request_id="r", units={"audio_seconds": 60}, tag="c"
    )
    async with http.get(f"{running.control_url}/invoice", params={"tag": "c"}) as response:
        body = await response.json()
    assert body["sandbox"] is True
    assert body["rows"][0].keys() == {
        "vendor", "model", "request_id", "units", "microdollars", "status", "tag", "time"
    }  # fmt: skip
    assert body["microdollars"] == 7700
    async with http.post(f"{running.control_url}/reset") as response:
        assert response.status == 200
    async with http.get(f"{running.control_url}/invoice") as response:
        assert (await response.json())["rows"] == []


async def test_the_invoice_can_be_waited_for(
    running: Running, http: aiohttp.ClientSession, desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    waits, grown = asyncio.Event(), desk.invoice.grown

    async def seen(count: int) -> None:
        waits.set()
        await grown(count)

    monkeypatch.setattr(desk.invoice, "grown", seen)
    asking = asyncio.create_task(http.get(f"{running.control_url}/invoice", params={"charged": "1"}))
    await asyncio.wait_for(waits.wait(), 5)
    desk.invoice.charge(vendor="cartesia", model="sonic-3", request_id="r", units={"characters": 1})
    async with await asyncio.wait_for(asking, 5) as response:
        assert len((await response.json())["rows"]) == 1
    async with http.get(f"{running.control_url}/invoice", params={"charged": "many"}) as response:
        assert response.status == 422


async def test_connections_are_shown_by_vendor(
    running: Running, http: aiohttp.ClientSession, desk: Desk
) -> None:
    with desk.connections.open("cartesia", "call-1"):
        async with http.get(f"{running.control_url}/connections") as response:
            body = await response.json()
    assert body["by_vendor"] == {"cartesia": {"open": 1, "ever": 1, "refused": 0}}
    assert body["open"][0]["tag"] == "call-1"


async def test_a_profile_is_set_by_name_or_in_full(
    running: Running, http: aiohttp.ClientSession, desk: Desk
) -> None:
    async with http.put(f"{running.control_url}/profile", json={"name": "seed"}) as response:
        assert (await response.json())["stt"] == {"low_ms": 90, "high_ms": 90}
    full = {"name": "slow", "llm": {"low_ms": 900, "high_ms": 1000}}
    async with http.put(f"{running.control_url}/profile", json=full) as response:
        assert response.status == 200
    assert (desk.profile.name, desk.profile.llm.high_ms) == ("slow", 1000)


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("POST", "told", b'{"tag": "a"}'),
        ("POST", "told", b"not json"),
        ("POST", "told", b'{"tag": "a", "text": "' + b"x" * 3000 + b'"}'),
        ("POST", "script", b'{"replies": [{}]}'),
        ("POST", "script", b'{"replies": []}'),
        ("PUT", "profile", b'{"name": "x", "llm": {"low_ms": 5, "high_ms": 1}}'),
        ("PUT", "profile", b'{"name": "x", "llm": {"low_ms": -1, "high_ms": 1}}'),
    ],
)
async def test_a_body_that_cannot_be_taken_is_422_and_does_not_echo_it(
    running: Running, http: aiohttp.ClientSession, method: str, path: str, body: bytes
) -> None:
    async with http.request(method, f"{running.control_url}/{path}", data=body) as response:
        error = (await response.json())["error"]
        assert response.status == 422
    assert error.keys() == {"code", "message", "fix"}
    assert "xxx" not in error["message"]


async def test_too_many_words_waiting_is_429(
    running: Running, http: aiohttp.ClientSession, desk: Desk
) -> None:
    for _ in range(200):
        desk.told.put("a", "x")
    async with http.post(f"{running.control_url}/told", json={"tag": "a", "text": "x"}) as response:
        assert response.status == 429


async def test_faults_are_set_shown_and_healed(
    running: Running, http: aiohttp.ClientSession, desk: Desk
) -> None:
    url = f"{running.control_url}/faults"
    async with http.post(url, json={"service": "cartesia", "kind": "silent", "seconds": 60}) as response:
        assert [each["kind"] for each in (await response.json())["faults"]] == ["silent"]
    assert desk.faults.active("cartesia", "silent")
    async with http.get(url) as response:
        shown = await response.json()
    assert shown["faults"][0]["service"] == "cartesia"
    assert "stall-mid-stream" in shown["kinds"]["openai-chat"]
    async with http.delete(url, params={"service": "openai-chat"}) as response:
        assert len((await response.json())["faults"]) == 1
    async with http.delete(url) as response:
        assert (await response.json())["faults"] == []
    desk.faults.set("openai-realtime", "refuse")
    async with http.post(f"{running.control_url}/reset"):
        assert not desk.faults.active("openai-realtime")


@pytest.mark.parametrize(
    ("body", "told"),
    [
        ({"service": "acme", "kind": "refuse"}, "openai-realtime"),
        ({"service": "cartesia", "kind": "no-final"}, "error-after-audio"),
        ({"service": "cartesia", "kind": "silent", "seconds": -1}, "seconds"),
        ({"service": "cartesia", "kind": "silent", "after": -1}, "after"),
    ],
)
async def test_a_fault_that_there_is_not_is_422_and_names_those_there_are(
    running: Running, http: aiohttp.ClientSession, body: dict[str, object], told: str
) -> None:
    async with http.post(f"{running.control_url}/faults", json=body) as response:
        assert response.status == 422
        assert told in (await response.json())["error"]["message"]
