"""Ends the demo's process groups when their supervisor is gone without having done it.

Run as a file: `python -I -S guardian.py`. It reads lines `+GROUP` and `-GROUP` from its standard input, which is a
pipe from the supervisor. The pipe ends when the supervisor does, by whatever signal; then every group that is still
listed gets SIGTERM and, a little later, SIGKILL: the group holds what a process has started in turn, such as
the jobs of the worker. Standard library only.
"""

import contextlib
import os
import signal
import sys
import time

GRACE_SECONDS = 3.0


def alive(group: int) -> bool:
    """Whether any process of the group is left."""
    try:
        os.killpg(group, 0)
    except ProcessLookupError:
        return False
    except PermissionError:  # a zombie's group on a Mac
        return False
    return True


def end(groups: set[int]) -> None:
    """SIGTERM, a grace, SIGKILL."""
    for number in (signal.SIGTERM, signal.SIGKILL):
        for group in groups:
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.killpg(group, number)
        deadline = time.monotonic() + GRACE_SECONDS
        while any(alive(group) for group in groups) and time.monotonic() < deadline:
            time.sleep(0.05)


def main() -> None:
    """Keep the list until the pipe ends."""
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)
    groups: set[int] = set()
    for line in sys.stdin:
        group = int(line[1:])
        if line[0] == "+":
            groups.add(group)
        else:
            groups.discard(group)
    end(groups)


if __name__ == "__main__":
    main()
