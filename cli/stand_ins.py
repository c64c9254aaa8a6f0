"""Which vendors the sandbox stands in for, and by which variables the vendors' own clients find them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from cli.ports import HOST, Ports

SANDBOX_KEY = "sandbox"
"""The key that a stand-in is called with. It marks the call as one that costs nothing."""


@dataclass(frozen=True)
class StandIn:
    """A vendor, the variables of its key and its base address, and its path in the sandbox."""

    vendor: str
    key: str
    base_url: str
    path: str

    def is_real(self, environment: Mapping[str, str]) -> bool:
        """Whether the environment holds a key of the vendor's own."""
        return environment.get(self.key, "") not in ("", SANDBOX_KEY)


STAND_INS = (
    StandIn("openai", "OPENAI_API_KEY", "OPENAI_BASE_URL", "/openai/v1"),
    StandIn("deepgram", "DEEPGRAM_API_KEY", "DEEPGRAM_BASE_URL", "/deepgram"),
    StandIn("cartesia", "CARTESIA_API_KEY", "CARTESIA_BASE_URL", "/cartesia"),
    StandIn("elevenlabs", "ELEVEN_API_KEY", "ELEVEN_BASE_URL", "/elevenlabs/v1"),
    StandIn("google", "GOOGLE_API_KEY", "GOOGLE_BASE_URL", "/gemini"),
)


def stand_in_variables(environment: Mapping[str, str], ports: Ports) -> dict[str, str]:
    """Key and address of the sandbox for each vendor without a real key; nothing for the others."""
    variables: dict[str, str] = {}
    for stand_in in STAND_INS:
        if not stand_in.is_real(environment):
            variables[stand_in.key] = SANDBOX_KEY
            variables[stand_in.base_url] = f"http://{HOST}:{ports.sandbox}{stand_in.path}"
    return variables
