"""How much of the telephone's sound may wait for the room: what a slow moment adds would stay for the whole call.

The room takes sound as fast as it is spoken, so that nothing that waits ever grows less. A telephone exchange's jitter
buffer gives it up where nobody hears it: in silence.
"""

from __future__ import annotations

from typing import Final

import numpy as np

from sandbox.phone_bridge.g711 import Pcm

CUSHION_SECONDS: Final = 0.025
"""One packet of 20 ms may wait: they do not come evenly. Measured without a bound: 20 to 60 ms, after no stall."""
LATE_SECONDS: Final = 0.2
"""From here on speech is left out too."""
QUIET_RMS: Final = 120.0
"""Root mean square of 16-bit samples (-49 dB of full scale) below which nobody misses it."""


def is_left_out(samples: Pcm, *, waiting_seconds: float) -> bool:
    """Whether this piece is given up, with so much waiting already."""
    if waiting_seconds <= CUSHION_SECONDS:
        return False
    return (
        waiting_seconds > LATE_SECONDS or float(np.sqrt(np.mean(np.square(samples, dtype=float)))) < QUIET_RMS
    )
