"""Asking for a transcript, hearing a change of mind, and keeping no word without a yes."""

from collections.abc import AsyncIterator, Callable
from pathlib import Path

import pytest

from agent.consent import ConsentQuestion, wish_about_transcript
from agent.persona import TRANSCRIPT_OFF
from agent.transcript import Transcript
from people.consent import Consents
from people.migrate import migrate
from people.store import People
from people.user import User

pytestmark = pytest.mark.unit

Open = Callable[[], Transcript]


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
    """Another call of Ann's by phone."""

    def make() -> Transcript:
        url = people.engine.url.render_as_string(hide_password=False)
        return Transcript(url, user_id=ann.id, door="phone", call_id="c1", days=30)

    return make


async def kept(people: People, ann: User) -> list[tuple[str, str]]:
    return [(line.speaker, line.text) for line in await Consents(people.engine).transcript(ann.id)]


@pytest.mark.parametrize(
    ("said", "wish"),
    [
        ("Stop recording this.", "stop"),
        ("Please stop recording", "stop"),
        ("Hey, could you stop recording me, please?", "stop"),
        ("Don't record this.", "stop"),
        ("No recording, please.", "stop"),
        ("Forget what I said", "stop"),
        ("Keep a transcript, please.", "start"),
        ("Okay, you can record this now.", "start"),
        ("Record a video for Ann", None),
        ("Add a task to stop recording the lectures", None),
        ("Stop.", None),
        ("Yes.", None),
        ("", None),
        ("Start recording, no, stop recording", None),
    ],
)
def test_a_word_about_the_transcript_is_told_from_a_task(said: str, wish: str | None) -> None:
    assert wish_about_transcript(said) == wish


async def test_without_a_yes_no_word_is_kept(people: People, ann: User, call: Open) -> None:
    transcript = call()
    await transcript.open()
    question = ConsentQuestion(transcript)
    assert question.ask() == "May I keep a written transcript of our calls for 30 days?"
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
    transcript = call()
    await transcript.open()
    question = ConsentQuestion(transcript)
    question.ask()
    transcript.said("caller", "before the yes")
    assert "30 days" in (await question.take_turn("Yes, that's fine.") or "")
    transcript.said("caller", "Add milk.")
    transcript.said("assistant", "I've added milk.")
    await transcript.aclose()
    assert await kept(people, ann) == [("caller", "Add milk."), ("assistant", "I've added milk.")]
    again = call()
    await again.open()
    assert ConsentQuestion(again).ask() is None
    again.said("caller", "And bread.")
    await again.aclose()
    assert (await kept(people, ann))[-1] == ("caller", "And bread.")


async def test_a_no_is_remembered_too(people: People, ann: User, call: Open) -> None:
    first = call()
    await first.open()
    question = ConsentQuestion(first)
    question.ask()
    assert await question.take_turn("No, thanks.") == TRANSCRIPT_OFF
    await first.aclose()
    second = call()
    await second.open()
    assert ConsentQuestion(second).ask() is None
    await second.aclose()
    assert await kept(people, ann) == []


async def test_stop_recording_deletes_what_was_kept_and_keeps_nothing_more(
    people: People, ann: User, call: Open
) -> None:
    await Consents(people.engine).set(ann.id, "phone", given=True)
    transcript = call()
    await transcript.open()
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
    transcript = call()
    await transcript.open()
    await consents.set(ann.id, "phone", given=False)
    transcript.said("caller", "marker milk")
    await transcript.aclose()
    assert await kept(people, ann) == []


async def test_a_database_that_is_away_keeps_nobody_waiting_and_nothing_is_said_to_be_kept() -> None:
    transcript = Transcript(
        "sqlite+aiosqlite:////nowhere/people.db", user_id="usr_1", door="phone", call_id="c1", days=30
    )
    await transcript.open()
    question = ConsentQuestion(transcript)
    assert question.ask() is None
    transcript.said("caller", "marker milk")
    assert "keep no transcript" in (await question.take_turn("Keep a transcript.") or "")
    await transcript.aclose()
