"""Phone numbers have one spelling, and what is none is refused without being repeated."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from people.phones import Phones, e164
from people.store import People

pytestmark = pytest.mark.unit


@pytest.mark.parametrize(
    ("written", "spelt"),
    [
        ("+49 30 901820", "+4930901820"),
        (" +49 (30) 90-18-20 ", "+4930901820"),
        ("+1 (415) 555-0132", "+14155550132"),
    ],
)
def test_a_number_has_one_spelling(written: str, spelt: str) -> None:
    assert e164(written) == spelt
    assert e164(spelt) == spelt


@given(st.text(max_size=60))
def test_whatever_is_written_is_a_number_or_refused_without_being_repeated(text: str) -> None:
    try:
        assert e164(text).startswith("+")
    except ValueError as error:
        assert not text.strip() or text not in str(error) or len(text) < 4  # noqa: PT017


async def test_a_person_has_one_number_and_may_take_it_back(people: People) -> None:
    ann = await people.create_user(email="ann@example.org", password="x")
    phones = Phones(people.engine)
    assert await phones.of(ann.id) is None
    await phones.set(ann.id, "+49 30 901820")
    changed = await phones.set(ann.id, "+49 30 901821")
    assert changed is not None
    assert (changed.number, changed.verified_at) == ("+4930901821", None)
    assert await phones.set(ann.id, None) is None
