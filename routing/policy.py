"""Policy: what may be served to whom and for how much, as versioned data."""

from typing import Annotated, Self

from pydantic import BaseModel, ConfigDict, Field

from routing.caps import Caps
from routing.experiments.design import MOST_EXPERIMENTS, Experiment, ExperimentName
from routing.kinds import Plan, StackName, Tier


class Policy(BaseModel):
    """The ladders, best rung first, by plan. A stack on no rung is served only when an override names it."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    version: str = Field(min_length=1, max_length=64)
    premium: tuple[StackName, ...] = Field(max_length=32)
    economy: tuple[StackName, ...] = Field(max_length=32)
    local_enabled: bool = True
    """May a call be served by the models on this machine when nothing above them can?"""
    tiers_off: tuple[Tier, ...] = Field(default=(), max_length=2)
    """Tiers that nobody is served with for now, whatever their plan."""
    stacks_off: tuple[StackName, ...] = Field(default=(), max_length=32)
    """Stacks that nobody is served with for now."""
    caps: Caps = Caps()
    """What may be spent; the user's caps hold for everybody without caps of their own."""
    user_caps: dict[str, Caps] = Field(default_factory=dict, max_length=10_000)
    """Caps of single people, by the random id under which the journal knows them."""
    experiments: Annotated[dict[ExperimentName, Experiment], Field(max_length=MOST_EXPERIMENTS)] = Field(
        default_factory=dict
    )
    """What is compared, by name. A stack that an arm names need not stand on a ladder."""

    def ladder(self, plan: Plan) -> tuple[StackName, ...]:
        """Give the rungs of a plan, each name once."""
        return tuple(dict.fromkeys(self.premium if plan == "premium" else self.economy))

    def caps_of(self, subject: str) -> Caps:
        """Give the caps of one person. The global ones are everybody's."""
        own = self.user_caps.get(subject)
        return self.caps if own is None else own.model_copy(update={"global_day": self.caps.global_day})

    def concerning(self, subject: str) -> Self:
        """Give the policy as a decision about one person rests on it.

        The caps of others are left out, and the experiments: the person's own part in them is an input of its own.
        """
        own = {name: caps for name, caps in self.user_caps.items() if name == subject}
        if own == self.user_caps and not self.experiments:
            return self
        return self.model_copy(update={"user_caps": own, "experiments": {}})


DEFAULT_POLICY = Policy(
    version="default-1",
    premium=("premium", "economy", "budget", "local", "text"),
    economy=("economy", "budget", "local", "text"),
)
"""What holds until an admin writes another."""
