"""Policy: what may be served to whom, as versioned data."""

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

Tier = Literal["premium", "economy"]
Plan = Literal["premium", "economy"]
StackName = str


class Policy(BaseModel):
    """The ladders, best rung first, by plan. A stack on no rung is served only when an override names it."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    version: str = Field(min_length=1, max_length=64)
    premium: tuple[StackName, ...] = Field(max_length=32)
    economy: tuple[StackName, ...] = Field(max_length=32)
    local_enabled: bool = True
    """May a call be served by the models on this machine when nothing above them can?"""

    def ladder(self, plan: Plan) -> tuple[StackName, ...]:
        """Give the rungs of a plan, each name once."""
        return tuple(dict.fromkeys(self.premium if plan == "premium" else self.economy))


DEFAULT_POLICY = Policy(
    version="default-1",
    premium=("premium", "economy", "budget", "local", "text"),
    economy=("economy", "budget", "local", "text"),
)
