"""A backup is brought back whole: the same rows in another Postgres database, the same keys in another Redis."""

from __future__ import annotations

import os
import re
import shutil
import signal
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from hashlib import sha256
from pathlib import Path

import pytest
from redis.asyncio import Redis
from sqlalchemy import text

from cli.binaries import redis_server
from mcp_tasks.database import create_engine
from mcp_tasks.migrate import migrate as migrate_tasks
from people.erasure import Erasures
from people.migrate import migrate as migrate_people
from people.store import People
from privacy.places import Places
from routing.migrate import migrate as migrate_routing
from routing.standing import BACKUP_AT
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
        await connection.execute(text("CREATE ROLE owner LOGIN"))  # as ours in a deployment: no superuser
        for name in ("kept", "again"):
            await connection.execute(text(f"CREATE DATABASE {name} OWNER owner"))
    await engine.dispose()
    as_owner = postgres.replace("//tester@", "//owner@")
    kept, again = (as_owner.replace("/postgres?", f"/{name}?") for name in ("kept", "again"))
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
        async with Redis.from_url(server.url) as redis:
            assert abs(time.time() - float(await redis.get(BACKUP_AT))) < 60
    finally:
        server.stop()
    backup = Path(made.stdout.strip())
    assert open_to_others(backup) == []
    beside = {path.name for path in (tmp_path / "backups").iterdir()}
    assert beside == {backup.name, "erased", ".lock"}

    done = script("restore", "postgres", backup, DATABASE_URL=again)
    assert done.returncode == 0, done.stderr
    assert "WARNING" not in done.stderr
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
    assert [path.name for path in tmp_path.iterdir()] == [".lock"]


@pytest.mark.system
async def test_who_was_erased_stands_beside_the_backups_once_and_a_lost_database_takes_it_from_nobody(
    postgres: str, tmp_path: Path
) -> None:
    await migrate_people(postgres)
    digests = []
    for name in ("ann", "bob"):
        async with People(postgres) as people:
            user = await people.create_user(email=f"{name}@example.org", password="x")
            await Erasures(people.engine).begin(user.id)
        digests.append(sha256(user.id.encode()).hexdigest())
        for _ in range(2):
            done = script("erased", tmp_path, DATABASE_URL=postgres)
            assert done.returncode == 0, done.stderr
        assert (tmp_path / "erased").read_text().split() == digests
    engine = create_engine(postgres)
    async with engine.begin() as connection:
        await connection.execute(text("DELETE FROM people_audit"))
    await engine.dispose()
    assert script("erased", tmp_path, DATABASE_URL=postgres).returncode == 0
    assert (tmp_path / "erased").read_text().split() == digests
    assert (tmp_path / "erased").stat().st_mode & 0o077 == 0
    nowhere = script("erased", tmp_path, DATABASE_URL="postgresql://user:quetzal@127.0.0.1:1/voicetasks")
    assert nowhere.returncode != 0
    assert "quetzal" not in nowhere.stdout + nowhere.stderr


class Programs:
    """A database's programs that make a backup of nothing; its dump waits until a test lets it go on."""

    def __init__(self, folder: Path) -> None:
        self.into, self._programs = folder / "backups", folder / "programs"
        self._programs.mkdir()
        self._began, self._goes_on, self._asked = folder / "began", folder / "goes_on", folder / "asked"
        for pipe in (self._began, self._goes_on):
            os.mkfifo(pipe)
        for name, does in {
            "redis-cli": 'for last; do :; done; case " $* " in *" --rdb "*) echo >"$last" ;; esac',
            "pg_dump": f'for last; do :; done; echo >"${{last#--file=}}"; echo >{self._began}; read -r _ <{self._goes_on}',
            "pg_restore": ":",
            "psql": ":",
            "flock": f'echo >>{self._asked}; exec {shutil.which("flock")} "$@"',
        }.items():
            program = self._programs / name
            program.write_text(f"#!/usr/bin/env bash\n{does}\n")
            program.chmod(0o700)

    @contextmanager
    def begin(self) -> Iterator[subprocess.Popen[str]]:
        """Start a backup, in a group of processes of its own; none of them is left at the end."""
        more = {
            "DATABASE_URL": "postgresql://db/voicetasks",
            "REDIS_URL": "redis://redis/0",
            "PATH": f"{self._programs}:{os.environ['PATH']}",
        }
        with subprocess.Popen(
            [SCRIPTS / "backup", self.into],
            env=os.environ | more,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            start_new_session=True,
        ) as process:
            try:
                yield process
            finally:
                with suppress(ProcessLookupError):
                    os.killpg(process.pid, signal.SIGKILL)

    def until_it_dumps(self) -> list[str]:
        """Wait until a backup is under way; which are not whole yet."""
        self._began.read_text()
        return [path.name for path in self.into.glob(".20*")]

    def until_one_waits_for_another(self) -> None:
        """Wait until two have asked for their turn, of which one has it."""
        while self._asked.read_text() != "\n\n":
            time.sleep(0.01)

    def let_it_go_on(self) -> None:
        self._goes_on.write_text("\n")

    def whole(self) -> list[str]:
        return [path.name for path in self.into.glob("20*")]


@pytest.fixture
def programs(tmp_path: Path) -> Programs:
    """Stand-ins for the databases' programs."""
    return Programs(tmp_path)


@pytest.mark.unit
@pytest.mark.timeout(60)
def test_what_a_killed_backup_left_is_removed_by_the_next_one(programs: Programs) -> None:
    with programs.begin() as killed:
        (left,) = programs.until_it_dumps()
        os.killpg(killed.pid, signal.SIGKILL)
    assert [path.name for path in programs.into.glob(".20*")] == [left]
    with programs.begin() as made:
        under_way = programs.until_it_dumps()
        assert left not in under_way
        assert len(under_way) == 1
        programs.let_it_go_on()
        out, err = made.communicate()
    assert made.returncode == 0, err
    assert programs.whole() == [Path(out.strip()).name]
    assert list(programs.into.glob(".20*")) == []


@pytest.mark.unit
@pytest.mark.timeout(60)
def test_a_backup_that_is_under_way_is_no_leftover_and_the_next_one_waits_for_it(programs: Programs) -> None:
    with programs.begin() as first:
        (theirs,) = programs.until_it_dumps()
        with programs.begin() as second:
            programs.until_one_waits_for_another()
            assert [path.name for path in programs.into.glob(".20*")] == [theirs]
            programs.let_it_go_on()
            _, err = first.communicate()
            assert first.returncode == 0, err
            programs.until_it_dumps()
            programs.let_it_go_on()
            _, err = second.communicate()
            assert second.returncode == 0, err
    assert len(programs.whole()) == 2


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
@pytest.mark.parametrize("name", ["backup", "restore", "erased"])
def test_without_what_it_needs_a_script_says_what(name: str) -> None:
    bare = {"PATH": os.environ["PATH"]}
    done = subprocess.run([SCRIPTS / name], env=bare, capture_output=True, text=True, timeout=10, check=False)
    assert done.returncode in (1, 2)
    assert "DATABASE_URL" in done.stderr
