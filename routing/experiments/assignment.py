"""The arm of a caller: the same wherever it is asked for, since it depends on the caller and the policy alone."""

from __future__ import annotations

from collections.abc import Mapping

from pydantic import BaseModel, ConfigDict, Field

from routing.experiments.bucket import BUCKETS, arm_of, bucket_of
from routing.experiments.design import Experiment, ExperimentName
from routing.kinds import Channel, Plan, StackName


class Assignment(BaseModel):
    """What a caller was drawn for. It says nothing of what they were served with in the end."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    experiment: ExperimentName
    phase: int = Field(ge=1)
    arm: ExperimentName
    stack: StackName = Field(min_length=1, max_length=64)
    bucket: int = Field(ge=0, lt=BUCKETS)
    """Where the hash of caller and experiment fell. Others share it, so that it names nobody."""


def assigned(
    experiments: Mapping[str, Experiment], unit: str, *, plan: Plan, channel: Channel
) -> Assignment | None:
    """Give the arm of a call's caller; None where no running experiment is about such a call or takes the caller in.

    `unit` is the user's opaque id.
    """
    if not unit:
        return None
    for name, experiment in sorted(experiments.items()):
        if experiment.state == "running" and experiment.is_for(plan, channel):
            return drawn(name, experiment, bucket_of(name, unit))
    return None


def drawn(name: str, experiment: Experiment, bucket: int) -> Assignment | None:
    """Give the arm of a bucket; None where the experiment does not take it in."""
    number = arm_of(bucket, experiment.weights, experiment.coverage / 100)
    if number is None:
        return None
    arm = experiment.arms[number]
    return Assignment(
        experiment=name, phase=max(1, experiment.phase), arm=arm.name, stack=arm.stack, bucket=bucket
    )
