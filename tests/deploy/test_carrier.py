"""Where a carrier is told to send calls the bridge listens, in both deployments: by TLS and in plain."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import yaml

from sip.twilio import origination
from tests.deploy.interpolation import interpolated
from tests.deploy.test_compose import COMPOSE, DEPLOY, NAMES, made_secrets
from tests.deploy.test_kubernetes import OVERLAY, manifests, named

pytestmark = pytest.mark.unit

HOST = "sip.example.org"
DEFAULT_PORTS = {"tls": 5061, "tcp": 5060, "udp": 5060}
"""RFC 3261, section 19.1.2: of a URI without a port."""
LETS_ENCRYPT = "caddy/certificates/acme-v02.api.letsencrypt.org-directory"
"""Where Caddy keeps, in its data folder, what this issuer gives."""


@dataclass
class Bridge:
    """A bridge as a deployment has it."""

    config: dict[str, Any]
    """LiveKit's, by the names of livekit/sip's pkg/config/config.go."""
    open: set[tuple[str, int]]
    """(udp or tcp, port) that carriers reach."""
    mounts: set[str]
    """Folders that certificates can be read from."""

    def takes(self, transport: str) -> bool:
        port = DEFAULT_PORTS[transport]
        listens = self.config["tls"]["port"] if transport == "tls" else self.config["sip_port"]
        return bool(listens == port) and (("udp" if transport == "udp" else "tcp"), port) in self.open


def of_compose(host: str = HOST) -> Bridge:
    services = interpolated(COMPOSE, made_secrets() | NAMES | {"SIP_HOST": host})["services"]
    ports = [re.fullmatch(r"(\d+):\1/(\w+)", each) for each in services["sip"]["ports"]]
    return Bridge(
        config=yaml.safe_load(services["sip"]["environment"]["SIP_CONFIG_BODY"]),
        open={(found[2], int(found[1])) for found in ports if found},
        mounts={volume.split(":")[1] for volume in services["sip"]["volumes"]},
    )


def of_kubernetes() -> Bridge:
    (container,) = named(manifests(), "Deployment", "sip")["spec"]["template"]["spec"]["containers"]
    body = next(one["value"] for one in container["env"] if one["name"] == "SIP_CONFIG_BODY")
    return Bridge(
        config=yaml.safe_load(body),
        open={(port.get("protocol", "TCP").lower(), port["hostPort"]) for port in container["ports"]},
        mounts={mount["mountPath"] for mount in container["volumeMounts"]},
    )


@pytest.mark.parametrize("secure", [True, False], ids=["secure", "plain"])
@pytest.mark.parametrize("given", [of_compose, of_kubernetes])
def test_the_bridge_listens_where_the_carrier_is_told_to_send_calls(
    given: Callable[[], Bridge], secure: bool
) -> None:
    uri = re.fullmatch(rf"sip:{HOST};transport=(\w+)", origination(HOST, secure=secure))
    assert uri is not None
    assert given().takes(uri[1])


@pytest.mark.parametrize("given", [of_compose, of_kubernetes])
def test_the_bridge_has_a_certificate_to_show_from_a_folder_that_it_is_given(
    given: Callable[[], Bridge],
) -> None:
    bridge = given()
    (certificate,) = bridge.config["tls"]["certs"]
    for kind in ("cert_file", "key_file"):
        assert any(certificate[kind].startswith(f"{folder}/") for folder in bridge.mounts)


def test_with_compose_the_proxy_gets_the_certificate_and_puts_it_where_the_bridge_reads_it() -> None:
    proxy = interpolated(COMPOSE, made_secrets() | NAMES | {"SIP_HOST": HOST})["services"]["proxy"]
    assert proxy["environment"]["SIP_HOST"] == HOST
    assert "certificates:/data" in proxy["volumes"]
    caddyfile = (DEPLOY / "caddy/Caddyfile").read_text(encoding="utf-8")
    assert re.search(r"(?m)^\{\$SIP_HOST\} \{$", caddyfile)
    assert re.search(r"(?m)^\tcert_issuer acme$", caddyfile)
    (certificate,) = of_compose().config["tls"]["certs"]
    assert certificate["cert_file"] == f"/certificates/{LETS_ENCRYPT}/{HOST}/{HOST}.crt"
    assert certificate["key_file"] == f"/certificates/{LETS_ENCRYPT}/{HOST}/{HOST}.key"


def test_a_bridge_without_a_name_says_which_setting_is_missing() -> None:
    (certificate,) = of_compose("").config["tls"]["certs"]
    assert "SIP_HOST-is-not-set" in certificate["cert_file"]


def test_on_kubernetes_the_certificate_is_the_overlays_for_the_name_that_carriers_have() -> None:
    pod = named(manifests(), "Deployment", "sip")["spec"]["template"]["spec"]
    (mounted,) = [one["secret"]["secretName"] for one in pod["volumes"] if "secret" in one]
    certificate = yaml.safe_load(Path(OVERLAY / "sip-certificate.yaml").read_text(encoding="utf-8"))
    assert certificate["spec"]["secretName"] == mounted
    kustomization = yaml.safe_load((OVERLAY / "kustomization.yaml").read_text(encoding="utf-8"))
    (bridge,) = [one for one in kustomization["configMapGenerator"] if one["name"] == "sip"]
    assert certificate["spec"]["dnsNames"] == [bridge["literals"][0].removeprefix("SIP_HOST=")]
