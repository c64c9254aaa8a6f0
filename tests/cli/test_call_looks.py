"""The looks at the tasks around a call: they say nothing about whether it was answered."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from typing import Any

import httpx
import pytest

from cli import call
from cli.caller import script
from cli.caller.errors import NobodyAnsweredError
from cli.caller.record import CallRecord
from cli.caller.script import Order
from cli.caller.voices import VoiceName
from cli.caller.web_door import WebDoor
from cli.probe.round_trip import judge

pytestmark = pytest.mark.unit

ORDER = Order("http://voicetasks.test", "a@b.c", "demo", voice=VoiceName.TOLD)
AWAY = {"error": {"code": "unavailable", "message": "The task server does not answer."}}
Look = Callable[[], httpx.Response]


def one_task() -> httpx.Response:
    task = {"id": "t1", "title": "Buy milk", "due": None, "status": "open"}
    return httpx.Response(200, json={"tasks": [task], "total": 150})


def away() -> httpx.Response:
    return httpx.Response(503, json=AWAY)


@pytest.fixture
def around(monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    """Have the looks before and after find this, and the call in between be answered or raise."""

    def arrange(before: Look, after: Look, error: Exception | None = None) -> None:
        looks: Iterator[Look] = iter((before, before, after, after))

        def answer(request: httpx.Request) -> httpx.Response:
            if request.url.path == "/api/login":
                return httpx.Response(200, json={"csrf": "c", "user": {"plan": "economy"}})
            found = next(looks)()
            if found.is_error:
                next(looks)  # a look that fails asks for no second view
            return found

        async def talk(_order: Order, record: CallRecord, *_: object) -> None:
            if error is not None:
                raise error
            record.joined = True

        transport = httpx.MockTransport(answer)
        monkeypatch.setattr(script, "WebDoor", lambda url: WebDoor(url, transport=transport))
        monkeypatch.setattr(script, "_talk", talk)

    return arrange


def made(capsys: pytest.CaptureFixture[str]) -> tuple[int, dict[str, Any], str]:
    code = call.run(ORDER, as_json=True)
    printed = capsys.readouterr()
    return code, json.loads(printed.out), printed.err


@pytest.mark.parametrize(("before", "after"), [(one_task, away), (away, one_task), (away, away)])
def test_a_call_that_was_answered_stays_so_where_the_tasks_cannot_be_looked_at(
    before: Look, after: Look, around: Callable[..., None], capsys: pytest.CaptureFixture[str]
) -> None:
    around(before, after)
    code, result, shown = made(capsys)
    assert (code, result["answered"], result["error"]) == (0, True, None)
    assert "task server does not answer" in result["tasks_problem"]
    assert (result["tasks_total_before"] is None) == (before is away)
    assert (result["tasks_after"] == []) == (after is away)
    assert "could not be looked at" in shown
    assert "Buy milk" not in shown, "told as a change"


def test_nobody_answering_is_not_hidden_by_a_look_that_fails(
    around: Callable[..., None], capsys: pytest.CaptureFixture[str]
) -> None:
    around(one_task, away, NobodyAnsweredError("no agent came"))
    code, result, _ = made(capsys)
    assert (code, result["error"]) == (3, "no agent came")


def test_how_many_tasks_there_are_is_told_where_not_all_are_shown(
    around: Callable[..., None], capsys: pytest.CaptureFixture[str]
) -> None:
    around(one_task, one_task)
    _, result, shown = made(capsys)
    assert len(result["tasks_before"]) == 2
    assert (result["tasks_total_before"], result["tasks_total_after"]) == (300, 300)
    assert "too many to compare" in shown


def test_a_probe_that_could_not_look_at_the_tasks_is_not_well() -> None:
    record = CallRecord(joined=True, tier="economy", tasks_problem="The task server does not answer.")
    assert "could not be looked at" in (judge(record, {"t1"}, "economy") or "")
