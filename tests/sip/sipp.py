"""sipp as many telephones: it plays a scenario, message by message, and fails when an answer is another one."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from pathlib import Path

from cli.ports import HOST

SCENARIOS = Path(__file__).parent / "scenarios"


@dataclass(frozen=True)
class Played:
    """How a scenario went: the exit code is 0 when every call went as it says."""

    code: int
    errors: str


async def play(
    program: str,
    folder: Path,
    scenario: str,
    port: int,
    *,
    calls: int = 1,
    at_once: int = 1,
    rate: float = 10,
    seconds: float = 60,
    user: str = "+15550100",
    password: str = "",
    milliseconds: int = 1000,
) -> Played:
    """Play a scenario of this folder so many times."""
    secret = ("-au", user, "-ap", password) if password else ()
    process = await asyncio.create_subprocess_exec(
        *(
            program,
            f"{HOST}:{port}",
            "-i",
            HOST,
            "-mi",
            HOST,
            "-nostdin",
            "-trace_err",
            "-error_file",
            "errors.log",
        ),
        *(
            "-sf",
            str(SCENARIOS / f"{scenario}.xml"),
            "-s",
            "tasks",
            "-key",
            "caller",
            user,
            "-d",
            str(milliseconds),
        ),
        *(
            "-m",
            str(calls),
            "-l",
            str(at_once),
            "-r",
            str(rate),
            "-timeout",
            f"{seconds:.0f}s",
            "-timeout_error",
        ),
        *secret,
        cwd=folder,
        stdout=asyncio.subprocess.DEVNULL,
        stderr=asyncio.subprocess.DEVNULL,
    )
    try:
        async with asyncio.timeout(seconds + 10):
            code = await process.wait()
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
    errors = folder / "errors.log"
    return Played(code, errors.read_text(errors="replace")[-2000:] if errors.exists() else "")
