"""The keypad: yes, no, help, repeat, and entries that show nothing of themselves."""

from __future__ import annotations

import asyncio
import logging

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sip.keypad import DIGITS, Keypad, Meaning, key_of

pytestmark = pytest.mark.unit


def press(keypad: Keypad, keys: str) -> None:
    for key in keys:
        keypad.press(DIGITS.index(key), key)


def test_each_key_says_what_the_persona_tells_people() -> None:
    said: list[Meaning] = []
    press(Keypad(said.append), "120*#3456789ABCD")
    assert said == [Meaning.YES, Meaning.NO, Meaning.HELP, Meaning.REPEAT, Meaning.END]


@pytest.mark.parametrize(
    ("code", "digit", "key"),
    [
        (1, "1", "1"),
        (1, "", "1"),
        (0, "0", "0"),
        (0, "5", "5"),
        (0, "", "0"),
        (12, "a", "A"),
        (16, "", None),
        (99, "7", "7"),
        (99, "77", None),
        (-1, "x", None),
    ],
)
def test_a_key_is_read_whatever_the_bridge_tells_of_it(code: int, digit: str, key: str | None) -> None:
    assert key_of(code, digit) == key


async def test_an_entry_ends_with_its_key_and_means_nothing_else() -> None:
    said: list[Meaning] = []
    keypad = Keypad(said.append)
    entry = asyncio.create_task(keypad.entry(pause_seconds=10))
    await asyncio.sleep(0)
    press(keypad, "12*1021A#1")
    assert (await entry).get_secret_value() == "1021"
    await asyncio.sleep(0)
    assert said == []
    press(keypad, "1")
    assert said == [Meaning.YES]


async def test_an_entry_ends_when_it_is_as_long_as_it_may_be() -> None:
    keypad = Keypad()
    entry = asyncio.create_task(keypad.entry(pause_seconds=10, longest=4))
    await asyncio.sleep(0)
    press(keypad, "123456")
    assert (await entry).get_secret_value() == "1234"


async def test_an_entry_ends_with_a_pause_and_nothing_keyed_is_a_time_out() -> None:
    keypad = Keypad()
    entry = asyncio.create_task(keypad.entry(pause_seconds=0.05))
    await asyncio.sleep(0)
    press(keypad, "77")
    assert (await entry).get_secret_value() == "77"
    with pytest.raises(TimeoutError):
        await keypad.entry(pause_seconds=0.01)
    entry = asyncio.create_task(keypad.entry(pause_seconds=10))
    await asyncio.sleep(0)
    press(keypad, "#")
    assert (await entry).get_secret_value() == ""


async def test_keys_that_no_telephone_has_begin_no_entry() -> None:
    keypad = Keypad()
    entry = asyncio.create_task(keypad.entry(pause_seconds=0.05))
    await asyncio.sleep(0)
    press(keypad, "ABCD")
    with pytest.raises(TimeoutError):
        await entry


async def test_a_key_says_whether_it_ended_an_entry() -> None:
    keypad = Keypad()
    for keys, ended in (("12#", [False, False, True]), ("1*234", [False, False, False, False, True])):
        entry = asyncio.create_task(keypad.entry(pause_seconds=10, longest=3))
        await asyncio.sleep(0)
        assert [keypad.press(DIGITS.index(key), key) for key in keys] == ended
        assert not keypad.press(1, "1"), "it was over already"
        await entry
    assert not keypad.press(DIGITS.index("#"), "#")


async def test_two_cannot_await_an_entry_and_one_that_is_given_up_frees_the_keys() -> None:
    said: list[Meaning] = []
    keypad = Keypad(said.append)
    entry = asyncio.create_task(keypad.entry(pause_seconds=10))
    await asyncio.sleep(0)
    with pytest.raises(RuntimeError):
        await keypad.entry(pause_seconds=10)
    entry.cancel()
    await asyncio.gather(entry, return_exceptions=True)
    press(keypad, "2")
    assert said == [Meaning.NO]


async def test_an_entry_shows_no_digit_in_texts_and_logs(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    keypad = Keypad()
    entry = asyncio.create_task(keypad.entry(pause_seconds=10))
    await asyncio.sleep(0)
    press(keypad, "907531#")
    found = await entry
    assert "907531" not in f"{found} {found!r} {keypad!r} {vars(keypad)} {caplog.text}"


@given(st.text(alphabet=DIGITS, max_size=200))
def test_what_is_keyed_without_an_entry_is_told_key_by_key(keys: str) -> None:
    said: list[Meaning] = []
    press(Keypad(said.append), keys)
    meanings = {"1": "yes", "2": "no", "0": "help", "*": "repeat", "#": "end"}
    assert [each.value for each in said] == [meanings[key] for key in keys if key in meanings]
