"""`voicetasks probe`: what it calls good, what it tells, and a whole round at a running demo."""

from __future__ import annotations

import asyncio
import json
import os
import signal
from pathlib import Path
from typing import Any

import httpx
import pytest
from pydantic import SecretStr
from typer.testing import CliRunner

from cli.admin.output import AdminError
from cli.caller.errors import NobodyAnsweredError
from cli.caller.phone.way_in import refuse_what_no_telephone_does
from cli.caller.record import CallRecord, Turn
from cli.caller.script import Order
from cli.caller.steps import Click, Press, Say, Type
from cli.caller.voices import Quality
from cli.caller.web_door import WebDoor
from cli.main import app
from cli.probe import command, round_trip
from cli.probe.numbers import ProbeNumbers
from cli.probe.round_trip import TITLES, Probed, judge, probe, steps
from cli.probe.settings import ProbeSettings
from cli.probe.telephone import by_telephone
from cli.probe.turn import turn
from routing.kinds import Tier
from sip.keypad import MEANINGS, Meaning


def good() -> CallRecord:
    turns = [Turn(said="Remind me", by="voice", first_sound_ms=700, answered=True)]
    return CallRecord(tier="economy", turns=turns, joined=True)


@pytest.mark.unit
def test_a_call_is_good_when_one_task_came_and_went() -> None:
    assert judge(good(), {"t1"}, "economy") is None


@pytest.mark.unit
@pytest.mark.parametrize(
    ("change", "seen", "says"),
    [
        ({"tier": "budget"}, {"t1"}, "not economy"),
        ({"joined": False}, {"t1"}, "nobody was heard"),
        ({"error": "the call was ended by the other side"}, {"t1"}, "ended"),
        ({}, set(), "0 tasks"),
        ({}, {"t1", "t2"}, "2 tasks"),
        ({"tasks_after": [{"id": "t1", "status": "open"}]}, {"t1"}, "deleted"),
        ({"turns": [Turn(said="x", by="text", problem="no answer within 20 s")]}, {"t1"}, "no answer"),
        ({"turns": [Turn(said="x", by="voice", answered=True)]}, {"t1"}, "no sound"),
    ],
)
def test_anything_else_is_told_in_a_sentence(change: dict[str, Any], seen: set[str], says: str) -> None:
    record = good()
    for name, value in change.items():
        setattr(record, name, value)
    problem = judge(record, seen, "economy")
    assert problem is not None
    assert says in problem


@pytest.mark.unit
def test_what_was_left_behind_is_deleted_and_not_asked_for_again() -> None:
    done = steps([TITLES[0]], "browser")
    assert isinstance(done[0], Say)
    assert TITLES[1] in done[0].text
    assert done[1:5] == [
        Type(f"Please delete the task {TITLES[1]}"),
        Click("yes"),
        Type(f"Please delete the task {TITLES[0]}"),
        Click("yes"),
    ]


@pytest.mark.unit
def test_a_telephone_says_and_keys_what_a_browser_types_and_clicks() -> None:
    keyed = [step for step in steps([TITLES[0]], "phone") if isinstance(step, Press)]
    assert [MEANINGS[step.keys] for step in keyed] == [Meaning.YES] * 2
    refuse_what_no_telephone_does(steps([TITLES[0]], "phone"))


@pytest.mark.unit
def test_a_telephone_is_no_more_than_its_account() -> None:
    order = Order(url="http://127.0.0.1:9", email="probe@example.com", password="x")
    server = {"LIVEKIT_URL": "ws://127.0.0.1:9", "LIVEKIT_API_KEY": "k", "LIVEKIT_API_SECRET": "s"}
    pin = SecretStr("975310")
    phone = by_telephone(order, "+1 555 0199", pin, server, None)
    assert phone.phone is not None
    assert (phone.phone.dialled.number, phone.through_bridge) == ("+15550199", False)
    assert phone.quality is Quality.PHONE
    assert "975310" not in repr(phone)
    assert by_telephone(order, "+15550199", pin, server, 5060).through_bridge
    with pytest.raises(AdminError, match="PIN"):
        by_telephone(order, "+15550199", None, server, None)
    with pytest.raises(AdminError, match="room server"):
        by_telephone(order, "+15550199", pin, server | {"LIVEKIT_API_SECRET": ""}, None)


@pytest.mark.unit
async def test_a_server_that_is_not_there_is_told_and_not_raised() -> None:
    order = Order(url="http://127.0.0.1:9", email="probe@example.com", password="x")
    probed = await probe(order, "economy")
    assert not probed.ok
    assert "no voicetasks server answers" in (probed.problem or "")
    assert NobodyAnsweredError.exit_code == 3


SIGNED_IN = {"csrf": "c", "user": {"plan": "economy"}}


@pytest.mark.unit
@pytest.mark.parametrize(
    ("at_login", "behind_it"),
    [
        ({}, {}),
        ({"status": "ok"}, {"status": "ok"}),
        ({"csrf": "c", "user": None}, {}),
        (SIGNED_IN, {}),
        (SIGNED_IN, {"tasks": ["ok"], "total": 1}),
        (SIGNED_IN, {"tasks": None, "total": 0}),
    ],
)
async def test_a_server_that_answers_as_another_program_would_is_told_and_not_raised(
    at_login: dict[str, Any], behind_it: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    def answer(request: httpx.Request) -> httpx.Response:
        return httpx.Response(200, json=at_login if request.url.path == "/api/login" else behind_it)

    through = httpx.MockTransport(answer)
    monkeypatch.setattr(round_trip, "WebDoor", lambda url: WebDoor(url, transport=through))
    probed = await probe(Order(url="http://voicetasks.test", email="a@b.c", password="x"), "economy")
    assert not probed.ok
    assert "not as a voicetasks server does" in (probed.problem or "")


@pytest.mark.unit
@pytest.mark.parametrize("part", ["_open_titles", "make_call", "judge"])
async def test_whatever_fails_in_a_probe_is_told_and_not_raised(
    part: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def nothing(*_: object) -> list[str]:
        return []

    async def breaks(*_: object) -> None:
        raise KeyError("csrf")

    def breaks_at_once(*_: object) -> None:
        raise KeyError("csrf")

    for name in ("_open_titles", "make_call", "_watch"):
        monkeypatch.setattr(round_trip, name, nothing)
    monkeypatch.setattr(round_trip, part, breaks_at_once if part == "judge" else breaks)
    probed = await probe(Order(url="http://voicetasks.test", email="a@b.c", password="x"), "economy")
    assert (probed.ok, probed.problem) == (False, "the probe itself failed: KeyError")


@pytest.mark.unit
def test_its_numbers_say_whether_the_last_call_went_well() -> None:
    numbers = ProbeNumbers()
    labels = {"tier": "premium", "channel": "browser"}
    told = numbers.registry.get_sample_value
    for ok in (True, False):
        numbers.tell(
            Probed("premium", "browser", ok, None if ok else "?", "premium", "c1", True, 640, 9, 0, 20.0)
        )
        assert told("voicetasks_probe_success", labels) == ok
    assert told("voicetasks_probe_calls_total", {**labels, "outcome": "failed"}) == 1
    assert told("voicetasks_probe_response_seconds", labels) == 0.64


@pytest.mark.dear
@pytest.mark.system
def test_a_probe_of_its_own_accounts_goes_round_and_leaves_nothing(demo: Any) -> None:
    made = demo.voicetasks("probe", "set-up", "--json")
    assert made.returncode == 0, made.stderr
    budget = ProbeSettings().day_microdollars
    for tier, channel in (("economy", "browser"), ("premium", "phone")):
        done = demo.voicetasks("probe", "--tier", tier, "--channel", channel, "--json", seconds=200)
        body = json.loads(done.stdout)
        assert done.returncode == 0, body
        [probed] = body["probes"]
        assert (probed["tier"], probed["channel"]) == (tier, channel)
        assert (body["ok"], probed["left_over"], probed["sandbox"]) == (True, 0, True)
        assert 576 * probed["cost_microdollars"] <= budget, "a day of calls every five minutes is paid for"
    again = json.loads(demo.voicetasks("probe", "set-up", "--json").stdout)
    assert again["made"] == []


@pytest.mark.unit
async def test_told_to_stop_it_ends_the_call_under_way_and_begins_no_other(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    told: list[int] = []
    before = signal.signal(signal.SIGTERM, lambda number, _: told.append(number))
    made: list[str] = []

    async def call(order: Order, tier: Tier) -> Probed:
        os.kill(os.getpid(), signal.SIGTERM)
        for _ in range(3):  # the rest of the call
            await asyncio.sleep(0)
        made.append(tier)
        return Probed(tier, "browser", True, None, "premium", "c1", True, 640, 9, 0, 20.0)

    monkeypatch.setattr(command, "probe", call)
    order = Order(url="http://127.0.0.1:9", email="probe@example.com", password="x")
    rounds = command._Rounds([("economy", order), ("premium", order)], tmp_path, as_json=False)
    try:
        async with asyncio.timeout(10):
            await rounds.again(600)
    finally:
        asyncio.get_running_loop().remove_signal_handler(signal.SIGTERM)
        signal.signal(signal.SIGTERM, before)
    assert (made, told) == (["economy"], [])


@pytest.mark.unit
async def test_a_second_probe_waits_for_the_call_of_the_first_to_the_same_account_and_says_so(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    in_calls: list[Tier] = []
    calls, waits, both_called, goes_on = 0, asyncio.Event(), asyncio.Event(), asyncio.Event()

    async def call(order: Order, tier: Tier) -> Probed:
        nonlocal calls
        assert tier not in in_calls, "two calls to one account at once"
        in_calls.append(tier)
        calls += 1
        if len(in_calls) == 2:
            both_called.set()
        await goes_on.wait()
        in_calls.remove(tier)
        return Probed(tier, "browser", True, None, "premium", "c1", True, 640, 9, 0, 20.0)

    def say(sentence: str) -> None:
        assert "waiting" in sentence
        waits.set()

    monkeypatch.setattr(command, "probe", call)
    monkeypatch.setattr(command, "say", say)
    order = Order(url="http://127.0.0.1:9", email="probe@example.com", password="x")
    beside = command._Rounds([("premium", order)], tmp_path, as_json=False)
    both = [command._Rounds([("economy", order)], tmp_path, as_json=False) for _ in range(2)]
    async with asyncio.timeout(20):
        rounds = [asyncio.create_task(each.once()) for each in (*both, beside)]
        await waits.wait()
        await both_called.wait()  # another account is nobody's hindrance
        assert sorted(in_calls) == ["economy", "premium"]
        goes_on.set()
        assert await asyncio.gather(*rounds) == [True] * 3
    assert calls == 3


@pytest.mark.unit
async def test_a_folder_that_cannot_be_written_keeps_no_probe_from_calling(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    said: list[str] = []
    async with asyncio.timeout(5), turn(tmp_path / "file", "economy", said.append):
        assert said == []


@pytest.mark.unit
def test_a_setting_that_is_wrong_is_named_in_the_one_object(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    for name, value in {
        "VOICETASKS_PROBE_PORT": "abc",
        "VOICETASKS_CLI_ENV_FILE": os.devnull,
        "VOICETASKS_CLI_DATA_DIR": str(tmp_path),
    }.items():
        monkeypatch.setenv(name, value)
    said = CliRunner().invoke(app, ["probe", "--json"])
    assert (said.exit_code, json.loads(said.stdout)["error"]["code"]) == (2, "bad_setting")
