"""What is cached of a realtime prompt: an identical beginning, in steps of 128 tokens, and nothing else."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sandbox.price_list import microdollars
from sandbox.realtime_conversation import Conversation
from sandbox.realtime_items import ASSISTANT_TOKEN_MS, USER_TOKEN_MS, Item, Part, Sound
from sandbox.realtime_usage import CACHE_STEP, Prompt, SessionCache, Usage

pytestmark = pytest.mark.unit


def sound(milliseconds: int, token_ms: int) -> Sound:
    made = Sound(token_ms)
    made.add(np.zeros(24 * milliseconds, np.int16))
    return made


def user(name: str, milliseconds: int) -> Item:
    return Item(
        name, "message", "user", parts=[Part("input_audio", "hello", sound(milliseconds, USER_TOKEN_MS))]
    )


def assistant(name: str, milliseconds: int) -> Item:
    part = Part("output_audio", "All of it is done now.", sound(milliseconds, ASSISTANT_TOKEN_MS))
    part.marks = [(milliseconds / 2, 10), (milliseconds, 22)]
    return Item(name, "message", "assistant", parts=[part])


def prompt(items: list[Item]) -> list[int]:
    return [token for item in items for token in item.tokens]


def test_sound_is_a_token_for_each_begun_100_ms_of_the_caller_and_50_ms_of_ours() -> None:
    assert len(sound(1000, USER_TOKEN_MS).tokens) == 10
    assert len(sound(1001, USER_TOKEN_MS).tokens) == 11
    assert len(sound(1000, ASSISTANT_TOKEN_MS).tokens) == 20
    # The caller's words are no text tokens; ours are, beside the sound.
    assert all(token < 0 for token in user("u", 500).tokens)
    ours = SessionCache().take(assistant("a", 500).tokens)
    assert (ours.audio, ours.text) == (10, 7)


def test_a_usage_is_priced_by_its_units_and_reported_with_its_parts() -> None:
    usage = Usage(Prompt(text=200, audio=800, cached_text=16, cached_audio=384), text=50, audio=250)
    assert microdollars("openai", "gpt-realtime", usage.units) == 31_008
    told = usage.as_json()
    assert (told["input_tokens"], told["output_tokens"], told["total_tokens"]) == (1000, 300, 1300)
    assert told["input_token_details"]["cached_tokens"] == 400
    assert told["input_token_details"]["cached_tokens_details"] == {
        "text_tokens": 16,
        "audio_tokens": 384,
        "image_tokens": 0,
    }


TOKENS = st.lists(st.integers(min_value=-5, max_value=5), max_size=700)


@given(TOKENS, TOKENS)
def test_only_a_beginning_identical_to_the_last_prompt_is_cached(last: list[int], now: list[int]) -> None:
    cache = SessionCache()
    cache.take(last)
    counted = cache.take(now)
    cached = counted.cached_text + counted.cached_audio
    assert cached % CACHE_STEP == 0
    assert now[:cached] == last[:cached]
    assert now[: cached + CACHE_STEP] != last[: cached + CACHE_STEP] or len(now) < cached + CACHE_STEP
    assert counted.text + counted.audio == len(now)
    assert (counted.cached_text <= counted.text, counted.cached_audio <= counted.audio) == (True, True)


@given(TOKENS, TOKENS)
def test_a_prompt_that_goes_on_caches_all_of_the_last_one_in_whole_steps(
    last: list[int], more: list[int]
) -> None:
    cache = SessionCache()
    assert cache.take(last).cached_audio == 0
    counted = cache.take(last + more)
    common = len(last)
    assert counted.cached_text + counted.cached_audio == common - common % CACHE_STEP


@given(st.lists(st.integers(min_value=1000, max_value=20_000), min_size=2, max_size=8), st.data())
def test_a_cut_or_a_deletion_uncaches_what_follows(lengths: list[int], data: st.DataObject) -> None:
    conversation = Conversation()
    for number, length in enumerate(lengths):
        make = assistant if number % 2 else user
        conversation.append(make(f"item_{number}", length))
    cache = SessionCache()
    cache.take(prompt(conversation.items))
    victim = data.draw(st.sampled_from(conversation.items))
    before = len(prompt(conversation.items[: conversation.items.index(victim)]))
    if victim.role == "assistant" and data.draw(st.booleans()):
        kept = data.draw(st.integers(min_value=0, max_value=lengths[int(victim.id[5:])]))
        conversation.truncate(victim, 0, kept)
        before += len(victim.tokens)
    else:
        conversation.delete(victim)
    conversation.append(user("new", 5_000))
    counted = cache.take(prompt(conversation.items))
    cached = counted.cached_text + counted.cached_audio
    assert cached == before - before % CACHE_STEP
