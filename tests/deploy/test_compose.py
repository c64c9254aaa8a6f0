"""deploy/compose.yaml is a Compose file, gives each process what it needs, and asks for nothing that is not explained."""

from __future__ import annotations

import copy
import os
import subprocess
from collections.abc import Callable
from ipaddress import ip_network
from typing import Any

import compose_spec
import pytest
import yaml
from pydantic import SecretStr

from agent.handing_over import ASKING_SECONDS, HAND_OVER_SECONDS
from cli.probe.round_trip import LONGEST_SECONDS
from cli.probe.settings import ProbeSettings
from cli.probe.telephone import ROOM_SERVER
from mcp_tasks.known_secrets import is_known
from people.pins import checked
from tests.conftest import CHECKOUT
from tests.deploy.interpolation import MissingVariableError, interpolated, listed, used
from tests.deploy.processes import HAND_OVER_AND_END, MODULES, PROMISES, SECRETS, faults
from tests.test_settings_documented import variables

pytestmark = pytest.mark.unit

DEPLOY = CHECKOUT / "deploy"
COMPOSE = DEPLOY / "compose.yaml"
NAMES = {
    "VOICETASKS_HOST": "tasks.example.org",
    "LIVEKIT_HOST": "live.example.org",
    "LIVEKIT_NODE_IP": "192.0.2.7",
    "ALERT_WEBHOOK_URL": "https://on-call.example.org/alerts",
}


def made_secrets(*template: object) -> dict[str, str]:
    """What deploy/make-secrets prints."""
    done = subprocess.run(
        [DEPLOY / "make-secrets", *map(str, template)], capture_output=True, text=True, check=True, timeout=20
    )
    lines = (line.partition("=") for line in done.stdout.splitlines() if line and not line.startswith("#"))
    return {name: value for name, _, value in lines}


@pytest.fixture(scope="module")
def document() -> dict[str, Any]:
    """The file as a deployer runs it."""
    return interpolated(COMPOSE, made_secrets() | NAMES)


def check(document: dict[str, Any]) -> None:
    """Raises ValueError where it is no Compose file."""
    compose_spec.PyCompose.from_yaml(yaml.safe_dump(document)).validate()


def seconds(text: str) -> int:
    assert text.endswith("s")
    return int(text[:-1])


def test_it_is_a_compose_file(document: dict[str, Any]) -> None:
    check(document)
    assert {"livekit", "sip", "redis", "postgres", "web", "worker", "tasks", "prometheus", "grafana"} <= set(
        document["services"]
    )


@pytest.mark.parametrize(
    "spoil",
    [
        lambda web: web.update(stop_grace_periodx="1s"),
        lambda web: web.update(restart=[1]),
        lambda web: web["depends_on"]["postgres"].update(condition="nonsense"),
        lambda web: web.update(networks=["nowhere"]),
    ],
    ids=["unknown key", "wrong type", "unknown condition", "unknown network"],
)
def test_the_check_finds_what_is_wrong(
    document: dict[str, Any], spoil: Callable[[dict[str, Any]], None]
) -> None:
    spoilt = copy.deepcopy(document)
    spoil(spoilt["services"]["web"])
    with pytest.raises(ValueError, match=r"web|nowhere"):
        check(spoilt)


def test_services_wait_for_services_and_name_volumes_that_exist(document: dict[str, Any]) -> None:
    services = document["services"]
    for name, service in services.items():
        assert set(service.get("depends_on", ())) <= set(services), name
        for volume in service.get("volumes", ()):
            source = volume.partition(":")[0]
            assert source.startswith(("./", "../", "/")) or source in document["volumes"], f"{name}: {volume}"


@pytest.mark.parametrize("service", MODULES)
def test_each_process_of_ours_is_given_what_it_reads_and_all_that_it_needs(
    document: dict[str, Any], service: str
) -> None:
    described = document["services"][service]
    assert described["command"] == ["python", "-m", MODULES[service]]
    assert faults(service, described["environment"]) == []
    assert described["environment"].get("VOICETASKS_WEB_DEMO", "false") == "false"


def test_calls_are_promised_by_the_rules_that_they_are_made_by() -> None:
    rules = {"COUNTRIES": '["DE"]', "QUIET_FROM": "22:00", "QUIET_UNTIL": "07:30", "TRUNK_ID": "ST_1"}
    rules = {f"VOICETASKS_OUTBOUND_{name}": value for name, value in rules.items()}
    assert set(rules) == PROMISES
    for set_by_hand in ({}, rules):
        services = interpolated(COMPOSE, made_secrets() | NAMES | set_by_hand)["services"]
        given = [services[name]["environment"] for name in ("worker", "reminders")]
        promised, made = ({name: one[name] for name in PROMISES} for one in given)
        assert promised == made == (set_by_hand or made)
        said = services["web"]["environment"]["VOICETASKS_OUTBOUND_COUNTRIES"]
        assert said == made["VOICETASKS_OUTBOUND_COUNTRIES"], "the page says whom they are made to"


def test_the_probe_is_given_what_it_reads_and_all_that_both_channels_need(document: dict[str, Any]) -> None:
    given = document["services"]["probe"]["environment"]
    known = {*variables(ProbeSettings), *ROOM_SERVER, "VOICETASKS_WEB_URL", "VOICETASKS_WEB_DEMO"}
    assert set(given) <= known
    assert {*ROOM_SERVER, "VOICETASKS_PROBE_PASSWORD", "VOICETASKS_PROBE_PIN"} <= set(given)
    assert given["VOICETASKS_WEB_DEMO"] == "false"
    assert checked(SecretStr(given["VOICETASKS_PROBE_PIN"]))


@pytest.mark.parametrize("service", ["worker", "tasks"])
def test_traces_go_where_the_deployer_says(service: str) -> None:
    url = "http://collector:4318"
    document = interpolated(COMPOSE, made_secrets() | NAMES | {"OTEL_EXPORTER_OTLP_ENDPOINT": url})
    assert document["services"][service]["environment"]["OTEL_EXPORTER_OTLP_ENDPOINT"] == url


@pytest.mark.parametrize("service", [*MODULES, "backup", "probe"])
def test_processes_of_ours_can_do_no_more_than_they_must(document: dict[str, Any], service: str) -> None:
    described = document["services"][service]
    assert described["read_only"] is True
    assert described["cap_drop"] == ["ALL"]
    assert "no-new-privileges:true" in described["security_opt"]


def test_a_worker_is_given_the_time_to_drain_and_to_hand_over(document: dict[str, Any]) -> None:
    worker = document["services"]["worker"]
    drain = int(worker["environment"]["VOICETASKS_AGENT_DRAIN_SECONDS"])
    assert ASKING_SECONDS + HAND_OVER_SECONDS < HAND_OVER_AND_END
    assert seconds(worker["stop_grace_period"]) >= drain + HAND_OVER_AND_END


def test_a_new_version_of_what_carries_the_sound_waits_for_the_calls_that_are_up(
    document: dict[str, Any],
) -> None:
    for name in ("livekit", "sip"):
        assert seconds(document["services"][name]["stop_grace_period"]) >= 600


def test_a_probe_is_given_the_time_to_end_its_call(document: dict[str, Any]) -> None:
    assert seconds(document["services"]["probe"]["stop_grace_period"]) >= LONGEST_SECONDS + 20


def test_databases_can_be_reached_from_inside_alone(document: dict[str, Any]) -> None:
    assert document["networks"]["inside"]["internal"] is True
    for name in ("redis", "postgres", "tasks"):
        assert document["services"][name]["networks"] == ["inside"]
        assert "ports" not in document["services"][name]
    redis = " ".join(document["services"]["redis"]["command"])
    assert "--appendonly yes" in redis
    assert "requirepass" in redis


def test_prometheus_and_grafana_find_their_files_and_scrape_services_that_are_there(
    document: dict[str, Any],
) -> None:
    services = document["services"]
    config = services["prometheus"]["command"][0].removeprefix("--config.file=/etc/prometheus/")
    assert "./prometheus:/etc/prometheus:ro" in services["prometheus"]["volumes"]
    scraped = yaml.safe_load((DEPLOY / "prometheus" / config).read_text(encoding="utf-8"))["scrape_configs"]
    names = {name for job in scraped for found in job["dns_sd_configs"] for name in found["names"]}
    assert {"worker", "web"} <= names <= set(services)
    mounted = {volume.split(":")[1]: volume.split(":")[0] for volume in services["grafana"]["volumes"]}
    for provider in (DEPLOY / "grafana/provisioning/dashboards").glob("*.yaml"):
        for one in yaml.safe_load(provider.read_text(encoding="utf-8"))["providers"]:
            folder = DEPLOY / mounted[one["options"]["path"]]
            assert list(folder.glob("*.json"))


def test_every_variable_is_explained_and_every_explained_one_is_asked_for() -> None:
    assert used(COMPOSE) == set(listed(DEPLOY / ".env.example"))


def test_no_secret_has_a_value_in_the_repository() -> None:
    for path in (DEPLOY / ".env.example", DEPLOY / "kubernetes/overlays/production/secrets.env.example"):
        known = listed(path)
        secrets = {
            name for name in known if name in SECRETS or name.endswith(("_SECRET", "_PASSWORD", "_KEY"))
        }
        assert len(secrets) >= 8
        for name in secrets - {"DATABASE_URL", "REDIS_URL"}:
            assert known[name] == "", name


def test_without_a_secret_nothing_is_started() -> None:
    with pytest.raises(MissingVariableError, match="VOICETASKS_WEB_SECRET"):
        interpolated(COMPOSE, made_secrets() | NAMES | {"VOICETASKS_WEB_SECRET": ""})


@pytest.mark.parametrize("template", [[], ["deploy/kubernetes/overlays/production/secrets.env.example"]])
def test_secrets_are_made_anew_each_time_and_long_enough(template: list[str]) -> None:
    paths = [CHECKOUT / one for one in template]
    first, second = made_secrets(*paths), made_secrets(*paths)
    ours = [
        name for name in first if name.endswith(("_TOKEN_SECRET", "WEB_SECRET", "TAKEOVER_KEY", "_PASSWORD"))
    ]
    assert len(ours) >= 5
    for name in ours:
        assert len(first[name]) >= 32
        assert first[name] != second[name]
        assert not is_known(first[name])
    assert first["OPENAI_API_KEY"] == ""  # nobody here can make a vendor's
    if template:
        assert first["POSTGRES_PASSWORD"] in first["DATABASE_URL"]
        assert first["REDIS_PASSWORD"] in first["REDIS_URL"]


def test_secrets_are_kept_out_of_the_repository() -> None:
    for path in ("deploy/.env", "deploy/kubernetes/overlays/production/secrets.env", "deploy/backups/x"):
        done = subprocess.run(
            ["git", "check-ignore", "--quiet", path], cwd=CHECKOUT, env=os.environ, timeout=10, check=False
        )
        assert done.returncode == 0, path


def test_the_web_server_believes_its_proxy_and_no_caller(document: dict[str, Any]) -> None:
    believed = document["services"]["web"]["environment"]["VOICETASKS_WEB_TRUSTED_PROXIES"]
    assert all(ip_network(each).is_private for each in believed.split(","))
