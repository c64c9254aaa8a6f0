import asyncio

import numpy as np
import pytest

from tiers.local.ear import LONGEST_SECONDS, Ear
from tiers.local.ear_model import EarModelError
from tiers.local.resample import resample

pytestmark = pytest.mark.system


@pytest.fixture(scope="module")
def ear():
    ear = Ear()
    yield ear
    ear.close()


async def test_a_spoken_sentence_is_heard(ear, sentence):
    heard = await ear.transcribe(sentence)
    assert "review the proposal by friday" in heard.text.lower()
    assert heard.seconds == pytest.approx(len(sentence) / 16_000)
    assert heard.no_speech < 0.5


async def test_it_hears_at_the_telephones_rate(ear, sentence):
    heard = await ear.transcribe(resample(sentence, 16_000, 8_000), 8_000)
    assert "proposal" in heard.text.lower()


@pytest.mark.parametrize("seconds", [8, 21])
async def test_behind_a_long_silence_a_sentence_is_heard_once(ear, sentence, seconds):
    heard = await ear.transcribe(np.concatenate([np.zeros(16_000 * seconds, np.int16), sentence]))
    assert heard.text.lower().rstrip(".") == "add a task to review the proposal by friday"


@pytest.mark.parametrize("level", [0, 30, 3_000])
async def test_silence_and_noise_are_no_words(ear, level):
    noise = np.random.default_rng(2).normal(0, level, 32_000).astype(np.int16)
    heard = await ear.transcribe(noise)
    assert heard.text == ""
    assert heard.no_speech == 1.0


async def test_no_sound_at_all_is_no_words(ear):
    assert (await ear.transcribe(np.empty(0, np.int16))).text == ""


async def test_the_event_loop_runs_on_while_it_hears(ear, sentence):
    await ear.load()
    hearing = asyncio.create_task(ear.transcribe(sentence))
    turns = 0
    while not hearing.done():
        await asyncio.sleep(0.005)
        turns += 1
    assert turns > 10
    assert not ear.busy


async def test_who_gives_up_leaves_the_queue(ear, sentence):
    await ear.load()
    first = asyncio.create_task(ear.transcribe(sentence))
    second = asyncio.create_task(ear.transcribe(sentence))
    await asyncio.sleep(0)
    assert ear.busy
    second.cancel()
    with pytest.raises(asyncio.CancelledError):
        await second
    assert (await first).text
    assert not ear.busy


async def test_a_speech_too_long_to_wait_for_is_refused(ear):
    with pytest.raises(ValueError, match="120 s"):
        await ear.transcribe(np.zeros(int(LONGEST_SECONDS + 1) * 100, np.int16), 100)


async def test_a_model_that_is_not_there_is_named(sentence, monkeypatch, tmp_path):
    monkeypatch.setattr("tiers.local.ear_model._PACKAGES", ("no_such_model_package",))
    ear = Ear()
    with pytest.raises(EarModelError, match="no_such_model_package"):
        await ear.transcribe(sentence)
    ear.close()
