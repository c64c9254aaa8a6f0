"""What counts as a secret on a screen, and what is an ordinary title with the same words in it."""

from __future__ import annotations

import pytest

from agent.screen_secrets import without_secrets

pytestmark = pytest.mark.unit


@pytest.mark.parametrize(
    "title",
    [
        "Pin: the poster",
        "pin the poster",
        "Pin 12 posters to the wall",
        "Pin 2026 calendar to the wall",
        "Secret: the party for Anna",
        "Secret Santa",
        "Token: redesign the flow",
        "Password: reset it for Anna",
        "Error says that the password is wrong",
        "Password policy v2",
        "Account: Acme GmbH",
        "Account 2026 review",
        "Card 1234 is on the board",
        "Tan 100 hides",
        "RE24 HAND OVER KEYS",
        "ab12 open door keys",
        "Sprint 2026-12-11 2026-12-17",
        "Call +49 170 12345678 or 0049 170 12345678",
        "Read ISBN 9781234567897",
        "See https://app.example/issues/1234?tab=2",
    ],
)
def test_an_ordinary_title_stays_whole(title: str) -> None:
    assert without_secrets(title) == title


@pytest.mark.parametrize(
    ("text", "left"),
    [
        ("PIN 1984", ""),
        ("Open the door, pin 4821", "Open the door"),
        ("PIN code is 48 21", ""),
        ("The password is hunter2xyz", "The"),
        ("Log in, password hunter2xyz", "Log in"),
        ("Passphrase: correct horse battery staple", ""),
        ("Pay from account number 12345678 today", "Pay from today"),
        ("Recovery code 8841-2290-7716", ""),
        ("Transfer to DE89 3704 0044 0532 0130 00 by Friday", "Transfer to by Friday"),
        ("IBAN: GB29 NWBK 6016 1331 9268 19", ""),
        ("iban de89370400440532013000", "iban"),
        ("Amex 3782 822463 10005", "Amex"),
        ("Card: 5500-0000-0000-0004", ""),
        ("Use ghp_abcdefghijklmnop1234 to push", "Use to push"),
        ("api_key=abc", ""),
        ("Open https://shop.example/reset?code=abc", "Open https://shop.example/reset"),
    ],
)
def test_a_secret_is_cut_out(text: str, left: str) -> None:
    assert without_secrets(text) == left
