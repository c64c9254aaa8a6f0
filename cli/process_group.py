"""One process with everything that it starts in turn: started, signalled and ended as a group."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import BinaryIO

from cli import guardian, tether


class Guardian:
    """The process that ends the groups when we are gone without having done so."""

    def __init__(self) -> None:
        self._process: asyncio.subprocess.Process | None = None

    async def start(self) -> None:
        """Start it in a session of its own, where no Ctrl-C reaches it."""
        self._process = await asyncio.create_subprocess_exec(
            *_plain_python(guardian.__file__),
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.DEVNULL,
            stderr=asyncio.subprocess.DEVNULL,
            start_new_session=True,
        )

    @property
    def pid(self) -> int:
        """Its process id. Raises RuntimeError before `start`."""
        if self._process is None:
            raise RuntimeError("the guardian has not been started")
        return self._process.pid

    def watch(self, group: int) -> None:
        """End this group if we do not."""
        self._tell(f"+{group}\n")

    def forget(self, group: int) -> None:
        """The group has ended."""
        self._tell(f"-{group}\n")

    async def stop(self) -> None:
        """Close the pipe and wait: whatever is still listed ends now."""
        if self._process and self._process.stdin:
            self._process.stdin.close()
            await self._process.wait()

    def _tell(self, line: str) -> None:
        if self._process and self._process.stdin:
            # A guardian that was killed is no reason to end the demo: the kernel's tie is left.
            with contextlib.suppress(ConnectionError):
                self._process.stdin.write(line.encode())


class ProcessGroup:
    """A started process, leader of its own group and session. Every end is by `end` or `destroy`."""

    def __init__(self, process: asyncio.subprocess.Process, watcher: Guardian) -> None:
        self._process = process
        self._watcher = watcher
        self._ended = False
        watcher.watch(process.pid)

    @classmethod
    async def start(
        cls,
        command: tuple[str, ...],
        *,
        environment: Mapping[str, str],
        folder: Path,
        log: BinaryIO,
        watcher: Guardian,
    ) -> ProcessGroup:
        """Start the command with its output in `log`. Raises OSError when it cannot be started."""
        process = await asyncio.create_subprocess_exec(
            *_plain_python(tether.__file__),
            str(os.getpid()),
            *command,
            env=dict(environment),
            cwd=folder,
            stdin=asyncio.subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            start_new_session=True,
        )
        return cls(process, watcher)

    @property
    def pid(self) -> int:
        """Process id of the leader, and of the group."""
        return self._process.pid

    @property
    def exit_code(self) -> int | None:
        """Negative: the signal that ended it. None while it runs."""
        return self._process.returncode

    async def wait(self) -> int:
        """Until the leader has ended; what it left of its group is destroyed. Returns the exit code."""
        code = await self._process.wait()
        if not self._ended:  # later the number may be somebody else's
            self.destroy()
            self._ended = True
            self._watcher.forget(self.pid)
        return code

    async def end(self, grace_seconds: float) -> int:
        """SIGTERM to the leader, which ends its own children in order; after the grace SIGKILL to all."""
        if self.exit_code is None:
            with contextlib.suppress(ProcessLookupError):
                self._process.send_signal(signal.SIGTERM)
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(grace_seconds):
                    await self._process.wait()
            self.destroy()
        return await self.wait()

    def destroy(self) -> None:
        """SIGKILL to whatever is left of the group."""
        if self._ended:
            return
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(self.pid, signal.SIGKILL)


def _plain_python(file: str) -> tuple[str, ...]:
    # Isolated and without site-packages: it starts in 15 ms and no setting of the user's changes it.
    return (sys.executable, "-I", "-S", file)
