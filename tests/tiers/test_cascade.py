"""What a cascaded stack is built from, and what its vendors are asked not to do."""

from datetime import date

import pytest

from tiers.cascade import CONNECT, build
from tiers.catalogue import STACKS
from tiers.settings import VendorSettings

pytestmark = pytest.mark.unit


@pytest.fixture
def settings(monkeypatch: pytest.MonkeyPatch) -> VendorSettings:
    for name in ("DEEPGRAM", "OPENAI", "CARTESIA"):
        monkeypatch.setenv(f"{name}_API_KEY", "k")
        monkeypatch.setenv(f"{name}_BASE_URL", f"http://127.0.0.1:9/{name.lower()}")
    return VendorSettings()


async def test_vendors_are_asked_not_to_train_on_or_keep_what_was_said(settings: VendorSettings) -> None:
    cascade = build(STACKS["economy"], settings, call_id="c1", today=date(2026, 11, 25))
    try:
        assert cascade.stt._opts.mip_opt_out is True  # type: ignore[attr-defined]
        assert cascade.llm._opts.store is False  # type: ignore[attr-defined]
    finally:
        await cascade.aclose()


async def test_the_models_are_those_of_the_day_at_the_addresses_of_the_settings(
    settings: VendorSettings,
) -> None:
    cascade = build(STACKS["economy"], settings, call_id="c1", today=date(2027, 1, 1))
    try:
        assert (cascade.stt.model, cascade.llm.model, cascade.tts.model) == (
            "nova-3",
            "gpt-5.6-luna",
            "sonic-3",
        )
        assert cascade.stt._opts.endpoint_url == "http://127.0.0.1:9/deepgram/v1/listen"  # type: ignore[attr-defined]
        assert cascade.stt._opts.tags == ["c1"]  # type: ignore[attr-defined]
    finally:
        await cascade.aclose()


def test_retries_are_bounded_so_that_a_turn_fails_while_somebody_still_waits() -> None:
    for options in (CONNECT.stt_conn_options, CONNECT.llm_conn_options, CONNECT.tts_conn_options):
        assert (options.max_retry + 1) * options.timeout <= 30
