"""A voice that carries a sentence over several messages gets each piece as soon as it is given."""

import pytest
from livekit.agents.tokenize.tokenizer import SentenceStream

from tiers.as_given import AsGiven

pytestmark = pytest.mark.unit


async def sent(stream: SentenceStream) -> list[str]:
    return [event.token async for event in stream]


async def test_each_piece_is_a_message_as_soon_as_it_is_given() -> None:
    stream = AsGiven().stream()
    stream.push_text("You have three tasks ")
    assert (await anext(stream)).token == "You have three tasks"
    stream.push_text("for today. Shall I go on? ")
    stream.end_input()
    assert await sent(stream) == ["for today. Shall I go on?"]


async def test_a_word_in_two_pieces_is_not_torn() -> None:
    stream = AsGiven().stream()
    for piece in ("You have thr", "ee", " ", "  ", "tasks."):
        stream.push_text(piece)
    stream.end_input()
    assert await sent(stream) == ["You have three", "tasks."]


async def test_nothing_is_no_message() -> None:
    stream = AsGiven().stream()
    stream.flush()
    stream.end_input()
    assert await sent(stream) == []
    assert stream.closed
    assert AsGiven().tokenize("  ") == []
    assert AsGiven().tokenize(" Yes. No. ") == ["Yes. No."]


async def test_a_stream_that_is_closed_takes_nothing_more() -> None:
    stream = AsGiven().stream()
    await stream.aclose()
    with pytest.raises(RuntimeError, match="closed"):
        stream.push_text("Hello ")
