"""docs/deploy.md says of each port that a public node opens who is to reach it."""

from __future__ import annotations

import re
from typing import Any

import pytest
import yaml

from tests.conftest import CHECKOUT
from tests.deploy.test_kubernetes import manifests, named, pods

pytestmark = pytest.mark.unit

INSIDE = {"6789 TCP", "6790 TCP", "7880 TCP", "8085 TCP"}
"""Numbers, signalling without the ingress' TLS, and the bridge's health: nobody's outside."""


def opened() -> set[str]:
    """What pods in their nodes' own network listen on, the bridge's sound apart."""
    return {
        f"{port['hostPort']} {port.get('protocol', 'TCP')}"
        for _, pod in pods(manifests())
        if pod.get("hostNetwork")
        for container in pod["containers"]
        for port in container["ports"]
    }


def told() -> list[tuple[str, str]]:
    """(who, which ports) of the table."""
    text = (CHECKOUT / "docs/deploy.md").read_text(encoding="utf-8").partition("**The firewall**")[2]
    return re.findall(r"^\| ([^|]+) \| (\d[^|]+) \|$", text.partition("**Prometheus**")[0], re.MULTILINE)


def ports(cell: str) -> set[str]:
    found = re.findall(r"(\d+(?:–\d+)?) \(([A-Z]+)(?: and ([A-Z]+))?", cell)
    return {f"{port} {protocol}" for port, *protocols in found for protocol in protocols if protocol}


def test_each_port_of_a_public_node_stands_in_the_table_once() -> None:
    rows = [ports(cell) for _, cell in told()]
    assert len(rows) == 3
    (container,) = named(manifests(), "Deployment", "sip")["spec"]["template"]["spec"]["containers"]
    body = next(one["value"] for one in container["env"] if one["name"] == "SIP_CONFIG_BODY")
    bridge: dict[str, Any] = yaml.safe_load(body)
    sound = f"{bridge['rtp_port'].replace('-', '–')} UDP"
    assert sum(map(len, rows)) == len(set().union(*rows))
    assert set().union(*rows) == opened() | {sound}


def test_what_tells_of_the_inside_is_open_to_the_cluster_alone() -> None:
    ((who, cell),) = [row for row in told() if ports(row[1]) & INSIDE]
    assert ports(cell) == INSIDE
    assert "the cluster" in who
