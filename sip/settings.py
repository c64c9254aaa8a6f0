"""Settings of the phone: the trunk, what it lets in, and the carrier's keys."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field, SecretStr
from pydantic_settings import BaseSettings, SettingsConfigDict


class SipSettings(BaseSettings):
    """`VOICETASKS_SIP_…`, and the carrier's by its own names."""

    model_config = SettingsConfigDict(
        env_prefix="VOICETASKS_SIP_",
        extra="ignore",
        env_ignore_empty=True,
        populate_by_name=True,
        hide_input_in_errors=True,
    )

    numbers: tuple[str, ...] = ()
    """Numbers that people call, E.164, as JSON; empty takes every number that comes by this trunk."""
    allowed_addresses: tuple[str, ...] = ()
    """Where calls may come from, as networks in JSON: [\"54.172.60.0/30\"]."""
    username: str = ""
    """With the password: digest authentication of whoever calls in by this trunk."""
    password: SecretStr = SecretStr("")
    host: str = ""
    """The bridge's name for carriers: sip.example.com, or YOURS.sip.livekit.cloud."""

    twilio_account_sid: Annotated[str, Field(validation_alias="TWILIO_ACCOUNT_SID")] = ""
    twilio_auth_token: Annotated[SecretStr, Field(validation_alias="TWILIO_AUTH_TOKEN")] = SecretStr("")
    twilio_trunking_url: Annotated[str, Field(validation_alias="TWILIO_TRUNKING_URL")] = (
        "https://trunking.twilio.com"
    )
