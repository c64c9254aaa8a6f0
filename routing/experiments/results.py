"""What came of the calls of an experiment: as rows that the journal tells, and as columns to reckon with."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Whole = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class CallResult:
    """One call that can be judged."""

    at_ms: int
    """When its arm was drawn, Unix ms."""
    unit: str
    """Whose call it is: calls of one user are not independent of each other."""
    arm: str
    """The one it was drawn for, whatever it was served with."""
    as_assigned: bool
    """Whether it began with the arm's own stack."""
    microdollars: int
    """Everything it cost, swaps included."""
    tasks: int
    """Tasks that were asked for."""
    successes: int
    """Of those: created, and not undone, corrected or deleted by their owner within ten minutes."""
    answers_ms: tuple[int, ...] = ()
    """From the caller's last word to our first sound, for each answer."""


@dataclass(frozen=True)
class Results:
    """Calls as columns, in the order in which they began. Users and arms are numbered from 0."""

    arm: Whole
    unit: Whole
    as_assigned: NDArray[np.bool_]
    microdollars: Floats
    tasks: Floats
    successes: Floats
    answers: Whole
    """How many answers each call has."""
    answers_ms: Floats
    """The answers of all calls, one call's after the other's."""

    @classmethod
    def of(cls, calls: Sequence[CallResult], arms: Sequence[str]) -> Self:
        """Make columns of rows. Calls of arms that are not named are left out."""
        known = {name: number for number, name in enumerate(arms)}
        rows = sorted((call for call in calls if call.arm in known), key=lambda call: (call.at_ms, call.unit))
        numbers: dict[str, int] = {}
        return cls(
            arm=_whole(known[call.arm] for call in rows),
            unit=_whole(numbers.setdefault(call.unit, len(numbers)) for call in rows),
            as_assigned=np.fromiter((call.as_assigned for call in rows), dtype=np.bool_),
            microdollars=_column(call.microdollars for call in rows),
            tasks=_column(call.tasks for call in rows),
            successes=_column(call.successes for call in rows),
            answers=_whole(len(call.answers_ms) for call in rows),
            answers_ms=_column(answer for call in rows for answer in call.answers_ms),
        )

    @property
    def calls(self) -> int:
        """How many calls there are."""
        return len(self.arm)

    @property
    def users(self) -> int:
        """How many users made them."""
        return len(np.unique(self.unit))

    def first(self, calls: int) -> Results:
        """The first so many calls."""
        return self.where(np.arange(self.calls) < calls)

    def of_arms(self, *arms: int) -> Results:
        """The calls of some arms."""
        return self.where(np.isin(self.arm, arms))

    def sample(self, arm: int) -> Sample:
        """One arm's calls."""
        return Sample(self.of_arms(arm))

    def where(self, which: NDArray[np.bool_]) -> Results:
        """The calls of which that is true."""
        return Results(
            self.arm[which],
            self.unit[which],
            self.as_assigned[which],
            self.microdollars[which],
            self.tasks[which],
            self.successes[which],
            self.answers[which],
            self.answers_ms[np.repeat(which, self.answers)],
        )


class Sample:
    """The calls of one arm, with their users numbered from 0."""

    def __init__(self, calls: Results) -> None:
        self.rows = calls
        known, unit = np.unique(calls.unit, return_inverse=True)
        self.users = len(known)
        self._unit = unit
        self.answers_ms = calls.answers_ms

    @property
    def calls(self) -> int:
        """How many calls there are."""
        return self.rows.calls

    @cached_property
    def cost(self) -> Floats:
        """µ$ of each user."""
        return self.by_user(self.rows.microdollars)

    @cached_property
    def tasks(self) -> Floats:
        """Tasks that each user asked for."""
        return self.by_user(self.rows.tasks)

    @cached_property
    def successes(self) -> Floats:
        """Tasks of each user that succeeded."""
        return self.by_user(self.rows.successes)

    @cached_property
    def calls_of(self) -> Floats:
        """Calls of each user."""
        return self.by_user(np.ones(self.calls))

    def by_user(self, column: Floats) -> Floats:
        """Sum a column of the calls for each user."""
        return np.bincount(self._unit, weights=column, minlength=self.users).astype(np.float64)

    def answers_by_user(self, column: Floats | NDArray[np.bool_]) -> Floats:
        """Sum a column of the answers for each user."""
        whose = np.repeat(self._unit, self.rows.answers)
        return np.bincount(whose, weights=column, minlength=self.users).astype(np.float64)


def _column(values: Iterable[Any]) -> Floats:
    return np.fromiter(values, dtype=np.float64)


def _whole(values: Iterable[int]) -> Whole:
    return np.fromiter(values, dtype=np.int64)
