import av
import numpy as np
import pytest

from sandbox import mulaw

pytestmark = pytest.mark.unit


def test_all_codes_decode_as_ffmpeg_decodes_them():
    codes = bytes(range(256))
    decoder = av.CodecContext.create("pcm_mulaw", "r")
    decoder.sample_rate = 8_000
    decoder.layout = "mono"
    (frame,) = decoder.decode(av.Packet(codes))
    assert np.array_equal(mulaw.decode(codes), frame.to_ndarray().reshape(-1))
