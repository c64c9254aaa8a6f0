import pytest

from mcp_tasks.errors import TaskError
from mcp_tasks.wording import clean_notes, clean_title, clean_words

pytestmark = pytest.mark.unit


def test_a_title_is_trimmed_and_composed() -> None:
    assert clean_title("  Buy cafe\u0301 beans \n") == "Buy caf\u00e9 beans"


@pytest.mark.parametrize("title", ["x", "ÿ" * 200, "👩‍👩‍👧 pick-up", "買う", "1"])
def test_ordinary_titles_pass(title: str) -> None:
    assert clean_title(title) == title


def test_the_bound_counts_composed_characters() -> None:
    assert len(clean_title("e\u0301" * 200)) == 200


@pytest.mark.parametrize(
    ("title", "code"),
    [
        ("", "invalid"),
        ("   ", "invalid"),
        ("\u200b\u200d", "invalid"),
        ("a\x00b", "invalid"),
        ("a\nb", "invalid"),
        ("\x1b[31mred", "invalid"),
        ("abc\u202edef", "invalid"),
        ("\ud800", "invalid"),
        ("x" * 201, "too_long"),
        ("x" * 10_000, "too_long"),
    ],
)
def test_empty_binary_and_endless_titles_are_refused_without_repeating_them(title: str, code: str) -> None:
    with pytest.raises(TaskError) as refused:
        clean_title(title)
    assert refused.value.code == code
    assert title.strip() == "" or title not in refused.value.message


def test_notes_may_have_lines_and_be_empty_but_not_endless() -> None:
    assert clean_notes("one\n\ttwo ") == "one\n\ttwo"
    assert clean_notes("") == ""
    with pytest.raises(TaskError):
        clean_notes("x" * 2_001)
    with pytest.raises(TaskError):
        clean_notes("a\x07b")


def test_short_phrases_are_put_on_one_line() -> None:
    assert clean_words(" by \n Friday ", "due_words") == "by Friday"
