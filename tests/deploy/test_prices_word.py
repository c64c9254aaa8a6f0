"""The word for moved prices reaches all who charge or settle by them, and says the same to each."""

from __future__ import annotations

import pytest

from tests.deploy.interpolation import interpolated
from tests.deploy.test_compose import COMPOSE, NAMES, made_secrets
from tests.deploy.test_kubernetes import environment, manifests, named

pytestmark = pytest.mark.unit

SETTING = "VOICETASKS_TIERS_PRICES_CONFIRMED"
READERS = ("web", "worker")


def test_with_compose_a_word_to_the_workers_is_one_to_the_web_server() -> None:
    services = interpolated(COMPOSE, made_secrets() | NAMES | {SETTING: "2026-12-01"})["services"]
    assert {services[name]["environment"].get(SETTING) for name in READERS} == {"2026-12-01"}


def test_on_kubernetes_a_word_to_the_workers_is_one_to_the_web_server() -> None:
    settings = {SETTING: "2026-12-01"}
    given = dict(named(manifests(), "ConfigMap", "voicetasks-settings")["data"])
    assert given[SETTING] == ""
    for name in READERS:
        (container,) = named(manifests(), "Deployment", name)["spec"]["template"]["spec"]["containers"]
        assert environment(container, given | settings).get(SETTING) == "2026-12-01", name
