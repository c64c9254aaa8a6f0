"""What a vision model may say, and how much of it is kept."""

from __future__ import annotations

from typing import Any

import pytest
from pydantic import ValidationError

from tiers.sighting import LONGEST_LINK, LONGEST_TITLE, LONGEST_WORDS, MOST_ITEMS, Reading

pytestmark = pytest.mark.unit


def item(title: str = "Fix the login", **fields: Any) -> dict[str, Any]:
    return {"title": title, "confidence": 0.9, **fields}


def read(*items: dict[str, Any]) -> Reading:
    return Reading.model_validate({"status": "several", "items": list(items)})


def test_of_more_things_than_are_offered_the_first_are_taken() -> None:
    reading = read(*(item(f"Ticket {number}") for number in range(MOST_ITEMS + 1)))
    assert [each.title for each in reading.items] == [f"Ticket {number}" for number in range(MOST_ITEMS)]


def test_words_that_are_too_long_are_cut_and_a_link_that_is_is_left_out() -> None:
    told = item("t" * (LONGEST_TITLE + 1), due_words="d" * (LONGEST_WORDS + 1), link="l" * (LONGEST_LINK + 1))
    [seen] = read(told).items
    assert (seen.title, seen.due_words, seen.link) == ("t" * LONGEST_TITLE, "d" * LONGEST_WORDS, "")
    [seen] = read(item("t " * LONGEST_TITLE, link="l" * LONGEST_LINK)).items
    assert (len(seen.title), len(seen.link)) == (LONGEST_TITLE - 1, LONGEST_LINK)


def test_what_is_given_as_nothing_is_not_given() -> None:
    names = ("due_words", "people", "link", "box_2d", "date_unclear", "confidence")
    [seen] = read(item() | dict.fromkeys(names)).items
    assert (seen.due_words, seen.people, seen.link, seen.date_unclear) == ("", (), "", False)
    assert Reading.model_validate({"status": "nothing", "items": None}).items == ()


@pytest.mark.parametrize(("told", "kept"), [(95, 1.0), (-1, 0.0), (0.4, 0.4)])
def test_nobody_is_surer_than_sure(told: float, kept: float) -> None:
    assert [each.confidence for each in read(item(confidence=told)).items] == [kept]


@pytest.mark.parametrize("told", [{}, {"status": "maybe"}, {"status": "seen", "items": ["x"]}, "seen"])
def test_what_is_no_answer_is_refused(told: object) -> None:
    with pytest.raises(ValidationError):
        Reading.model_validate(told)


def test_a_thing_without_a_title_is_refused() -> None:
    for title in ("", " ", None):
        with pytest.raises(ValidationError):
            read({"title": title, "confidence": 1})
