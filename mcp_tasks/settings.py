"""Settings of the task server, from the environment."""

from pathlib import Path
from typing import Annotated

from pydantic import AliasChoices, Field
from pydantic_settings import BaseSettings, SettingsConfigDict

from mcp_tasks.long_secret import LongSecret

DEFAULT_DATABASE_URL = f"sqlite+aiosqlite:///{Path('.voicetasks') / 'tasks.db'}"


class TasksSettings(BaseSettings):
    """Where the task server listens, where it keeps tasks, and whose tokens it believes."""

    model_config = SettingsConfigDict(
        env_prefix="VOICETASKS_TASKS_",
        extra="ignore",
        env_ignore_empty=True,
        populate_by_name=True,
        hide_input_in_errors=True,
    )

    host: str = "127.0.0.1"
    """Bound to loopback the server also refuses foreign Host and Origin headers (DNS rebinding)."""
    port: Annotated[int, Field(ge=1, le=65535)] = 8081
    database_url: Annotated[
        str,
        Field(validation_alias=AliasChoices("VOICETASKS_TASKS_DATABASE_URL", "DATABASE_URL"), repr=False),
    ] = DEFAULT_DATABASE_URL
    token_secret: LongSecret
    """The key that `people` signs task tokens with; any issuer that holds it speaks for any user."""
    max_body_bytes: Annotated[int, Field(ge=4096, le=4_194_304)] = 262_144
    """Past this a request is answered 413 before it is parsed."""
    calls_per_minute: Annotated[int, Field(ge=0)] = 600
    """Of one person's tools, in each process: past them `rate_limited`. So many may come at once; 0 is no limit."""
    shutdown_seconds: Annotated[int, Field(ge=1, le=60)] = 5
    """How long requests that are under way may still take after SIGTERM."""


class TracingSettings(BaseSettings):
    """Where traces go; OpenTelemetry reads the variable itself too."""

    model_config = SettingsConfigDict(extra="ignore", env_ignore_empty=True, populate_by_name=True)

    endpoint: Annotated[str, Field(validation_alias="OTEL_EXPORTER_OTLP_ENDPOINT")] = ""
    """Of a collector that speaks OTLP over HTTP, such as http://127.0.0.1:4318. Empty: nothing is traced."""
