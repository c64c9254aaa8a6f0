"""We never say that something was done unless a tool said so."""

import json
import re
from collections.abc import AsyncIterator
from datetime import date
from pathlib import Path

import pytest
import yaml
from hypothesis import example, given
from hypothesis import strategies as st
from livekit.agents import llm

from agent import no_more_calls, persona
from agent.claim_words import claims_an_effect, claims_of, may_become_a_claim
from agent.claims import NOT_ALL_DONE, NOTHING_DONE, ClaimWatch, correction, only_true_claims
from agent.effects import ALL, Done, Effect, done_in
from agent.pieces import sentences_of

pytestmark = pytest.mark.unit


def _is_ours(name: str, line: object) -> bool:
    """Whether it is a line that is said; some say that an account was erased, which is true, and one is for models."""
    return name.isupper() and isinstance(line, str) and "ERASED" not in name and "\n" not in line


OTHER_WORDS = yaml.safe_load((Path(__file__).parent / "claims.yaml").read_text())
HONEST = OTHER_WORDS.pop("honest")
KINDS = [
    (sentence, ALL - {"other"} if kinds == "any" else frozenset(kinds.split()))
    for kinds, sentences in OTHER_WORDS.items()
    for sentence in sentences
]
CLAIMS = [
    *(sentence for sentence, _ in KINDS),
    "Done, both are updated.",
    "I've added buy milk.",
    "I have deleted the dentist task.",
    "I added it to your list.",
    "Your task has been created.",
    "Okay, done!",
    "All set.",
    "Deleted.",
    "Added buy stamps for Friday.",
    "The task is now marked as done.",
    "It’s done.",
    "I just marked it as complete.",
    "Buy milk was removed.",
    "Taken care of.",
    "I've deleted the dentist task, is there anything else?",
    "Done, is there anything else?",
    "I've deleted it and what else can I do for you?",
    "I've deleted it, let me know if you need anything.",
    "I couldn't find the milk, but I've deleted the dentist.",
    "I couldn't find the milk but I deleted the dentist.",
    "Don't worry I've deleted it.",
    'I\'ve added "Do not disturb sign".',
    "I've added 'Don't forget Ann'.",
    "I've successfully deleted it.",
    "I have now successfully deleted it.",
    "I went ahead and deleted it.",
    "I've gone ahead and marked it as done.",
    "I've finally removed that one, would you like anything else?",
    "The task has been permanently deleted.",
]
NO_CLAIMS = [
    *HONEST,
    'Shall I delete "Buy milk"?',
    "You have three tasks: buy milk, call Ann and review the proposal.",
    "I couldn't delete it.",
    "Nothing was changed.",
    "What would you like to do?",
    "You have no tasks.",
    "I haven't added anything yet.",
    "Do you want it marked as done?",
    "Goodbye.",
    "I can only help with tasks.",
    "I found two tasks called call Ann.",
    "When is it due?",
    "Have I added it?",
    "Have I added it, or was that you?",
    "Was the dentist task deleted, do you know?",
    "I've deleted it?",
    "If I delete it, it is gone for good.",
    "If I've deleted it by mistake, say undo.",
    "Once I've added it, I'll read it back.",
    "Once it is deleted, it cannot be undone.",
    "Let me know once it is completed.",
    "I haven't deleted it, is there anything else?",
    "None of them were deleted.",
    "It could have been deleted by somebody else.",
    "I don't think I've added that one.",
    "Which tasks were completed, those of today?",
    'You have two tasks: "I\'ve deleted it" and "Done".',
    "I can go ahead and delete it if you like.",
    "Your dentist is scheduled for Friday, would you like to move it?",
    "Buy milk is marked as urgent, shall I change that?",
    "You have nothing due today, and the report was completed yesterday.",
]


@pytest.mark.parametrize("sentence", CLAIMS)
def test_a_claim_is_recognised(sentence: str) -> None:
    assert claims_an_effect(sentence)


@pytest.mark.parametrize(
    "sentence",
    [
        '"Do not disturb sign" was deleted.',
        "“Don’t forget Ann” is now marked as done.",
        "«Ask if Ann would come» has been deleted.",
        "'Don't forget Ann' was removed.",
    ],
)
def test_a_title_denies_nothing(sentence: str) -> None:
    assert claims_an_effect(sentence)


@pytest.mark.parametrize("sentence", NO_CLAIMS)
def test_an_honest_sentence_is_no_claim(sentence: str) -> None:
    assert not claims_an_effect(sentence)


@pytest.mark.parametrize(("sentence", "kinds"), KINDS, ids=[sentence for sentence, _ in KINDS])
def test_a_claim_in_other_words_is_true_of_its_own_kinds_alone(
    sentence: str, kinds: frozenset[Effect]
) -> None:
    assert {kind for kind in ALL - {"other"} if is_true(sentence, does(kind))} == kinds
    assert not is_true(sentence, Done())


@pytest.mark.parametrize(
    "line",
    [line for room in (persona, no_more_calls) for name, line in vars(room).items() if _is_ours(name, line)],
)
def test_no_line_of_ours_that_goes_with_no_change_is_a_claim(line: str) -> None:
    assert not claims_an_effect(line)


def user(text: str) -> llm.ChatMessage:
    return llm.ChatMessage(role="user", content=[text])


def result(output: object, *, is_error: bool = False, name: str = "t") -> llm.FunctionCallOutput:
    return llm.FunctionCallOutput(call_id="c", name=name, output=json.dumps(output), is_error=is_error)


CHANGED = {"task": {"id": "a"}, "changed": True, "repeated": False}
HELD = {"status": "waiting_for_confirmation"}


def test_only_a_success_since_the_caller_last_spoke_supports_a_claim() -> None:
    changed = result(CHANGED)
    assert done_in([user("add milk"), changed]).happened
    assert not done_in([user("add milk"), changed, user("add bread")]).happened
    assert not done_in([user("add milk"), result({"error": {"code": "bad_date"}}, is_error=True)]).happened
    assert not done_in([user("list"), result({"tasks": [], "total": 0})]).happened
    assert not done_in([user("delete"), result(HELD)]).happened


@pytest.mark.parametrize("repeated", [False, True])
def test_a_request_whose_answer_was_lost_is_done_when_it_is_answered_again(*, repeated: bool) -> None:
    undone = result({"undone": "delete", "task": {"id": "a"}, "repeated": repeated}, name="undo")
    assert done_in([user("bring it back"), undone]) == Done(frozenset({"undone", "added"}))
    assert not done_in([user("bring it back"), undone, user("and now?")]).happened
    added = result(CHANGED | {"repeated": repeated}, name="create_task")
    assert done_in([user("add milk"), added]) == Done(frozenset({"added"}))


def test_what_was_asked_about_is_held_until_it_is_done() -> None:
    asked = [user("delete it"), result(HELD, name="delete_task")]
    assert done_in(asked) == Done(held=frozenset({"deleted"}))
    assert done_in([*asked, result(CHANGED, name="delete_task")]) == Done(happened=frozenset({"deleted"}))


def does(*effects: Effect, held: Effect | None = None) -> Done:
    return Done(frozenset(effects), frozenset() if held is None else frozenset({held}))


def is_true(sentence: str, done: Done) -> bool:
    claims = claims_of(sentence)
    assert claims, "it claims something"
    return all(claim.is_true_of(done) for claim in claims)


@pytest.mark.parametrize(
    ("sentence", "done"),
    [
        ("I've added stamps.", does("added")),
        ("I've added stamps.", does("added", held="deleted")),
        ("Done, I've added stamps.", does("added", held="deleted")),
        ("I've added stamps for Friday and marked it as urgent.", does("added")),
        ("I've added stamps and deleted the dentist.", does("added", "deleted")),
        ("I've added a note to the dentist task.", does("changed")),
        ("I've removed the due date.", does("changed")),
        ("I've added eggs to Buy milk.", does("changed")),
        ("I've added the gate code to the notes.", does("changed")),
        ("I've removed eggs from Buy milk.", does("changed")),
        ("I've removed it from the shopping list.", does("changed")),
        ("Okay, that's saved.", does("changed")),
        ("I've finished adding all three.", does("added")),
        ("I've moved Buy milk to Friday.", does("changed", held="changed")),
        ("I've undone that.", does("undone", held="undone")),
        ("I've moved it to your work list.", does("changed")),
        ("I've added it to your work list.", does("changed")),
        ("I've renamed it.", does("changed")),
        ("I've marked it as done and moved it to next week.", does("completed")),
        ("I've marked it as not done.", does("undone", "changed")),
        ("I've removed it again.", does("undone", "deleted")),
        ("I've restored it.", does("undone", "added")),
        ("I've cancelled the reminder.", does("changed")),
        ("Your list is updated.", does("completed")),
        ("I've deleted the event.", does("other")),
        ("Done, everything is taken care of.", does("added", "deleted")),
        ("Your account is erased.", Done(ALL)),
    ],
)
def test_a_claim_of_a_kind_that_happened_is_true(sentence: str, done: Done) -> None:
    assert is_true(sentence, done)


@pytest.mark.parametrize(
    ("sentence", "done"),
    [
        ("I've deleted the dentist and added stamps.", does("added", held="deleted")),
        ("I've added stamps and deleted the dentist.", does("added", held="deleted")),
        ("I've added stamps, and the dentist is now deleted.", does("added")),
        ("I've added stamps, then removed the dentist.", does("added")),
        ("I've added stamps and marked the dentist as done.", does("added", held="completed")),
        ("I've completed the dentist.", does("added")),
        ("I've deleted it.", does("completed")),
        ("I've deleted it.", does("other", held="deleted")),
        ("I've deleted it.", does("deleted", held="deleted")),
        ("I've marked it as done.", does("changed")),
        ("I've renamed it.", does("added")),
        ("I've added stamps.", does("deleted")),
        ("I've undone that.", does("changed")),
        ("All done.", does("added", held="deleted")),
        ("Done, both are taken care of.", does("added", held="deleted")),
        ("Done.", does("added", held="added")),
        ("I've moved both to Friday.", does("changed", held="changed")),
        ("I've removed it from your list.", does("changed")),
        ("I've finished the report.", does("added")),
    ],
)
def test_a_success_of_one_kind_supports_no_claim_of_another(sentence: str, done: Done) -> None:
    assert not is_true(sentence, done)


def task(title: str, *, status: str = "open", due: str | None = None) -> dict[str, object]:
    spoken = due and f"{date.fromisoformat(due):%A}"
    return {"id": title, "title": title, "status": status, "due": due, "due_spoken": spoken}


def lists(*tasks: dict[str, object]) -> list[llm.ChatItem]:
    shown = {"tasks": list(tasks), "total": len(tasks), "today": "2026-10-01"}
    return [user("What is there?"), result(shown, name="list_tasks")]


REPORT = task("Report", status="done")
SLIDES = task("Slides", status="done")
DENTIST = task("Dentist", due="2026-10-02")
MILK = task("Buy milk")
SHOWN = [
    ("Your dentist is scheduled for Friday.", lists(DENTIST, MILK)),
    ("It's scheduled for Friday.", lists(DENTIST)),
    ("It's scheduled for tomorrow.", lists(DENTIST)),
    ("Your dentist is moved to Friday.", lists(DENTIST)),
    ("Yes, the report is completed.", lists(REPORT, MILK)),
    ("Yes, it's completed.", lists(REPORT)),
    ("Yes, it's done.", lists(REPORT)),
    ("The report is finished.", lists(REPORT)),
    ("Two of them are marked as done.", lists(REPORT, SLIDES, MILK)),
    ("Both are done.", lists(REPORT, SLIDES)),
    ("All of them are done.", lists(REPORT, SLIDES)),
    ("Both are scheduled for Friday.", lists(DENTIST, task("Call Ann", due="2026-10-02"))),
]


@pytest.mark.parametrize(("sentence", "items"), SHOWN, ids=[sentence for sentence, _ in SHOWN])
async def test_how_things_are_may_be_said_where_a_list_of_this_turn_shows_it(
    sentence: str, items: list[llm.ChatItem]
) -> None:
    assert await spoken([sentence], items) == sentence
    assert await spoken([sentence], [*items, user("And now?")]) == NOTHING_DONE
    assert await spoken([sentence], lists(MILK)) == NOTHING_DONE


@pytest.mark.parametrize(
    "sentence",
    [
        "I've completed it.",
        "I've completed the report.",
        "I've marked the report as done.",
        "The report is now marked as done.",
        "It's now marked as done.",
        "It's marked as done now.",
        "The report is just completed.",
        "The report is successfully completed.",
        "The report is also marked as done.",
        "The report has been completed.",
        "The report was completed.",
        "Completed.",
        "Done.",
        "Okay, it's done.",
        "All done.",
        "Taken care of.",
        "I've scheduled the dentist for Friday.",
        "Your dentist is now scheduled for Friday.",
        "Your dentist has been moved to Friday.",
        "Scheduled for Friday.",
        "Set for Friday.",
        "Your dentist is scheduled for Monday.",
        "Your dentist is moved to Monday.",
        "Buy milk is marked as done.",
        "Buy milk is scheduled for Friday.",
        "All of them are done.",
        "Both are done.",
        "All three are done.",
        "The report is deleted.",
        "It's gone.",
        "Buy milk is marked as urgent.",
    ],
)
async def test_no_list_makes_it_true_that_something_was_done_now_or_is_as_it_does_not_show(
    sentence: str,
) -> None:
    assert await spoken([sentence], lists(REPORT, DENTIST, MILK)) == NOTHING_DONE


async def test_what_waits_for_a_yes_is_not_as_a_list_shows_others_to_be() -> None:
    items = [*lists(REPORT, MILK), result(HELD, name="complete_task")]
    assert await spoken(["The chore is marked as done."], items) == NOTHING_DONE


def calls(name: str, arguments: object, output: object) -> list[llm.ChatItem]:
    """A call of a tool and its output; an error by what the output holds."""
    call_id = f"{name} {arguments} {output}"
    failed = isinstance(output, dict) and "error" in output
    raw = arguments if isinstance(arguments, str) else json.dumps(arguments)
    return [
        llm.FunctionCall(call_id=call_id, name=name, arguments=raw),
        llm.FunctionCallOutput(call_id=call_id, name=name, output=json.dumps(output), is_error=failed),
    ]


ERROR = {"error": {"code": "conflict", "message": "It was changed meanwhile."}}
DELETED = calls("delete_task", {"task_id": "a"}, CHANGED)
NOT_DELETED = calls("delete_task", {"task_id": "b"}, ERROR)
ALL_OF_IT = [
    "I've deleted both.",
    "All three are done.",
    "All done.",
    "Both are gone.",
    "Everything is deleted.",
]


@pytest.mark.parametrize("sentence", ALL_OF_IT)
async def test_where_one_of_several_failed_it_is_not_said_of_all(sentence: str) -> None:
    for items in ([*DELETED, *NOT_DELETED], [*NOT_DELETED, *DELETED]):
        assert await spoken([sentence], [user("Delete all three"), *items]) == NOT_ALL_DONE
        assert await spoken(["I've deleted the dentist."], [user("x"), *items]) == "I've deleted the dentist."
    assert await spoken([sentence], [user("Delete both"), *DELETED]) == sentence


@pytest.mark.parametrize(
    "repaired",
    [
        calls("delete_task", {"task_id": "b"}, CHANGED),
        calls("delete_task", {"task_id": "b", "expected_version": 3}, CHANGED),
    ],
)
@pytest.mark.parametrize("sentence", ALL_OF_IT)
async def test_what_failed_and_was_done_at_another_try_is_done(
    sentence: str, repaired: list[llm.ChatItem]
) -> None:
    items = [user("Delete all"), *DELETED, *NOT_DELETED]
    assert await spoken([sentence], [*items, *repaired]) == sentence


async def test_a_task_that_is_added_at_a_second_try_with_another_date_is_added() -> None:
    first = calls("create_task", {"title": "Buy milk", "due_words": "the 31st of June"}, ERROR)
    second = calls("create_task", {"title": "Buy milk", "due_words": "the 30th of June"}, CHANGED)
    bread = calls("create_task", {"title": "Buy bread"}, CHANGED)
    assert await spoken(["I've added both."], [user("x"), *first, *bread]) == NOT_ALL_DONE
    assert await spoken(["I've added both."], [user("x"), *first, *bread, *second]) == "I've added both."


async def test_arguments_that_nobody_could_read_are_mended_by_the_tools_next_success() -> None:
    broken = calls("delete_task", '{"task_id": ', ERROR)
    assert await spoken(["I've deleted both."], [user("x"), *DELETED, *broken]) == NOT_ALL_DONE
    assert await spoken(["I've deleted both."], [user("x"), *broken, *DELETED]) == "I've deleted both."


@pytest.mark.parametrize(
    ("sentence", "failed"),
    [
        ("I've deleted both.", calls("list_tasks", {}, ERROR)),
        ("I've deleted both.", calls("create_task", {"title": "Milk"}, ERROR)),
        ("All right, I've deleted the dentist.", NOT_DELETED),
        ("I couldn't delete both, but I've deleted the dentist.", NOT_DELETED),
        ("I've deleted the dentist, that's all I could do.", NOT_DELETED),
    ],
)
async def test_what_is_not_said_of_all_that_failed_is_said(sentence: str, failed: list[llm.ChatItem]) -> None:
    assert await spoken([sentence], [user("Delete both"), *DELETED, *failed]) == sentence


def test_an_error_before_the_caller_last_spoke_is_no_longer_one() -> None:
    assert done_in([user("Delete both"), *NOT_DELETED, user("Delete it"), *DELETED]) == does("deleted")
    assert done_in([user("Delete both"), *NOT_DELETED]) == Done(failed=frozenset({"deleted"}))


async def spoken(parts: list[object], items: list[llm.ChatItem]) -> str:
    async def stream() -> AsyncIterator[object]:
        for part in parts:
            yield part

    return "".join([chunk async for chunk in only_true_claims(stream(), items) if isinstance(chunk, str)])


async def test_a_lie_is_replaced_and_the_rest_is_said() -> None:
    said = await spoken(["Done, both are ", "updated. ", "Anything else?"], [user("delete it")])
    assert "updated" not in said
    assert "Anything else?" in said
    assert NOTHING_DONE in said


async def test_the_truth_passes_untouched() -> None:
    items: list[llm.ChatItem] = [user("add milk"), result({"task": {}, "changed": True})]
    assert await spoken(["I've added ", "milk."], items) == "I've added milk."


async def test_what_was_done_is_said_and_what_was_not_is_put_right() -> None:
    items: list[llm.ChatItem] = [
        user("Delete the dentist one and add buy stamps"),
        result(CHANGED, name="create_task"),
        result(HELD, name="delete_task"),
    ]
    said = await spoken(["I've deleted the dentist ", "and added stamps. Anything ", "else?"], items)
    assert said == f"Anything else?{NOT_ALL_DONE}"
    said = await spoken(["I've added stamps for Friday. ", "I've marked the dentist ", "as done."], items)
    assert said == f"I've added stamps for Friday. {NOT_ALL_DONE}"
    assert await spoken(["I've marked the old dentist ", "as done."], items) == NOT_ALL_DONE
    assert not claims_an_effect(NOT_ALL_DONE)


async def test_a_claim_ahead_of_its_tool_call_is_left_out_without_a_denial() -> None:
    call = llm.ChatChunk(
        id="1",
        delta=llm.ChoiceDelta(
            tool_calls=[llm.FunctionToolCall(name="create_task", arguments="{}", call_id="c")],
        ),
    )
    assert await spoken(["I've added it. ", call], [user("add milk")]) == ""


def test_a_claim_that_is_already_being_spoken_is_noticed_at_the_end_of_its_sentence() -> None:
    watch = ClaimWatch(Done)
    assert [watch.hears_a_lie(piece) for piece in ("All right. ", "I've added ", "the milk", ".")] == [
        False,
        False,
        False,
        True,
    ]


def test_a_claim_with_a_change_behind_it_may_be_spoken() -> None:
    assert not ClaimWatch(lambda: does("added")).hears_a_lie("I've added the milk.")


def test_a_claim_of_another_kind_that_is_already_being_spoken_is_put_right() -> None:
    done = does("added", held="deleted")
    watch = ClaimWatch(lambda: done)
    assert not watch.hears_a_lie("I've added stamps. ")
    assert watch.hears_a_lie("And I've deleted the dentist.")
    assert correction(done) == NOT_ALL_DONE
    assert correction(Done()) == NOTHING_DONE


@pytest.mark.parametrize("sentence", CLAIMS)
def test_no_beginning_of_a_claim_is_taken_for_harmless_once_its_first_word_is_there(sentence: str) -> None:
    words = sentence.split()
    for count in range(1, len(words)):
        begun, rest = " ".join(words[:count]), " ".join(words[count:])
        assert may_become_a_claim(begun) or claims_an_effect(f"so {rest}")


@pytest.mark.parametrize(
    "words",
    [
        "You have three tasks: ",
        "Shall I delete the ",
        "I found two tasks ",
        "I haven't added anything ",
        "Sure, here are your ",
        "When would you like ",
        "Which of the two ",
        "It's due Friday ",
        "It's due tomorrow at ",
        "You have two tasks ",
        "You have one task called ",
        "Your dentist is on Friday ",
        "Your list is empty and ",
        "I've got three tasks ",
        "I have two tasks for ",
        "I've checked your list ",
        "I've taken a look ",
        "There are three tasks on ",
        "Here's what's on your ",
        "The milk's due on ",
        "Buy milk is on your list for ",
        "Today you have only ",
        "All of them are due ",
        "Both of those are due ",
        "I made a mistake ",
        "The milk's gone off and ",
        "What would you like to put ",
        "That one isn't on your ",
    ],
)
def test_what_belongs_to_no_claim_whatever_follows_may_be_said_at_once(words: str) -> None:
    assert not may_become_a_claim(words)


@pytest.mark.parametrize(
    "words",
    [
        "I've ",
        "Okay, so I have ",
        "Done ",
        "Sure, that's ",
        "All ",
        "Deleted the dentist task ",
        "Your task has ",
        "The dentist task is now ",
        "I've just checked ",
        "It’s ",
        "Taken ",
        "I've successfully ",
        "I went ",
        "I went ahead ",
        "Sure, I've gone ahead and ",
        "I went ahead and simply ",
        "The task has been permanently ",
        "The dentist is no ",
        "That one is no longer on your ",
        "I've put ",
        "I've put the milk ",
        "I've put \"a title that is not over yet and has many, many words ",
        "I've got ",
        "I've got rid ",
        "I've made a new ",
        "I've taken it ",
        "Buy milk is now back on ",
        "You're all ",
        "That one's ",
        "Your list is now ",
    ],
)
def test_what_may_be_a_claim_waits_for_its_sentence(words: str) -> None:
    assert may_become_a_claim(words)


WORDS = st.sampled_from(
    [
        "I",
        "I've",
        "we",
        "we've",
        "have",
        "had",
        "just",
        "now",
        "went",
        "ahead",
        "and",
        "quickly",
        "if",
        "don't",
        "also",
        "both",
        "all",
        "it's",
        "it",
        "is",
        "are",
        "was",
        "has",
        "been",
        "that's",
        "that",
        "okay,",
        "sure,",
        "great!",
        "yes",
        "done",
        "done.",
        "set",
        "taken",
        "care",
        "of",
        "checked",
        "off",
        "deleted",
        "added",
        "moved,",
        "completed",
        "tasks",
        "task",
        "milk",
        "the",
        "your",
        "not",
        "would",
        "Which",
        "one?",
        "three",
        "Friday.",
        "on",
        "at",
        "in",
        "so",
        "gone",
        "gone.",
        "that's",
        "one's",
        "you're",
        "list",
        "list.",
        "no",
        "longer",
        "back",
        "empty",
        "open",
        "again",
        "put",
        "got",
        "rid",
        "made",
        "a",
        "note",
        "mistake",
        "took",
        "down",
        "crossed",
        "What's",
        '"Ann,',
        'bread"',
    ]
)


@given(st.lists(WORDS, min_size=1, max_size=6), st.lists(WORDS, min_size=1, max_size=6))
def test_words_that_may_be_said_belong_to_no_claim_whatever_follows_them(
    begun: list[str], rest: list[str]
) -> None:
    whole = f"{' '.join(begun)} {' '.join(rest)}"
    if len(sentences_of(whole)) == 1 and not may_become_a_claim(" ".join(begun)) and claims_an_effect(whole):
        assert claims_an_effect(f"so {' '.join(rest)}"), "the claim lies in what follows"


def is_said(said: str, sentences: list[str]) -> bool:
    """Whether it is these sentences, of those that claim nothing but first words that belong to no claim."""
    if not sentences:
        return not said
    first, *others = sentences
    if not claims_an_effect(first):
        return said.startswith(first) and is_said(said[len(first) :], others)
    begun = [0, *(word.end() for word in re.finditer(r"\S+\s+", first))]
    return any(
        said.startswith(first[:end])
        and claims_an_effect(f"so {first[end:]}" if end else first)
        and is_said(said[end:], others)
        for end in begun
    )


@given(st.lists(WORDS, min_size=1, max_size=20), st.lists(st.integers(1, 12), min_size=1, max_size=5))
@example(["done.", "I", "I", "I've", "had", "I", "deleted"], [1])
@example(["Sure,", "the", "dentist", "task", "is", "now", "deleted."], [3])
@example(["You", "have", "three", "tasks,", "and", "I've", "deleted", "milk.", "Which", "one?"], [200])
async def test_however_an_answer_is_streamed_no_word_of_a_claim_is_said_before_anything_was_done(
    words: list[str], sizes: list[int]
) -> None:
    text, parts, at = " ".join(words), [], 0
    while at < len(text):
        size = sizes[len(parts) % len(sizes)]
        parts.append(text[at : at + size])
        at += size
    said = (await spoken(list(parts), [user("delete it")])).removesuffix(NOTHING_DONE)
    assert is_said(said, sentences_of(text))

    changed = result({"task": {}, "changed": True})
    assert await spoken(list(parts), [user("delete it"), changed]) == text


async def test_the_first_words_of_an_answer_are_given_before_its_sentence_is_over() -> None:
    given_so_far: list[str] = []

    async def stream() -> AsyncIterator[str]:
        for word in ["You", "have", "three", "tasks:", "buy", "milk", "and", "call", "Ann."]:
            yield word + " "
            given_so_far.append(word)

    first = await anext(aiter(only_true_claims(stream(), [user("What is due?")])))
    assert first == "You have three tasks: "
    assert given_so_far == ["You", "have", "three"]
