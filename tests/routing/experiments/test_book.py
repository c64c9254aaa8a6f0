"""Experiments as admins handle them."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from routing.experiments import succession
from routing.experiments.assignment import assigned
from routing.experiments.book import ExperimentBook
from routing.experiments.changes import NoExperimentError
from routing.outcomes import SUCCESS_MS
from routing.policy import DEFAULT_POLICY
from routing.policy_changes import PolicyInvalidError
from routing.policy_store import PolicyConflictError, PolicyStore
from tests.routing.conftest import Bank
from tests.routing.experiments.past import experiment_calls

pytestmark = pytest.mark.system

DOCUMENT: dict[str, Any] = {
    "hypothesis": "a cheaper voice is as good",
    "arms": [{"name": "control", "stack": "economy"}, {"name": "cheap", "stack": "budget"}],
    "plan": "economy",
}


@pytest.fixture
async def book(bank: Bank) -> ExperimentBook:
    return ExperimentBook(PolicyStore(bank.journal.engine, bank.link), bank.journal.engine)


async def test_an_experiment_is_written_started_reweighted_and_stopped(book: ExperimentBook) -> None:
    await book.create("x", DOCUMENT, author="ann")
    assert (await book.one("x")).state == "draft"
    await book.set_state("x", "running", author="ann")
    assert (await book.one("x")).phase == 1
    await book.set_weights("x", {"cheap": 3}, author="ann")
    changed = await book.one("x")
    assert (changed.phase, changed.weights) == (2, (0.25, 0.75))
    await book.set_state("x", "stopped", author="ann")
    assert ((await book.one("x")).phase, (await book.one("x")).state) == (2, "stopped")


async def test_what_cannot_be_is_refused_and_changes_nothing(book: ExperimentBook) -> None:
    await book.create("x", DOCUMENT, author="ann")
    version, _ = await book.all()
    with pytest.raises(PolicyInvalidError, match="already"):
        await book.create("x", DOCUMENT, author="ann")
    with pytest.raises(PolicyInvalidError, match="no arm called other"):
        await book.set_weights("x", {"other": 2}, author="ann")
    with pytest.raises(NoExperimentError):
        await book.set_state("y", "running", author="ann")
    with pytest.raises(PolicyConflictError):
        await book.set_state("x", "running", author="ann", expected=DEFAULT_POLICY.version)
    assert (await book.all())[0] == version


async def test_two_admins_at_once_do_not_overwrite_each_other(book: ExperimentBook) -> None:
    names = [f"x{number}" for number in range(6)]
    done = await asyncio.gather(
        *(book.create(name, DOCUMENT, author="ann") for name in names), return_exceptions=True
    )
    written = {name for name, each in zip(names, done, strict=True) if not isinstance(each, Exception)}
    assert written == set((await book.all())[1])
    assert all(isinstance(each, PolicyConflictError) for each in done if isinstance(each, Exception))


async def test_the_arms_shown_are_those_that_calls_get(book: ExperimentBook) -> None:
    await book.create("x", DOCUMENT, author="ann")
    policy = await book.set_state("x", "running", author="ann")
    units = [f"usr_{number}" for number in range(300)]
    shown = await book.arms_of("x", units)
    for unit in units:
        drawn = assigned(policy.experiments, unit, plan="economy", channel="phone")
        assert drawn is not None
        assert shown[unit] == drawn.arm


async def test_each_phase_is_reported_by_itself_with_the_weights_that_it_had(
    bank: Bank, book: ExperimentBook
) -> None:
    await book.create("x", DOCUMENT, author="ann")
    first = await book.set_state("x", "running", author="ann")
    await experiment_calls(bank.journal, first.experiments, 30)
    second = await book.set_weights("x", {"cheap": 4}, author="ann")
    await experiment_calls(bank.journal, second.experiments, 20)
    later = second.experiments["x"].since_ms + 3 * SUCCESS_MS
    now = await book.report("x", now_ms=later)
    assert (now.phase, now.calls, now.experiment.weights) == (2, 20, (0.2, 0.8))
    await book.set_state("x", "stopped", author="ann")
    await book.set_weights("x", {"cheap": 9}, author="ann")
    assert (await book.report("x", now_ms=later)).experiment.weights == (0.2, 0.8)
    before = await book.report("x", phase=1, now_ms=later)
    assert (before.phase, before.calls, before.experiment.weights) == (1, 30, (0.5, 0.5))
    with pytest.raises(NoExperimentError):
        await book.report("x", phase=7)


async def test_a_report_holds_no_calls_of_a_model_that_was_succeeded_since(
    bank: Bank, book: ExperimentBook, monkeypatch: pytest.MonkeyPatch
) -> None:
    await book.create("x", DOCUMENT, author="ann")
    running = await book.set_state("x", "running", author="ann")
    began_ms = running.experiments["x"].since_ms
    await experiment_calls(bank.journal, running.experiments, 30)
    # Midnight came after ten of them.
    monkeypatch.setattr(succession, "_begin_ms", lambda _day: began_ms + 10)
    found = await book.report("x", now_ms=began_ms + 3 * SUCCESS_MS)
    assert (found.calls, found.as_json()["sentences"][0][-32:]) == (20, "10 calls of before are left out.")


async def test_a_draft_has_a_report_that_says_that_it_is_too_early(book: ExperimentBook) -> None:
    await book.create("x", DOCUMENT, author="ann")
    assert (await book.report("x")).sentences()[-1].startswith("Too early")
