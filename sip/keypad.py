"""A telephone's keys: 1 yes, 2 no, 0 help, * repeat, # end of entry.

The bridge tells each press once, by event code and digit (RFC 4733, section 3.2). What was keyed is a secret here: it
may be a PIN. So an entry never shows its digits, and nothing of this module logs any.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from enum import StrEnum
from typing import Final

from pydantic import SecretStr

DIGITS: Final = "0123456789*#ABCD"
"""By event code. A to D are on no telephone that people have; they mean nothing."""
END: Final = "#"
ANEW: Final = "*"
UNKNOWN: Final = "ABCD"
LONGEST_ENTRY: Final = 32


class Meaning(StrEnum):
    """What a key says where no entry is awaited."""

    YES = "yes"
    NO = "no"
    HELP = "help"
    REPEAT = "repeat"
    END = "end"


MEANINGS: Final = {
    "1": Meaning.YES,
    "2": Meaning.NO,
    "0": Meaning.HELP,
    "*": Meaning.REPEAT,
    "#": Meaning.END,
}


def key_of(code: int, digit: str) -> str | None:
    """The key that was pressed: the event code says it, the digit only where a bridge gives no code; None for others."""
    key = digit.upper()
    if 0 <= code < len(DIGITS):
        # Code 0 is also what a bridge sends that tells no codes.
        return key if code == 0 and len(key) == 1 and key in DIGITS else DIGITS[code]
    return key if len(key) == 1 and key in DIGITS else None


def entries_of(keys: str) -> list[SecretStr]:
    """The entries that these keys make where none is ended by a pause or by its length; the last may not be ended."""
    entries = (each.rpartition(ANEW)[2] for each in keys.split(END))
    return [SecretStr("".join(filter(str.isdigit, each))) for each in entries]


class Keypad:
    """Takes the presses of one caller, one by one, and gives each to whoever waits for it.

    While an entry is awaited its digits go there and nowhere else: `*` begins it anew and `#` ends it.
    """

    def __init__(self, on_key: Callable[[Meaning], None] = lambda _: None) -> None:
        self._on_key = on_key
        self._entry: _Entry | None = None

    def press(self, code: int, digit: str) -> bool:
        """A key was pressed; whether it ended an entry. Keys that mean nothing are ignored."""
        key = key_of(code, digit)
        if key is None:
            return False
        if self._entry is not None:
            return self._entry.press(key)
        if (meaning := MEANINGS.get(key)) is not None:
            self._on_key(meaning)
        return False

    async def entry(self, *, pause_seconds: float, longest: int = LONGEST_ENTRY) -> SecretStr:
        """Wait for digits that `#`, a pause after the last one, or their number ends.

        Empty when only `#` came. Raises TimeoutError when no key came within the pause, RuntimeError when another
        entry is awaited already.
        """
        if self._entry is not None:
            raise RuntimeError("an entry is awaited already")
        self._entry = _Entry(pause_seconds, longest)
        try:
            return SecretStr(await self._entry.wait())
        finally:
            self._entry = None


class _Entry:
    def __init__(self, pause_seconds: float, longest: int) -> None:
        self._pause, self._longest = pause_seconds, longest
        self._digits = ""
        self._began = False
        self._done: asyncio.Future[str] = asyncio.get_running_loop().create_future()
        self._timer = asyncio.get_running_loop().call_later(pause_seconds, self._pause_over)

    async def wait(self) -> str:
        try:
            return await self._done
        finally:
            self._timer.cancel()

    def press(self, key: str) -> bool:
        if self._done.done() or key in UNKNOWN:
            return False
        self._timer.cancel()
        self._timer = asyncio.get_running_loop().call_later(self._pause, self._pause_over)
        self._began = True
        if key == END:
            self._done.set_result(self._digits)
        elif key == ANEW:
            self._digits = ""
        elif key.isdigit():
            self._digits += key
            if len(self._digits) == self._longest:
                self._done.set_result(self._digits)
        return self._done.done()

    def _pause_over(self) -> None:
        if self._done.done():
            return
        if self._began:
            self._done.set_result(self._digits)
        else:
            self._done.set_exception(TimeoutError("nothing was keyed"))
