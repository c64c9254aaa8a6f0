"""Settings of the routing room, from the environment."""

from pathlib import Path
from typing import Annotated

from pydantic import AliasChoices, Field
from pydantic_settings import BaseSettings, SettingsConfigDict

DEFAULT_DATABASE_URL = f"sqlite+aiosqlite:///{Path('.voicetasks') / 'routing.db'}"


class RoutingSettings(BaseSettings):
    """Where money is counted, and how much of it at a time."""

    model_config = SettingsConfigDict(env_prefix="VOICETASKS_ROUTING_", extra="ignore", env_ignore_empty=True)

    redis_url: Annotated[str, Field(validation_alias="REDIS_URL")] = "redis://127.0.0.1:6390/0"
    database_url: Annotated[
        str, Field(validation_alias=AliasChoices("VOICETASKS_ROUTING_DATABASE_URL", "DATABASE_URL"))
    ] = DEFAULT_DATABASE_URL
    slice_seconds: Annotated[float, Field(ge=1, le=300)] = 15.0
    """How much talk a lease pays for at a time."""
    spool_dir: Path = Path(".voicetasks") / "spool"
    """Where charges are written when neither Redis nor the database can be reached."""
    blind_microdollars: Annotated[int, Field(ge=0, le=10**12)] = 200_000
    """What one worker may spend while Redis is away, µ$; its slots share it evenly."""
