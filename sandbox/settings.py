"""The sandbox's settings, from the environment."""

from typing import Literal

from pydantic import Field
from pydantic_settings import BaseSettings, SettingsConfigDict


class SandboxSettings(BaseSettings):
    """`VOICETASKS_SANDBOX_…`. A port of 0 takes a free one; the ready line says which."""

    model_config = SettingsConfigDict(env_prefix="VOICETASKS_SANDBOX_", extra="ignore", env_ignore_empty=True)

    host: str = Field(default="127.0.0.1", description="Address of both ports; loopback only")
    port: int = Field(default=8082, ge=0, le=65535, description="Port of the vendors' stand-ins")
    control_port: int = Field(default=8083, ge=0, le=65535, description="Port of the sandbox's control")
    allow_remote: bool = Field(default=False, description="Allow an address that is not loopback")
    profile: Literal["instant", "seed"] = Field(default="instant", description="Latency profile at the start")
    ear: Literal["whisper", "told"] = Field(
        default="whisper", description="told: words come by the control port"
    )
    voice: Literal["piper", "tone"] = Field(default="piper", description="tone: a beep as long as the words")
    time_scale: float = Field(default=1.0, gt=0, le=1000, description="How many times faster its clock runs")
    seed: int = Field(default=1, description="Seed of the latency jitter")
