"""Keys of the vendors and the age of their models."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, timedelta
from urllib.parse import urlsplit

from cli.doctor.check import Check
from cli.environment import is_production
from cli.ports import HOST
from cli.stand_ins import STAND_INS
from tiers.catalogue import MODELS, SUCCEED_BEFORE, Model

WARN_BEFORE = timedelta(days=60)
"""From this long before a model's shutdown the doctor speaks of it."""


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
    found = [
        _ending(model, model.shutdown, today)
        for model in known.values()
        if model.shutdown is not None and today >= model.shutdown - WARN_BEFORE
    ]
    return [*found, Check("models", "ok", f"{len(known) - len(found)} without a shutdown in sight")]


def _ending(model: Model, shutdown: date, today: date) -> Check:
    """What will be served in a model's place, and from when. Only a model that nothing follows can fail."""
    name = f"model {model.name}"
    days = (shutdown - today).days
    when = f"stops it on {shutdown}, in {days} days" if days > 0 else f"stopped it on {shutdown}"
    detail = f"{model.vendor} {when}"
    served = model.on(today)
    if served != model:
        return Check(name, "warn", f"{detail}; {served.name} is served instead")
    if model.successor:
        since = shutdown - SUCCEED_BEFORE
        return Check(name, "warn", f"{detail}; {model.successor} is served from {since}")
    return Check(name, "warn" if days > 0 else "fail", detail, "choose another model: it has no successor")
