"""An experiment as it is planned: for whom, between what, and what would be worth knowing. Part of the policy."""

from __future__ import annotations

from typing import Annotated, Final, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from routing.kinds import Channel, Plan, StackName

MOST_ARMS: Final = 6
MOST_EXPERIMENTS: Final = 50
NAME: Final = r"^[a-z0-9][a-z0-9-]{0,39}$"

ExperimentName = Annotated[str, Field(pattern=NAME)]
State = Literal["draft", "running", "stopped"]


class Arm(BaseModel):
    """One way to serve the calls of an experiment."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: Annotated[str, Field(pattern=NAME)]
    stack: StackName = Field(min_length=1, max_length=64)
    weight: Annotated[int, Field(ge=1, le=1000)] = 1
    """Its share of the callers, against the other arms' weights."""


class Experiment(BaseModel):
    """A comparison of stacks. The first arm is what the others are held against."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    hypothesis: str = Field(min_length=1, max_length=500)
    """What is thought to be true and why, in the words of whoever asks."""
    arms: Annotated[tuple[Arm, ...], Field(min_length=2, max_length=MOST_ARMS)]
    plan: Plan | None = None
    """Callers of this plan only."""
    channel: Channel | None = None
    """Calls through this door only."""
    coverage: Annotated[int, Field(ge=1, le=100)] = 100
    """Percent of those callers who take part."""
    worth: Annotated[float, Field(ge=0.02, le=0.9)] = 0.2
    """The smallest saving of cost per successful task worth knowing of: how long it takes is reckoned by it."""
    success_margin: Annotated[float, Field(gt=0, le=0.5)] = 0.03
    """How much the rate of success may fall for the saving, as a difference."""
    latency_margin_ms: Annotated[int, Field(gt=0, le=10_000)] = 150
    """How much later the slowest twentieth of the answers may come."""
    state: State = "draft"
    phase: Annotated[int, Field(ge=0)] = 0
    """Counts the starts and the changes of who gets what. Given by the policy's writer; a report is of one phase."""
    since_ms: Annotated[int, Field(ge=0)] = 0
    """When the phase began, Unix ms. Given by the policy's writer."""

    @model_validator(mode="after")
    def _arms_differ(self) -> Self:
        names = [arm.name for arm in self.arms]
        if len(set(names)) != len(names):
            raise ValueError("two arms have the same name")
        return self

    @property
    def control(self) -> Arm:
        """The arm that the others are held against."""
        return self.arms[0]

    @property
    def weights(self) -> tuple[float, ...]:
        """The arms' shares; together 1."""
        whole = sum(arm.weight for arm in self.arms)
        return tuple(arm.weight / whole for arm in self.arms)

    def is_for(self, plan: Plan, channel: Channel) -> bool:
        """Whether such a call belongs to the audience."""
        return self.plan in (None, plan) and self.channel in (None, channel)

    def shares_callers_with(self, other: Experiment) -> bool:
        """Whether a call can belong to the audiences of both."""
        return (self.plan is None or other.plan is None or self.plan == other.plan) and (
            self.channel is None or other.channel is None or self.channel == other.channel
        )

    def divides_like(self, other: Experiment) -> bool:
        """Whether both give the same callers the same: then what is known of the one is known of the other."""
        return (self.arms, self.plan, self.channel, self.coverage) == (
            other.arms,
            other.plan,
            other.channel,
            other.coverage,
        )
