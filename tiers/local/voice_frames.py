"""How the program and the Piper process talk over the process's pipes.

To the process: one JSON object a line, `{"id": 1, "text": "…", "voice": null}` or `{"cancel": 1}`.
From the process: frames of a header (request id, kind, length; big-endian) and so many bytes.
"""

import struct
from enum import IntEnum

HEADER = struct.Struct(">IBI")


class Frame(IntEnum):
    """Kinds of frames from the process."""

    READY = 0
    """JSON `{"sample_rate": 22050}`, once, when the voice is loaded; request id 0."""
    AUDIO = 1
    """16-bit mono PCM of one sentence."""
    DONE = 2
    """No more audio for this request; empty."""
    FAILED = 3
    """Why this request cannot be spoken, in UTF-8; request id 0 when no voice could be loaded at all."""


def frame(request: int, kind: Frame, payload: bytes = b"") -> bytes:
    """A frame's bytes."""
    return HEADER.pack(request, kind, len(payload)) + payload
