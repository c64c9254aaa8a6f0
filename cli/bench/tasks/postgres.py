"""A Postgres of a bench's own, reached through a socket in a folder of its own, and gone with it."""

from __future__ import annotations

import asyncio
import contextlib
import os
import shutil
import tempfile
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path

from cli.binaries import postgres_folder

USER = "bench"


class PostgresError(RuntimeError):
    """Postgres did not start; the message is its own."""


@dataclass(frozen=True)
class OwnPostgres:
    """One that runs."""

    url: str
    folder: Path
    options: str

    async def restart(self) -> None:
        """End it as a crash does, and wait until it serves again. Raises PostgresError."""
        await self.control("-m", "immediate", "-o", self.options, "-l", str(self.folder / "log"), "restart")

    async def control(self, *arguments: str) -> None:
        """Say something to pg_ctl and wait until it is done. Raises PostgresError."""
        data = str(self.folder / "data")
        await _run(postgres_folder() / "pg_ctl", self.folder, "-D", data, "-w", *arguments)


@contextlib.asynccontextmanager
async def own_postgres(*, keeps: bool = False) -> AsyncIterator[OwnPostgres]:
    """Run one. Raises BinaryNotFoundError or PostgresError.

    Unless it `keeps` what it has confirmed, it may lose what it wrote when the machine fails: nothing here is worth a
    wait for the disk, SQLite's is no different (`synchronous=NORMAL` in WAL mode does not wait either).
    """
    programs = postgres_folder()
    folder = Path(tempfile.mkdtemp(prefix="voicetasks-pg-"))
    if os.geteuid() == 0:
        shutil.chown(folder, "postgres")  # it refuses to run as root
    waits = "" if keeps else "-c synchronous_commit=off "
    connections = 200 if keeps else 40
    options = f"-k {folder} -c listen_addresses='' {waits}-c max_connections={connections}"
    found = OwnPostgres(f"postgresql://{USER}@/postgres?host={folder}", folder, options)
    try:
        data = str(folder / "data")
        await _run(
            programs / "initdb", folder, "-D", data, "-A", "trust", "-U", USER, "--no-sync", "-E", "UTF8"
        )
        await found.control("-l", str(folder / "log"), "-o", options, "start")
        try:
            yield found
        finally:
            await found.control("-m", "immediate", "stop")
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
