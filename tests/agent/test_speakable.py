"""What a voice is given to say of texts that somebody wrote."""

import re
from collections.abc import AsyncIterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.gate import Action
from agent.persona import question
from agent.speakable import speakable, spoken

pytestmark = pytest.mark.unit


@pytest.mark.parametrize(
    ("written", "said"),
    [
        ("**Buy milk** 🥛", "Buy milk"),
        ("- [ ] call @mum #home", "call mum home"),
        ("[x] done already", "done already"),
        ("https://ex.com/a?b=1&c=2", "a link"),
        ("Read https://ex.com/a?b=1&c=2.", "Read a link."),
        ("See [the list](https://x.y/z) now.", "See the list now."),
        ("www.example.com and more", "a link and more"),
        ("| a | b |", "a, b"),
        ("AB12-7", "AB12-7"),
        ("11/27", "November 27"),
        ("Mix 1/2 cup", "Mix 1/2 cup"),
        ("Room 40/50", "Room 40/50"),
        ("3 < 5 & R&D", "3 less than 5 and R and D"),
        ('<break time="1s"/>Buy milk', "Buy milk"),
        ("<speak><prosody rate='fast'>Pay</prosody></speak>", "Pay"),
        ("Pay bill #42", "Pay bill number 42"),
        ("Write to anna@example.com", "Write to anna at example.com"),
        ("# Heading", "Heading"),
        ("Buy milk --- now", "Buy milk now"),
        ("20°C in the café, naïve", "20°C in the café, naïve"),
        ("👨‍👩‍👧 call home", "call home"),
        ("It is $5, or 3 %.", "It is $5, or 3 %."),
        ("~~Buy milk~~", "Buy milk"),
        ("~~Buy milk~~ call Ann", "Buy milk call Ann"),
        ("ex.com/a?b=1&c=2", "a link"),
        ("Read docs.ex.co.uk/x, then go", "Read a link, then go"),
        ("Renew example.com", "Renew example.com"),
        ("Due 11/27/2026", "Due November 27, 2026"),
        ("Due 11/27/26", "Due November 27, 2026"),
        ("Due 27/11/2026", "Due November 27, 2026"),
        ("Due 2026-11-27", "Due November 27, 2026"),
        ("Part 2026-13-27", "Part 2026-13-27"),
        ("7/11 store", "7/11 store"),
        ("pay by 7/11", "pay by July 11"),
        ("Open 24/7", "Open 24/7"),
        ("Tom &amp; Jerry", "Tom and Jerry"),
        ("&lt;break time='9s'/&gt;Buy milk", "Buy milk"),
        ("fix snake_case", "fix snake case"),
        (r"open C:\temp", "open C: temp"),
        ("milk + eggs", "milk plus eggs"),
        ("learn C++", "learn C plus plus"),
        ("and/or", "and slash or"),
        ("lunch w/ Ann w/o Bob", "lunch with Ann without Bob"),
        ("{{name}} is due", "name is due"),
        ("[laughter] Buy milk", "laughter Buy milk"),
        ("~5 eggs", "about 5 eggs"),
        ("Take the 1️⃣ first", "Take the 1 first"),
    ],
)
def test_marks_symbols_links_and_emoji_become_words_or_nothing(written: str, said: str) -> None:
    assert speakable(written) == said


@pytest.mark.parametrize(
    "plain",
    ['I\'ve added "Buy milk", due Friday, November 27th. ', "Shall I delete it?", " and one more", "", "No."],
)
def test_plain_words_are_left_as_they_are(plain: str) -> None:
    assert speakable(plain) == plain


@given(st.text(max_size=300))
def test_no_text_gives_a_voice_something_to_obey(text: str) -> None:
    said = speakable(text)
    assert not re.search(r"</?[A-Za-z][^<>]*>", said)
    assert not set("<>|`*~#[]{}\\+") & set(said)
    assert "://" not in said


async def test_what_a_model_struck_out_is_not_said_and_a_title_that_is_struck_out_is() -> None:
    async def pieces() -> AsyncIterator[str]:
        yield 'You have ~~two~~ three tasks. One is "~~Buy milk~~".'

    said = "".join([piece async for piece in spoken(pieces())])
    assert said == 'You have three tasks. One is "Buy milk".'


async def test_a_link_that_comes_in_pieces_is_still_one_link() -> None:
    async def pieces() -> AsyncIterator[str]:
        for piece in (
            "You have ",
            '"Read htt',
            "ps://ex.com/",
            'a?b=1". And ',
            "<break ti",
            'me="9s"/>one more.',
        ):
            yield piece

    assert "".join([piece async for piece in spoken(pieces())]) == 'You have "Read a link". And one more.'


async def test_plain_words_that_are_over_are_spoken_before_their_sentence_is() -> None:
    async def pieces() -> AsyncIterator[str]:
        for piece in ("You have three tasks ", "for today, ", "*now* and ", "then."):
            yield piece

    said = [piece async for piece in spoken(pieces())]
    assert said == ["You have three tasks ", "for today, ", "now and then."]


async def test_a_line_of_ours_is_given_whole() -> None:
    async def line() -> AsyncIterator[str]:
        yield "Shall I delete it?"

    assert [piece async for piece in spoken(line())] == ["Shall I delete it?"]


@given(st.lists(st.text(alphabet="ab <>/*~#|[]():.w-h\n", max_size=8), max_size=20))
async def test_a_text_in_pieces_gives_a_voice_nothing_to_obey_either(texts: list[str]) -> None:
    async def pieces() -> AsyncIterator[str]:
        for text in texts:
            yield text

    said = "".join([piece async for piece in spoken(pieces())])
    assert not set("<>|`*~#") & set(said)
    assert "://" not in said


def test_a_question_names_a_title_as_it_is_spoken() -> None:
    asked = question([Action("delete_task", {"task_id": "1"}, ('<break time="9s"/>**Buy** https://x.y 🥛',))])
    assert asked == 'Shall I delete "Buy a link"?'
    assert question([Action("delete_task", {}, ("~~Buy milk~~",))]) == 'Shall I delete "Buy milk"?'
    assert question([Action("delete_task", {}, ("🥛",))]) == 'Shall I delete "a title without words"?'
