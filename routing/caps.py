"""How much may be spent, by scope: one cap for premium and one for everything."""

from typing import Annotated, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from routing.scopes import ScopeKind

Microdollars = Annotated[int, Field(ge=0, le=10**14)]
"""Money in µ$; at most $100 million, which every number of the way (Lua, JSON, SQL) holds exactly."""


class Cap(BaseModel):
    """The caps of one scope, µ$. Premium reserves both, economy and cheaper only the total."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    premium: Microdollars
    total: Microdollars

    @model_validator(mode="after")
    def _premium_within_total(self) -> Self:
        if self.premium > self.total:
            raise ValueError("the premium cap is part of the total cap and cannot be above it")
        return self


class Caps(BaseModel):
    """The caps of every scope that a call touches."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    call: Cap = Cap(premium=2_000_000, total=2_500_000)
    user_day: Cap = Cap(premium=4_000_000, total=5_000_000)
    user_month: Cap = Cap(premium=40_000_000, total=50_000_000)
    global_day: Cap = Cap(premium=200_000_000, total=300_000_000)

    def of(self, kind: ScopeKind) -> Cap:
        """Give the caps of one kind of scope."""
        found: Cap = getattr(self, kind)
        return found
