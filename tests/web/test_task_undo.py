"""The last change of one's tasks, taken back by click."""

from __future__ import annotations

import subprocess
import time
from typing import Any

import pytest

from mcp_tasks.client import TaskClient, ToolOutcome
from tests.routing.experiments.past import plain_call, task
from tests.web.site import Browser, OpenSite
from tests.web.test_tasks import add, task_server

pytestmark = pytest.mark.system

__all__ = ["task_server"]


async def last_change(browser: Browser) -> dict[str, str]:
    answer = await browser.client.get("/api/tasks", params={"view": "changed", "limit": 1})
    change = answer.json()["changes"][0]
    return {"task_id": change["task_id"], "at": change["at"]}


async def test_what_was_shown_last_is_undone_and_nothing_else(
    task_server: subprocess.Popen[bytes], open_site: OpenSite
) -> None:
    site = await open_site()
    ann, bob = await site.signed_in(site.ann), await site.signed_in(site.bob)
    await add(site, site.ann, "Buy milk")
    milk = await last_change(ann)
    await add(site, site.ann, "Buy bread")
    bread = await last_change(ann)
    books = await site.services.books.open()
    subject = await books.journal.subject_of(site.ann.id)
    now_ms = time.time_ns() // 1_000_000
    events = [task("created", bread["task_id"])]
    await books.journal.append(plain_call("c1", now_ms - 60_000, subject=subject, events=events))

    assert (await bob.post("/api/tasks/undo", bread)).status_code == 409  # he has no such change
    assert (await ann.post("/api/tasks/undo", milk)).status_code == 409  # there is a later one
    assert (await ann.client.post("/api/tasks/undo", json=bread)).status_code == 403
    undone = await ann.post("/api/tasks/undo", bread)
    assert (undone.status_code, undone.json()["undone"]) == (200, "create")
    assert undone.json()["task"]["title"] == "Buy bread"
    assert (
        await ann.post("/api/tasks/undo", bread)
    ).status_code == 409  # a second click finds another last one
    left = (await ann.client.get("/api/tasks")).json()["tasks"]
    assert [each["title"] for each in left] == ["Buy milk"]
    told = [entry.details["task"] for entry in await books.journal.entries(call_id="c1", kind="outcome")]
    assert [each["event"] for each in told] == ["created", "undone"]
    assert await last_change(ann) == milk
    assert (await ann.post("/api/tasks/undo", milk)).status_code == 200
    assert (await ann.post("/api/tasks/undo", milk)).status_code == 409
    assert (await ann.post("/api/tasks/undo", {"task_id": "x"})).status_code == 422


async def test_a_deletion_that_is_undone_by_click_leaves_the_task_a_success(
    task_server: subprocess.Popen[bytes], open_site: OpenSite
) -> None:
    site = await open_site()
    ann = await site.signed_in(site.ann)
    await add(site, site.ann, "Buy milk")
    task_id = (await last_change(ann))["task_id"]
    books = await site.services.books.open()
    subject = await books.journal.subject_of(site.ann.id)
    made = plain_call(
        "c1", time.time_ns() // 1_000_000 - 60_000, subject=subject, events=[task("created", task_id)]
    )
    await books.journal.append(made)
    async with site.services.task_lines.of(site.ann) as client:
        assert not (await client.call("delete_task", {"task_id": task_id})).is_error
    undone = await ann.post("/api/tasks/undo", await last_change(ann))
    assert (undone.status_code, undone.json()["undone"]) == (200, "delete")
    told = [entry.details["task"] for entry in await books.journal.entries(call_id="c1", kind="outcome")]
    assert [(each["event"], each["id"]) for each in told] == [("created", task_id), ("restored", task_id)]


async def test_a_change_made_between_the_look_and_the_undoing_is_not_taken_back(
    task_server: subprocess.Popen[bytes], open_site: OpenSite, monkeypatch: pytest.MonkeyPatch
) -> None:
    site = await open_site()
    ann = await site.signed_in(site.ann)
    await add(site, site.ann, "Buy milk")
    milk = await last_change(ann)
    as_it_is = TaskClient.call

    async def after_a_call_has_added_bread(
        client: TaskClient, name: str, arguments: dict[str, Any], operation_id: str | None = None
    ) -> ToolOutcome:
        if name == "undo":
            await as_it_is(client, "create_task", {"title": "Buy bread"})
        return await as_it_is(client, name, arguments, operation_id)

    with monkeypatch.context() as meanwhile:
        meanwhile.setattr(TaskClient, "call", after_a_call_has_added_bread)
        assert (await ann.post("/api/tasks/undo", milk)).status_code == 409
    left = (await ann.client.get("/api/tasks")).json()["tasks"]
    assert {each["title"] for each in left} == {"Buy milk", "Buy bread"}
