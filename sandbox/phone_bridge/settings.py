"""Settings of the stand-in for the SIP bridge, from the environment."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field, SecretStr
from pydantic_settings import BaseSettings, SettingsConfigDict


class PhoneBridgeSettings(BaseSettings):
    """`VOICETASKS_SANDBOX_PHONE_…`; the room server's address and key by LiveKit's own names."""

    model_config = SettingsConfigDict(
        env_prefix="VOICETASKS_SANDBOX_PHONE_",
        extra="ignore",
        env_ignore_empty=True,
        populate_by_name=True,
        hide_input_in_errors=True,
    )

    livekit_url: Annotated[str, Field(validation_alias="LIVEKIT_URL")] = "ws://127.0.0.1:7880"
    livekit_api_key: Annotated[str, Field(validation_alias="LIVEKIT_API_KEY")] = ""
    livekit_api_secret: Annotated[SecretStr, Field(validation_alias="LIVEKIT_API_SECRET")] = SecretStr("")

    host: str = "127.0.0.1"
    """Where it listens: loopback only."""
    port: Annotated[int, Field(ge=0, le=65535)] = 5060
    """SIP over UDP."""
    health_port: Annotated[int, Field(ge=0, le=65535)] = 8085
    """`/`: what it is and how many calls are up, over HTTP."""
    calls: Annotated[int, Field(ge=1, le=500)] = 40
    """At once; beyond them it says 486."""
    ringing: Annotated[int, Field(ge=1, le=500)] = 12
    """Not yet answered, at once; beyond them it says 503, whatever was tried how often."""
    ring_seconds: Annotated[float, Field(gt=0, le=180)] = 30.0
    """How long it rings until it says that nobody answers."""
    silent_seconds: Annotated[float, Field(gt=0, le=3600)] = 15.0
    """A telephone that has sent nothing for so long, though it is not on hold, is gone."""
