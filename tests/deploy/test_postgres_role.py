"""Our processes own their database, make their tables and their search in it, and are nobody else to Postgres."""

from __future__ import annotations

import os
import re
import subprocess
from typing import Any

import pytest
from sqlalchemy import text

from mcp_tasks.database import create_engine
from mcp_tasks.migrate import migrate as migrate_tasks
from mcp_tasks.search_index import prepare_search
from people.migrate import migrate as migrate_people
from routing.migrate import migrate as migrate_routing
from tests.deploy.interpolation import interpolated
from tests.deploy.test_compose import COMPOSE, DEPLOY, NAMES, made_secrets
from tests.deploy.test_kubernetes import FOLDER, OVERLAY, environment, manifests, named
from tests.mcp_tasks.test_postgres import newest_postgres, postgres

__all__ = ("postgres",)

SCRIPT = FOLDER / "base/config/voicetasks.sql"
ENTRY = "/docker-entrypoint-initdb.d"


def begun(postgres: str) -> str:
    """A database as the image's entrypoint leaves it; its address for our processes."""
    folder = postgres.partition("?host=")[2]
    for arguments in (["-c", "CREATE DATABASE voicetasks"], ["-d", "voicetasks", "-f", str(SCRIPT)]):
        done = subprocess.run(
            [newest_postgres() / "psql", "-v", "ON_ERROR_STOP=1", "--no-psqlrc", "-U", "tester", "-h", folder]
            + (["-d", "postgres"] if "-d" not in arguments else [])
            + arguments,
            env=os.environ | {"POSTGRES_PASSWORD": "it's a $secret"},
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
        assert done.returncode == 0, done.stderr
        assert "secret" not in done.stdout + done.stderr
    return f"postgresql://voicetasks@/voicetasks?host={folder}"


@pytest.mark.system
async def test_the_owner_of_the_database_can_all_that_we_need_and_is_no_superuser(postgres: str) -> None:
    url = begun(postgres)
    for migrate in (migrate_people, migrate_tasks, migrate_routing):
        await migrate(url)
    engine = create_engine(url)
    await prepare_search(engine)
    async with engine.connect() as connection:
        extensions = (await connection.execute(text("SELECT extname FROM pg_extension"))).scalars().all()
        role = (
            (
                await connection.execute(
                    text(
                        "SELECT rolsuper, rolcreaterole, rolcreatedb, rolreplication FROM pg_roles"
                        " WHERE rolname = CURRENT_USER"
                    )
                )
            )
            .mappings()
            .one()
        )
    await engine.dispose()
    assert "pg_trgm" in extensions
    assert set(role.values()) == {False}
    engine = create_engine(postgres)
    async with engine.connect() as connection:
        passwords = dict(
            (
                await connection.execute(
                    text("SELECT rolname, rolpassword IS NOT NULL FROM pg_authid WHERE rolcanlogin")
                )
            )
            .tuples()
            .all()
        )
    await engine.dispose()
    assert passwords == {"tester": False, "voicetasks": True}  # the superuser: from inside alone


def users(environment: dict[str, Any], url: str) -> tuple[str, str]:
    """The superuser that the image makes, and whom our processes sign in as."""
    (ours,) = re.findall(r"://(\w+):", url)
    return environment.get("POSTGRES_USER", "postgres"), ours


@pytest.mark.unit
def test_with_compose_nobody_of_ours_is_the_superuser() -> None:
    services = interpolated(COMPOSE, made_secrets() | NAMES)["services"]
    server = services["postgres"]
    addresses = [
        one["environment"]["DATABASE_URL"]
        for one in services.values()
        if "DATABASE_URL" in one.get("environment", {})
    ]
    assert len(addresses) >= 4
    assert {users(server["environment"], url) for url in addresses} == {("postgres", "voicetasks")}
    (source,) = [one.split(":")[0] for one in server["volumes"] if f":{ENTRY}/" in one]
    assert (DEPLOY / source).resolve() == SCRIPT


@pytest.mark.unit
def test_on_kubernetes_nobody_of_ours_is_the_superuser() -> None:
    pod = named(manifests(), "StatefulSet", "postgres")["spec"]["template"]["spec"]
    (server,) = pod["containers"]
    url = made_secrets(OVERLAY / "secrets.env.example")["DATABASE_URL"]
    assert users(environment(server, {}), url) == ("postgres", "voicetasks")
    (mount,) = [one for one in server["volumeMounts"] if one["mountPath"] == ENTRY]
    (volume,) = [one for one in pod["volumes"] if one["name"] == mount["name"]]
    made = named(manifests(), "ConfigMap", volume["configMap"]["name"])["data"]
    assert made == {SCRIPT.name: SCRIPT.read_text(encoding="utf-8")}
