"""Print how many test processes this machine carries and in how many turns it holds the dear tests, and say why.

Calls in tests are in real time. Where three of them share two slow cores the sound breaks up, and what is said is not
understood: a machine that is slower, or that others use as well, gets two.
"""

import os
import statistics
import sys
import time
from concurrent.futures import ProcessPoolExecutor

ROUNDS = 5
STEPS = 4_000_000
SLOW_SECONDS = 0.1
"""For so many steps on each core at once. Measured: 0.06 s where three processes keep two cores busy and pass; 0.12 s where
two are as quick, and one test in thirty needs a second try under three."""


def steps(count: int) -> float:
    """How long a bare loop takes, seconds."""
    began = time.perf_counter()
    for _ in range(count):
        pass
    return time.perf_counter() - began


def processes_for(took: float) -> int:
    """How many test processes there should be where so many steps take so long, seconds."""
    return 2 if took > SLOW_SECONDS else 3


def turns_for(took: float) -> int:
    """In how many turns the dear tests are held there: a whole run takes 80 minutes on the slower machine, 50 on the other."""
    return 8 if took > SLOW_SECONDS else 4


def main() -> None:
    cores = os.cpu_count() or 1
    with ProcessPoolExecutor(cores) as pool:
        list(pool.map(steps, [1] * cores))  # the processes are there before anything is measured
        took = statistics.median(max(pool.map(steps, [STEPS] * cores)) for _ in range(ROUNDS))
    processes, turns = processes_for(took), turns_for(took)
    print(f"voicetasks: {STEPS:,} steps take {took:.2f} s: {processes} test processes", file=sys.stderr)
    print(processes, turns)


if __name__ == "__main__":
    main()
