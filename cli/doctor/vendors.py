"""Keys of the vendors and the age of their models."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, timedelta
from urllib.parse import urlsplit

from cli.doctor.check import Check
from cli.ports import HOST
from cli.stand_ins import STAND_INS
from tiers.catalogue import MODELS, Model

WARN_BEFORE = timedelta(days=60)
"""From this long before a model's shutdown the doctor speaks of it."""


def keys(environment: Mapping[str, str]) -> list[Check]:
    """For each vendor: its own key, or the sandbox. Keys are never shown."""
    found: list[Check] = []
    for one in STAND_INS:
        name = f"key {one.vendor}"
        address = urlsplit(environment.get(one.base_url, ""))
        if not one.is_real(environment):
            found.append(Check(name, "ok", "sandbox", f"for the real vendor set {one.key} in .env"))
        elif address.hostname in (HOST, "localhost"):
            fix = f"remove {one.base_url}, or remove {one.key}"
            found.append(Check(name, "warn", f"a real key, but {one.base_url} is on this machine", fix))
        else:
            found.append(Check(name, "ok", f"{one.key} is set"))
    return found


def models(today: date, known: Mapping[str, Model] = MODELS) -> list[Check]:
    """One line for each model that its vendor is about to shut down, one for all the others."""
    found: list[Check] = []
    for model in known.values():
        if model.shutdown is None or today < model.shutdown - WARN_BEFORE:
            continue
        served = model.on(today)
        verb = "stopped" if today >= model.shutdown else "stops"
        detail = f"{model.vendor} {verb} it on {model.shutdown.isoformat()}"
        if served != model:
            found.append(Check(f"model {model.name}", "warn", f"{detail}; {served.name} is served instead"))
        else:
            fix = f"its successor is {model.successor}" if model.successor else "choose another model"
            level = "fail" if today >= model.shutdown else "warn"
            found.append(Check(f"model {model.name}", "fail" if level == "fail" else "warn", detail, fix))
    return [*found, Check("models", "ok", f"{len(known) - len(found)} without a shutdown in sight")]
