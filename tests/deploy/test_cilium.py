"""On Cilium an ipBlock does not match nodes: the component opens to them by name what the policies open by address."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.conftest import CHECKOUT
from tests.deploy.test_kubernetes import FOLDER, manifests
from tests.deploy.test_overlay import rendered

pytestmark = pytest.mark.unit

COMPONENT = FOLDER / "components/cilium"
NODES = {"10.0.0.0/8"}
"""How the base names the nodes' network."""
Opened = tuple[str, str, str, int]
"""Whose pods, which way, and the port."""


def by_address() -> Iterator[Opened]:
    """What the base's policies open to and from the nodes."""
    for one in manifests():
        if one["kind"] != "NetworkPolicy":
            continue
        for way, side in (("ingress", "from"), ("egress", "to")):
            for rule in one["spec"].get(way, ()):
                if any(peer.get("ipBlock", {}).get("cidr") in NODES for peer in rule[side]):
                    yield from opened(one["spec"]["podSelector"], way, rule["ports"])


def by_name(documents: list[dict[str, Any]]) -> Iterator[Opened]:
    """What Cilium's policies open to and from the nodes, and to nobody else."""
    for one in documents:
        for way, side in (("ingress", "fromEntities"), ("egress", "toEntities")):
            for rule in one["spec"].get(way, ()):
                assert set(rule) == {side, "toPorts"}
                assert rule[side] == ["host", "remote-node"]
                for ports in rule["toPorts"]:
                    yield from opened(one["spec"]["endpointSelector"], way, ports["ports"])


def opened(selector: dict[str, Any], way: str, ports: list[dict[str, Any]]) -> Iterator[Opened]:
    for port in ports:
        yield selector["matchLabels"]["app.kubernetes.io/name"], way, port["protocol"], int(port["port"])


def test_what_is_open_to_the_nodes_by_address_is_open_to_them_by_ciliums_names() -> None:
    found = list(yaml.safe_load_all((COMPONENT / "nodes.yaml").read_text()))
    assert {one["kind"] for one in found} == {"CiliumNetworkPolicy"}
    assert set(by_name(found)) == set(by_address())


def test_the_line_that_the_documents_show_puts_it_into_the_overlay(tmp_path: Path) -> None:
    shown = "components: [../../components/cilium]"
    assert shown in (CHECKOUT / "docs/deploy.md").read_text(encoding="utf-8")
    found = rendered(tmp_path / "kubernetes", more=yaml.safe_load(shown))
    ours = [one for one in found if one["kind"] == "CiliumNetworkPolicy"]
    assert {one["metadata"]["namespace"] for one in ours} == {"voicetasks"}
    assert set(by_name(ours)) == set(by_address())
