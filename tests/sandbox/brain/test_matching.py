import pytest
from hypothesis import given
from hypothesis import strategies as st

from sandbox.brain.matching import find
from sandbox.brain.transcript import Task

pytestmark = pytest.mark.unit

ANNS = ("call Ann", "call Anne", "call Anna")


def tasks(*titles: str) -> list[Task]:
    return [Task(str(number), title, None, None, "open", "") for number, title in enumerate(titles)]


@pytest.mark.parametrize(
    ("said", "titles", "meant"),
    [
        ("call Ann", ANNS, "call Ann"),
        ("Call Anne.", ANNS, "call Anne"),
        ("the flower task", ("flour", "flower"), "flower"),
        ("task four", ("Task 4", "Task 41"), "Task 4"),
        ("by milk", ("buy milk", "buy bread"), "buy milk"),
        ("buy milk", ("buy milk", "buy milk and eggs"), "buy milk"),
        ("the milk one", ("buy milk", "call Ann"), "buy milk"),
        ("the dentist", ("Call the dentist", "buy milk"), "Call the dentist"),
        ("the gin one", ("go to the gym", "buy milk"), "go to the gym"),
        ("review the proposals", ("review the proposal", "buy milk"), "review the proposal"),
        ("electricity bell", ("pay the electricity bill", "buy milk"), "pay the electricity bill"),
        ("the meeting at 2.30", ("meeting at two thirty", "meeting at 3"), "meeting at two thirty"),
    ],
)
def test_the_task_that_is_meant_is_found_by_word_sound_and_part(
    said: str, titles: tuple[str, ...], meant: str
) -> None:
    found = find(said, tasks(*titles)).task
    assert found is not None
    assert found.title == meant


@pytest.mark.parametrize(
    ("said", "titles", "candidates"),
    [
        ("the Ann one", ANNS, set(ANNS)),
        ("call Ana", ANNS, set(ANNS)),
        ("the report", ("write report", "file report"), {"write report", "file report"}),
        ("buy milk", ("buy milk", "buy milk"), {"buy milk"}),
        ("the elicticity bill", ("pay the electricity bill", "water bill"), {"pay the electricity bill"}),
        (
            "send the long quarterly budget report draft to Peter Miller",
            ("send the long quarterly budget report draft to Paul Miller",),
            {"send the long quarterly budget report draft to Paul Miller"},
        ),
    ],
)
def test_a_tie_or_a_weak_likeness_is_a_question(
    said: str, titles: tuple[str, ...], candidates: set[str]
) -> None:
    match = find(said, tasks(*titles))
    assert match.task is None
    assert {task.title for task in match.candidates} == candidates


@pytest.mark.parametrize(
    ("said", "titles"),
    [
        ("task 5", ("Task 4", "Task 41")),
        ("buy silk", ("buy milk",)),
        ("call Bob", ("call Rob",)),
        ("the milk and eggs", ("buy milk",)),
        ("everything", ("buy milk",)),
        ("the task", ("buy milk", "the task force meeting")),
        ("🥛", ("🥛 milk",)),
        ("", ("buy milk",)),
    ],
)
def test_what_is_not_there_is_not_found(said: str, titles: tuple[str, ...]) -> None:
    assert find(said, tasks(*titles)).task is None


WORDS = [
    "buy",
    "call",
    "pay",
    "milk",
    "bread",
    "Ann",
    "Anna",
    "gym",
    "rent",
    "bill",
    "dentist",
    "report",
    "4",
    "41",
    "the",
    "for",
    "Friday",
]
TITLES = st.lists(st.sampled_from(WORDS), min_size=1, max_size=4).map(" ".join)


@given(st.lists(TITLES, max_size=6), TITLES)
def test_a_task_is_only_picked_when_each_telling_word_said_is_in_it_or_sounds_like_it(
    titles: list[str], said: str
) -> None:
    found = find(said, tasks(*titles)).task
    if found is not None:
        digits = {word for word in said.split() if word.isdigit()}
        assert digits <= set(found.title.replace("for", "4").split())
