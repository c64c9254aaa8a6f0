"""The Kubernetes files: right by Kubernetes' own schemas, whole, and with what a live call needs."""

from __future__ import annotations

import re
from collections.abc import Iterator
from ipaddress import ip_network
from pathlib import Path
from typing import Any

import kubernetes_validate
import pytest
import yaml

from agent.handing_over import ASKING_SECONDS, HAND_OVER_SECONDS
from agent.slots_gauge import SLOTS
from cli.probe.round_trip import LONGEST_SECONDS
from cli.probe.settings import ProbeSettings
from cli.probe.telephone import ROOM_SERVER
from people.settings import PeopleSettings
from routing.settings import RoutingSettings
from tests.conftest import CHECKOUT
from tests.deploy.interpolation import listed
from tests.deploy.processes import HAND_OVER_AND_END, MODULES, PROMISES, SECRETS, faults
from tests.test_settings_documented import variables

pytestmark = pytest.mark.unit

FOLDER = CHECKOUT / "deploy/kubernetes"
OVERLAY = FOLDER / "overlays/production"
VERSIONS = ("1.32", "1.35")
"""Of Kubernetes: an older and a newer one that are supported."""
UNKNOWN_TO_KUBERNETES = {"ScaledObject", "Certificate"}
"""KEDA's and cert-manager's; looked at by tests of their own."""

Manifest = dict[str, Any]


def manifests(folder: Path = FOLDER / "base") -> list[Manifest]:
    """All that the base's kustomization names and generates, without the hashes that it adds to names."""
    kustomization = yaml.safe_load((folder / "kustomization.yaml").read_text())
    found = [
        one for path in kustomization["resources"] for one in yaml.safe_load_all((folder / path).read_text())
    ]
    for one in kustomization.get("configMapGenerator", ()):
        data = {name: value for path in one.get("envs", ()) for name, value in listed(folder / path).items()}
        data |= {Path(path).name: (folder / path).read_text() for path in one.get("files", ())}
        found.append(
            {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": one["name"]}, "data": data}
        )
    return found


def pods(documents: list[Manifest]) -> Iterator[tuple[str, Manifest]]:
    """(name, pod's spec) of whatever makes pods."""
    for one in documents:
        spec = one.get("spec", {})
        template = spec.get("jobTemplate", {}).get("spec", spec).get("template")
        if template is not None:
            yield one["metadata"]["name"], template["spec"]


def environment(container: Manifest, config: Manifest) -> dict[str, str]:
    """A container's variables; a secret's value is its place."""
    found = {}
    for one in container.get("env", ()):
        source = one.get("valueFrom", {})
        if "configMapKeyRef" in source:
            found[one["name"]] = config[source["configMapKeyRef"]["key"]]
        elif "secretKeyRef" in source:
            found[one["name"]] = f"secret {source['secretKeyRef']['key']}"
        else:
            found[one["name"]] = one["value"]
    return found


@pytest.fixture(scope="module")
def base() -> list[Manifest]:
    return manifests()


@pytest.fixture(scope="module")
def settings(base: list[Manifest]) -> Manifest:
    (found,) = [one for one in base if one["metadata"]["name"] == "voicetasks-settings"]
    return dict(found["data"])


def named(documents: list[Manifest], kind: str, name: str) -> Manifest:
    (found,) = [one for one in documents if (one["kind"], one["metadata"]["name"]) == (kind, name)]
    return found


@pytest.mark.parametrize("version", VERSIONS)
def test_every_manifest_is_right_by_kubernetes_own_schema(base: list[Manifest], version: str) -> None:
    kinds = set()
    for one in base:
        if one["kind"] not in UNKNOWN_TO_KUBERNETES:
            kubernetes_validate.validate(one, version, strict=True)
        kinds.add(one["kind"])
    assert {
        "Deployment",
        "StatefulSet",
        "PodDisruptionBudget",
        "NetworkPolicy",
        "Ingress",
        "CronJob",
    } <= kinds


def test_the_check_finds_what_is_wrong(base: list[Manifest]) -> None:
    deployment = named(manifests(), "Deployment", "web")
    deployment["spec"]["template"]["spec"]["terminationGracePeriodSecond"] = 5
    with pytest.raises(kubernetes_validate.ValidationError, match="terminationGracePeriodSecond"):
        kubernetes_validate.validate(deployment, VERSIONS[0], strict=True)


def test_every_file_of_the_base_is_named_by_it() -> None:
    base = FOLDER / "base"
    kustomization = yaml.safe_load((base / "kustomization.yaml").read_text())
    named_files = set(kustomization["resources"])
    for one in kustomization["configMapGenerator"]:
        named_files |= {*one.get("envs", ()), *one.get("files", ())}
    files = {str(path.relative_to(base)) for path in base.rglob("*") if path.is_file()}
    assert named_files == files - {"kustomization.yaml"}


@pytest.mark.parametrize("service", MODULES)
def test_each_process_of_ours_is_given_what_it_reads_and_all_that_it_needs(
    base: list[Manifest], settings: Manifest, service: str
) -> None:
    (container,) = named(base, "Deployment", service)["spec"]["template"]["spec"]["containers"]
    assert container["command"] == ["python", "-m", MODULES[service]]
    assert faults(service, environment(container, settings)) == []


def test_calls_are_promised_by_the_rules_that_they_are_made_by(base: list[Manifest]) -> None:
    for service in ("worker", "reminders"):
        (container,) = named(base, "Deployment", service)["spec"]["template"]["spec"]["containers"]
        given = {one["name"]: one.get("valueFrom", {}) for one in container["env"]}
        for name in PROMISES:  # one place for both
            assert given[name] == {"configMapKeyRef": {"name": "voicetasks-settings", "key": name}}


def test_secrets_come_from_one_secret_and_stand_in_no_file(base: list[Manifest], settings: Manifest) -> None:
    asked = set()
    for name, pod in pods(base):
        for container in pod["containers"] + pod.get("initContainers", []):
            for one in container.get("env", ()):
                reference = one.get("valueFrom", {}).get("secretKeyRef")
                if reference is not None:
                    assert reference["name"] == "voicetasks-secrets"
                    asked.add(reference["key"])
                else:
                    assert one["name"] not in SECRETS, f"{name}: {one['name']}"
    assert not SECRETS & set(settings)
    assert asked == set(listed(OVERLAY / "secrets.env.example"))


def test_pods_are_bounded_are_no_root_and_hold_no_key_of_the_cluster(base: list[Manifest]) -> None:
    seen = [name for name, _ in pods(base)]
    assert set(seen) == {
        *("web", "worker", "tasks", "reminders", "redis", "postgres"),
        *("livekit", "sip", "backup", "erased", "probe"),
        *("restore-postgres", "restore-redis", "restored", "migrate"),
    }
    for name, pod in pods(base):
        assert pod["automountServiceAccountToken"] is False, name
        assert pod["securityContext"]["runAsNonRoot"] is True, name
        for container in pod["containers"] + pod.get("initContainers", []):
            resources = container["resources"]
            assert {"cpu", "memory"} <= set(resources["requests"]), name
            assert "memory" in resources["limits"], name
            assert container["securityContext"]["allowPrivilegeEscalation"] is False, name
            assert container["securityContext"]["capabilities"] == {"drop": ["ALL"]}, name
            assert name == "postgres" or container["securityContext"]["readOnlyRootFilesystem"] is True, name


@pytest.mark.parametrize(
    ("service", "lives", "ready"),
    [("web", "/healthz", "/healthz"), ("worker", "/healthz", "/readyz"), ("tasks", "/healthz", "/readyz")],
)
def test_probes_ask_what_each_process_serves(
    base: list[Manifest], service: str, lives: str, ready: str
) -> None:
    (container,) = named(base, "Deployment", service)["spec"]["template"]["spec"]["containers"]
    assert container["livenessProbe"]["httpGet"]["path"] == lives
    assert container["startupProbe"]["httpGet"]["path"] == lives
    assert container["readinessProbe"]["httpGet"]["path"] == ready
    (port,) = container["ports"]
    asked = {
        container[probe]["httpGet"]["port"] for probe in ("livenessProbe", "startupProbe", "readinessProbe")
    }
    assert asked == {port["name"]}


def test_a_worker_is_given_the_time_to_drain_and_to_hand_over(
    base: list[Manifest], settings: Manifest
) -> None:
    pod = named(base, "Deployment", "worker")["spec"]["template"]["spec"]
    drain = int(environment(pod["containers"][0], settings)["VOICETASKS_AGENT_DRAIN_SECONDS"])
    assert ASKING_SECONDS + HAND_OVER_SECONDS < HAND_OVER_AND_END
    assert pod["terminationGracePeriodSeconds"] >= drain + HAND_OVER_AND_END


def test_the_probe_is_given_what_it_reads_and_all_that_it_needs(
    base: list[Manifest], settings: Manifest
) -> None:
    pod = named(base, "Deployment", "probe")["spec"]["template"]["spec"]
    known = {*ROOM_SERVER, "VOICETASKS_WEB_URL"}
    known |= {*variables(ProbeSettings), *variables(RoutingSettings), *variables(PeopleSettings)}
    (set_up,), (calls,) = pod["initContainers"], pod["containers"]
    secret = {"VOICETASKS_PROBE_PASSWORD", "VOICETASKS_PROBE_PIN"}
    for container, needed in (
        (set_up, {"DATABASE_URL", "REDIS_URL", "VOICETASKS_TASKS_TOKEN_SECRET"}),
        (calls, {*ROOM_SERVER, "VOICETASKS_WEB_URL"}),
    ):
        given = environment(container, settings)
        assert given["VOICETASKS_WEB_DEMO"] == "false"
        assert secret | needed <= set(given) <= known | {"VOICETASKS_WEB_DEMO"}
    assert environment(calls, settings)["VOICETASKS_WEB_URL"] == settings["VOICETASKS_WEB_PUBLIC_URL"]
    assert pod["terminationGracePeriodSeconds"] >= LONGEST_SECONDS + 20, "it ends its call first"
    assert 2 * int(calls["command"][-1]) < 900  # ProbeSilent waits for a quarter of an hour


def test_what_serves_callers_has_a_disruption_budget_for_its_own_pods(base: list[Manifest]) -> None:
    for name in ("web", "worker", "tasks", "livekit"):
        budget = named(base, "PodDisruptionBudget", name)["spec"]
        labels = named(base, "Deployment", name)["spec"]["template"]["metadata"]["labels"]
        assert budget["selector"]["matchLabels"].items() <= labels.items()
        assert budget["maxUnavailable"] == 1


def test_workers_are_scaled_by_a_metric_that_they_tell_with_slots_to_spare(
    base: list[Manifest], settings: Manifest
) -> None:
    scaled = named(base, "ScaledObject", "worker")
    assert scaled["apiVersion"] == "keda.sh/v1alpha1"
    assert scaled["spec"]["scaleTargetRef"] == {"name": "worker"}
    worker = named(base, "Deployment", "worker")["spec"]
    assert "replicas" not in worker  # or each apply would undo the scaling
    (trigger,) = scaled["spec"]["triggers"]
    assert trigger["type"] == "prometheus"
    (metric,) = SLOTS.describe()
    found = re.search(r'(\w+)\{state="used"', trigger["metadata"]["query"])
    assert found is not None
    assert found[1] == metric.name
    slots = int(environment(worker["template"]["spec"]["containers"][0], settings)["VOICETASKS_AGENT_SLOTS"])
    # No series is no answer, and who does not answer is no reason to end workers.
    assert trigger["metadata"]["ignoreNullValues"] == "false"
    assert scaled["spec"]["fallback"]["behavior"] == "currentReplicasIfHigher"
    assert 0.5 * slots <= float(trigger["metadata"]["threshold"]) <= 0.75 * slots
    assert 2 <= scaled["spec"]["minReplicaCount"] < scaled["spec"]["maxReplicaCount"]


def test_nobody_reaches_anybody_but_by_a_policy_of_their_own(base: list[Manifest]) -> None:
    policies = {one["metadata"]["name"]: one["spec"] for one in base if one["kind"] == "NetworkPolicy"}
    assert policies["nobody"] == {"podSelector": {}, "policyTypes": ["Ingress", "Egress"]}
    for name, pod in pods(base):
        if pod.get("hostNetwork"):
            continue  # policies do not reach it
        assert policies[name]["podSelector"]["matchLabels"] == {"app.kubernetes.io/name": name}
        assert set(policies[name]["policyTypes"]) == {"Ingress", "Egress"}
    for database in ("redis", "postgres"):
        assert "egress" not in policies[database]


@pytest.mark.parametrize("service", ["worker", "tasks"])
def test_traces_can_leave_for_a_collector_beside_prometheus(
    base: list[Manifest], settings: Manifest, service: str
) -> None:
    (container,) = named(base, "Deployment", service)["spec"]["template"]["spec"]["containers"]
    assert "OTEL_EXPORTER_OTLP_ENDPOINT" in environment(container, settings)
    monitoring = {"namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": "monitoring"}}}
    assert {"to": [monitoring], "ports": [{"protocol": "TCP", "port": 4318}]} in named(
        base, "NetworkPolicy", service
    )["spec"]["egress"]


def test_the_ingress_reaches_who_answers_the_challenge_for_its_certificate(base: list[Manifest]) -> None:
    challenge = named(base, "NetworkPolicy", "challenge")["spec"]
    # cert-manager's, on each of its solver's pods, and where those listen.
    assert challenge["podSelector"] == {"matchLabels": {"acme.cert-manager.io/http01-solver": "true"}}
    (rule,) = challenge["ingress"]
    assert rule["ports"] == [{"protocol": "TCP", "port": 8089}]
    controller = named(base, "NetworkPolicy", "web")["spec"]["ingress"][0]["from"][0]
    assert rule["from"] == [controller]


def test_the_web_server_believes_the_ingress_and_no_caller(base: list[Manifest], settings: Manifest) -> None:
    web = named(base, "Deployment", "web")["spec"]["template"]["spec"]["containers"][0]
    believed = environment(web, settings)["VOICETASKS_WEB_TRUSTED_PROXIES"]
    pods = ip_network("100.64.0.0/10")  # RFC 6598, as many clouds give them
    networks = [ip_network(each) for each in believed.split(",")]
    assert all(network.is_private or network == pods for network in networks)


def test_policies_open_the_ports_that_containers_listen_on(base: list[Manifest]) -> None:
    listens = {
        name: {
            port["containerPort"] for container in pod["containers"] for port in container.get("ports", ())
        }
        for name, pod in pods(base)
    }
    for one in base:
        if one["kind"] == "NetworkPolicy" and one["metadata"]["name"] in listens:
            for rule in one["spec"].get("ingress", ()):
                assert {port["port"] for port in rule["ports"]} <= listens[one["metadata"]["name"]]
            for rule in one["spec"].get("egress", ()):
                for peer in rule["to"]:
                    labels = peer.get("podSelector", {}).get("matchLabels")
                    if labels:
                        target = labels["app.kubernetes.io/name"]
                        assert {port["port"] for port in rule["ports"]} <= listens[target]


def test_addresses_inside_name_services_that_exist(base: list[Manifest], settings: Manifest) -> None:
    services = {
        (one["metadata"]["name"], port["port"])
        for one in base
        if one["kind"] == "Service"
        for port in one["spec"]["ports"]
    }
    texts = [str(settings), *(str(one) for one in base), (OVERLAY / "secrets.env.example").read_text()]
    found = set(re.findall(r"(?:ws|http)://(\w+):(\d+)|@(\w+):(\d+)/", " ".join(texts)))
    addresses = {(first or third, int(second or fourth)) for first, second, third, fourth in found}
    assert addresses == {("livekit", 7880), ("tasks", 8081), ("redis", 6379), ("postgres", 5432)}
    assert addresses <= services


def test_tls_is_for_every_name_that_people_reach(base: list[Manifest], settings: Manifest) -> None:
    spec = named(base, "Ingress", "voicetasks")["spec"]
    hosts = {rule["host"] for rule in spec["rules"]}
    assert {host for one in spec["tls"] for host in one["hosts"]} == hosts
    assert settings["VOICETASKS_WEB_PUBLIC_URL"].removeprefix("https://") in hosts
    assert settings["VOICETASKS_WEB_LIVEKIT_BROWSER_URL"].removeprefix("wss://") in hosts
