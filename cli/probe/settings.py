"""Settings of the probe: who it calls as, how often, and where it tells its numbers."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field, SecretStr
from pydantic_settings import BaseSettings, SettingsConfigDict

from routing.kinds import Tier


class ProbeSettings(BaseSettings):
    """Environment variables `VOICETASKS_PROBE_…`."""

    model_config = SettingsConfigDict(
        env_prefix="VOICETASKS_PROBE_", extra="ignore", env_ignore_empty=True, hide_input_in_errors=True
    )

    premium_email: str = "probe-premium@example.com"
    economy_email: str = "probe-economy@example.com"
    password: SecretStr = SecretStr("")
    """Of both accounts. In a demo everybody's; elsewhere it has to be given."""
    day_microdollars: Annotated[int, Field(gt=0)] = 5_000_000
    """What each account may cost in a day, µ$; `set-up` writes it into the policy."""
    host: str = "127.0.0.1"
    port: Annotated[int, Field(ge=0, le=65535)] = 8086
    """Where it tells its metrics while it calls again and again."""

    def email(self, tier: Tier) -> str:
        """Give the address of the account that is served with a tier."""
        return self.premium_email if tier == "premium" else self.economy_email
