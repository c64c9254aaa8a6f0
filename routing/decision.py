"""What the router is told and what it answers, both plain data that can be stored and replayed."""

from enum import StrEnum
from typing import Annotated, Literal, Self

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, model_validator

from routing.experiments.assignment import Assignment
from routing.kinds import Channel, Plan, StackName, Tier
from routing.policy import DEFAULT_POLICY, Policy


class StackState(BaseModel):
    """A stack as the catalogue and the environment have it."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: StackName = Field(min_length=1, max_length=64)
    tier: Tier
    configured: bool
    why_not: str = Field(default="", max_length=500)
    """What is missing, as a clause: «DEEPGRAM_API_KEY is not set». Empty when configured."""
    free: bool = False
    """It costs nothing, so no budget can speak against it."""
    voice: bool = True
    """It can be spoken with; else it is for typing only."""
    alternatives: Annotated[tuple[tuple[str, ...], ...], Field(max_length=8)] = ()
    """For each part of it the services that could serve it here, best first. Empty: nothing is known of its parts."""

    @model_validator(mode="after")
    def _says_why(self) -> Self:
        if not self.configured and not self.why_not:
            raise ValueError("a stack that is not configured says why_not")
        return self


def _by_name(stacks: tuple[StackState, ...]) -> tuple[StackState, ...]:
    names = [stack.name for stack in stacks]
    if len(set(names)) != len(names):
        raise ValueError("a stack is named twice")
    return tuple(sorted(stacks, key=lambda stack: stack.name))


Money = Literal["unasked", "held", "exhausted", "unpaid", "blind"]
"""What the budget said when it was asked to reserve: not asked yet, reserved, no room below a cap, earlier spending
not paid yet, or no answer from Redis."""


class BudgetState(BaseModel):
    """What is known about money at the time of a decision: of each tier as a whole, and of stacks that are too dear."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    premium: Money = "unasked"
    economy: Money = "unasked"
    scope: str = Field(default="", max_length=32)
    """Which kind of cap was in the way last: call, user-day, user-month, global-day."""
    too_dear: Annotated[tuple[StackName, ...], Field(max_length=64)] = ()
    """Stacks whose own slice found no room below a cap, by name. A cheaper one of the same tier may find some."""

    def of(self, stack: StackName, tier: Tier) -> Money:
        """Give what is known about a stack of a tier."""
        if stack in self.too_dear:
            return "exhausted"
        return self.premium if tier == "premium" else self.economy

    def told(self, tier: Tier, money: Money, scope: str = "") -> Self:
        """Learn what the budget said about a tier, whatever its stacks cost."""
        return self.model_copy(update={tier: money, "scope": scope or self.scope})

    def beyond(self, tier: Tier, *stacks: StackName, scope: str = "") -> Self:
        """Learn that the slices of some stacks of a tier found no room; of its others nothing is said."""
        of_tier = getattr(self, tier)
        news = {
            tier: "unasked" if of_tier == "held" else of_tier,
            "scope": scope or self.scope,
            "too_dear": tuple(sorted({*self.too_dear, *stacks})),
        }
        return self.model_copy(update=news)

    @property
    def refuses(self) -> bool:
        """Whether anything was refused."""
        asked = ("unasked", "held")
        return bool(self.too_dear) or self.premium not in asked or self.economy not in asked

    def forgiving(self) -> Self:
        """Forget what was refused, so that it is asked for again."""
        refused = {tier: "unasked" for tier in ("premium", "economy") if getattr(self, tier) != "held"}
        return self.model_copy(update={**refused, "too_dear": ()})


class Unhealthy(BaseModel):
    """A service that the breakers keep everybody from dialling. Times are Unix ms by Redis' clock."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    service: str = Field(min_length=1, max_length=64)
    state: Literal["open", "half_open"]
    """Half open: it is being probed."""
    since_ms: int
    """When it was opened first since it last was well."""
    retry_ms: int
    """When it is probed next."""


def _by_service(unhealthy: tuple[Unhealthy, ...]) -> tuple[Unhealthy, ...]:
    return tuple(sorted(unhealthy, key=lambda one: one.service))


class RouteInputs(BaseModel):
    """All that a decision rests on. Later inputs come with a default, so that old decisions still replay."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    plan: Plan
    channel: Channel = "browser"
    stacks: Annotated[tuple[StackState, ...], Field(max_length=64), AfterValidator(_by_name)]
    """Known stacks; their order does not matter."""
    environment_stack: StackName | None = Field(default=None, max_length=64)
    """The operator's override (VOICETASKS_AGENT_STACK): tried before the ladder, never above the plan."""
    policy: Policy = DEFAULT_POLICY
    budget: BudgetState = BudgetState()
    health: Annotated[tuple[Unhealthy, ...], Field(max_length=64), AfterValidator(_by_service)] = ()
    """Services that nobody dials for now."""
    failed: Annotated[
        tuple[str, ...], Field(max_length=64), AfterValidator(lambda names: tuple(sorted(names)))
    ] = ()
    """Services that failed this very call lately, whatever others say of them."""
    least_bad_failed: bool = False
    """The call was served with the least bad stack already, and that failed too: it is not tried with voice again."""
    assignment: Assignment | None = None
    """The call's part in an experiment, drawn when it began; its stack is tried before the ladder."""
    compared: bool = True
    """Whether experiments may take the call in: not where nobody but the probe is served by it."""


class LostBecause(StrEnum):
    """Why a stack was not chosen."""

    DEARER_THAN_PLAN = "dearer_than_plan"
    UNKNOWN = "unknown"
    NOT_CONFIGURED = "not_configured"
    LOCAL_NOT_ENABLED = "local_not_enabled"
    TIER_OFF = "tier_off"
    STACK_OFF = "stack_off"
    BUDGET_EXHAUSTED = "budget_exhausted"
    BUDGET_UNPAID = "budget_unpaid"
    BUDGET_BLIND = "budget_blind"
    VENDOR_DOWN = "vendor_down"
    NOT_ON_LADDER = "not_on_ladder"
    OVERRIDDEN = "overridden"
    OTHER_ARM = "other_arm"
    """It could have served, but the call belongs to an arm of an experiment that another stack serves."""
    LOWER_ON_LADDER = "lower_on_ladder"


class Reason(BaseModel):
    """Why one stack lost."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    stack: StackName
    code: LostBecause
    sentence: str


class Decision(BaseModel):
    """What a call is served with, and everything needed to explain it."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    stack: StackName | None
    """None: nothing can serve the call; it gets a goodbye."""
    tier: Tier | None
    reason: str
    """One plain sentence for the caller."""
    reasons: tuple[Reason, ...]
    """Every other stack of the ladder and the catalogue, best rung first."""
    policy_version: str
    inputs: RouteInputs
    without: tuple[str, ...] = ()
    """Services of the stack that are not to be used now: for each of its parts, those that stand before the one that
    serves it."""
    least_bad: bool = False
    """Nothing that can be spoken with was known to work; this is what should be well again soonest."""

    @property
    def as_assigned(self) -> bool | None:
        """Whether the call is served with what it was drawn for; None where it is part of no experiment."""
        drawn = self.inputs.assignment
        return None if drawn is None else drawn.stack == self.stack


class Cause(StrEnum):
    """Why a decision differs from the one before."""

    START = "start"
    VENDOR = "vendor"
    """A service failed or was given up."""
    MONEY = "money"
    """It is spent, or cannot be seen."""
    POLICY = "policy"
    """An admin wrote another policy."""
    HEALTH = "health"
    """Something better can serve again: its vendor is well, or its money is there."""
