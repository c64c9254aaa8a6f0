"""What admins do to experiments, as changes of the policy: JSON merge patches, before anything is written."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from routing.experiments.design import Arm, Experiment
from routing.policy import Policy
from routing.policy_changes import PolicyInvalidError


class NoExperimentError(LookupError):
    """There is no experiment of that name, or it has no such phase."""


def known(policy: Policy, name: str) -> Experiment:
    """Give an experiment of a policy. Raises NoExperimentError."""
    experiment = policy.experiments.get(name)
    if experiment is None:
        raise NoExperimentError(f"there is no experiment called {name}")
    return experiment


def creation(policy: Policy, name: str, experiment: Mapping[str, Any]) -> dict[str, Any]:
    """Write a new experiment, given as data. Raises PolicyInvalidError for a name that is taken."""
    if name in policy.experiments:
        raise PolicyInvalidError(f"experiments: there is one called {name} already")
    return _of(name, dict(experiment))


def turn(policy: Policy, name: str, state: str) -> dict[str, Any]:
    """Start or stop an experiment. Raises NoExperimentError."""
    known(policy, name)
    return _of(name, {"state": state})


def reweighing(policy: Policy, name: str, weights: Mapping[str, int]) -> dict[str, Any]:
    """Change the weights of some arms. Raises NoExperimentError, and PolicyInvalidError for an arm that is none."""
    arms = known(policy, name).arms
    if unknown := set(weights) - {arm.name for arm in arms}:
        raise PolicyInvalidError(f"experiments.{name}: there is no arm called {min(unknown)}")
    return _of(name, {"arms": [_weighed(arm, weights) for arm in arms]})


def _of(name: str, change: dict[str, Any]) -> dict[str, Any]:
    return {"experiments": {name: change}}


def _weighed(arm: Arm, weights: Mapping[str, int]) -> dict[str, Any]:
    return arm.model_dump(mode="json") | {"weight": weights.get(arm.name, arm.weight)}
