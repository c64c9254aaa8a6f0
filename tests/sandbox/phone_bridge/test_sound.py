"""The telephone's sound: G.711, RTP and the mixing of voices."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sandbox.phone_bridge.g711 import Law, decode, encode
from sandbox.phone_bridge.mixer import FRAME, MOST, Mixer
from sandbox.phone_bridge.rtp import Packet, ahead, parse

pytestmark = pytest.mark.unit


@pytest.mark.parametrize("law", ["PCMU", "PCMA"])
def test_every_code_is_read_and_written_back(law: Law) -> None:
    codes = bytes(range(256))
    samples = decode(law, codes)
    assert np.array_equal(decode(law, encode(law, samples)), samples)


@pytest.mark.parametrize(
    ("law", "code", "sample"),
    # ITU-T G.711, tables 1 and 2: the loudest and the softest
    [
        ("PCMU", 0x80, 32124),
        ("PCMU", 0x00, -32124),
        ("PCMU", 0xFF, 0),
        ("PCMA", 0xAA, 32256),
        ("PCMA", 0x2A, -32256),
        ("PCMA", 0xD5, 8),
        ("PCMA", 0x55, -8),
    ],
)
def test_the_tables_are_those_of_the_standard(law: Law, code: int, sample: int) -> None:
    assert int(decode(law, bytes([code]))[0]) == sample


@pytest.mark.parametrize("law", ["PCMU", "PCMA"])
def test_speech_loses_no_more_than_the_standard_s_noise(law: Law) -> None:
    samples = (12_000 * np.sin(np.arange(8000) / 8)).astype(np.int16)
    error = decode(law, encode(law, samples)).astype(float) - samples
    assert 10 * np.log10((samples.astype(float) ** 2).mean() / (error**2).mean()) > 37
    silence = {"PCMU": 0xFF, "PCMA": 0xD5}[law]
    assert set(encode(law, np.zeros(10, np.int16))) <= {silence, silence ^ 0x80}


@given(
    st.integers(0, 127).filter(lambda n: not 64 <= n <= 95),
    st.integers(0, 2**16 - 1),
    st.integers(0, 2**32 - 1),
    st.binary(max_size=200),
    st.booleans(),
)
def test_a_packet_is_read_as_it_was_written(
    kind: int, sequence: int, stamp: int, payload: bytes, marker: bool
) -> None:
    packet = Packet(kind, sequence, stamp, 5, payload, marker)
    assert parse(packet.render()) == packet


def test_extensions_padding_and_sources_are_left_out() -> None:
    plain = Packet(0, 1, 2, 3, b"sound").render()
    more = (
        bytes([plain[0] | 0x31])
        + plain[1:12]
        + b"CSRC"
        + b"\x00\x01\x00\x01MORE"
        + plain[12:]
        + b"\x00\x00\x03"
    )
    found = parse(more)
    assert found is not None
    assert found.payload == b"sound"


@given(st.binary(max_size=80))
def test_rubbish_is_no_packet_and_no_crash(data: bytes) -> None:
    parse(data)


def test_sequence_numbers_wrap_around() -> None:
    assert (ahead(2, 65_535), ahead(65_535, 2), ahead(5, 5)) == (3, -3, 0)


def test_voices_are_added_and_silence_is_between_them() -> None:
    mixer = Mixer()
    assert not mixer.pull().any()
    mixer.push("a", np.full(3 * FRAME, 100, np.int16))
    mixer.push("b", np.full(2 * FRAME, 32_700, np.int16))
    assert set(mixer.pull()) == {32_767}
    mixer.remove("b")
    assert set(mixer.pull()) == {100}
    mixer.pull()
    assert not mixer.pull().any()


def test_a_voice_that_nobody_fetches_does_not_pile_up() -> None:
    mixer = Mixer()
    for number in range(100):
        mixer.push("a", np.full(FRAME, number, np.int16))
    assert mixer.pull()[0] == 100 - MOST // FRAME
