"""What failed among others is found again by its name, to be tried by itself."""

from __future__ import annotations

import pytest

from tests.conftest import by_itself

pytestmark = pytest.mark.unit


@pytest.mark.parametrize(
    ("told", "name"),
    [
        ("tests/sip/test_ends.py::test_it[a key]@phone", "tests/sip/test_ends.py::test_it[a key]"),
        ("tests/web/test_page_line.py::test_it@test_page_line", "tests/web/test_page_line.py::test_it"),
        ("tests/agent/test_swap.py::test_it[premium@example.com]", None),
        ("tests/agent/test_swap.py::test_it", None),
    ],
)
def test_a_name_is_told_without_the_group_that_it_was_run_in(told: str, name: str | None) -> None:
    assert by_itself(told) == (name or told)
