"""What the environment and `.env` say: names that nothing reads, values that a room would refuse."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from difflib import get_close_matches
from typing import Final

from pydantic import ValidationError
from pydantic_settings import BaseSettings

from cli.doctor.check import Check
from cli.settings import CHECKOUT
from mcp_tasks.settings import TasksSettings
from people.settings import PeopleSettings
from routing.settings import RoutingSettings
from sandbox.settings import SandboxSettings
from tiers.catalogue import STACKS
from tiers.local.settings import LocalSettings

ROOMS: Final[tuple[type[BaseSettings], ...]] = (
    PeopleSettings,
    RoutingSettings,
    TasksSettings,
    SandboxSettings,
    LocalSettings,
)
"""The rooms below this one. `web` and `agent` stand beside it and check their own when they start."""

_FIX: Final = "edit .env or the environment"
_PREFIX: Final = "VOICETASKS_"
_DOCUMENTED: Final = re.compile(r"^(?:# ?)?([A-Z][A-Z0-9_]*)=", re.MULTILINE)


def configuration(environment: Mapping[str, str]) -> list[Check]:
    """One line for each setting that is wrong, one when none is. Values are never shown: some are secrets.

    `environment` is the process's own, `.env` included: the rooms' settings classes read no other.
    """
    found = [
        *_misspelt(environment),
        *_refused(environment),
        *_no_such_stack(environment),
        *_no_proxy(environment),
    ]
    ours = sum(1 for name, value in environment.items() if name.startswith(_PREFIX) and value)
    return found or [Check("settings", "ok", f"{ours} of ours set, the others have their defaults")]


def _misspelt(environment: Mapping[str, str]) -> Iterator[Check]:
    """A name that `.env.example` does not list is read by nobody, so its value is silently without effect."""
    example = CHECKOUT / ".env.example"
    if not example.is_file():  # installed as a package
        return
    known = _DOCUMENTED.findall(example.read_text(encoding="utf-8"))
    for name in sorted(environment):
        if name.startswith(_PREFIX) and name not in known:
            close = get_close_matches(name, known, n=1, cutoff=0.85)
            fix = f"did you mean {close[0]}?" if close else ".env.example lists all that there are"
            yield Check(f"setting {name}", "warn", "nothing reads it", fix)


def _refused(environment: Mapping[str, str]) -> Iterator[Check]:
    """What a room would not start with. What is missing is no fault: the demo fills it in."""
    seen: set[str] = set()
    for room in ROOMS:
        try:
            room()
        except ValidationError as error:
            for one in error.errors(include_url=False, include_input=False):
                field = str(one["loc"][0]).upper()
                prefixed = f"{room.model_config.get('env_prefix', '')}{field}"
                name = field if field in environment else prefixed
                if environment.get(name) and name not in seen:
                    seen.add(name)
                    yield Check(f"setting {name}", "fail", one["msg"], _FIX)


def _no_such_stack(environment: Mapping[str, str]) -> Iterator[Check]:
    stack = environment.get("VOICETASKS_AGENT_STACK", "")
    if stack and stack not in STACKS:
        fix = f"leave it empty, or one of {', '.join(STACKS)}"
        yield Check("setting VOICETASKS_AGENT_STACK", "warn", "no such stack, so the router chooses", fix)


def _no_proxy(environment: Mapping[str, str]) -> Iterator[Check]:
    """The page is served by plain HTTP: whoever has an https address has a proxy before it."""
    name = "VOICETASKS_WEB_TRUSTED_PROXIES"
    if environment.get("VOICETASKS_WEB_PUBLIC_URL", "").startswith("https://") and not environment.get(name):
        detail = "names no proxy, so all who come by yours share one count of tries to sign in"
        yield Check(f"setting {name}", "warn", detail, "name the proxy's address or network")
