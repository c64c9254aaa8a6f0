"""G.711 mu-law, the telephone's eight bits a sample."""

import numpy as np
from numpy.typing import NDArray


def _table() -> NDArray[np.int16]:
    code = ~np.arange(256, dtype=np.int32) & 0xFF
    magnitude = (((code & 0x0F) << 3) + 0x84 << ((code & 0x70) >> 4)) - 0x84
    return np.where(code & 0x80, -magnitude, magnitude).astype(np.int16)


_DECODED = _table()


def decode(data: bytes) -> NDArray[np.int16]:
    """The 16-bit samples of mu-law bytes."""
    return _DECODED[np.frombuffer(data, np.uint8)]
