"""What docs/deploy.md has somebody do by hand on a cluster: bring a backup back, go back a version."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from collections.abc import Callable
from hashlib import sha256
from pathlib import Path

import pytest
import yaml
from redis.asyncio import Redis

from cli.binaries import redis_server
from tests.conftest import CHECKOUT
from tests.deploy.test_kubernetes import FOLDER, Manifest, manifests, named
from tests.privacy.keeper import RedisOnDisk

PAGE = (CHECKOUT / "docs/deploy.md").read_text(encoding="utf-8")
TOLD = re.findall(r"(?m)^once ([\w-]+) (\w+=\S+(?: \w+=\S+)*)", PAGE)
"""(CronJob, what its Job is told)."""


def by_hand() -> list[Manifest]:
    return list(yaml.safe_load_all((FOLDER / "base/by-hand.yaml").read_text(encoding="utf-8")))


def pod(name: str) -> Manifest:
    spec: Manifest = named(manifests(), "CronJob", name)["spec"]["jobTemplate"]["spec"]["template"]["spec"]
    return spec


@pytest.mark.unit
def test_what_is_done_by_hand_never_starts_by_itself() -> None:
    assert {one["metadata"]["name"] for one in by_hand()} <= {name for name, _ in TOLD}
    for one in by_hand():
        assert one["kind"] == "CronJob"
        assert one["spec"]["suspend"] is True


@pytest.mark.unit
@pytest.mark.parametrize(("name", "told"), TOLD)
def test_what_the_page_tells_a_job_reaches_every_container_that_asks(name: str, told: str) -> None:
    kubectl = shutil.which("kubectl")
    if kubectl is None:
        pytest.skip("kubectl is not installed")
    job = {"apiVersion": "batch/v1", "kind": "Job", "metadata": {"name": name}}
    job["spec"] = named(manifests(), "CronJob", name)["spec"]["jobTemplate"]["spec"]
    done = subprocess.run(
        [kubectl, "set", "env", "--local", "-f", "-", "-o", "yaml", *told.split()],
        input=yaml.safe_dump(job),
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    spec = yaml.safe_load(done.stdout)["spec"]["template"]["spec"]
    for container in spec["containers"] + spec.get("initContainers", []):
        given = {one["name"]: one.get("value") for one in container["env"]}
        assert dict(each.split("=") for each in told.split()).items() <= given.items()
        for asked in re.findall(r"\$\{(\w+):\?is not set\}", str(container["command"])):
            assert given[asked]


@pytest.mark.unit
def test_all_of_ours_that_opens_a_database_is_stopped_first() -> None:
    (ours,) = re.findall(r"(?m)^ours='([^']+)'$", PAGE)
    deployments = {one["metadata"]["name"] for one in manifests() if one["kind"] == "Deployment"}
    assert set(ours.split()) == deployments
    (suspended,) = set(re.findall(r"for each in ([\w ]+); do kubectl -n voicetasks patch cronjob", PAGE))
    running = {one["metadata"]["name"] for one in manifests() if one["kind"] == "CronJob"}
    assert set(suspended.split()) == running - {one["metadata"]["name"] for one in by_hand()}


@pytest.mark.unit
def test_redis_backup_is_brought_back_into_the_volume_that_the_server_has() -> None:
    server = named(manifests(), "StatefulSet", "redis")["spec"]
    (template,) = server["volumeClaimTemplates"]
    claims = {
        one["persistentVolumeClaim"]["claimName"]
        for one in pod("restore-redis")["volumes"]
        if "persistentVolumeClaim" in one
    }
    assert claims == {"backups", f"{template['metadata']['name']}-redis-0"}
    (restoring,), (serving,) = pod("restore-redis")["containers"], server["template"]["spec"]["containers"]
    assert restoring["image"] == serving["image"]
    assert (
        restoring["securityContext"]["runAsUser"]
        == server["template"]["spec"]["securityContext"]["runAsUser"]
    )


def restored(folder: Path) -> subprocess.CompletedProcess[str]:
    """Redis' Job, with a folder for what a pod mounts at the root."""
    (container,) = pod("restore-redis")["containers"]
    return subprocess.run(
        [
            re.sub(r"/(data|work)\b", lambda found: str(folder / found[1]), word)
            for word in container["command"]
        ],
        env=os.environ | {"REDIS_SERVER": str(redis_server())},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


@pytest.mark.system
async def test_redis_is_brought_back_over_a_volume_that_is_not_empty_and_what_was_there_is_kept(
    tmp_path: Path, program: Callable[[str], str]
) -> None:
    program("redis-cli")
    backup, data = tmp_path / "work/backup", tmp_path / "data"
    backup.mkdir(parents=True)
    (data / "lost+found").mkdir(parents=True)  # as on a new disk
    server = RedisOnDisk(data)
    server.start()
    try:
        async with Redis.from_url(server.url) as redis:
            await redis.set("kept", "yes")
            await redis.save()
            shutil.copy(data / "dump.rdb", backup / "redis.rdb")
            await redis.set("kept", "no")
    finally:
        server.stop()
    digest = sha256((backup / "redis.rdb").read_bytes()).hexdigest()
    (backup / "SHA256SUMS").write_text(f"{digest}  redis.rdb\n")
    (tmp_path / "work/deploy").mkdir()
    for name in ("restore", "addresses.sh"):
        shutil.copy(CHECKOUT / "deploy" / name, tmp_path / "work/deploy")
    done = restored(tmp_path)
    assert done.returncode == 0, done.stderr
    assert not (data / "restored").exists()
    (aside,) = data.glob("before-*")
    assert {"appendonlydir", "dump.rdb"} == {each.name for each in aside.iterdir()}
    server = RedisOnDisk(data)
    server.start()
    try:
        async with Redis.from_url(server.url) as redis:
            assert await redis.get("kept") == b"yes"
    finally:
        server.stop()
