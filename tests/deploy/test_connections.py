"""As many connections as scaling may ask of Postgres, it gives: by the formula of docs/sizing.md, from the manifests."""

from __future__ import annotations

import math
import re

import pytest

from agent.settings import AgentSettings
from tests.conftest import CHECKOUT
from tests.deploy.test_kubernetes import environment, manifests, named

pytestmark = pytest.mark.unit

TOLD = (CHECKOUT / "docs/sizing.md").read_text(encoding="utf-8").partition("**Postgres' connections**")[2]


def told(pattern: str) -> int:
    """A number of docs/sizing.md."""
    (found,) = re.findall(pattern, TOLD)
    return int(found.replace(",", ""))


def asked() -> int:
    """At most, by all that scales."""
    base = manifests()
    worker = named(base, "Deployment", "worker")["spec"]
    config = next(one["data"] for one in base if one["metadata"]["name"] == "voicetasks-settings")
    given = environment(worker["template"]["spec"]["containers"][0], config)
    # A call that only hears that all lines are busy opens what every call does.
    spare = int(given.get("VOICETASKS_AGENT_SPARE_SLOTS", AgentSettings.model_fields["spare_slots"].default))
    calls = int(given["VOICETASKS_AGENT_SLOTS"]) + spare
    surge = int(worker["strategy"]["rollingUpdate"]["maxSurge"].removesuffix("%")) / 100
    workers = math.ceil(named(base, "ScaledObject", "worker")["spec"]["maxReplicaCount"] * (1 + surge))
    total = workers * (told(r"a call keeps (\d+)") * calls + told(r"a worker's own at most (\d+)"))
    for name, each in (
        ("web", told(r"a web server at most (\d+)")),
        ("tasks", told(r"a task server at most (\d+)")),
    ):
        more = named(base, "Deployment", name)["spec"]["strategy"]["rollingUpdate"]["maxSurge"]
        most = named(base, "HorizontalPodAutoscaler", name)["spec"]["maxReplicas"] + more
        total += most * each
    return total + told(r"everything else together (\d+)")


def given() -> int:
    (container,) = named(manifests(), "StatefulSet", "postgres")["spec"]["template"]["spec"]["containers"]
    (found,) = re.findall(r"max_connections=(\d+)", " ".join(container["args"]))
    return int(found)


def test_postgres_has_a_connection_for_everybody_that_scaling_may_make_and_a_tenth_to_spare() -> None:
    assert asked() <= 0.9 * given()


def test_the_page_reckons_what_the_manifests_say() -> None:
    assert asked() == told(r" = ([\d,]+) of [\d,]+;")
    assert given() == told(r" = [\d,]+ of ([\d,]+);")
