"""The experiments as admins handle them: written as changes of the policy, reported from the journal."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

from sqlalchemy.ext.asyncio import AsyncEngine

from routing.experiments.assignment import drawn
from routing.experiments.bucket import bucket_of
from routing.experiments.changes import NoExperimentError, creation, known, reweighing, turn
from routing.experiments.design import Experiment
from routing.policy import Policy
from routing.policy_store import PolicyStore

if TYPE_CHECKING:
    from routing.experiments.report import ExperimentReport


class ExperimentBook:
    """Every method may raise JournalDownError; those that write PolicyInvalidError and PolicyConflictError too."""

    def __init__(self, store: PolicyStore, engine: AsyncEngine) -> None:
        self._store = store
        self._engine = engine

    @property
    def told_redis(self) -> bool:
        """Whether workers were told of the last change at once; else they find it in the database, within some 15 s."""
        return not self._store.why_not_posted

    async def all(self) -> tuple[str, dict[str, Experiment]]:
        """Give the policy's version and its experiments by name."""
        policy = await self._store.current()
        return policy.version, dict(policy.experiments)

    async def one(self, name: str) -> Experiment:
        """Give one experiment. Raises NoExperimentError."""
        return known(await self._store.current(), name)

    async def create(
        self,
        name: str,
        experiment: Mapping[str, Any],
        *,
        author: str,
        expected: str | None = None,
        note: str = "",
    ) -> Policy:
        """Write a new experiment, given as data. `expected` is the policy's version that was looked at, if any."""
        current = await self._store.current()
        return await self._write(current, creation(current, name, experiment), expected, author, note)

    async def set_state(
        self, name: str, state: str, *, author: str, expected: str | None = None, note: str = ""
    ) -> Policy:
        """Start or stop an experiment. A start begins a phase; calls that go on keep what they were drawn for."""
        current = await self._store.current()
        return await self._write(current, turn(current, name, state), expected, author, note)

    async def set_weights(
        self,
        name: str,
        weights: Mapping[str, int],
        *,
        author: str,
        expected: str | None = None,
        note: str = "",
    ) -> Policy:
        """Change the weights of some arms. While the experiment runs, that begins a phase."""
        current = await self._store.current()
        return await self._write(current, reweighing(current, name, weights), expected, author, note)

    async def report(
        self, name: str, *, phase: int | None = None, now_ms: int | None = None
    ) -> ExperimentReport:
        """Reckon with a phase of an experiment, the last one unless said. Raises NoExperimentError."""
        # Late, since a web server starts without reckoning: numpy and scipy take their time.
        from routing.experiments.reading import read_calls
        from routing.experiments.report import report
        from routing.experiments.succession import since_succession

        now_ms = time.time_ns() // 1_000_000 if now_ms is None else now_ms
        experiment = await self._as_run(name, phase)
        calls, waiting = await read_calls(
            self._engine,
            name,
            phase=experiment.phase,
            since_ms=experiment.since_ms,
            now_ms=now_ms,
        )
        compared, left_out = since_succession(experiment, calls, now_ms=now_ms)
        return await asyncio.to_thread(report, name, experiment, compared, waiting=waiting, left_out=left_out)

    async def arms_of(self, name: str, units: Iterable[str]) -> dict[str, str | None]:
        """Give the arm of each user id, as a call of theirs would be given it; None for whom it does not take in."""
        experiment = await self.one(name)
        found = {unit: drawn(name, experiment, bucket_of(name, unit)) for unit in units}
        return {unit: None if one is None else one.arm for unit, one in found.items()}

    async def _as_run(self, name: str, phase: int | None) -> Experiment:
        """The experiment as it was while a phase ran: what was changed since is another phase's."""
        current = await self.one(name)
        phase = current.phase if phase is None else phase
        if phase == current.phase and (current.state == "running" or not phase):
            return current
        async for policy in self._store.versions():
            experiment = policy.experiments.get(name)
            if experiment is not None and experiment.state == "running" and experiment.phase == phase:
                return experiment.model_copy(update={"state": "stopped"})
        raise NoExperimentError(f"the experiment {name} has no phase {phase}")

    async def _write(
        self, current: Policy, patch: Mapping[str, Any], expected: str | None, author: str, note: str
    ) -> Policy:
        return await self._store.write(
            patch, expected=current.version if expected is None else expected, author=author, note=note
        )
