"""Settings of the terminal commands: where the demo listens and where it keeps its data."""

from __future__ import annotations

from pathlib import Path

import typer
from pydantic import Field, ValidationError
from pydantic_settings import BaseSettings, SettingsConfigDict

CHECKOUT = Path(__file__).resolve().parent.parent
"""The folder that holds the rooms: `.env` is read from it and the demo's data lies in it."""


class SettingError(typer.BadParameter):
    """A setting is wrong, missing or contradicts another; the message names it and says what to do.

    Uncaught it ends the command with the message and exit code 2, like a flag that is wrong.
    """


class CliSettings(BaseSettings):
    """Environment variables `VOICETASKS_CLI_…`; a flag of the same name beats them."""

    model_config = SettingsConfigDict(
        env_prefix="VOICETASKS_CLI_", env_ignore_empty=True, populate_by_name=True
    )

    port: int = Field(default=8080, ge=0, le=65530)
    """First of six ports in a row: page, task server, sandbox, sandbox control, worker, phone bridge's health.
    0: any free ones."""

    livekit_port: int = Field(default=7880, ge=0, le=65533)
    """LiveKit's signalling port; its UDP port is this + 2. 0: any free ones."""

    redis_port: int = Field(default=6390, ge=0, le=65535)
    """The embedded Redis, when REDIS_URL names none. 0: any free one."""

    sip_port: int = Field(default=5060, ge=0, le=65535)
    """SIP over UDP, with `--phone`. 0: any free one."""

    livekit_sip_bin: str = Field(default="", validation_alias="LIVEKIT_SIP_BIN")
    """LiveKit's SIP bridge, with `--phone`. Empty: from PATH or the cache. `stand-in`: the sandbox's, whatever is there."""

    data_dir: Path = CHECKOUT / ".voicetasks"
    """Databases, logs and secrets of the demo."""

    env_file: Path = CHECKOUT / ".env"
    """The file of settings and keys that every command reads first."""

    ready_seconds: float = Field(default=120.0, gt=0, le=3600)
    """How long the demo waits for all its processes before it gives up."""


def cli_settings(**flags: object) -> CliSettings:
    """The settings, with flags that are not None in front. Raises SettingError."""
    given = {name: value for name, value in flags.items() if value is not None}
    try:
        return CliSettings(**given)  # type: ignore[arg-type]
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        name = "VOICETASKS_CLI_" + "_".join(str(part) for part in first["loc"]).upper()
        raise SettingError(f"{name}: {first['msg']}") from error
