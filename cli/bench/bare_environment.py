"""The environment of what a bench starts: no setting and no key of the user's, so that it measures the same everywhere
and costs nothing.
"""

from __future__ import annotations

import os

from cli.stand_ins import STAND_INS

_OURS = ("VOICETASKS_", "LIVEKIT_", "REDIS_", "DATABASE_", "OLLAMA_", "GOOGLE_")


def bare_environment() -> dict[str, str]:
    """Give this environment without keys, addresses and settings of the product."""
    vendors = {name for each in STAND_INS for name in (each.key, each.base_url)}
    return {
        name: value
        for name, value in os.environ.items()
        if name not in vendors and not name.startswith(_OURS)
    }
