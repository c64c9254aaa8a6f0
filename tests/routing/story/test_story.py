"""A story is what the journal knows of a call, in order, with reasons, and as a page that needs nothing."""

from __future__ import annotations

import html
import json
import re
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from routing.journal import Entry
from routing.story.assembling import assemble, policy_versions
from routing.story.happened import happened
from routing.story.latency import parts_of
from routing.story.page import page
from routing.story.story import PolicyChange, Word
from tests.routing.story.told import BEGAN, charge, events, moved_call

pytestmark = pytest.mark.unit

CHANGE = PolicyChange("1", "web:s_chief", "too dear this week", ('tiers_off: [] → ["premium"]',))


def test_a_story_says_who_spoke_when_and_how_long() -> None:
    spoken = assemble(moved_call()).spoken
    assert [(each.who, each.at_ms, each.ms) for each in spoken] == [
        ("assistant", 300, 2_000),
        ("caller", 3_000, 1_500),
        ("assistant", 5_300, 1_000),
    ]


def test_turns_hold_what_came_of_them_and_what_served_them() -> None:
    greeting, first, second, third = assemble(moved_call()).turns
    assert (greeting.turn, greeting.answers[0].ms) == (0, None)
    assert (first.by, first.stack, first.tasks) == ("voice", "premium", ["created"])
    assert [(run.tool, run.outcome) for run in first.tools] == [("create_task", "ok")]
    assert first.answers[0].interrupted
    assert (second.by, second.stack, second.corrections) == ("text", "economy", 1)
    (question,) = third.confirmations
    assert (question.tools, question.outcome, question.by) == (("delete_task",), "confirmed", "click")


def test_a_move_tells_which_admin_changed_what_and_what_took_over() -> None:
    story = assemble(moved_call(), policies={"1": CHANGE})
    assert policy_versions(moved_call()) == {"default-1", "1"}
    first, second = story.decisions
    assert (first.cause, first.policy) == ("start", None)
    assert (second.cause, second.stack, second.policy) == ("policy", "economy", CHANGE)
    assert second.replayed == "same"
    assert [(each.stack, each.at_ms, each.until_ms) for each in story.stretches] == [
        ("premium", 0, 7_400),
        ("economy", 7_400, 10_000),
    ]
    titles = [each.title for each in happened(story)]
    assert "An admin changed the policy: economy is to serve" in titles
    assert "economy takes over from premium" in titles
    details = next(each.details for each in happened(story) if each.kind == "decision" and each.at_ms)
    assert "Policy 1 by web:s_chief «too dear this week»" in details
    assert titles[-1] == "The call ended: goodbye"


def test_money_is_told_by_vendor_and_what_was_settled_later_makes_no_call_longer() -> None:
    late = charge(3, -8, 99_999_999, certainty="reconciled", replaces="e1")
    story = assemble([*moved_call(), late])
    assert [(cost.vendor, cost.microdollars) for cost in story.costs] == [
        ("openai", 31_008),
        ("deepgram", 500),
        ("openai", -8),
    ]
    assert (story.microdollars, story.until_ms) == (31_500, 10_000)


def test_a_dead_workers_lease_that_is_cleared_away_later_makes_no_call_longer() -> None:
    cleared = Entry("expired:c1:1", "lease", BEGAN + 99_999_999, "c1", details={"event": "expired"})
    assert assemble([*moved_call(), cleared]).until_ms == 10_000


def test_the_last_stars_count_and_make_no_call_longer() -> None:
    rated = [
        Entry(
            f"c1:rating:{stars}",
            "outcome",
            BEGAN + 99_999_999 + stars,
            "c1",
            details={"rating": {"stars": stars}},
        )
        for stars in (2, 4)
    ]
    story = assemble([*moved_call(), *rated])
    assert (story.stars, story.until_ms) == (4, 10_000)
    assert "4 of 5" in page(story)


def test_of_a_call_without_happenings_money_and_decisions_are_told() -> None:
    story = assemble([each for each in moved_call() if each.kind != "event"])
    assert (story.is_told, story.spoken) == (False, [])
    assert [each.stack for each in story.stretches] == ["premium", "economy"]
    assert "was not recorded, or is not kept any more" in page(story)


def test_what_was_left_out_is_said() -> None:
    story = assemble(
        [*moved_call(), events(3, {"what": "turn", "at": 9_700, "turn": 4, "by": "voice"}, left_out=7)]
    )
    assert story.left_out == 7
    assert "7 things are left out" in page(story)


def test_the_page_loads_nothing_runs_nothing_and_lets_nothing_in() -> None:
    story = assemble(
        moved_call(), policies={"1": replace(CHANGE, note="<script>alert(1)</script>")}, sandbox=True
    )
    story.words = [Word(3_000, "caller", "Buy <b>milk</b> & bread")]
    text = page(story)
    assert "<script" not in text
    assert " style=" not in text
    assert not re.findall(r"(?:src|href|url)\s*[=(]", text)
    assert "default-src &#39;none&#39;" in text
    assert html.escape("Buy <b>milk</b> & bread", quote=False) in text
    assert "sandbox: no real money" in text
    assert "demo data" not in text


def test_a_call_that_was_made_up_says_so() -> None:
    made_up = assemble(moved_call("demo-1"))
    assert made_up.demo
    assert "demo data: this call never was" in page(made_up)
    assert made_up.as_json()["demo"] is True


def test_machines_get_the_same() -> None:
    told = json.loads(json.dumps(assemble(moved_call(), policies={"1": CHANGE}).as_json()))
    assert told["began"] == "2026-11-18T11:06:40.000+00:00"
    assert told["cost_microdollars"] == 31_508
    assert told["turns"][1]["answers"][0]["parts"] == {
        "hearing": 150,
        "end_of_turn": 250,
        "model": 300,
        "voice": 120,
        "rest": 80,
    }
    assert told["lost"] == [{"at_ms": 9_100, "what": "away"}, {"at_ms": 9_500, "what": "back"}]
    assert (told["words"], told["words_why_not"][:8]) == ([], "No words")
    assert BEGAN not in told.values()


@given(
    st.none() | st.integers(-5, 5_000),
    st.dictionaries(
        st.sampled_from(["hearing", "end_of_turn", "ours", "model", "voice"]), st.integers(0, 6_000)
    ),
)
def test_the_parts_of_an_answer_are_together_the_whole(total: int | None, measured: dict[str, int]) -> None:
    parts = parts_of(total, measured)
    assert sum(ms for _, ms in parts) == max(0, total or 0)
    assert all(ms > 0 for _, ms in parts)
