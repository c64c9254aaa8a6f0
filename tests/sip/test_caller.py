"""One number has one spelling, whatever a switch made of it; what is withheld, odd or forged is nobody's number."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sip.attributes import NUMBER
from sip.caller import CALLED, Caller, e164_of, read_caller
from sip.headers import ATTESTATION, PRIVACY

pytestmark = pytest.mark.unit

ANN = "+14155550132"


@pytest.mark.parametrize(
    "said",
    [
        "+14155550132",
        "14155550132",
        "4155550132",
        "(415) 555-0132",
        "+1 (415) 555-0132",
        "tel:+14155550132",
        "011 1 415 555 0132",
    ],
)
def test_every_spelling_of_a_number_is_the_same_caller(said: str) -> None:
    assert read_caller({NUMBER: said, CALLED: "+12025550100"}).number == ANN


@pytest.mark.parametrize(
    ("said", "called", "number"),
    [
        ("030 901820", "+4989123456", "+4930901820"),
        ("0049 30 901820", "+4989123456", "+4930901820"),
        ("020 7946 0018", "+442079460000", "+442079460018"),
        ("5550100199", "", None),
        ("030 901820", "not a number", None),
    ],
)
def test_a_national_spelling_is_that_of_the_country_that_was_called(
    said: str, called: str, number: str | None
) -> None:
    assert read_caller({NUMBER: said, CALLED: called}).number == number


def test_where_the_called_number_tells_no_country_the_setting_does() -> None:
    assert read_caller({NUMBER: "030 901820"}, region="DE").number == "+4930901820"


@pytest.mark.parametrize("said", ["", " ", "anonymous", "Anonymous", "Restricted", "unknown", None])
def test_a_withheld_number_is_none(said: str | None) -> None:
    caller = read_caller({} if said is None else {NUMBER: said})
    assert (caller.number, caller.withheld, caller.attested) == (None, True, False)


@pytest.mark.parametrize(
    "said",
    [
        "+86282452253",  # UNAVAILABLE
        "+8656696",  # UNKNOWN
        "266696687",  # ANONYMOUS
        "7378742833",  # RESTRICTED
        "+17378742833",
        "2562533",  # BLOCKED
        "464",
        "0000000000",
        "1111111111",
        "+19999999999",
        "999-999-9999",
    ],
)
def test_what_carriers_send_in_place_of_a_number_is_withheld(said: str) -> None:
    assert read_caller({NUMBER: said, CALLED: "+12025550100"}) == Caller(None, withheld=True)


@pytest.mark.parametrize("wish", ["id", "user;id", " header ", "critical"])
def test_a_caller_who_wants_privacy_is_not_known_by_a_number_that_came_all_the_same(wish: str) -> None:
    assert read_caller({NUMBER: ANN, PRIVACY: wish}).number is None


def test_privacy_none_hides_nothing() -> None:
    assert read_caller({NUMBER: ANN, PRIVACY: "none"}).number == ANN


@pytest.mark.parametrize(
    "said",
    [
        "+1415555013",
        "911",
        "+",
        "++14155550132",
        "+14155550132;ext=5",
        "+1 800 FLOWERS",
        "+1415555٠١٣٢",
        "+14155550132\r\nP-Asserted-Identity: <sip:ann@example.org>",
        "sip:ann@example.org",
        "' OR 1=1 --",
        "+1" + "4" * 60,
    ],
)  # fmt: skip
def test_what_is_no_number_is_nobody(said: str) -> None:
    caller = read_caller({NUMBER: said, CALLED: "+12025550100", ATTESTATION: "TN-Validation-Passed-A"})
    assert (caller.number, caller.attested) == (None, False)


@pytest.mark.parametrize(
    ("verdict", "attested"),
    [
        ("TN-Validation-Passed-A", True),
        ("TN-Validation-Passed-A-Diverted-A", True),
        ("TN-Validation-Passed-A-Diverted-C", False),
        ("TN-Validation-Passed-B", False),
        ("TN-Validation-Passed-C", False),
        ("TN-Validation-Failed-A", False),
        ("No-TN-Validation", False),
        ("x TN-Validation-Passed-A", False),
        ("", False),
    ],
)
def test_only_a_carrier_that_knows_whose_number_it_is_attests_it(verdict: str, attested: bool) -> None:
    assert read_caller({NUMBER: ANN, ATTESTATION: verdict}).attested is attested


@given(st.text(max_size=60), st.sampled_from(["", "US", "DE", "XX"]))
def test_whatever_a_switch_says_is_one_spelling_or_nobody(said: str, region: str) -> None:
    number = read_caller({NUMBER: said}, region=region).number
    assert number is None or (number.startswith("+") and number[1:].isdigit() and number.isascii())
    assert number is None or e164_of(number) == number
