"""Which task is meant is the task server's to say, where it says it."""

from typing import Any

import pytest

from sandbox.brain.dialogue import Action
from sandbox.brain.seeking import looked_through, sought
from sandbox.brain.transcript import Ran, Task

pytestmark = pytest.mark.unit

ANN = {"id": "a", "title": "call Ann"}
ANNA = {"id": "b", "title": "call Anna"}


def found(*tasks: dict[str, Any], **said: Any) -> Ran:
    """What a server answers to a search; one that decides tells `match`."""
    return Ran("list_tasks", {"query": "ann"}, {"tasks": list(tasks), **said})


def test_what_the_server_means_is_meant_whatever_else_it_found() -> None:
    it = sought("call Ann", found(ANNA, ANN, match="exact", meant="a", question=None), "update")
    assert it.task is not None
    assert it.task.id == "a"


def test_its_question_is_asked_about_those_that_it_names() -> None:
    question = 'Which one do you mean: "call Ann"; or "call Anna"?'
    other = {"id": "c", "title": "answer Ann"}
    it = sought("ann", found(ANN, ANNA, other, match="words", meant=None, question=question), "delete")
    assert it.task is None
    assert it.question == question
    assert [task.id for task in it.candidates] == ["a", "b"]


def test_one_that_is_only_alike_is_asked_about_once() -> None:
    alike = found(ANNA, match="similar", meant=None, question='Do you mean "call Anna"?')
    deleted, moved = sought("call Hannah", alike, "delete"), sought("call Hannah", alike, "update")
    assert deleted.task is not None  # the tool asks before it deletes
    assert moved.task is None
    assert moved.question == 'Do you mean "call Anna"?'


def test_a_server_that_decides_nothing_leaves_it_to_the_words() -> None:
    it = sought("call Ann", found(ANN, ANNA), "update")
    assert it.task is not None
    assert it.task.id == "a"


def test_the_other_one_is_the_only_one_left_and_of_several_none() -> None:
    tasks = [task for each in (ANN, ANNA, {"id": "c", "title": "pay rent"}) if (task := Task.of(each))]
    other = Action("delete", but="a")
    left = looked_through(other, tasks[:2], "2026-11-25", sure=True)
    assert left.task == tasks[1]
    many = looked_through(other, tasks, "2026-11-25", sure=True)
    assert many.task is None
    assert [task.id for task in many.candidates] == ["b", "c"]


def test_a_likeness_that_the_server_did_not_find_is_only_offered_where_nothing_asks() -> None:
    tasks = [task for each in (ANN,) if (task := Task.of(each))]
    for verb, taken in (("delete", True), ("update", False)):
        it = looked_through(Action(verb, target="call and"), tasks, "2026-11-25", sure=False)  # type: ignore[arg-type]
        assert (it.task is not None) is taken
        assert it.task or it.candidates == (tasks[0],)


def test_a_search_that_finds_nothing_says_nothing_of_the_list() -> None:
    nothing = found()
    assert nothing.decides
    assert sought("the first one", nothing, "delete").task is None
