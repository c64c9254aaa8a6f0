"""Secrets that stand on a screen, cut out of what is read there: passwords, codes, keys, card and account numbers.

The vendor is told to leave them out; this is for when it does not. A word like «pin» or «password» is no secret by
itself: what follows it must look like one, so that ordinary titles stay whole.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Final

_ALONE: Final = r"(?<![^\W_])"
"""No letter or digit before it; «id_token» is a token, too."""
_SIGN_IN: Final = r"(?:pass(?:word|wort|code|wd)|pwd|kennwort)"
_KEY: Final = (
    r"(?:(?:api|access|secret|private|auth|client|recovery)[ _-]?(?:key|token|secret)|token|secret|otp)"
)
_NUMBERED: Final = (
    r"(?:pin(?:[ -]code)?|cvv2?|cvc2?|tan|puk|iban|ssn|tax id"
    r"|(?:account|card|routing|social security)[ -](?:number|no\.?)"
    r"|(?:access|security|verification|login|recovery|entry|door|one[ -]time)[ -]code)"
)
_TELLING: Final = r"(?=[^\s,;]*[\d!$%^&*+=?@#~|\\])[^\s,;]"
"""Begins a word with a digit or a sign in it."""
_GROUPED: Final = r"\d(?:[ -]?\d)"
_YEAR: Final = r"(?:19|20)\d\d"

_CUT: Final = tuple(
    re.compile(pattern, re.IGNORECASE)
    for pattern in (
        rf"{_ALONE}passphrase\s*[:=].*$",
        rf"{_ALONE}{_SIGN_IN}\s*[:=]\s*(?:{_TELLING}+|\S+\s*$)",  # a sentence would go on after one word
        rf"{_ALONE}{_SIGN_IN}\s+is\s+{_TELLING}{{4,}}",
        rf"{_ALONE}{_SIGN_IN}\s+(?!{_YEAR})(?=[^\s,;]*\d)(?=[^\s,;]*[a-z])[^\s,;]{{6,}}",
        rf"{_ALONE}{_KEY}(?:\s*:\s*|\s+is\s+|\s*=\s+){_TELLING}{{6,}}|{_ALONE}{_KEY}=\S+",
        rf"{_ALONE}{_NUMBERED}(?:\s*[:=]\s*|\s+is\s+){_GROUPED}{{2,14}}\b",
        rf"{_ALONE}{_NUMBERED}\s+(?!{_YEAR}\s+\D){_GROUPED}{{3,14}}\b",
        rf"{_ALONE}(?:account|card)\s*[:=]?\s*{_GROUPED}{{7,14}}\b",
        r"[?&#](?:key|code|sig|(?:x-amz-)?signature|auth|sid|session(?:_?id)?|jwt|pin|pass)=[^\s&#]+",
        r"(?<=//)[^\s/@:]+:[^\s/@]+@",
        # Keys that say what they are: of OpenAI, Stripe, GitHub, Slack, AWS, Google; a JSON web token; a private key.
        r"\b(?:[spr]k[-_][\w-]{16,}|gh[pousr]_\w{16,}|github_pat_\w{16,}|xox[abeposr]-[\w-]{10,})",
        r"\b(?:(?:AKIA|ASIA)[A-Z0-9]{16}\b|AIza[\w-]{30,}|eyJ[\w-]{8,}\.[\w-]{8,}(?:\.[\w-]*)?)",
        r"-----BEGIN [A-Z ]*PRIVATE KEY-----.*",
        r"[•●*]{4,}",
    )
)
_OF: Final = r"(?:\b(?:iban|(?:credit |debit )?card(?: number)?|account(?: number)?)\s*[:=]\s*)?"
_ACCOUNT: Final = re.compile(
    rf"(?i:{_OF})\b(?P<number>(?:[A-Z]{{2}}|[a-z]{{2}})\d{{2}}"
    r"(?: ?[A-Z0-9]{4}){2,7}(?: ?\d[A-Z0-9]{0,3}|[A-Z0-9]{1,3})?)\b"
)
"""An IBAN; the letters and digits of some countries' come in any order."""
_ACCOUNT_DIGITS: Final = 10
"""So many stand in each that is one, and in no «RE24 HAND OVER KEYS»."""
_CARD: Final = re.compile(
    rf"(?i:{_OF})(?<![\d+])(?P<number>(?!{_YEAR}|00)\d{{4}}(?:[ -]?\d{{4}}){{2}}[ -]?\d{{2,7}}"
    r"|3[47]\d{2}[ -]?\d{6}[ -]?\d{5})(?!\d)"
)
"""No date begins like one, and no telephone number with its country's."""
_CARD_DIGITS: Final = 15
"""From here on it is taken for a card's or an account's; a shorter one may be a telephone's, and must have the check."""


def without_secrets(text: str) -> str:
    """The same text without what looks like a secret, in one line; unchanged where nothing does."""
    left = _CARD.sub(_unless(_is_card), _ACCOUNT.sub(_unless(_is_account), text))
    for secret in _CUT:
        left = secret.sub(" ", left)
    return text if left == text else " ".join(left.split()).strip(" :,;=-")


def _unless(is_one: Callable[[str], bool]) -> Callable[[re.Match[str]], str]:
    return lambda found: " " if is_one(found["number"]) else found[0]


def _is_account(number: str) -> bool:
    return sum(map(str.isdigit, number)) >= _ACCOUNT_DIGITS


def _is_card(number: str) -> bool:
    digits = [int(each) for each in number if each.isdigit()]
    return len(digits) >= _CARD_DIGITS or (digits[0] in (3, 4, 5, 6) and _luhn(digits))


def _luhn(digits: list[int]) -> bool:
    """Whether the last digit is the check that all cards' numbers have (ISO/IEC 7812-1)."""
    doubled = [sum(divmod(2 * each, 10)) if at % 2 else each for at, each in enumerate(reversed(digits))]
    return sum(doubled) % 10 == 0
