import pytest
from multidict import MultiDict

from sandbox.deepgram_query import BadQueryError, parse

pytestmark = pytest.mark.unit

PLAIN = {"model": "nova-3", "encoding": "linear16", "sample_rate": "16000"}


def test_the_defaults_are_the_vendors():
    query = parse(MultiDict(PLAIN))
    assert not query.interim_results
    assert query.endpointing == 10
    assert query.tag is None
    assert query.bytes_a_second == 32_000


@pytest.mark.parametrize(("value", "milliseconds"), [("25", 25), ("true", 10), ("false", None)])
def test_endpointing_is_a_time_or_a_switch(value, milliseconds):
    assert parse(MultiDict(PLAIN | {"endpointing": value})).endpointing == milliseconds


def test_options_that_one_voice_does_not_need_are_taken():
    assert parse(
        MultiDict(
            [*PLAIN.items(), ("keyterm", "milk"), ("keyterm", "tea"), ("diarize", "true"), ("channels", "1")]
        )
    )


@pytest.mark.parametrize(
    "wrong",
    [
        {"encoding": "opus"},
        {"sample_rate": "1"},
        {"sample_rate": "many"},
        {"channels": "2"},
        {"endpointing": "-5"},
        {"interim_results": "perhaps"},
        {"utterance_end_ms": "1000"},
        {"model": "whisper-imaginary"},
        {"tag": "x" * 201},
    ],
)
def test_what_cannot_be_served_is_refused_with_a_reason(wrong):
    with pytest.raises(BadQueryError, match="Bad Request: "):
        parse(MultiDict(PLAIN | wrong))


def test_raw_sound_must_be_described():
    with pytest.raises(BadQueryError, match="sample_rate"):
        parse(MultiDict({"model": "nova-3", "encoding": "linear16"}))
