"""The stacks, their models, and what happens near a model's shutdown."""

from dataclasses import replace
from datetime import date

import pytest

from tiers import catalogue
from tiers.catalogue import (
    ALTERNATIVES,
    MODELS,
    STACKS,
    SUCCEED_BEFORE,
    Stack,
    is_sandboxed,
    why_not_configured,
)
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


def test_what_stands_beside_a_stack_is_succeeded_as_well() -> None:
    mini = MODELS["gpt-4o-mini"]
    assert mini.shutdown is not None
    stack = replace(STACKS["premium"], beside={"llm": mini})
    assert stack.on(mini.shutdown).beside["llm"].name == "gpt-5.6-luna"


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


VENDORS = ("OPENAI", "DEEPGRAM", "CARTESIA", "ELEVEN")


@pytest.fixture
def sandbox(monkeypatch: pytest.MonkeyPatch) -> VendorSettings:
    """Every vendor is there, and each is a stand-in."""
    for vendor in VENDORS:
        monkeypatch.setenv(f"{vendor}_API_KEY", "sandbox")
        monkeypatch.setenv(f"{vendor}_BASE_URL", f"http://127.0.0.1:8082/{vendor.lower()}/v1")
    return VendorSettings()


def names(stack: Stack | None) -> list[str]:
    return [] if stack is None else [model.name for model in stack.parts.values()]


def test_every_model_belongs_to_a_service_and_every_alternative_is_a_model() -> None:
    assert all(model.service for model in MODELS.values())
    assert ALTERNATIVES.keys() | {name for each in ALTERNATIVES.values() for name in each} <= MODELS.keys()


def test_a_stack_knows_its_services_and_whether_it_has_a_voice() -> None:
    assert STACKS["premium"].services == ("openai-realtime",)
    assert STACKS["quality"].services == ("deepgram-stt", "openai-chat", "elevenlabs")
    assert STACKS["budget"].services == ("deepgram-stt", "openai-chat", "deepgram-tts")
    assert [name for name, stack in STACKS.items() if not stack.has_voice] == ["text"]


def test_a_missing_elevenlabs_key_is_named_as_the_vendor_names_it(monkeypatch: pytest.MonkeyPatch) -> None:
    for vendor in VENDORS[:-1]:
        monkeypatch.setenv(f"{vendor}_API_KEY", "k")
    assert why_not_configured(STACKS["quality"], VendorSettings()) == "ELEVEN_API_KEY is not set"


@pytest.mark.parametrize(
    ("stack", "down", "left"),
    [
        ("economy", (), ["nova-3", "gpt-4o-mini", "sonic-3"]),
        ("economy", ("cartesia",), ["nova-3", "gpt-4o-mini", "aura-2"]),
        ("economy", ("cartesia", "deepgram-tts"), ["nova-3", "gpt-4o-mini", "piper"]),
        ("economy", ("deepgram-stt",), ["whisper", "gpt-4o-mini", "sonic-3"]),
        ("economy", ("openai-chat",), ["nova-3", "ollama", "sonic-3"]),
        ("economy", ("gpt-4o-mini",), ["nova-3", "gpt-5.6-luna", "sonic-3"]),
        ("quality", ("elevenlabs",), ["nova-3", "gpt-4o", "sonic-3"]),
        ("quality", ("gpt-4o", "elevenlabs", "cartesia"), ["nova-3", "gpt-4o-mini", "aura-2"]),
        ("budget", ("deepgram-stt", "openai-chat", "deepgram-tts"), ["whisper", "ollama", "piper"]),
        ("text", ("openai-chat", "cartesia"), ["ollama"]),
        ("local", ("piper",), []),
        ("premium", ("openai-chat",), ["gpt-realtime", "gpt-realtime-whisper"]),
        ("premium", ("openai-realtime",), []),
    ],
)
def test_each_part_whose_service_is_down_gets_its_first_alternative_that_is_up(
    sandbox: VendorSettings, stack: str, down: tuple[str, ...], left: list[str]
) -> None:
    assert names(STACKS[stack].without(down, sandbox)) == left


def test_an_alternative_without_its_key_is_passed_over(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("OPENAI", "CARTESIA", "ELEVEN"):
        monkeypatch.setenv(f"{name}_API_KEY", "k")
    settings = VendorSettings()
    assert names(STACKS["economy"].without(("cartesia",), settings)) == ["whisper", "gpt-4o-mini", "piper"]
    assert STACKS["economy"].without(("openai-chat",), settings) is None
    assert STACKS["economy"].alternatives(settings) == (
        ("whisper",),
        ("openai-chat",),
        ("cartesia", "piper"),
    )


def test_an_engine_of_our_own_that_is_not_installed_takes_nobodys_place(
    monkeypatch: pytest.MonkeyPatch, sandbox: VendorSettings
) -> None:
    monkeypatch.setattr(catalogue, "ENGINES", {"whisper": ("no_such_ears",), "piper": ("no_such_voice",)})
    catalogue._is_installed.cache_clear()
    try:
        assert STACKS["economy"].without(("deepgram-stt",), sandbox) is None
        assert STACKS["budget"].alternatives(sandbox)[2] == ("deepgram-tts",)
        assert why_not_configured(STACKS["local"], sandbox) == "the extra 'ears' is not installed"
    finally:
        catalogue._is_installed.cache_clear()


def test_the_router_is_told_each_parts_services_best_first(sandbox: VendorSettings) -> None:
    assert STACKS["quality"].alternatives(sandbox) == (
        ("deepgram-stt", "whisper"),
        ("openai-chat", "ollama"),
        ("elevenlabs", "cartesia", "deepgram-tts", "piper"),
    )
    assert STACKS["premium"].alternatives(sandbox) == (("openai-realtime",), ("openai-realtime",))


def test_without_an_ollama_the_sandbox_thinks_for_the_local_stack(
    sandbox: VendorSettings, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert sandbox.base_url("ollama") == "http://127.0.0.1:8082/ollama/v1"
    assert is_sandboxed(STACKS["local"], sandbox)
    monkeypatch.setenv("OLLAMA_URL", "http://127.0.0.1:11434/v1")
    assert VendorSettings().base_url("ollama") == "http://127.0.0.1:11434/v1"
    assert not is_sandboxed(STACKS["local"], VendorSettings())
