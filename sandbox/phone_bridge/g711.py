"""G.711, the telephone's eight bits a sample: mu-law (PCMU) and A-law (PCMA), by tables."""

from __future__ import annotations

from typing import Final, Literal

import numpy as np
from numpy.typing import NDArray

from sandbox.mulaw import decode as decode_mulaw

Law = Literal["PCMU", "PCMA"]
Pcm = NDArray[np.int16]

RATE: Final = 8000


def decode(law: Law, data: bytes) -> Pcm:
    """The 16-bit samples of encoded bytes."""
    return decode_mulaw(data) if law == "PCMU" else _A_DECODED[np.frombuffer(data, np.uint8)]


def encode(law: Law, samples: Pcm) -> bytes:
    """The bytes that come nearest to the samples."""
    table = _MU_ENCODED if law == "PCMU" else _A_ENCODED
    return table[samples.view(np.uint16)].tobytes()


def _alaw() -> Pcm:
    code = np.arange(256, dtype=np.int32) ^ 0x55
    exponent, mantissa = (code & 0x70) >> 4, code & 0x0F
    small = (mantissa << 4) + 8
    magnitude = np.where(exponent == 0, small, (small + 0x100) << np.maximum(exponent - 1, 0))
    return np.where(code & 0x80, magnitude, -magnitude).astype(np.int16)


def _nearest(decoded: Pcm) -> NDArray[np.uint8]:
    """For each 16-bit pattern the code whose sample is nearest."""
    order = np.argsort(decoded, kind="stable")
    values = decoded[order].astype(np.int32)
    samples = np.arange(65_536, dtype=np.uint16).view(np.int16).astype(np.int32)
    middle = (values[:-1] + values[1:]) / 2
    return order[np.searchsorted(middle, samples)].astype(np.uint8)


_A_DECODED: Final = _alaw()
_A_ENCODED: Final = _nearest(_A_DECODED)
_MU_ENCODED: Final = _nearest(decode_mulaw(bytes(range(256))))
