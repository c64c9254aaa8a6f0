"""What a cascaded stack is built from."""

from collections.abc import AsyncIterator
from datetime import date

import pytest
from livekit.agents import Agent, AgentSession, llm
from livekit.agents.voice.room_io import AudioInputOptions

from tiers.as_given import AsGiven
from tiers.cascade import Cascade, build, connecting
from tiers.catalogue import STACKS
from tiers.settings import VendorSettings
from tiers.watch import VendorPatience

pytestmark = pytest.mark.unit


@pytest.fixture
def settings(monkeypatch: pytest.MonkeyPatch) -> VendorSettings:
    for name in ("DEEPGRAM", "OPENAI", "CARTESIA", "ELEVEN"):
        monkeypatch.setenv(f"{name}_API_KEY", "k")
        monkeypatch.setenv(f"{name}_BASE_URL", f"http://127.0.0.1:9/{name.lower()}")
    return VendorSettings()


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


async def test_the_ear_takes_the_callers_sound_as_a_room_gives_it_so_that_nothing_is_held_back(
    settings: VendorSettings,
) -> None:
    room = AudioInputOptions()
    cascade = build(STACKS["economy"], settings, call_id="c1", today=date(2026, 11, 25))
    try:
        assert cascade.stt._opts.sample_rate == room.sample_rate  # type: ignore[attr-defined]
        assert room.frame_size_ms == 50
        assert isinstance(cascade.tts._sentence_tokenizer, AsGiven)  # type: ignore[attr-defined]
    finally:
        await cascade.aclose()


def test_a_part_that_fails_is_tried_once_more_and_given_up_while_somebody_still_waits() -> None:
    for options in (
        connecting().stt_conn_options,
        connecting().llm_conn_options,
        connecting().tts_conn_options,
    ):
        assert options.max_retry == 1
        assert (options.max_retry + 1) * options.timeout <= 10


def test_on_a_busy_machine_the_plugins_wait_longer_as_well() -> None:
    usual, busy = connecting(), connecting(VendorPatience().times(3))
    for part in ("stt_conn_options", "llm_conn_options", "tts_conn_options"):
        assert getattr(busy, part).timeout == 3 * getattr(usual, part).timeout


async def made(stack: str, settings: VendorSettings) -> AsyncIterator[Cascade]:
    cascade = build(STACKS[stack], settings, call_id="c1", today=date(2026, 11, 25))
    yield cascade
    await cascade.aclose()


@pytest.fixture
async def economy(settings: VendorSettings) -> AsyncIterator[Cascade]:
    async for cascade in made("economy", settings):
        yield cascade


@pytest.fixture
async def text(settings: VendorSettings) -> AsyncIterator[Cascade]:
    async for cascade in made("text", settings):
        yield cascade


def models(cascade: Cascade) -> list[str]:
    return [model.name for model in cascade.parts.values()]


async def test_a_change_builds_what_differs_and_keeps_the_rest(
    economy: Cascade, settings: VendorSettings
) -> None:
    ear, mind, voice = economy.stt, economy.llm, economy.tts
    change = economy.change(STACKS["budget"])
    assert models(economy) == ["nova-3", "gpt-4o-mini", "aura-2"]
    assert dict(change.arguments) == {"tts": economy.tts}
    assert (economy.stt, economy.llm) == (ear, mind)
    assert [built.plugin for built in change.replaced] == [voice]
    await change.aclose()
    assert not economy.change(STACKS["budget"]).arguments

    spare = STACKS["economy"].without(("deepgram-stt", "openai-chat", "deepgram-tts"), settings)
    assert spare is not None
    change = economy.change(spare)
    assert models(economy) == ["whisper", "ollama", "sonic-3"]
    assert set(change.arguments) == {"stt", "llm", "tts"}
    await change.aclose()


async def test_a_change_serves_the_models_of_the_day(settings: VendorSettings) -> None:
    cascade = build(STACKS["economy"], settings, call_id="c1", today=date(2027, 1, 1))
    change = cascade.change(STACKS["quality"])
    assert models(cascade) == ["nova-3", "gpt-5.6-luna", "eleven_flash_v2_5"]
    assert set(change.arguments) == {"tts"}
    await change.aclose()
    await cascade.aclose()


async def test_a_running_session_takes_a_change(economy: Cascade, settings: VendorSettings) -> None:
    agent = Agent(instructions="You keep tasks.")
    async with AgentSession[None](**economy.session_arguments()) as session:
        await session.start(agent, record=False)
        change = economy.change(STACKS["budget"])
        agent.update_options(**change.arguments)
        await change.aclose()
        assert agent.tts is economy.tts


async def test_a_stack_without_a_voice_only_thinks(text: Cascade) -> None:
    assert models(text) == ["gpt-4o-mini"]
    with pytest.raises(ValueError, match="session of its own"):
        text.change(STACKS["economy"])
    async with AgentSession[None](**text.session_arguments()) as session:
        await session.start(Agent(instructions="You keep tasks."), record=False)
        assert (session.stt, session.tts, session.vad) == (None, None, None)


async def test_models_of_our_own_machines_are_waited_for(settings: VendorSettings) -> None:
    local = build(STACKS["local"], settings, call_id="c1", today=date(2026, 11, 25))
    stream = local.llm.chat(chat_ctx=llm.ChatContext(), conn_options=connecting().llm_conn_options)
    assert stream._conn_options.timeout >= 10
    await stream.aclose()
    await local.aclose()
