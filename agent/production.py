"""What a start refuses: things of a demo where calls are real, and secrets that everybody knows."""

from __future__ import annotations

import logging
import sys
from collections.abc import Iterable
from typing import Final, NoReturn

from pydantic import ValidationError
from pydantic_settings import SettingsError

from agent.settings import AgentSettings
from mcp_tasks.known_secrets import is_known, known_secret
from people.settings import PeopleSettings
from tiers.settings import VendorSettings

REFUSED: Final = 2
"""The exit code of a process that does not start."""
_SANDBOX_KEY: Final = "sandbox"
"""What the demo calls a vendor's stand-in with."""
_VENDORS: Final = ("openai", "deepgram", "cartesia", "elevenlabs", "google")


def start_refusals(
    settings: AgentSettings, people: PeopleSettings, vendors: VendorSettings | None = None
) -> list[str]:
    """Give a sentence for everything that speaks against starting, each with what to do; none is good.

    A demo may have all of it: its processes listen on the loopback alone. `vendors`: of a process that talks to some.
    """
    if not settings.livekit_api_key or not settings.livekit_api_secret.get_secret_value():
        return ["LIVEKIT_API_KEY and LIVEKIT_API_SECRET are not both set: set those of your LiveKit server."]
    if people.demo:
        return []
    return _known_secrets(settings, people) + ([] if vendors is None else _stand_ins(vendors))


def unreadable(error: ValidationError | SettingsError) -> list[str]:
    """Say what is wrong with settings, each by its name and without its value."""
    if isinstance(error, SettingsError):  # no JSON where some is wanted
        return [str(error)]
    return [f"{'.'.join(map(str, one['loc']))}: {one['msg']}" for one in error.errors()]


def refuse(log: logging.Logger, event: str, refusals: Iterable[str]) -> NoReturn:
    """Log each refusal as this event, and end the process."""
    for refusal in refusals:
        log.error(event, extra={"what": refusal})
    sys.exit(REFUSED)


def _known_secrets(settings: AgentSettings, people: PeopleSettings) -> list[str]:
    secrets = {
        "LIVEKIT_API_KEY": settings.livekit_api_key,
        "LIVEKIT_API_SECRET": settings.livekit_api_secret.get_secret_value(),
        "VOICETASKS_TASKS_TOKEN_SECRET": people.tasks_token_secret.get_secret_value(),
    }
    if settings.takeover_key is not None:
        secrets["VOICETASKS_AGENT_TAKEOVER_KEY"] = settings.takeover_key.get_secret_value()
    return [known_secret(name) for name, value in secrets.items() if is_known(value)]


def _stand_ins(vendors: VendorSettings) -> list[str]:
    return [
        f"{vendors.key_name(vendor)} is the sandbox's: callers would talk with a stand-in. Set the vendor's own key, "
        "or none."
        for vendor in _VENDORS
        if vendors.key(vendor) == _SANDBOX_KEY
    ]
