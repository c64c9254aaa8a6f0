from typing import Any

import pytest

from sandbox.realtime_events import RealtimeError
from sandbox.realtime_session import ResponseParams, SemanticVad, ServerVad, Session, sold, transcribes

pytestmark = pytest.mark.unit


@pytest.fixture
def session() -> Session:
    return Session(type="realtime", model="gpt-realtime")


def change(**fields: Any) -> dict[str, Any]:
    return {"type": "realtime", **fields}


def test_an_update_replaces_what_it_names_and_leaves_the_rest(session: Session) -> None:
    first = session.updated(change(instructions="Be brief.", audio={"output": {"voice": "marin"}}))
    then = first.updated(change(audio={"output": {"speed": 1.25}, "input": {"turn_detection": None}}))
    assert then.instructions == "Be brief."
    assert (then.audio.output.voice, then.audio.output.speed) == ("marin", 1.25)
    assert then.audio.input.turn_detection is None
    assert session.audio.input.turn_detection == ServerVad()


def test_turn_detection_is_replaced_as_a_whole(session: Session) -> None:
    semantic = session.updated(
        change(audio={"input": {"turn_detection": {"type": "semantic_vad", "eagerness": "high"}}})
    )
    assert semantic.audio.input.turn_detection == SemanticVad(type="semantic_vad", eagerness="high")
    server = semantic.updated(
        change(audio={"input": {"turn_detection": {"type": "server_vad", "silence_duration_ms": 300}}})
    )
    assert server.audio.input.turn_detection == ServerVad(silence_duration_ms=300)


def test_a_null_brings_the_default_back_or_turns_off(session: Session) -> None:
    input_ = {"transcription": {"model": "gpt-realtime-whisper"}}
    on = session.updated(change(tool_choice="none", max_output_tokens=5, audio={"input": input_}))
    off = on.updated(
        change(tool_choice=None, max_output_tokens=None, audio={"input": {"transcription": None}})
    )
    assert (off.tool_choice, off.max_output_tokens) == ("auto", "inf")
    assert off.audio.input.transcription is None


@pytest.mark.parametrize(
    ("fields", "code", "param"),
    [
        ({"voice": "marin"}, "unknown_parameter", "session.voice"),
        ({"model": "gpt-4o"}, "invalid_value", "session.model"),
        ({"max_output_tokens": 0}, "invalid_value", None),
        ({"audio": {"output": {"speed": 9}}}, "invalid_value", "session.audio.output.speed"),
        (
            {"audio": {"input": {"turn_detection": {"type": "server_vad", "threshold": 2}}}},
            "invalid_value",
            "session.audio.input.turn_detection.threshold",
        ),
        (
            {"audio": {"input": {"transcription": {"model": "whisper-0"}}}},
            "invalid_value",
            "session.audio.input.transcription.model",
        ),
        ({"audio": {"input": {"format": {"type": "audio/pcmu"}}}}, "invalid_value", None),
        ({"tools": [{"type": "function"}]}, "missing_required_parameter", "session.tools[0].name"),
    ],
)
def test_what_the_vendor_refuses_is_refused_with_its_place(
    session: Session, fields: dict[str, Any], code: str, param: str | None
) -> None:
    with pytest.raises(RealtimeError) as refused:
        session.updated(change(**fields))
    assert refused.value.code == code
    assert param is None or refused.value.param == param


def test_an_update_says_of_what_type_the_session_is(session: Session) -> None:
    with pytest.raises(RealtimeError) as refused:
        session.updated({"instructions": "x"})
    assert (refused.value.code, refused.value.param) == ("missing_required_parameter", "session.type")


def test_a_response_changes_the_session_for_itself_alone(session: Session) -> None:
    params = ResponseParams.of({"instructions": "Greet.", "tools": [], "tool_choice": "none"})
    own = params.over(session)
    assert (own.instructions, own.tools, own.tool_choice) == ("Greet.", [], "none")
    assert session.instructions == ""
    with pytest.raises(RealtimeError):
        ResponseParams.of({"metadata": {"key": "x" * 513}})


def test_models_are_sold_for_what_they_are() -> None:
    assert all(
        sold(name)
        for name in ("gpt-realtime", "gpt-realtime-mini", "gpt-realtime-2.1", "gpt-realtime-2.1-mini")
    )
    assert not sold("gpt-4o")
    assert not sold("gpt-realtime-whisper")
    assert transcribes("gpt-realtime-whisper")
    assert transcribes("gpt-4o-mini-transcribe")
    assert not transcribes("gpt-realtime")
