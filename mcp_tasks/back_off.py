"""How long to wait between tries to reach a server that is away.

All calls that lost it ask again, and a server that starts needs the processor that they share with it.
"""

from collections.abc import Iterator
from random import uniform

FIRST_SECONDS = 0.1
LONGEST_SECONDS = 0.4


def pauses() -> Iterator[float]:
    """Seconds, each about twice as long as the one before, up to a bound; by chance, so that calls do not ask together."""
    longest = FIRST_SECONDS
    while True:
        yield uniform(longest / 2, longest)  # noqa: S311 - no secret
        longest = min(2 * longest, LONGEST_SECONDS)
