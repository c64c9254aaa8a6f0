"""Settings of the people room, from the environment."""

from pathlib import Path
from typing import Annotated

from pydantic import AliasChoices, Field, SecretStr
from pydantic_settings import BaseSettings, SettingsConfigDict

from mcp_tasks.long_secret import LongSecret

DEFAULT_DATABASE_URL = f"sqlite+aiosqlite:///{Path('.voicetasks') / 'people.db'}"


class PeopleSettings(BaseSettings):
    """Where people are kept, and the key that the task server's tokens are signed with."""

    model_config = SettingsConfigDict(
        env_prefix="VOICETASKS_PEOPLE_", extra="ignore", env_ignore_empty=True, hide_input_in_errors=True
    )

    database_url: Annotated[
        str,
        Field(validation_alias=AliasChoices("VOICETASKS_PEOPLE_DATABASE_URL", "DATABASE_URL"), repr=False),
    ] = DEFAULT_DATABASE_URL
    tasks_token_secret: Annotated[
        LongSecret, Field(validation_alias="VOICETASKS_TASKS_TOKEN_SECRET", validate_default=True)
    ] = SecretStr("")
    """The task server verifies with the same one. Required: at least 32 bytes."""
    tasks_token_minutes: Annotated[int, Field(ge=1, le=60)] = 10
    transcript_days: Annotated[int, Field(ge=1, le=3650)] = 30
    """How long a transcript is kept, for those who agreed to one."""
    audit_days: Annotated[int, Field(ge=1, le=3650)] = 365
    """How long it is known what was done to accounts."""
    demo: Annotated[
        bool, Field(validation_alias=AliasChoices("VOICETASKS_PEOPLE_DEMO", "VOICETASKS_WEB_DEMO"))
    ] = False
    """Demo accounts may exist. One switch for both rooms unless they are told apart."""
