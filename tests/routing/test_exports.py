"""The vendors' published forms, as they publish them."""

from __future__ import annotations

import json
from typing import Any

import pytest

from routing.exports.form import Export, UnreadableExportError, family
from routing.exports.reading import read_export
from tiers.prices import PriceTable, bundled

pytestmark = pytest.mark.unit

DAY = 1_795_564_800
"""2026-11-25, 00:00 UTC."""


@pytest.fixture(scope="module")
def prices() -> PriceTable:
    return bundled()


def openai_result(**fields: Any) -> dict[str, Any]:
    """One result as the usage API gives it, nothing used."""
    tokens = (
        "input_tokens output_tokens input_cached_tokens input_cache_write_tokens input_uncached_tokens "
        "input_text_tokens output_text_tokens input_cached_text_tokens input_audio_tokens "
        "input_cached_audio_tokens output_audio_tokens input_image_tokens input_cached_image_tokens"
    )
    return {
        "object": "organization.usage.completions.result",
        **dict.fromkeys(tokens.split(), 0),
        "num_model_requests": 1,
        "project_id": None,
        "user_id": None,
        "api_key_id": None,
        "model": "gpt-4o-mini-2024-07-18",
        "batch": False,
        "service_tier": "default",
        **fields,
    }


def openai_page(*results: dict[str, Any], **fields: Any) -> str:
    bucket = {"object": "bucket", "start_time": DAY, "end_time": DAY + 86_400, "results": list(results)}
    return json.dumps({"object": "page", "data": [bucket], "has_more": False, "next_page": None, **fields})


def deepgram_page(*results: dict[str, Any]) -> str:
    return json.dumps(
        {
            "start": "2026-11-25",
            "end": "2026-11-26",
            "resolution": {"units": "day", "amount": 1},
            "results": list(results),
        }
    )


def deepgram_result(models: list[str] | None, **fields: Any) -> dict[str, Any]:
    return {
        "hours": 0.5,
        "total_hours": 0.5,
        "agent_hours": 0,
        "tokens_in": 0,
        "tokens_out": 0,
        "tts_characters": 0,
        "requests": 7,
        "grouping": {
            "start": "2026-11-25",
            "end": "2026-11-25",
            "accessor": None,
            "endpoint": "listen",
            "models": models,
            "tags": None,
        },
        **fields,
    }


def money(export: Export) -> list[tuple[str, str, int]]:
    return [(line.vendor, line.model, line.microdollars) for line in export.lines]


def test_openais_chat_tokens_are_priced_with_the_cached_ones_once(prices: PriceTable) -> None:
    export = read_export(
        openai_page(
            openai_result(
                input_tokens=9_000_000,
                input_cached_tokens=1_000_000,
                output_tokens=400_000,
                input_text_tokens=1,
            )
        ),
        prices,
    )
    assert money(export) == [("openai", "gpt-4o-mini", 8_000_000 * 15 // 100 + 75_000 + 240_000)]
    (line,) = export.lines
    assert (line.starts_ms, line.ends_ms) == (DAY * 1000, (DAY + 86_400) * 1000)
    assert (export.by_request, export.sandbox, export.left_out) == (False, False, ())


def test_openais_realtime_tokens_are_priced_by_kind_and_the_vector_is_exact(prices: PriceTable) -> None:
    used = openai_result(
        model="gpt-realtime-2025-08-28",
        input_tokens=1000,
        input_cached_tokens=400,
        input_uncached_tokens=600,
        input_text_tokens=184,
        input_cached_text_tokens=16,
        input_audio_tokens=416,
        input_cached_audio_tokens=384,
        output_tokens=300,
        output_text_tokens=50,
        output_audio_tokens=250,
    )
    assert money(read_export(openai_page(used), prices)) == [("openai", "gpt-realtime", 31_008)]


def test_many_requests_together_are_not_priced_as_one_long_prompt(prices: PriceTable) -> None:
    used = openai_result(model="gpt-5.6-luna", input_tokens=10_000_000)
    assert money(read_export(openai_page(used), prices)) == [("openai", "gpt-5.6-luna", 2_000_000)]


def test_an_older_answer_that_hides_which_sound_was_cached_is_refused(prices: PriceTable) -> None:
    used = openai_result(model="gpt-realtime", input_tokens=10, input_audio_tokens=10)
    for name in ("input_cached_audio_tokens", "input_cached_text_tokens", "input_text_tokens"):
        del used[name]
    with pytest.raises(UnreadableExportError, match="cached sound"):
        read_export(openai_page(used), prices)


def test_kinds_that_do_not_add_up_are_refused(prices: PriceTable) -> None:
    used = openai_result(model="gpt-realtime", input_tokens=10, input_audio_tokens=9)
    with pytest.raises(UnreadableExportError, match="do not add up"):
        read_export(openai_page(used), prices)


def test_openais_transcription_is_counted_in_seconds(prices: PriceTable) -> None:
    used = {
        "object": "organization.usage.audio_transcriptions.result",
        "model": "gpt-realtime-whisper",
        "seconds": 600,
        "num_model_requests": 3,
    }
    assert money(read_export(openai_page(used), prices)) == [("openai", "gpt-realtime-whisper", 170_000)]


def test_what_calls_do_not_use_is_left_out_and_said(prices: PriceTable) -> None:
    export = read_export(
        openai_page(
            openai_result(batch=True, input_tokens=5),
            openai_result(model="sora-9", input_tokens=5),
            {"object": "organization.usage.embeddings.result", "input_tokens": 5, "num_model_requests": 1},
            has_more=True,
        ),
        prices,
    )
    assert export.lines == ()
    assert "Batches of gpt-4o-mini" in export.left_out[0]
    assert "sora-9" in export.left_out[1]
    assert "one page of several" in export.left_out[2]


def test_deepgrams_hours_and_characters_are_priced_exactly(prices: PriceTable) -> None:
    export = read_export(
        deepgram_page(
            deepgram_result(["Nova-3"], hours=1.1, total_hours=1.25),
            deepgram_result(["aura-2-thalia-en"], hours=0, total_hours=0, tts_characters=2_000),
            deepgram_result(["Nova-2"]),
        ),
        prices,
    )
    # 75 minutes at 7,700 µ$, by every channel's hours.
    assert money(export) == [("deepgram", "nova-3", 577_500), ("deepgram", "aura-2", 60_000)]
    assert [line.ends_ms - line.starts_ms for line in export.lines] == [86_400_000] * 2
    assert export.lines[0].starts_ms == DAY * 1000
    assert "nova-2" in export.left_out[0]


def test_the_stand_ins_invoice_is_read_request_by_request(prices: PriceTable) -> None:
    row = {
        "vendor": "openai",
        "model": "gpt-realtime",
        "request_id": "resp_1",
        "units": {"audio_output_tokens": 5},
        "microdollars": 320,
        "status": "ok",
        "tag": "c1",
        "time": "2026-11-25T00:00:01.000+00:00",
    }
    export = read_export(json.dumps({"sandbox": True, "rows": [row], "charged_ever": 3}), prices)
    (line,) = export.lines
    assert (line.request_id, line.call_id, line.microdollars) == ("resp_1", "c1", 320)
    assert line.starts_ms == (DAY + 1) * 1000
    assert (export.by_request, export.sandbox) == (True, True)
    assert export.left_out == ("2 rows of the invoice are not in the file.",)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "no JSON"),
        ("[" * 100_000, "no JSON"),
        ("[]", "no export that is known"),
        ('{"object": "page"}', "no export that is known"),
        (openai_page(openai_result(model=None)), "group_by=model"),
        (openai_page(openai_result(input_tokens=-1)), r"OpenAI usage form: data.0.results.0"),
        (openai_page(openai_result(input_tokens="many")), "input_tokens"),
        (deepgram_page(deepgram_result(None)), "grouping=models"),
        (deepgram_page(deepgram_result(["nova-3", "aura-2"])), "grouping=models"),
        (deepgram_page(deepgram_result(["nova-3"], total_hours="x")), "Deepgram usage form"),
        (deepgram_page(deepgram_result(["nova-3"], total_hours="1e999999999")), "Deepgram usage form"),
        (
            deepgram_page(deepgram_result(["nova-3"], grouping={"start": "yesterday", "models": ["nova-3"]})),
            "'yesterday' is no day",
        ),
        ('{"sandbox": true, "rows": [{"vendor": "x"}]}', "sandbox invoice form: rows.0.model"),
    ],
)
def test_a_file_of_another_form_is_refused_with_what_would_be_right(
    prices: PriceTable, text: str, words: str
) -> None:
    with pytest.raises(UnreadableExportError, match=words):
        read_export(text, prices)


@pytest.mark.parametrize(
    ("vendor", "model", "name"),
    [
        ("openai", "gpt-4o-mini-2024-07-18", "gpt-4o-mini"),
        ("openai", "gpt-realtime-2.1-mini", "gpt-realtime-2.1-mini"),
        ("deepgram", "Nova-3-general", "nova-3"),
        ("deepgram", "1ed36bac-f71c-4f3f-a31f-02fd6525c489", "1ed36bac-f71c-4f3f-a31f-02fd6525c489"),
        ("cartesia", "sonic-3", "sonic-3"),
    ],
)
def test_a_model_has_the_name_that_it_is_priced_by(vendor: str, model: str, name: str) -> None:
    assert family(vendor, model) == name
