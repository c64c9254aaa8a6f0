import pytest

from sandbox.brain.inflection import forms, gerund, past

pytestmark = pytest.mark.unit


@pytest.mark.parametrize(
    ("verb", "done", "doing"),
    [
        ("water", ["watered"], "watering"),
        ("clean", ["cleaned"], "cleaning"),
        ("bake", ["baked"], "baking"),
        ("mop", ["mopped"], "mopping"),
        ("carry", ["carried"], "carrying"),
        ("play", ["played"], "playing"),
        ("write", ["wrote", "written"], "writing"),
        ("pay", ["paid"], "paying"),
    ],
)
def test_a_verb_is_known_as_done_and_as_being_done(verb: str, done: list[str], doing: str) -> None:
    assert past(verb) == done
    assert gerund(verb) == doing


def test_a_title_is_inflected_in_its_first_word() -> None:
    assert forms("Feed the cat") == {
        "task": ["Feed the cat"],
        "did": ["fed the cat"],
        "doing": ["feeding the cat"],
    }
