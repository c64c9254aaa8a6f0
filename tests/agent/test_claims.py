"""We never say that something was done unless a tool said so."""

import json
from collections.abc import AsyncIterator

import pytest
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


CLAIMS = [
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
    ]
)


@given(st.lists(WORDS, min_size=1, max_size=6), st.lists(WORDS, min_size=1, max_size=6))
def test_words_that_may_be_said_belong_to_no_claim_whatever_follows_them(
    begun: list[str], rest: list[str]
) -> None:
    whole = f"{' '.join(begun)} {' '.join(rest)}"
    if len(sentences_of(whole)) == 1 and not may_become_a_claim(" ".join(begun)) and claims_an_effect(whole):
        assert claims_an_effect(f"so {' '.join(rest)}"), "the claim lies in what follows"


@given(st.lists(WORDS, min_size=1, max_size=20), st.lists(st.integers(1, 12), min_size=1, max_size=5))
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
    first, *others = sentences_of(text)
    later = "".join(each for each in others if not claims_an_effect(each))
    assert said.endswith(later)
    begun = said[: len(said) - len(later)]
    assert first.startswith(begun)
    if claims_an_effect(first):
        assert claims_an_effect(f"so {first[len(begun) :]}" if begun else first)
    else:
        assert begun == first

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
