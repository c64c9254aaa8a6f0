"""Settings of the routing room, from the environment."""

from pathlib import Path
from typing import Annotated

from pydantic import AliasChoices, Field
from pydantic_settings import BaseSettings, SettingsConfigDict

from routing.health import BreakerRules
from routing.redis_url import RedisUrl

DEFAULT_DATABASE_URL = f"sqlite+aiosqlite:///{Path('.voicetasks') / 'routing.db'}"


class RoutingSettings(BaseSettings):
    """Where money is counted, and how much of it at a time."""

    model_config = SettingsConfigDict(
        env_prefix="VOICETASKS_ROUTING_", extra="ignore", env_ignore_empty=True, hide_input_in_errors=True
    )

    redis_url: Annotated[RedisUrl, Field(validation_alias="REDIS_URL", repr=False)] = (
        "redis://127.0.0.1:6390/0"
    )
    database_url: Annotated[
        str,
        Field(validation_alias=AliasChoices("VOICETASKS_ROUTING_DATABASE_URL", "DATABASE_URL"), repr=False),
    ] = DEFAULT_DATABASE_URL
    slice_seconds: Annotated[float, Field(ge=1, le=300)] = 15.0
    """How much talk a lease pays for at a time."""
    spool_dir: Path = Path(".voicetasks") / "spool"
    """Where charges are written when neither Redis nor the database can be reached."""
    blind_microdollars: Annotated[int, Field(ge=0, le=10**12)] = 200_000
    """What one worker may spend while Redis is away, µ$; its slots share it evenly. Workers that have the spool's
    folder in common spend it together."""
    story_days: Annotated[int, Field(ge=1, le=3650)] = 30
    """How long it is kept what happened in a call, without words: who spoke when, tools, confirmations, swaps."""
    sight_microdollars: Annotated[int, Field(ge=0, le=10**9)] = 150_000
    """What looking at a shared screen may cost a call, µ$; then sight ends and the voice goes on."""
    breaker_failures: Annotated[int, Field(ge=1, le=100)] = 3
    """So many failures of a service within the window, and no call dials it any more."""
    breaker_window_seconds: Annotated[float, Field(ge=0.1, le=3600)] = 30.0
    breaker_suspect_seconds: Annotated[float, Field(ge=0.1, le=3600)] = 5.0
    """So long after a failure it is probed, unless somebody found it well; failing that too, it is given up."""
    breaker_cool_seconds: Annotated[float, Field(ge=0.1, le=3600)] = 15.0
    """How long it is left alone before it is probed; each probe that fails doubles it."""
    breaker_longest_seconds: Annotated[float, Field(ge=0.1, le=86_400)] = 300.0
    """The longest that it is left alone."""

    @property
    def breaker_rules(self) -> BreakerRules:
        """The breakers' settings, as they reckon."""
        return BreakerRules(
            failures=self.breaker_failures,
            window_ms=round(self.breaker_window_seconds * 1000),
            suspect_ms=round(self.breaker_suspect_seconds * 1000),
            cool_ms=round(self.breaker_cool_seconds * 1000),
            longest_ms=round(self.breaker_longest_seconds * 1000),
        )
