"""The stacks, their models, and what happens near a model's shutdown."""

from datetime import date

import pytest

from tiers.catalogue import MODELS, STACKS, SUCCEED_BEFORE, is_sandboxed, why_not_configured
from tiers.settings import VendorSettings

pytestmark = pytest.mark.unit


@pytest.fixture(autouse=True)
def _bare_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in VendorSettings.model_fields.values():
        monkeypatch.delenv(str(name.validation_alias), raising=False)


def test_economy_is_the_cascade_of_the_specification() -> None:
    parts = STACKS["economy"].parts
    assert (parts["stt"].name, parts["llm"].name, parts["tts"].name) == ("nova-3", "gpt-4o-mini", "sonic-3")


def test_a_model_is_served_until_thirty_days_before_its_shutdown_and_its_successor_after() -> None:
    mini = MODELS["gpt-4o-mini"]
    assert mini.shutdown == date(2027, 1, 14)
    assert STACKS["economy"].on(mini.shutdown - SUCCEED_BEFORE).parts["llm"].name == "gpt-5.6-luna"
    assert STACKS["economy"].on(date(2026, 12, 14)).parts["llm"].name == "gpt-4o-mini"


def test_every_successor_is_a_model_that_we_know() -> None:
    assert all(model.successor in MODELS for model in MODELS.values() if model.successor)


def test_a_stack_without_its_keys_says_which_is_missing(monkeypatch: pytest.MonkeyPatch) -> None:
    assert why_not_configured(STACKS["economy"], VendorSettings()) == "DEEPGRAM_API_KEY is not set"
    for name in ("DEEPGRAM", "OPENAI", "CARTESIA"):
        monkeypatch.setenv(f"{name}_API_KEY", "k")
    assert why_not_configured(STACKS["economy"], VendorSettings()) is None


def test_local_needs_an_ollama_or_the_sandbox_to_think(monkeypatch: pytest.MonkeyPatch) -> None:
    assert why_not_configured(STACKS["local"], VendorSettings()) is not None
    monkeypatch.setenv("OPENAI_BASE_URL", "http://127.0.0.1:8082/openai/v1")
    assert why_not_configured(STACKS["local"], VendorSettings()) is None
    monkeypatch.delenv("OPENAI_BASE_URL")
    monkeypatch.setenv("OLLAMA_URL", "http://127.0.0.1:11434/v1")
    assert why_not_configured(STACKS["local"], VendorSettings()) is None


def test_a_call_is_labelled_sandbox_as_soon_as_one_vendor_is_a_stand_in(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    assert not is_sandboxed(STACKS["economy"], VendorSettings())
    monkeypatch.setenv("CARTESIA_BASE_URL", "http://127.0.0.1:8082/cartesia")
    assert is_sandboxed(STACKS["economy"], VendorSettings())
