"""Keys of the vendors and the age of their models."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from urllib.parse import urlsplit

from cli.doctor.check import Check, Level
from cli.environment import is_production
from cli.ports import HOST
from cli.stand_ins import STAND_INS
from tiers.catalogue import MODELS, Model
from tiers.shutdowns import Shutdown, shutdowns


def keys(environment: Mapping[str, str]) -> list[Check]:
    """For each vendor: its own key, or the sandbox. Keys are never shown.

    Where calls are real there is no sandbox, and only workers have keys: the doctor is asked in any process.
    """
    found: list[Check] = []
    for_real = is_production(environment)
    for one in STAND_INS:
        name = f"key {one.vendor}"
        address = urlsplit(environment.get(one.base_url, ""))
        if not one.is_real(environment) and for_real:
            detail = f"{one.key} is not set here; workers alone need it, and without it serve what needs no {one.vendor}"
            found.append(Check(name, "ok", detail))
        elif not one.is_real(environment):
            found.append(Check(name, "ok", "sandbox", f"for the real vendor set {one.key} in .env"))
        elif address.hostname in (HOST, "localhost"):
            fix = f"remove {one.base_url}, or remove {one.key}"
            found.append(Check(name, "warn", f"a real key, but {one.base_url} is on this machine", fix))
        else:
            found.append(Check(name, "ok", f"{one.key} is set"))
    return found


def models(today: date, known: Mapping[str, Model] = MODELS) -> list[Check]:
    """One line for each model that its vendor is about to shut down, one for all the others."""
    found = [_ending(each) for each in shutdowns(today, known)]
    return [*found, Check("models", "ok", f"{len(known) - len(found)} without a shutdown in sight")]


def _ending(shutdown: Shutdown) -> Check:
    """What will be served in a model's place, and from when. Only a model that nothing follows can fail."""
    name = f"model {shutdown.model.name}"
    if shutdown.successor is not None:
        return Check(name, "warn", shutdown.told)
    level: Level = "warn" if shutdown.days_left > 0 else "fail"
    return Check(name, level, shutdown.told, "choose another model: it has no successor")
