"""Asking for a transcript, hearing a change of mind, and keeping no word without a yes."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import sqlite3
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast
from zoneinfo import ZoneInfo

import pytest
from livekit.agents import UserInputTranscribedEvent, llm
from livekit.agents.voice import SpeechHandle

from agent.attributes import CallAttributes
from agent.call import Call
from agent.consent import ConsentQuestion, may_mean_stop, wish_about_transcript
from agent.invitation import Invitation
from agent.persona import CONSENT_NOT_KEPT, STOP_TRANSCRIPT, TRANSCRIPT_OFF, instructions
from agent.rehearsal.stage import NoRoom
from agent.settings import AgentSettings
from agent.transcript import Transcript
from mcp_tasks.client import TaskClient
from people.consent import Consents
from people.migrate import migrate
from people.store import People
from people.user import User

pytestmark = pytest.mark.unit

Open = Callable[[], Awaitable[Transcript]]
QUESTION = "May I keep a written transcript of our calls for 30 days?"
REFUSING = "postgresql://ann@127.0.0.1:1/people"


@pytest.fixture
async def people(tmp_path: Path) -> AsyncIterator[People]:
    url = f"sqlite+aiosqlite:///{tmp_path / 'people.db'}"
    await migrate(url)
    async with People(url) as store:
        yield store


@pytest.fixture
async def ann(people: People) -> User:
    return await people.create_user(email="ann@example.org", password="correct horse")


@pytest.fixture
def call(people: People, ann: User) -> Open:
    """Begins another call of Ann's by phone."""

    async def make() -> Transcript:
        url = people.engine.url.render_as_string(hide_password=False)
        transcript = Transcript(url, user_id=ann.id, door="phone", call_id="c1", days=30)
        await transcript.open()
        return transcript

    return make


@pytest.fixture
def patience(monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    """Sets how long a transcript waits; shorter than SQLite waits for another's lock."""

    def set_(**seconds: float) -> None:
        for name, value in seconds.items():
            monkeypatch.setattr(f"agent.transcript.{name.upper()}_SECONDS", value)

    return set_


@contextlib.contextmanager
def locked(people: People) -> Iterator[None]:
    """Another process holds the whole file meanwhile."""
    other = sqlite3.connect(str(people.engine.url.database), isolation_level=None)
    try:
        other.execute("BEGIN EXCLUSIVE")
        yield
        other.execute("ROLLBACK")
    finally:
        other.close()


async def kept(people: People, ann: User) -> list[tuple[str, str]]:
    return [(line.speaker, line.text) for line in await Consents(people.engine).transcript(ann.id)]


async def eventually(holds: Callable[[], Awaitable[bool]]) -> None:
    async with asyncio.timeout(20):
        while not await holds():
            await asyncio.sleep(0.02)


def ended(*, said: str = "", interrupted: bool = False) -> SpeechHandle:
    """A line that was spoken, to its end or not, with the words that were heard of it."""
    speech = SpeechHandle.create()
    end(speech, said=said, interrupted=interrupted)
    return speech


def end(speech: SpeechHandle, *, said: str = "", interrupted: bool = False) -> None:
    if interrupted:
        speech.interrupt()
    if said:
        speech._item_added([llm.ChatMessage(role="assistant", content=[said])])
    speech._mark_done()


async def asked(question: ConsentQuestion) -> None:
    """The caller hears the greeting of a phone call, with the question, to its end."""
    assert question.greeting("phone").endswith(QUESTION)
    await question.open_after(ended(said=QUESTION), verbatim=True)
    assert question.open


@pytest.mark.parametrize(
    ("said", "wish"),
    [
        ("Stop recording this.", "stop"),
        ("Please stop recording", "stop"),
        ("Hey, could you stop recording me, please?", "stop"),
        ("Stop recording this call.", "stop"),
        ("Stop recording this conversation, please.", "stop"),
        ("Stop recording my calls.", "stop"),
        ("Okay, you can stop recording.", "stop"),
        ("Okay, you can stop recording this conversation now.", "stop"),
        ("Will you stop recording?", "stop"),
        ("I said stop recording!", "stop"),
        ("Don't record this.", "stop"),
        ("No, don't record this call.", "stop"),
        ("Don’t record my calls anymore.", "stop"),
        ("You may not record this call.", "stop"),
        ("I don't want you to record this.", "stop"),
        ("No recording, please.", "stop"),
        ("Turn off the transcript.", "stop"),
        ("Could you turn the transcript off?", "stop"),
        ("Switch off the recording.", "stop"),
        ("Delete my transcripts, please.", "stop"),
        ("Please stop the recording of this call.", "stop"),
        ("I'd like to stop the recording.", "stop"),
        ("Turn that recording off.", "stop"),
        ("Can we stop recording?", "stop"),
        ("No more recording.", "stop"),
        ("I don't consent to recording.", "stop"),
        ("I do not agree to being recorded.", "stop"),
        ("Please do not keep a record of this.", "stop"),
        ("Stop writing down what I say.", "stop"),
        ("Sorry, could we turn off the recording of our call?", "stop"),
        ("Keep a transcript, please.", "start"),
        ("Could you keep a transcript?", "start"),
        ("Okay, you can record this now.", "start"),
        ("You may record this call.", "start"),
        ("Turn on the transcript.", "start"),
        ("Can you record this?", None),
        ("Can you record this call?", None),
        ("No, record this.", None),
        ("You can not record this.", None),
        ("Don't stop recording.", None),
        ("Forget what I said", None),
        ("Record a video for Ann", None),
        ("Add a task to stop recording the lectures", None),
        ("Stop recording the lectures", None),
        ("Turn off the lights", None),
        ("Stop.", None),
        ("Yes.", None),
        ("You can", None),
        ("", None),
        ("Start recording, no, stop recording", None),
        ("Don't write that down.", None),
        ("Stop the recording studio contract", None),
        ("I want to stop recording the lectures", None),
    ],
)
def test_a_word_about_the_transcript_is_told_from_a_task(said: str, wish: str | None) -> None:
    assert wish_about_transcript(said) == wish


@pytest.mark.parametrize(
    ("said", "may_be"),
    [
        ("I'm not comfortable with you recording this.", True),
        ("Why are you recording? I never agreed to that!", True),
        ("I don't think I want my words to be transcribed.", True),
        ("You should not have a transcript of what I said.", True),
        ("Can you do this without recording me?", True),
        ("Add a task to stop the recording studio contract", False),
        ("Stop the recording studio contract", False),
        ("Don't forget the recording session", False),
        ("Remind me not to record the match", False),
        ("Don't write that down.", False),
        ("No, not that.", False),
        ("Are you recording this?", False),
        ("", False),
    ],
)
def test_what_may_mean_that_none_shall_be_kept_is_told_from_a_task(said: str, may_be: bool) -> None:
    assert wish_about_transcript(said) is None
    assert may_mean_stop(said) is may_be


def test_the_model_is_told_that_it_switches_no_transcript() -> None:
    assert "Recording and transcripts are switched by the system" in instructions(ZoneInfo("UTC"))


async def test_without_a_yes_no_word_is_kept(people: People, ann: User, call: Open) -> None:
    transcript = await call()
    question = ConsentQuestion(transcript)
    await asked(question)
    transcript.said("caller", "marker milk")
    # What follows the question is talk, no answer: the model gets it, and the question is over.
    assert await question.take_turn("What do I have today?") is None
    assert await question.take_turn("Yes.") is None
    transcript.said("assistant", "marker bread")
    await transcript.aclose()
    assert await kept(people, ann) == []


async def test_a_yes_to_the_question_keeps_what_is_said_after_it_and_is_remembered(
    people: People, ann: User, call: Open
) -> None:
    transcript = await call()
    question = ConsentQuestion(transcript)
    await asked(question)
    transcript.said("caller", "before the yes")
    assert "30 days" in (await question.take_turn("Yes, that's fine.") or "")
    transcript.said("caller", "Add milk.")
    transcript.said("assistant", "I've added milk.")
    await transcript.aclose()
    assert await kept(people, ann) == [("caller", "Add milk."), ("assistant", "I've added milk.")]
    again = await call()
    assert QUESTION not in ConsentQuestion(again).greeting("phone")
    again.said("caller", "And bread.")
    await again.aclose()
    assert (await kept(people, ann))[-1] == ("caller", "And bread.")


async def test_a_no_is_remembered_too(people: People, ann: User, call: Open) -> None:
    first = await call()
    question = ConsentQuestion(first)
    await asked(question)
    assert await question.take_turn("No, thanks.") == TRANSCRIPT_OFF
    await first.aclose()
    second = await call()
    assert QUESTION not in ConsentQuestion(second).greeting("phone")
    await second.aclose()
    assert await kept(people, ann) == []


async def test_stop_recording_deletes_what_was_kept_and_keeps_nothing_more(
    people: People, ann: User, call: Open
) -> None:
    await Consents(people.engine).set(ann.id, "phone", given=True)
    transcript = await call()
    transcript.said("caller", "marker milk")
    question = ConsentQuestion(transcript)
    assert await question.take_turn("Stop recording this.") == TRANSCRIPT_OFF
    transcript.said("caller", "marker bread")
    await transcript.aclose()
    assert await kept(people, ann) == []


async def test_a_no_on_another_page_counts_in_the_middle_of_a_call(
    people: People, ann: User, call: Open
) -> None:
    consents = Consents(people.engine)
    await consents.set(ann.id, "phone", given=True)
    transcript = await call()
    await consents.set(ann.id, "phone", given=False)
    transcript.said("caller", "marker milk")
    await transcript.aclose()
    assert await kept(people, ann) == []


async def test_on_a_yes_on_the_page_only_what_is_said_after_it_is_kept(
    people: People, ann: User, call: Open
) -> None:
    transcript = await call()
    transcript.said("caller", "before the yes")
    await Consents(people.engine).set(ann.id, "phone", given=True)
    transcript.said("caller", "Add milk.")
    await transcript.aclose()
    assert await kept(people, ann) == [("caller", "Add milk.")]


@pytest.mark.parametrize(
    ("answer", "line", "left"),
    [
        ("Yes, please.", TRANSCRIPT_OFF, []),
        ("No.", "Okay, I go on keeping it", ["before", "after"]),
        ("What do I have today?", None, ["before"]),
        ("Stop recording.", TRANSCRIPT_OFF, []),
    ],
)
async def test_who_may_have_said_that_none_shall_be_kept_is_asked_and_nothing_is_meanwhile(
    people: People, ann: User, call: Open, answer: str, line: str | None, left: list[str]
) -> None:
    await Consents(people.engine).set(ann.id, "phone", given=True)
    transcript = await call()
    transcript.said("caller", "before")
    question = ConsentQuestion(transcript)
    assert await question.take_turn("I'm not okay with you recording this.") == STOP_TRANSCRIPT
    assert question.open
    transcript.said("caller", "meanwhile")
    said = await question.take_turn(answer)
    assert (said or "").startswith(line or "")
    assert (said is None) == (line is None)
    transcript.said("caller", "after")
    await transcript.aclose()
    assert [text for _, text in await kept(people, ann)] == left


async def test_where_nothing_is_kept_nobody_is_asked_whether_to_stop(call: Open) -> None:
    transcript = await call()
    assert await ConsentQuestion(transcript).take_turn("Can you do this without recording me?") is None
    await transcript.aclose()


async def test_whoever_is_asked_at_first_and_may_mean_no_means_no(
    people: People, ann: User, call: Open
) -> None:
    transcript = await call()
    question = ConsentQuestion(transcript)
    await asked(question)
    assert await question.take_turn("I'd rather not have any recording made.") == TRANSCRIPT_OFF
    await transcript.aclose()
    assert await Consents(people.engine).of(ann.id, "phone") is False


# -- a question that was not heard


async def test_an_okay_into_the_greeting_is_no_yes(people: People, ann: User, call: Open) -> None:
    transcript = await call()
    question = ConsentQuestion(transcript)
    assert question.greeting("phone").endswith(QUESTION)
    speech = SpeechHandle.create()
    opening = asyncio.create_task(question.open_after(speech, verbatim=True))
    assert not question.open
    assert await question.take_turn("Okay.") is None
    end(speech, said="Hello, this is your", interrupted=True)
    await opening
    assert not question.open
    assert await question.take_turn("Okay.") is None
    await transcript.aclose()
    assert await Consents(people.engine).of(ann.id, "phone") is None


@pytest.mark.parametrize(
    ("said", "opens"),
    [
        (f"Hi there, I'm an AI. {QUESTION}", True),
        ("Hi there, may I keep a transcript?", False),
        (f"{QUESTION} What can I do for you?", False),
        ("", False),
    ],
)
async def test_of_a_model_that_speaks_by_itself_it_counts_what_it_said(
    call: Open, said: str, opens: bool
) -> None:
    transcript = await call()
    question = ConsentQuestion(transcript)
    question.greeting("phone")
    await question.open_after(ended(said=said), verbatim=False)
    assert question.open is opens
    await transcript.aclose()


async def test_a_greeting_that_asked_nothing_opens_no_question(people: People, ann: User, call: Open) -> None:
    transcript = await call()
    browser = ConsentQuestion(transcript)
    browser.greeting("browser")
    await browser.open_after(ended(said=QUESTION), verbatim=True)
    assert not browser.open
    early = ConsentQuestion(transcript)
    early.greeting("phone")
    assert await early.take_turn("No recording, please.") == TRANSCRIPT_OFF
    await early.open_after(ended(said=QUESTION), verbatim=True)
    assert not early.open
    await transcript.aclose()


# -- a database that does not do what it is told


async def test_a_no_that_the_database_did_not_take_counts_at_once_and_is_tried_again(
    people: People, ann: User, call: Open, patience: Callable[..., None]
) -> None:
    patience(change=0.2, again=0.05, gather=0.01)
    consents = Consents(people.engine)
    await consents.set(ann.id, "phone", given=True)
    transcript = await call()
    transcript.said("caller", "marker milk")

    async def milk_is_kept() -> bool:
        return bool(await kept(people, ann))

    await eventually(milk_is_kept)
    with locked(people):
        assert await ConsentQuestion(transcript).take_turn("Stop recording this.") == CONSENT_NOT_KEPT
        transcript.said("caller", "marker bread")
    transcript.said("caller", "marker butter")

    async def no_is_known() -> bool:
        return await consents.of(ann.id, "phone") is False

    await eventually(no_is_known)
    transcript.said("caller", "marker eggs")
    await transcript.aclose()
    assert await kept(people, ann) == []


async def test_a_no_that_the_database_did_not_take_is_told_to_it_at_the_end_of_the_call(
    people: People, ann: User, call: Open, patience: Callable[..., None]
) -> None:
    patience(change=0.2, again=600)
    consents = Consents(people.engine)
    await consents.set(ann.id, "phone", given=True)
    transcript = await call()
    with locked(people):
        assert not await transcript.allow(False)
    transcript.said("caller", "marker milk")
    patience(change=10)
    await transcript.aclose()
    assert await consents.of(ann.id, "phone") is False
    assert await kept(people, ann) == []


async def test_a_no_that_nobody_waited_for_is_told_at_the_end_of_the_call(
    people: People, ann: User, call: Open
) -> None:
    consents = Consents(people.engine)
    await consents.set(ann.id, "phone", given=True)
    transcript = await call()
    telling = asyncio.create_task(transcript.allow(False))
    await asyncio.sleep(0)
    telling.cancel()
    await asyncio.gather(telling, return_exceptions=True)
    transcript.said("caller", "marker milk")
    await transcript.aclose()
    assert await consents.of(ann.id, "phone") is False
    assert await kept(people, ann) == []


async def test_a_yes_after_such_a_no_begins_with_an_empty_transcript(
    people: People, ann: User, call: Open, patience: Callable[..., None]
) -> None:
    patience(change=0.2, again=600, gather=0.01)
    await Consents(people.engine).set(ann.id, "phone", given=True)
    transcript = await call()
    transcript.said("caller", "marker milk")

    async def milk_is_kept() -> bool:
        return bool(await kept(people, ann))

    await eventually(milk_is_kept)
    with locked(people):
        assert not await transcript.allow(False)
    transcript.said("caller", "marker bread")
    patience(change=10)
    assert await transcript.allow(True)
    transcript.said("caller", "marker butter")
    await transcript.aclose()
    assert await kept(people, ann) == [("caller", "marker butter")]


async def test_of_two_words_at_once_the_later_one_holds(people: People, ann: User, call: Open) -> None:
    transcript = await call()
    for last in (False, True, False):
        words = (True, False, True, False) if not last else (False, True, False, True)
        await asyncio.gather(*(transcript.allow(given) for given in words))
        transcript.said("caller", f"after {last}")
        assert await Consents(people.engine).of(ann.id, "phone") is last
    await transcript.aclose()
    assert await kept(people, ann) == []


async def test_a_database_that_hangs_holds_up_neither_the_greeting_nor_the_end(
    people: People, ann: User, call: Open, patience: Callable[..., None]
) -> None:
    patience(open=0.2, change=0.2, close=0.5, gather=0.01)
    await Consents(people.engine).set(ann.id, "phone", given=True)
    loop = asyncio.get_running_loop()
    with locked(people):
        began = loop.time()
        transcript = await call()
        transcript.said("caller", "marker milk")
        assert not await transcript.allow(False)
        # SQLite alone would have waited 5 s for each.
        assert loop.time() - began < 4.0
        async with asyncio.timeout(20):
            await transcript.aclose()
    assert transcript.consent is False


@pytest.mark.parametrize(
    "url", ["sqlite+aiosqlite:///{folder}/empty.db", REFUSING], ids=["no tables", "refusing"]
)
async def test_a_database_that_is_away_keeps_nobody_waiting_and_nothing_is_said_to_be_kept(
    url: str, tmp_path: Path
) -> None:
    transcript = Transcript(url.format(folder=tmp_path), user_id="usr_1", door="phone", call_id="c1", days=30)
    await transcript.open()
    question = ConsentQuestion(transcript)
    assert QUESTION not in question.greeting("phone")
    transcript.said("caller", "marker milk")
    assert await question.take_turn("Keep a transcript.") == CONSENT_NOT_KEPT
    assert await question.take_turn("Stop recording.") == CONSENT_NOT_KEPT
    await transcript.aclose()


async def test_whatever_fails_in_a_write_the_next_one_is_made_and_no_word_is_logged(
    people: People,
    ann: User,
    call: Open,
    patience: Callable[..., None],
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    patience(gather=0.01)
    await Consents(people.engine).set(ann.id, "phone", given=True)
    transcript = await call()
    keep, failures = (
        transcript._consents.keep,
        [RuntimeError("marker milk"), ConnectionResetError("marker milk")],
    )

    async def fail_first(*arguments: Any) -> bool:
        if failures:
            raise failures.pop()
        return await keep(*arguments)

    monkeypatch.setattr(transcript._consents, "keep", fail_first)
    with caplog.at_level(logging.DEBUG):
        for left in (1, 0):
            transcript.said("caller", "marker milk")

            async def failed(left: int = left) -> bool:
                return len(failures) == left

            await eventually(failed)
        transcript.said("caller", "marker bread")

        async def is_kept() -> bool:
            return await kept(people, ann) == [("caller", "marker bread")]

        await eventually(is_kept)
    await transcript.aclose()
    told = [record for record in caplog.records if record.name == "agent.transcript"]
    assert [record.getMessage() for record in told] == ["transcript.lost", "transcript.write_failed"]
    assert not any("marker" in str(vars(record)) for record in told)


async def test_the_end_of_a_call_waits_for_the_write_that_is_under_way(
    people: People, ann: User, call: Open, patience: Callable[..., None], monkeypatch: pytest.MonkeyPatch
) -> None:
    patience(gather=0.01)
    await Consents(people.engine).set(ann.id, "phone", given=True)
    transcript = await call()
    keep, under_way, go_on = transcript._consents.keep, asyncio.Event(), asyncio.Event()

    async def slow(*arguments: Any) -> bool:
        under_way.set()
        await go_on.wait()
        return await keep(*arguments)

    monkeypatch.setattr(transcript._consents, "keep", slow)
    transcript.said("caller", "Add milk.")
    async with asyncio.timeout(20):
        await under_way.wait()
    transcript.said("assistant", "I've added milk.")
    closing = asyncio.create_task(transcript.aclose())
    done, _ = await asyncio.wait({closing}, timeout=0.1)
    assert not done
    go_on.set()
    async with asyncio.timeout(20):
        await closing
    assert await kept(people, ann) == [("caller", "Add milk."), ("assistant", "I've added milk.")]


# -- a call


class Speaker:
    """A session of a speech-to-speech model, as a call that speaks its own lines knows it."""

    keeps_spoken_turns = True
    is_broken_off = False

    def __init__(self) -> None:
        self.said: list[str] = []

    def say(self, text: str) -> None:
        self.said.append(text)

    async def hush(self) -> None:
        """Nothing is being said."""


@pytest.fixture
async def spoken_to(ann: User, call: Open) -> AsyncIterator[tuple[Call, Speaker]]:
    """A call on the phone with a speech-to-speech model, before anybody spoke."""
    transcript = await call()
    room, speaker = cast("Any", NoRoom("caller")), Speaker()
    made = Call(
        room,
        Invitation(call_id="c1", subject=ann.id, identity="caller", channel="phone"),
        ann,
        cast("TaskClient", None),
        AgentSettings(),
        CallAttributes(room, call_id="c1"),
        transcript,
    )
    made._serving = cast("Any", SimpleNamespace(session=speaker))
    yield made, speaker
    await asyncio.gather(*made._background)
    await transcript.aclose()


def written(text: str) -> UserInputTranscribedEvent:
    return UserInputTranscribedEvent(transcript=text, is_final=True)


async def test_a_wish_that_answered_an_open_question_is_dealt_with_once(
    spoken_to: tuple[Call, Speaker],
) -> None:
    made, speaker = spoken_to
    await asked(made._consent)
    assert made.awaits_answer()
    made._turns.written(written("Stop recording."))
    assert await made.on_turn("Stop recording.")
    await asyncio.gather(*made._background)
    assert speaker.said == [TRANSCRIPT_OFF]


@pytest.mark.parametrize("text", [None, ""], ids=["nothing was asked", "written too late"])
async def test_a_wish_that_a_model_began_to_answer_is_heard_from_what_is_written(
    spoken_to: tuple[Call, Speaker], text: str | None
) -> None:
    made, speaker = spoken_to
    if text is not None:
        await asked(made._consent)
    assert made.awaits_answer() is (text is not None)
    assert not await made.on_turn(text)
    made._turns.written(written("Stop recording."))
    await asyncio.gather(*made._background)
    assert speaker.said == [TRANSCRIPT_OFF]


@pytest.mark.parametrize(
    ("said", "reason"),
    [
        (["Goodbye."], "goodbye"),
        (["Goodbye.", "Mhm."], "goodbye"),
        (["What is on my list?", "Bye-bye."], "goodbye"),
        (["Goodbye.", "Add a task to buy oat milk."], "left"),
        (["Remind me to say goodbye to Ann."], "left"),
        ([], "left"),
    ],
)
async def test_who_said_goodbye_to_a_model_and_hangs_up_was_not_cut_off(
    spoken_to: tuple[Call, Speaker], said: list[str], reason: str
) -> None:
    made, _ = spoken_to
    for words in said:
        assert not await made.on_turn(None)
        made._turns.written(written(words))
    made._gone("left")
    assert made._ends.over.result() == reason
