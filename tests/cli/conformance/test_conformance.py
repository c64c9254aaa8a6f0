"""The stand-ins against the vendors' types, and against a vendor that sends otherwise."""

from __future__ import annotations

import dataclasses
import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from typer.testing import CliRunner

from cli.conformance.conformance import conformance
from cli.conformance.frame import Difference, Frame, differences
from cli.conformance.scripts.peer import Peer
from cli.conformance.vendors import VENDORS
from cli.main import app
from sandbox import cartesia_messages
from sandbox.app import serve
from sandbox.desk import Desk

pytestmark = pytest.mark.unit

VALUES = st.sampled_from(
    [None, True, 1, "a", [], [1, "b"], {"a": 1}, [{"b": None}, {"b": 2}], {"c": {"d": []}}]
)
BODIES = st.dictionaries(st.sampled_from("abc"), VALUES)
FRAMES = st.lists(st.builds(Frame, st.sampled_from("xy"), BODIES), max_size=4)


@pytest.mark.parametrize("name", list(VENDORS))
async def test_a_stand_in_speaks_as_the_vendors_types_have_it(name: str) -> None:
    report = await conformance(VENDORS[name])
    assert report.violations == ()
    assert sum(report.frames.values()) >= 5
    assert report.checked_by != ""
    assert report.holds


async def test_a_stand_in_that_does_not_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cartesia_messages, "done", lambda _: {"type": "done", "done": "yes"})
    report = await conformance(VENDORS["cartesia"])
    assert not report.holds
    assert {each.kind for each in report.violations} == {"done"}
    assert any("status_code" in each.problem for each in report.violations)


async def test_what_the_vendor_sends_otherwise_is_told_by_kind_and_field() -> None:
    cartesia = VENDORS["cartesia"]

    async def run(peer: Peer) -> list[Frame]:
        frames = await cartesia.run(peer)
        if peer.sandbox:
            return frames
        changed = [
            Frame(frame.kind, {**frame.body, "voice": {"id": "v"}, "flush_id": "1"})
            if frame.kind == "chunk"
            else frame
            for frame in frames
            if frame.kind != "timestamps"
        ]
        return [*changed, Frame("usage", {"credits": 3})]

    async with serve(Desk()) as real:
        report = await conformance(
            dataclasses.replace(cartesia, run=run), base_url=f"{real.url}/cartesia", key="a key of theirs"
        )
    assert report.compared
    assert report.most_usd == cartesia.most_usd
    assert set(report.differences) == {
        Difference("chunk", "flush_id", "type", "string", "number"),
        Difference("chunk", "voice", "missing", "object", ""),
        Difference("chunk", "voice.id", "missing", "string", ""),
        Difference("timestamps", "", "extra", "", "sent"),
        Difference("usage", "", "missing", "sent", ""),
    }
    assert not report.holds
    assert [each.kind for each in report.vendor_violations].count("usage") == 1  # beyond its own SDK


@pytest.mark.parametrize("name", ["openai-chat", "elevenlabs"])
async def test_a_vendor_that_sends_the_same_does_not_differ(name: str) -> None:
    async with serve(Desk()) as real:
        report = await conformance(VENDORS[name], base_url=f"{real.url}{VENDORS[name].path}", key="a key")
    assert report.differences == ()
    assert report.vendor_frames.keys() == report.frames.keys()


@given(FRAMES)
def test_frames_never_differ_from_themselves(frames: list[Frame]) -> None:
    assert differences(frames, frames) == []


@given(FRAMES, st.sampled_from("efg"))
def test_a_field_of_one_side_alone_is_always_found(frames: list[Frame], name: str) -> None:
    more = [Frame(frame.kind, {**frame.body, name: 1}) for frame in frames]
    kinds = {frame.kind for frame in frames}
    assert differences(more, frames) == [
        Difference(kind, name, "missing", "number", "") for kind in sorted(kinds)
    ]
    assert differences(frames, more) == [
        Difference(kind, name, "extra", "", "number") for kind in sorted(kinds)
    ]


def test_no_value_differs_from_none() -> None:
    full, empty = [Frame("x", {"a": {"b": [1]}, "c": [2]})], [Frame("x", {"a": None, "c": []})]
    assert differences(full, empty) == []
    assert differences(empty, full) == []


@pytest.fixture
def without_keys(monkeypatch: pytest.MonkeyPatch, tmp_path: Any) -> pytest.MonkeyPatch:
    for vendor in ("OPENAI", "DEEPGRAM", "CARTESIA", "ELEVEN"):
        monkeypatch.delenv(f"{vendor}_API_KEY", raising=False)
        monkeypatch.delenv(f"{vendor}_BASE_URL", raising=False)
    monkeypatch.setenv("VOICETASKS_CLI_ENV_FILE", str(tmp_path / "none"))
    return monkeypatch


def test_the_command_says_what_it_found(without_keys: pytest.MonkeyPatch) -> None:
    done = CliRunner().invoke(app, ["conformance", "deepgram-tts", "--json"])
    assert done.exit_code == 0, done.output
    body = json.loads(done.stdout)
    assert body["most_usd"] == 0
    [told] = body["vendors"]
    assert (told["vendor"], told["holds"], told["compared_with"]) == ("deepgram-tts", True, "types")
    assert told["frames"]["Flushed"] == 1
    words = CliRunner().invoke(app, ["conformance", "deepgram-tts"])
    assert "deepgram-sdk" in words.stdout


def test_more_than_may_be_spent_is_not_begun(without_keys: pytest.MonkeyPatch) -> None:
    without_keys.setenv("OPENAI_API_KEY", "sk-real")
    done = CliRunner().invoke(app, ["conformance", "openai-realtime", "--max-usd", "0.01"])
    assert done.exit_code == 2
    assert "may cost $0.050" in done.stderr


def test_an_unknown_vendor_is_a_wrong_call(without_keys: pytest.MonkeyPatch) -> None:
    done = CliRunner().invoke(app, ["conformance", "openai"])
    assert done.exit_code == 2
    assert "openai-realtime" in done.stderr
