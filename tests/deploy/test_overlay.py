"""The production overlay as kustomize renders it: right by the schemas, and pods are new where their settings are."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

import kubernetes_validate
import pytest
import yaml

from agent.settings import OutboundSettings
from tests.conftest import CHECKOUT
from tests.deploy.test_compose import made_secrets
from tests.deploy.test_kubernetes import (
    FOLDER,
    OVERLAY,
    UNKNOWN_TO_KUBERNETES,
    VERSIONS,
    Manifest,
    manifests,
    named,
    pods,
)

pytestmark = pytest.mark.unit

SECRETS = made_secrets(OVERLAY / "secrets.env.example")


def rendered(folder: Path, *, settings: str = "", more: dict[str, Any] | None = None) -> list[Manifest]:
    """The overlay with secrets made: `settings` are lines for its names.env, `more` is for its kustomization."""
    kustomize, kubectl = shutil.which("kustomize"), shutil.which("kubectl")
    if kustomize is None and kubectl is None:
        pytest.skip("neither kustomize nor kubectl is installed")
    shutil.copytree(FOLDER, folder)
    overlay = folder / "overlays/production"
    lines = "".join(f"{name}={value}\n" for name, value in SECRETS.items())
    (overlay / "secrets.env").write_text(lines)
    with (overlay / "names.env").open("a") as names:
        names.write(settings)
    kustomization = yaml.safe_load((overlay / "kustomization.yaml").read_text())
    for name, value in (more or {}).items():
        kustomization[name] = kustomization.get(name, []) + value
    (overlay / "kustomization.yaml").write_text(yaml.safe_dump(kustomization))
    command = [kustomize, "build"] if kustomize else [str(kubectl), "kustomize"]
    done = subprocess.run([*command, str(overlay)], capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stderr
    return list(yaml.safe_load_all(done.stdout))


def test_the_overlay_renders_to_manifests_that_are_right(tmp_path: Path) -> None:
    found = rendered(tmp_path / "kubernetes")
    assert len(found) == len(manifests()) + 2  # and the secret, and the bridge's certificate
    for one in found:
        if one["kind"] not in UNKNOWN_TO_KUBERNETES:
            kubernetes_validate.validate(one, VERSIONS[1], strict=True)
        assert one["kind"] == "Namespace" or one["metadata"]["namespace"] == "voicetasks"
    given = {
        (one["kind"], one["metadata"]["name"]): one["data"]
        for one in found
        if one["kind"] in ("Secret", "ConfigMap")
    }
    kinds = {"secretKeyRef": "Secret", "configMapKeyRef": "ConfigMap"}
    for _, pod in pods(found):
        for container in pod["containers"] + pod.get("initContainers", []):
            assert re.search(r":[\w.-]+$", container["image"]), container["image"]
            for variable in container.get("env", ()):
                for kind, reference in variable.get("valueFrom", {}).items():
                    # kustomize has added its hash to both names
                    assert reference["key"] in given[kinds[kind], reference["name"]]
    assert not {"tasks.example.com", "live.example.com"} & set(
        re.findall(r"[\w.]+\.example\.com", str(found))
    )


def test_a_changed_setting_starts_the_pods_that_read_it_anew_and_no_others(tmp_path: Path) -> None:
    before = rendered(tmp_path / "before")
    after = rendered(tmp_path / "after", settings="VOICETASKS_OUTBOUND_TRUNK_ID=ST_1\n")
    settings = [
        one["data"]
        for one in after
        if one["kind"] == "ConfigMap" and one["metadata"]["name"].startswith("voicetasks-settings-")
    ]
    assert [one["VOICETASKS_OUTBOUND_TRUNK_ID"] for one in settings] == ["ST_1"]
    anew = {
        name
        for name in ("web", "worker", "tasks", "reminders", "probe", "livekit", "sip")
        if named(before, "Deployment", name)["spec"]["template"]
        != named(after, "Deployment", name)["spec"]["template"]
    }
    reading = {name for name, pod in pods(manifests()) if "voicetasks-settings" in str(pod)}
    assert {"worker", "reminders"} <= anew == reading
    assert anew.isdisjoint({"livekit", "sip"})  # which take minutes to end


def test_a_livekit_is_renewed_while_another_takes_calls_and_who_has_one_is_told(tmp_path: Path) -> None:
    livekit = named(rendered(tmp_path / "kubernetes"), "Deployment", "livekit")["spec"]
    assert livekit["replicas"] - livekit["strategy"]["rollingUpdate"]["maxUnavailable"] >= 1
    text = (CHECKOUT / "docs/deploy.md").read_text(encoding="utf-8")
    (section,) = re.findall(r"(?ms)^## A new version, and back\n(.*?)^## ", text)
    (told,) = re.findall(r"with one LiveKit, or one bridge, up to (\d+) minutes nobody new can call", section)
    pod = livekit["template"]["spec"]
    assert int(told) * 60 == pod["terminationGracePeriodSeconds"]


def test_the_patch_that_the_documents_show_adds_a_setting(tmp_path: Path) -> None:
    text = (CHECKOUT / "docs/deploy.md").read_text(encoding="utf-8")
    (shown,) = re.findall(r"```yaml\n(patches:\n.*?)```", text, re.DOTALL)
    found = rendered(tmp_path / "kubernetes", more=yaml.safe_load(shown))
    (container,) = named(found, "Deployment", "reminders")["spec"]["template"]["spec"]["containers"]
    (added,) = [one for one in container["env"] if one["name"] == "VOICETASKS_OUTBOUND_PER_DAY"]
    assert OutboundSettings(per_day=json.loads(added["value"])).per_day
