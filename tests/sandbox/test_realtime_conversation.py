import numpy as np
import pytest

from sandbox.realtime_conversation import ContextLengthError, Conversation
from sandbox.realtime_events import RealtimeError
from sandbox.realtime_item_request import item_of
from sandbox.realtime_items import ASSISTANT_TOKEN_MS, Item, Part, Sound
from sandbox.realtime_session import RetentionRatio, TokenLimits

pytestmark = pytest.mark.unit


def text(name: str, words: str = "hello") -> Item:
    return item_of(
        {"id": name, "type": "message", "role": "user", "content": [{"type": "input_text", "text": words}]}
    )


def spoken() -> Item:
    part = Part("output_audio", "You have three tasks.", Sound(ASSISTANT_TOKEN_MS))
    part.sound.add(np.zeros(24_000, np.int16))
    part.marks = [(250, 3), (500, 8), (750, 14), (1000, 21)]
    return Item("ours", "message", "assistant", parts=[part])


def test_items_stand_where_the_client_puts_them() -> None:
    conversation = Conversation()
    conversation.insert(text("b"), None)
    conversation.insert(text("a"), "root")
    conversation.insert(text("d"), None)
    conversation.insert(text("c"), "b")
    assert [item.id for item in conversation.items] == ["a", "b", "c", "d"]
    assert conversation.before(conversation.items[0]) is None
    assert conversation.before(conversation.items[2]) == "b"


@pytest.mark.parametrize(
    ("item", "previous", "code"),
    [
        (text("a"), None, "item_create_duplicate_item_id"),
        (text("b"), "nowhere", "item_create_invalid_previous_item_id"),
        (
            item_of({"type": "function_call_output", "call_id": "call_9", "output": "{}"}),
            None,
            "invalid_tool_call_id",
        ),
    ],
)
def test_an_item_that_fits_nowhere_is_refused(item: Item, previous: str | None, code: str) -> None:
    conversation = Conversation()
    conversation.insert(text("a"), None)
    with pytest.raises(RealtimeError) as refused:
        conversation.insert(item, previous)
    assert refused.value.code == code
    assert len(conversation.items) == 1


async def test_a_cut_reply_keeps_the_words_that_were_heard_and_loses_its_transcript() -> None:
    conversation = Conversation()
    item = spoken()
    conversation.append(item)
    conversation.truncate(item, 0, 600)
    assert (await item.message())["content"] == "You have"
    assert item.as_json()["content"] == [{"type": "output_audio", "transcript": None}]
    assert len(item.tokens) == 12
    with pytest.raises(RealtimeError, match="already shorter than 700ms"):
        conversation.truncate(item, 0, 700)


def test_only_our_own_finished_speech_can_be_cut() -> None:
    conversation = Conversation()
    item = spoken()
    for each in (text("a"), item):
        conversation.append(each)
    for wrong, index, end in ((conversation.items[0], 0, 0), (item, 1, 0), (item, 0, -1), (item, 0, None)):
        with pytest.raises(RealtimeError):
            conversation.truncate(wrong, index, end)
    item.status = "in_progress"
    with pytest.raises(RealtimeError, match="still being generated"):
        conversation.truncate(item, 0, 100)
    with pytest.raises(RealtimeError) as unknown:
        conversation.get("nowhere", "delete")
    assert unknown.value.code == "item_delete_invalid_item_id"


def test_a_long_conversation_loses_its_beginning_for_good() -> None:
    conversation = Conversation()
    for name in "abcdef":
        conversation.append(text(name, "one two three four five"))
    limits = RetentionRatio(
        type="retention_ratio", retention_ratio=0.5, token_limits=TokenLimits(post_instructions=20)
    )
    assert [item.id for item in conversation.context(limits)] == ["e", "f"]
    assert [item.id for item in conversation.context("auto")] == ["e", "f"]


def test_a_long_conversation_that_may_not_be_shortened_is_refused() -> None:
    conversation = Conversation()
    conversation.append(text("a", "word " * 30_000))
    with pytest.raises(ContextLengthError):
        conversation.context("disabled")
    assert len(conversation.context("auto")) == 1


@pytest.mark.parametrize(
    "raw",
    [
        {"type": "message", "role": "user", "content": [{"type": "output_text", "text": "x"}]},
        {"type": "message", "role": "nobody", "content": []},
        {"type": "function_call", "name": "x", "arguments": "{}", "call_id": "c" * 33},
        {"type": "message", "role": "user", "id": "i" * 33, "content": []},
        {"type": "message", "role": "user", "content": [{"type": "input_audio", "audio": "?"}]},
        {"type": "message", "role": "user", "content": [{"type": "input_audio", "audio": "AAA="[:2] + "=="}]},
        {"type": "other"},
    ],
)
def test_what_is_no_item_is_refused(raw: object) -> None:
    with pytest.raises(RealtimeError):
        item_of(raw)
