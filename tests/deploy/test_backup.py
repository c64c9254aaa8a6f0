"""A backup is brought back whole: the same rows in another Postgres database, the same keys in another Redis."""

from __future__ import annotations

import os
import re
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest
from redis.asyncio import Redis
from sqlalchemy import text

from cli.binaries import redis_server
from mcp_tasks.database import create_engine
from mcp_tasks.migrate import migrate as migrate_tasks
from people.migrate import migrate as migrate_people
from privacy.places import Places
from routing.migrate import migrate as migrate_routing
from tests.conftest import CHECKOUT
from tests.mcp_tasks.test_postgres import newest_postgres, postgres
from tests.privacy.keeper import RedisOnDisk, keep_everywhere

__all__ = ("postgres",)

SCRIPTS = CHECKOUT / "deploy"


def script(name: str, *arguments: object, **more: str) -> subprocess.CompletedProcess[str]:
    path = f"{newest_postgres()}:{os.environ['PATH']}"
    return subprocess.run(
        [SCRIPTS / name, *map(str, arguments)],
        env=os.environ | {"PATH": path, "REDIS_SERVER": str(redis_server())} | more,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


def rows(url: str) -> str:
    """What `pg_dump` gives of a database, without the lines that differ at each call."""
    host = re.search(r"host=(.*)", url)
    assert host is not None
    database = url.split("@/")[1].split("?")[0]
    done = subprocess.run(
        [newest_postgres() / "pg_dump", "-U", "tester", "-h", host[1], "--inserts", database],
        capture_output=True,
        text=True,
        check=True,
        timeout=120,
    )
    return re.sub(r"(?m)^\\(un)?restrict .*$", "", done.stdout)


def open_to_others(folder: Path) -> list[str]:
    """What somebody else could read of a folder."""
    return [path.name for path in (folder, *folder.iterdir()) if path.stat().st_mode & 0o077]


async def keys(redis: Redis) -> dict[bytes, tuple[bytes | None, bool]]:
    """Every key with its value as Redis would move it, and whether it ends."""
    return {key: (await redis.dump(key), await redis.pttl(key) > 0) async for key in redis.scan_iter()}


@pytest.mark.system
async def test_what_was_backed_up_is_brought_back_and_nothing_is_overwritten(
    postgres: str, tmp_path: Path, program: Callable[[str], str]
) -> None:
    program("redis-cli")
    engine = create_engine(postgres).execution_options(isolation_level="AUTOCOMMIT")
    async with engine.connect() as connection:
        for name in ("kept", "again"):
            await connection.execute(text(f"CREATE DATABASE {name}"))
    await engine.dispose()
    kept, again = (postgres.replace("/postgres?", f"/{name}?") for name in ("kept", "again"))
    for migrate in (migrate_people, migrate_tasks, migrate_routing):
        await migrate(kept)
    (tmp_path / "redis").mkdir()
    server = RedisOnDisk(tmp_path / "redis")
    server.start()
    try:
        async with Redis.from_url(server.url) as redis:
            await keep_everywhere(Places(people=kept, tasks=kept, routing=kept, redis=server.url), redis)
            before = await keys(redis)
        assert len(before) >= 3
        made = script(
            "backup",
            tmp_path / "backups",
            DATABASE_URL=kept.replace("://", "+asyncpg://"),
            REDIS_URL=server.url,
        )
        assert made.returncode == 0, made.stderr
    finally:
        server.stop()
    backup = Path(made.stdout.strip())
    assert open_to_others(backup) == []
    assert [path.name for path in (tmp_path / "backups").iterdir()] == [backup.name]

    done = script("restore", "postgres", backup, DATABASE_URL=again)
    assert done.returncode == 0, done.stderr
    assert "zanzibar" in rows(kept)
    assert rows(again) == rows(kept)
    done = script("restore", "postgres", backup, DATABASE_URL=again)
    assert done.returncode == 1
    assert "empty" in done.stderr

    done = script("restore", "redis", backup, tmp_path / "redis-again")
    assert done.returncode == 0, done.stderr
    server = RedisOnDisk(tmp_path / "redis-again")  # with an append-only file, as it is always run
    server.start()
    try:
        async with Redis.from_url(server.url) as redis:
            assert await keys(redis) == before
    finally:
        server.stop()
    done = script("restore", "redis", backup, tmp_path / "redis-again")
    assert done.returncode == 1
    assert "empty" in done.stderr

    with (backup / "postgres.dump").open("ab") as file:
        file.write(b"x")
    done = script("restore", "postgres", backup, DATABASE_URL=again)
    assert done.returncode == 1
    assert "not as it was made" in done.stderr


@pytest.mark.system
def test_a_backup_that_cannot_be_made_leaves_nothing_that_looks_like_one(
    tmp_path: Path, program: Callable[[str], str]
) -> None:
    program("redis-cli")
    done = script(
        "backup",
        tmp_path,
        DATABASE_URL="postgresql://user:quetzal@127.0.0.1:1/voicetasks",
        REDIS_URL="redis://:quetzal@127.0.0.1:1/0",
    )
    assert done.returncode != 0
    assert "quetzal" not in done.stdout + done.stderr
    assert list(tmp_path.iterdir()) == []


@pytest.mark.unit
@pytest.mark.parametrize(
    ("url", "parts"),
    [
        (
            "postgresql+asyncpg://ann:p%40ss%2Fword@db:5433/tasks?ssl=require",
            "ann|p@ss/word|db|5433|tasks|require",
        ),
        ("postgresql://ann@/tasks?host=/run/postgresql&port=5", "ann||/run/postgresql|5|tasks|"),
        ("postgres://db.example.com/tasks", "||db.example.com||tasks|"),
        ("postgresql://ann:secret@[::1]:5432/tasks", "ann|secret|::1|5432|tasks|"),
    ],
)
def test_an_address_is_taken_apart_for_postgres_programs(url: str, parts: str) -> None:
    names = ("PGUSER", "PGPASSWORD", "PGHOST", "PGPORT", "PGDATABASE", "PGSSLMODE")
    shown = "|".join(f"${{{name}:-}}" for name in names)
    done = subprocess.run(
        ["bash", "-euc", f'. "$1"; for_postgres "$2"; echo "{shown}"', "-", SCRIPTS / "addresses.sh", url],
        env={name: value for name, value in os.environ.items() if not name.startswith("PG")},
        capture_output=True,
        text=True,
        check=True,
        timeout=10,
    )
    assert done.stdout.strip() == parts


@pytest.mark.unit
@pytest.mark.parametrize("name", ["backup", "restore"])
def test_without_what_it_needs_a_script_says_what(name: str) -> None:
    bare = {"PATH": os.environ["PATH"]}
    done = subprocess.run([SCRIPTS / name], env=bare, capture_output=True, text=True, timeout=10, check=False)
    assert done.returncode in (1, 2)
    assert "DATABASE_URL" in done.stderr
