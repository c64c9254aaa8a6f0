"""The judge of `bench speech`: what is right, what is a miss, what is harm."""

from datetime import date

import pytest

from cli.bench.judge import StoredTask, expected, judge
from cli.bench.spoken_form import mentions, spoken_form
from cli.bench.utterances import Meaning, Seed, Utterance, due, spread, utterances, words

pytestmark = pytest.mark.unit

TODAY = date(2026, 11, 25)
MILK = StoredTask("t1", "Buy milk", None, "open")
STAMPS = StoredTask("t2", "Buy stamps", "2026-11-27", "open")


def meaning(effect: str, **more: str | None) -> Utterance:
    return Utterance.model_validate(
        {
            "id": "x",
            "kind": "list",
            "before": [{"title": "Buy milk"}, {"title": "Buy stamps", "due": "+2"}],
            "say": ["x"],
            "means": {"effect": effect, **more},
        }
    )


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Buy milk", "buy milk."),
        ("Order 12 folding chairs", "order twelve folding chairs"),
        ("Call mum at 2:30", "call mum at two thirty"),
        ("Call mum at 2.30", "call mum at 2:30"),
        ("Dentist's check-up", "dentists checkup"),
        ("Pay the $50 bill", "pay the fifty dollar bill"),
        ("Check the tyre pressure", "check the tire pressure"),
    ],
)
def test_the_same_words_written_differently_are_equal(one: str, other: str) -> None:
    assert spoken_form(one) == spoken_form(other)


@pytest.mark.parametrize(
    ("one", "other"),
    [("Buy milk", "by milk"), ("Task 4", "Task 41"), ("Call Ann", "Call Anna"), ("Buy milk", "Buy oat milk")],
)
def test_other_words_are_different_also_when_they_sound_alike(one: str, other: str) -> None:
    assert spoken_form(one) != spoken_form(other)


def test_a_title_without_words_is_never_mentioned() -> None:
    assert not mentions("You have one task: Buy milk.", "…")
    assert mentions("You have one task: buy milk.", "Buy milk")


def test_the_meant_effect_is_right_whatever_the_spelling() -> None:
    after = [STAMPS, MILK, StoredTask("t9", "call Mum at 2:30", "2026-11-28", "open")]
    said = meaning("create", task="Call mum at two thirty", due="+3")
    assert judge(said, [MILK, STAMPS], after, "", TODAY).right


@pytest.mark.parametrize(
    "new",
    [
        StoredTask("t9", "Call mum", None, "open"),
        StoredTask("t9", "Call my mum", "2026-11-28", "open"),
        StoredTask("t9", "Call mum", "2026-11-28", "done"),
    ],
)
def test_a_wrong_date_title_or_status_is_a_miss_without_harm(new: StoredTask) -> None:
    verdict = judge(
        meaning("create", task="Call mum", due="+3"), [MILK, STAMPS], [MILK, STAMPS, new], "", TODAY
    )
    assert not verdict.right
    assert not verdict.harm
    assert new.title in verdict.found


def test_a_task_made_twice_is_a_miss() -> None:
    new = StoredTask("t8", "Call mum", None, "open")
    after = [MILK, STAMPS, new, StoredTask("t9", "Call mum", None, "open")]
    assert not judge(meaning("create", task="Call mum"), [MILK, STAMPS], after, "", TODAY).right


def test_a_list_is_right_only_when_the_answer_names_the_tasks() -> None:
    listing = meaning("none").model_copy(update={"hears": ("Buy milk",)})
    assert judge(listing, [MILK, STAMPS], [MILK, STAMPS], "Two tasks: Buy milk and buy stamps.", TODAY).right
    assert not judge(listing, [MILK, STAMPS], [MILK, STAMPS], "You have no tasks.", TODAY).right


@pytest.mark.parametrize(
    "after",
    [
        [MILK],
        [MILK, StoredTask("t2", "Buy stamps", "2026-11-27", "done")],
        [MILK, StoredTask("t2", "Buy lamps", "2026-11-27", "open")],
    ],
)
@pytest.mark.parametrize("effect", ["none", "create", "complete", "move"])
def test_a_wrong_task_deleted_completed_or_renamed_is_harm(effect: str, after: list[StoredTask]) -> None:
    more = {"none": {}, "create": {"task": "Call mum"}, "complete": {"task": "Buy milk"}}
    said = meaning(effect, **more.get(effect, {"task": "Buy milk", "due": "+1"}))
    verdict = judge(said, [MILK, STAMPS], after, "", TODAY)
    assert verdict.harm
    assert not verdict.right


def test_another_date_and_the_right_effect_misheard_are_no_harm() -> None:
    moved = StoredTask("t2", "Buy stamps", "2026-12-01", "open")
    assert not judge(meaning("none"), [MILK, STAMPS], [MILK, moved], "", TODAY).harm
    misheard = StoredTask("t1", "Buy silk", None, "open")
    rename = meaning("rename", task="Buy milk", title="Buy oat milk")
    assert not judge(rename, [MILK, STAMPS], [misheard, STAMPS], "", TODAY).harm


def test_completing_what_should_be_deleted_is_harm() -> None:
    done = StoredTask("t1", "Buy milk", None, "done")
    assert judge(meaning("delete", task="Buy milk"), [MILK, STAMPS], [done, STAMPS], "", TODAY).harm


def test_what_was_deleted_before_comes_back_with_its_date() -> None:
    said = meaning("reopen", task="Buy stamps").model_copy(update={"changed": ("delete", "Buy stamps")})
    back = StoredTask("t2", "Buy stamps", "2026-11-27", "open")
    assert judge(said, [MILK], [MILK, back], "", TODAY).right
    assert not judge(said, [MILK], [MILK], "", TODAY).right


def test_the_set_is_forty_with_every_kind_and_each_means_something_possible() -> None:
    every = utterances()
    assert len(every) == 40
    assert len({one.id for one in every}) == 40
    assert {one.kind for one in every} == {
        *("list", "create", "complete", "delete", "rename", "move", "undo", "correct"),
    }
    for one in every:
        seeded = [
            StoredTask(f"t{index}", seed.title, due(seed.due, TODAY), seed.status)
            for index, seed in enumerate(one.before)
        ]
        if one.changed is not None:
            change, title = one.changed
            seeded = [task for task in seeded if change == "complete" or task.title != title]
            seeded = [
                StoredTask(task.id, task.title, task.due, "done" if task.title == title else task.status)
                for task in seeded
            ]
        meant = expected(one, seeded, TODAY)
        assert (meant == seeded) == (one.means.effect == "none")
        assert all("{" not in words(text, TODAY) for text in one.say)


def test_doing_nothing_and_staying_silent_is_right_only_where_no_is_the_meaning() -> None:
    """Otherwise a dead agent would score."""
    for one in utterances():
        seeded = [StoredTask(str(i), s.title, due(s.due, TODAY), s.status) for i, s in enumerate(one.before)]
        if one.changed is None and one.agrees:
            assert not judge(one, seeded, seeded, "", TODAY).right, one.id


def test_a_short_run_has_most_kinds_in_it() -> None:
    assert len(spread(6)) == 6
    assert len({one.kind for one in spread(8)}) >= 5
    assert spread(99) == utterances()


def test_days_are_spoken_and_dated_from_today() -> None:
    assert words("by {weekday:2} or {date:6}", TODAY) == "by Friday or December 1st"
    assert words("{date:16}", TODAY) == "December 11th"
    assert due("+2", TODAY) == "2026-11-27"
    assert due("+1T15:00", TODAY) == "2026-11-26T15:00:00"
    assert due(None, TODAY) is None
    with pytest.raises(ValueError, match="form"):
        due("tomorrow", TODAY)


def test_data_that_mean_nothing_are_refused() -> None:
    for broken in ({"effect": "create"}, {"effect": "none", "task": "x"}, {"effect": "rename", "task": "x"}):
        with pytest.raises(ValueError, match=r"effect|rename"):
            Meaning.model_validate(broken)
    with pytest.raises(ValueError, match="due"):
        Seed.model_validate({"title": "x", "due": "soon"})
