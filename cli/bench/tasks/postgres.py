"""A Postgres of a bench's own, reached through a socket in a folder of its own, and gone with it."""

from __future__ import annotations

import asyncio
import contextlib
import os
import shutil
import tempfile
from collections.abc import AsyncIterator
from pathlib import Path

from cli.binaries import postgres_folder

USER = "bench"


class PostgresError(RuntimeError):
    """Postgres did not start; the message is its own."""


@contextlib.asynccontextmanager
async def own_postgres() -> AsyncIterator[str]:
    """Run one and give its URL. Raises BinaryNotFoundError or PostgresError.

    It may lose what it wrote when the machine fails: nothing here is worth a wait for the disk, SQLite's is no
    different (`synchronous=NORMAL` in WAL mode does not wait either).
    """
    programs = postgres_folder()
    folder = Path(tempfile.mkdtemp(prefix="voicetasks-pg-"))
    if os.geteuid() == 0:
        shutil.chown(folder, "postgres")  # it refuses to run as root
    data = str(folder / "data")
    options = f"-k {folder} -c listen_addresses='' -c synchronous_commit=off -c max_connections=40"
    try:
        await _run(
            programs / "initdb", folder, "-D", data, "-A", "trust", "-U", USER, "--no-sync", "-E", "UTF8"
        )
        log = str(folder / "log")
        await _run(programs / "pg_ctl", folder, "-D", data, "-w", "-l", log, "-o", options, "start")
        try:
            yield f"postgresql://{USER}@/postgres?host={folder}"
        finally:
            await _run(programs / "pg_ctl", folder, "-D", data, "-w", "-m", "immediate", "stop")
    finally:
        shutil.rmtree(folder, ignore_errors=True)


async def _run(program: Path, folder: Path, *arguments: str) -> None:
    as_user = ("runuser", "-u", "postgres", "--") if os.geteuid() == 0 else ()
    with tempfile.TemporaryFile() as said:  # a pipe would stay open as long as the server that it starts
        process = await asyncio.create_subprocess_exec(
            *as_user, str(program), *arguments, cwd=folder, stdout=said, stderr=said
        )
        if await process.wait():
            said.seek(0)
            raise PostgresError(said.read().decode(errors="replace").strip())
