import pytest
from hypothesis import given
from hypothesis import strategies as st

from sandbox.price_list import UnpricedError, microdollars

pytestmark = pytest.mark.unit


@pytest.mark.parametrize(
    ("vendor", "model", "units", "price"),
    [
        ("openai", "gpt-4o-mini", {"input_tokens": 1_000_000}, 150_000),
        ("openai", "gpt-4o-mini-2024-07-18", {"output_tokens": 1_000_000}, 600_000),
        ("openai", "gpt-4o", {"input_tokens": 1000, "cached_input_tokens": 400, "output_tokens": 100}, 3000),
        ("openai", "gpt-5.6-luna", {"input_tokens": 100, "cached_input_tokens": 100}, 2),
        ("deepgram", "nova-3", {"audio_seconds": 60}, 7700),
        ("deepgram", "nova-3-general", {"audio_seconds": 1.5}, 193),
        ("deepgram", "aura-2-thalia-en", {"characters": 1000}, 30_000),
        ("cartesia", "sonic-3", {"characters": 10}, 500),
        ("elevenlabs", "eleven_flash_v2_5", {"characters": 10}, 500),
    ],
)
def test_a_price_is_that_of_the_list(vendor: str, model: str, units: dict[str, float], price: int) -> None:
    assert microdollars(vendor, model, units) == price


@pytest.mark.parametrize(
    ("vendor", "model", "units"),
    [
        ("openai", "gpt-4o-transcribe", {"input_tokens": 1}),
        ("openai", "gpt-4o", {"audio_seconds": 1}),
        ("nobody", "gpt-4o", {}),
    ],
)
def test_what_has_no_price_is_refused_and_never_free(
    vendor: str, model: str, units: dict[str, float]
) -> None:
    with pytest.raises(UnpricedError):
        microdollars(vendor, model, units)


def test_more_cached_than_sent_or_less_than_nothing_is_refused() -> None:
    with pytest.raises(ValueError, match="cached"):
        microdollars("openai", "gpt-4o", {"input_tokens": 1, "cached_input_tokens": 2})
    with pytest.raises(ValueError, match="negative"):
        microdollars("openai", "gpt-4o", {"output_tokens": -1})


COUNT = st.integers(min_value=0, max_value=10_000_000)


@given(COUNT, COUNT, COUNT)
def test_money_is_whole_and_caching_never_makes_it_dearer(fresh: int, cached: int, out: int) -> None:
    units = {"input_tokens": fresh + cached, "output_tokens": out}
    plain = microdollars("openai", "gpt-4o-mini", units)
    assert isinstance(plain, int)
    assert 0 <= microdollars("openai", "gpt-4o-mini", {**units, "cached_input_tokens": cached}) <= plain


@given(st.lists(COUNT, max_size=5))
def test_charging_in_parts_differs_by_less_than_one_for_each_part(parts: list[int]) -> None:
    whole = microdollars("openai", "gpt-4o-mini", {"input_tokens": sum(parts)})
    apart = sum(microdollars("openai", "gpt-4o-mini", {"input_tokens": part}) for part in parts)
    assert abs(whole - apart) <= max(1, len(parts))


def test_the_vector_of_the_design_is_exact() -> None:
    units = {
        "text_input_tokens": 200,
        "audio_input_tokens": 800,
        "cached_text_input_tokens": 16,
        "cached_audio_input_tokens": 384,
        "text_output_tokens": 50,
        "audio_output_tokens": 250,
    }
    assert microdollars("openai", "gpt-realtime", units) == 31_008
