"""Keys as carriers send them: whatever the shape, exactly the keys that were pressed."""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import dataclass

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sandbox.phone_bridge.rtp import Packet, parse
from sandbox.phone_bridge.telephone_event import DIGITS, KeyReader

pytestmark = pytest.mark.unit

STEP = 160


@dataclass(frozen=True)
class Shape:
    """How a carrier sends one press."""

    packets: int = 5
    """Before the end."""
    ends: int = 3
    marker: str = "first"
    shares_timestamp: bool = False
    """With the press before."""
    growing_timestamp: bool = False
    loses: float = 0.0
    doubles: float = 0.0
    swaps: bool = False
    audio_between: int = 3


def stream(keys: str, shapes: list[Shape], seed: int = 1, start: int = 65_500) -> Iterator[Packet]:
    chance = random.Random(seed)
    sequence, clock, shared = start, 4_294_960_000, 0
    for number, (key, shape) in enumerate(zip(keys, shapes, strict=True)):
        stamp = shared if shape.shares_timestamp and number else clock
        shared = stamp
        sent: list[Packet] = []
        for place in range(shape.packets + shape.ends):
            end = place >= shape.packets
            duration = min(STEP * (min(place, shape.packets) + 1), 0xFFFF)
            moment = (stamp + STEP * place) if shape.growing_timestamp else stamp
            marker = {"first": place == 0, "none": False, "all": True, "end": end}[shape.marker]
            payload = bytes([DIGITS.index(key), (0x80 if end else 0) | 10]) + duration.to_bytes(2, "big")
            sent.append(Packet(101, sequence % 2**16, moment % 2**32, 7, payload, marker))
            sequence += 1
        kept = [packet for packet in sent if chance.random() >= shape.loses] or [sent[-1]]
        if shape.ends and kept[-1] not in sent[shape.packets :]:
            kept.append(sent[-1])
        kept = [
            packet
            for each in kept
            for packet in ([each, each] if chance.random() < shape.doubles else [each])
        ]
        if shape.swaps and len(kept) > 2:
            place = chance.randrange(1, len(kept) - 1)
            kept[place], kept[place + 1] = kept[place + 1], kept[place]
        yield from kept
        clock += STEP * (shape.packets + shape.ends + shape.audio_between)
        sequence += shape.audio_between


def read(packets: Iterator[Packet]) -> str:
    reader = KeyReader()
    codes = [reader.read(packet) for packet in packets]
    return "".join(DIGITS[code] for code in codes if code is not None)


ODD = {
    "by the book": Shape(),
    "held for two seconds": Shape(packets=100),
    "no marker bit": Shape(marker="none"),
    "the marker bit on every packet": Shape(marker="all"),
    "the marker bit at the end": Shape(marker="end"),
    "one end packet": Shape(ends=1),
    "a single packet": Shape(packets=0, ends=1),
    "only the three end packets": Shape(packets=0, ends=3),
    "a timestamp shared with the press before": Shape(shares_timestamp=True),
    "a timestamp that grows with the press": Shape(growing_timestamp=True, marker="none"),
    "every packet doubled": Shape(doubles=1.0),
    "two packets in the wrong order": Shape(swaps=True),
    "half of the packets lost": Shape(loses=0.5),
    "no pause between the presses": Shape(audio_between=0),
}


@pytest.mark.parametrize("name", ODD)
def test_each_odd_shape_gives_exactly_the_keys_pressed(name: str) -> None:
    keys = "1101220*##9A"
    assert read(stream(keys.lower(), [ODD[name]] * len(keys))) == keys.lower()


def test_two_hundred_presses_in_odd_shapes_give_exactly_those_keys() -> None:
    chance = random.Random(20261127)
    keys = "".join(chance.choice("0123456789*#") for _ in range(200))
    shapes = [chance.choice(list(ODD.values())) for _ in keys]
    assert read(stream(keys, shapes, seed=5)) == keys


def test_one_zero_one_that_share_a_timestamp_are_three_keys() -> None:
    assert read(stream("101", [Shape(shares_timestamp=True, marker="none")] * 3)) == "101"


def test_a_press_longer_than_a_segment_can_tell_is_one_key() -> None:
    def packets() -> Iterator[Packet]:
        sequence = 1
        for segment in range(3):
            for duration in range(STEP, 0xFFFF, 10 * STEP):
                payload = bytes([5, 10]) + duration.to_bytes(2, "big")
                yield Packet(101, sequence, segment * 0xFFFF, 7, payload, sequence == 1)
                sequence += 1

    assert read(packets()) == "5"


@given(
    st.lists(
        st.tuples(
            st.sampled_from("0123456789*#"),
            st.builds(
                Shape,
                packets=st.integers(1, 40),
                ends=st.integers(1, 3),
                marker=st.sampled_from(["first", "none", "all", "end"]),
                shares_timestamp=st.booleans(),
                doubles=st.sampled_from([0.0, 0.5]),
                audio_between=st.integers(0, 50),
            ),
        ),
        max_size=30,
    )
)
def test_whatever_is_pressed_in_whatever_shape_is_read(presses: list[tuple[str, Shape]]) -> None:
    keys = "".join(key for key, _ in presses)
    assert read(stream(keys, [shape for _, shape in presses])) == keys


@given(st.binary(max_size=60))
def test_rubbish_is_no_key_and_no_crash(data: bytes) -> None:
    packet = parse(data)
    if packet is not None:
        KeyReader().read(packet)
