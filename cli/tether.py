"""Becomes a command that dies with the process that started it.

Run as a file, before the command: `python -I -S tether.py PARENT_PID COMMAND ARGUMENT…`. On Linux the kernel is
asked to end us when the parent goes, even by SIGKILL; other systems rely on the guardian alone. It is a
program of its own because code between fork and exec of a threaded process is not safe. Standard library only.
"""

import ctypes
import os
import signal
import sys

PR_SET_PDEATHSIG = 1


def main() -> None:
    """Tie ourselves to the parent, then become the command."""
    parent = int(sys.argv[1])
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGTERM)
        if os.getppid() != parent:  # it died before we asked
            sys.exit(1)
    os.execvp(sys.argv[2], sys.argv[2:])  # noqa: S606 (the supervisor's own command, no shell)


if __name__ == "__main__":
    main()
