"""As deployed, the room server and the phone bridge do not write of each call: of one by telephone that is the number."""

from __future__ import annotations

from typing import Any

import pytest
import yaml

from tests.deploy.interpolation import interpolated
from tests.deploy.test_compose import COMPOSE, NAMES, made_secrets
from tests.deploy.test_kubernetes import manifests, named

pytestmark = pytest.mark.unit


def configurations() -> dict[str, dict[str, Any]]:
    services = interpolated(COMPOSE, made_secrets() | NAMES)["services"]
    base = manifests()
    bridge = named(base, "Deployment", "sip")["spec"]["template"]["spec"]["containers"][0]["env"]
    written = {
        "livekit, compose": services["livekit"]["environment"]["LIVEKIT_CONFIG"],
        "sip, compose": services["sip"]["environment"]["SIP_CONFIG_BODY"],
        "livekit, kubernetes": named(base, "ConfigMap", "livekit")["data"]["livekit.yaml"],
        "sip, kubernetes": next(each["value"] for each in bridge if each["name"] == "SIP_CONFIG_BODY"),
    }
    return {name: yaml.safe_load(text) for name, text in written.items()}


def test_they_write_of_what_goes_wrong_alone() -> None:
    assert {name: each["logging"]["level"] for name, each in configurations().items()} == {
        name: "warn" for name in configurations()
    }
