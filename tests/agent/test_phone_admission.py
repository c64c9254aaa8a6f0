"""Who calls by telephone shows it by keys alone; until then they are told nothing and cost nothing."""

from __future__ import annotations

import logging
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import pytest
from pydantic import SecretStr

from agent import phone_prompts
from agent.phone_admission import MOST_ENTRIES, AdmissionRules, Admitted, PhoneAdmission
from people.guests import make_guest
from people.migrate import migrate
from people.phone_codes import PhoneCodes
from people.phones import Phones
from people.pins import FREE_TRIES, Pins
from people.store import People
from people.user import Plan, User
from sip.caller import Caller

pytestmark = pytest.mark.unit

NUMBER = "+14155550132"
PIN, WRONG = "530817", "999111"
SECRET = SecretStr("a secret that only tests know, 32+ bytes")
ANNS, STRICT = Caller(NUMBER), AdmissionRules()
ATTESTED, VOUCHED = Caller(NUMBER, attested=True), AdmissionRules(attestation_is_proof=True)
GUESTS = AdmissionRules(unknown_callers="guest", guest_time_zone="America/New_York")


class Keyed:
    """A telephone on which these entries are keyed, one a question; None keys nothing."""

    def __init__(self, *entries: str | None) -> None:
        self._entries = list(entries)
        self.heard: list[str] = []

    async def tell(self, prompt: str) -> None:
        self.heard.append(prompt)

    async def ask(self, prompt: str) -> SecretStr | None:
        self.heard.append(prompt)
        entry = self._entries.pop(0) if self._entries else None
        return None if entry is None else SecretStr(entry)


@pytest.fixture
async def people(tmp_path: Path) -> AsyncIterator[People]:
    url = f"sqlite+aiosqlite:///{tmp_path / 'people.db'}"
    await migrate(url)
    async with People(url) as store:
        yield store


@pytest.fixture
async def ann(people: People) -> User:
    user = await people.create_user(email="ann@example.org", password="x")
    await Phones(people.engine).link(user.id, NUMBER)
    await Pins(people.engine).set(user.id, SecretStr(PIN))
    return user


async def call(
    people: People,
    *entries: str | None,
    caller: Caller = ANNS,
    rules: AdmissionRules = STRICT,
) -> tuple[Admitted | None, list[str]]:
    handset = Keyed(*entries)
    admitted = await PhoneAdmission(people, caller, handset, rules, SECRET).admit()
    return admitted, handset.heard


async def code_of(people: People, user: User) -> str:
    return (await PhoneCodes(people.engine, SECRET).issue(user.id)).digits.get_secret_value()


async def test_the_pin_lets_its_owner_in_and_nothing_is_said_of_them_before(
    people: People, ann: User
) -> None:
    admitted, heard = await call(people, PIN)
    assert admitted == Admitted(ann.id, "pin")
    assert heard == [phone_prompts.WELCOME]


async def test_a_number_proves_nothing(people: People, ann: User) -> None:
    for entries in ((), ("",), (WRONG,), (WRONG,) * MOST_ENTRIES):
        admitted, heard = await call(people, *entries)
        assert admitted is None
        assert heard[-1] == (phone_prompts.CLOSED if len(entries) == MOST_ENTRIES else phone_prompts.UNKEYED)


async def test_numbers_with_and_without_an_account_hear_the_same(people: People, ann: User) -> None:
    """Also in later calls: from the sixth entry on none is judged of a number that is somebody's."""
    entries = [WRONG] * MOST_ENTRIES
    for _ in range(3):
        _, known = await call(people, *entries)
        _, unknown = await call(people, *entries, caller=Caller("+14155550199"))
        _, withheld = await call(people, *entries, caller=Caller(None, withheld=True))
        assert (
            known
            == unknown
            == withheld
            == [phone_prompts.WELCOME, *[phone_prompts.NOT_TAKEN] * 2, phone_prompts.CLOSED]
        )


@pytest.mark.parametrize(
    ("caller", "rules", "asked"),
    [
        (ANNS, STRICT, phone_prompts.WELCOME),
        (Caller("+14155550199"), STRICT, phone_prompts.WELCOME),
        (Caller("+14155550199"), GUESTS, phone_prompts.CHOOSE),
    ],
    ids=["known", "unknown", "guest"],
)
async def test_who_keys_nothing_is_asked_once_more_and_not_told_that_it_was_wrong(
    people: People, ann: User, caller: Caller, rules: AdmissionRules, asked: str
) -> None:
    admitted, heard = await call(people, caller=caller, rules=rules)
    assert (admitted, heard) == (None, [asked, asked, phone_prompts.UNKEYED])
    assert (await call(people, None, "123456", caller=caller, rules=rules))[1][:2] == [asked, asked]


async def test_a_call_takes_three_entries_and_five_wrong_ones_end_pins_for_a_while(
    people: People, ann: User
) -> None:
    handset = Keyed(*[WRONG] * 20)
    assert await PhoneAdmission(people, Caller(NUMBER), handset, AdmissionRules(), SECRET).admit() is None
    assert handset.heard.count(phone_prompts.CLOSED) == 1
    assert len(handset.heard) == MOST_ENTRIES + 1
    await call(people, *[WRONG] * (FREE_TRIES - MOST_ENTRIES))
    admitted, heard = await call(people, PIN, PIN, PIN)
    assert admitted is None
    assert heard == [phone_prompts.WELCOME, *[phone_prompts.NOT_TAKEN] * 2, phone_prompts.CLOSED]


async def test_a_code_lets_the_owner_in_while_somebody_guesses_their_pin(people: People, ann: User) -> None:
    for _ in range(4):
        await call(people, *[WRONG] * MOST_ENTRIES)
    admitted, _ = await call(people, PIN, await code_of(people, ann))
    assert admitted == Admitted(ann.id, "code")


async def test_a_code_links_the_telephone_it_is_keyed_on(people: People, ann: User) -> None:
    other = Caller("+14155550177")
    code = await code_of(people, ann)
    admitted, heard = await call(people, code, caller=other)
    assert (admitted, heard[-1]) == (Admitted(ann.id, "code"), phone_prompts.LINKED)
    assert (await call(people, PIN, caller=other))[0] == Admitted(ann.id, "pin")
    assert (await call(people, code, caller=other))[0] is None
    assert (await call(people, PIN))[0] is None, "the number before is nobody's now"


async def test_from_a_withheld_number_a_code_lets_in_once_and_links_nothing(
    people: People, ann: User
) -> None:
    hidden = Caller(None, withheld=True)
    assert (await call(people, PIN, caller=hidden))[0] is None
    admitted, heard = await call(people, await code_of(people, ann), caller=hidden)
    assert (admitted, heard) == (Admitted(ann.id, "code"), [phone_prompts.WELCOME])
    phone = await Phones(people.engine).of(ann.id)
    assert phone is not None and phone.number == NUMBER  # noqa: PT018


async def test_a_carriers_word_stands_for_the_pin_only_where_the_operator_says_so(
    people: People, ann: User
) -> None:
    assert (await call(people, await code_of(people, ann), caller=ATTESTED))[0] == Admitted(ann.id, "code")
    assert (await call(people, caller=ATTESTED))[0] is None
    assert await call(people, caller=ATTESTED, rules=VOUCHED) == (Admitted(ann.id, "attestation"), [])
    assert (await call(people, rules=VOUCHED))[0] is None, "without the carrier's word"
    bob = await people.create_user(email="bob@example.org", password="x")
    await Phones(people.engine).link(bob.id, NUMBER, attested=True)
    assert (await call(people, caller=ATTESTED, rules=VOUCHED))[0] is None, "whose of the two is it?"


async def test_whoever_forged_a_number_to_link_it_does_not_get_its_owners_attested_calls(
    people: People,
) -> None:
    mallory = await people.create_user(email="mallory@example.org", password="x")
    forged, _ = await call(people, await code_of(people, mallory), rules=VOUCHED)
    assert forged == Admitted(mallory.id, "code")
    admitted, heard = await call(people, caller=ATTESTED, rules=VOUCHED)
    assert (admitted, heard[0]) == (None, phone_prompts.WELCOME)
    await Pins(people.engine).set(mallory.id, SecretStr(PIN))
    assert (await call(people, PIN, caller=ATTESTED, rules=VOUCHED))[0] == Admitted(mallory.id, "pin")
    assert (await call(people, caller=ATTESTED, rules=VOUCHED))[0] is None, "a PIN links nothing"


async def test_the_call_that_links_a_number_last_says_whether_its_carrier_vouched(people: People) -> None:
    ann = await people.create_user(email="ann@example.org", password="x")
    for caller, by_word in ((ATTESTED, True), (ANNS, False), (ATTESTED, True)):
        await call(people, await code_of(people, ann), caller=caller, rules=VOUCHED)
        admitted, _ = await call(people, caller=ATTESTED, rules=VOUCHED)
        assert admitted == (Admitted(ann.id, "attestation") if by_word else None)


@pytest.mark.parametrize(("first", "by"), [(ANNS, None), (ATTESTED, "attestation")], ids=["forged", "theirs"])
async def test_a_guests_number_counts_as_attested_only_where_their_first_call_was(
    people: People, first: Caller, by: str | None
) -> None:
    rules = replace(VOUCHED, unknown_callers="guest")
    guest, _ = await call(people, PIN, PIN, caller=first, rules=rules)
    assert guest is not None
    admitted, _ = await call(people, caller=ATTESTED, rules=rules)
    assert admitted == (replace(guest, by=by) if by else None)


async def test_unknown_callers_are_refused_unless_guests_are_welcome(people: People) -> None:
    assert (await call(people, PIN, PIN, PIN))[0] is None
    admitted, heard = await call(people, PIN, PIN, rules=GUESTS)
    assert admitted is not None and admitted.by == "guest"  # noqa: PT018
    assert heard == [phone_prompts.CHOOSE, phone_prompts.AGAIN]
    guest = await people.user_by_id(admitted.user_id)
    assert guest is not None
    assert not guest.can_sign_in
    assert (guest.plan, guest.time_zone) == (Plan.ECONOMY, "America/Los_Angeles"), (
        "where their number is at home"
    )
    assert await call(people, PIN, rules=GUESTS) == (Admitted(guest.id, "pin"), [phone_prompts.WELCOME])
    assert (await call(people, WRONG, rules=GUESTS))[0] is None, "whoever forges a guest's number"


@pytest.mark.parametrize(
    ("number", "zone"),
    [
        ("+12125550132", "America/New_York"),
        ("+493012345678", "Europe/Berlin"),
        ("+18005550123", "Asia/Tokyo"),  # of all of North America
        ("+447700900123", "Asia/Tokyo"),  # of no known place
    ],
)
async def test_a_guests_clock_is_that_of_their_number_and_else_what_the_operator_says(
    people: People, number: str, zone: str
) -> None:
    rules = replace(GUESTS, guest_time_zone="Asia/Tokyo")
    admitted, _ = await call(people, PIN, PIN, caller=Caller(number), rules=rules)
    assert admitted is not None
    guest = await people.user_by_id(admitted.user_id)
    assert guest is not None
    assert guest.time_zone == zone


async def test_guests_from_two_numbers_share_nothing_and_withheld_numbers_have_no_guest(
    people: People,
) -> None:
    first, _ = await call(people, PIN, PIN, rules=GUESTS)
    second, _ = await call(people, PIN, PIN, caller=Caller("+14155550177"), rules=GUESTS)
    assert first is not None and second is not None  # noqa: PT018
    assert first.user_id != second.user_id
    assert (await call(people, PIN, PIN, caller=Caller(None, withheld=True), rules=GUESTS))[0] is None
    assert await people.count() == 2


@pytest.mark.parametrize(("pin", "is_theirs"), [(PIN, True), ("271828", False)])
async def test_a_guest_whose_number_was_taken_meanwhile_is_asked_for_its_pin(
    people: People, pin: str, is_theirs: bool
) -> None:
    """Who redials while the first call makes them a guest has one list, and is no stranger to it for ever."""

    class Slow(Keyed):
        async def ask(self, prompt: str) -> SecretStr | None:
            if prompt == phone_prompts.AGAIN:
                await make_guest(people.engine, NUMBER, SecretStr(PIN))
            return await super().ask(prompt)

    handset = Slow(pin, pin, pin)
    admitted = await PhoneAdmission(people, ANNS, handset, GUESTS, SECRET).admit()
    assert handset.heard[:3] == [phone_prompts.CHOOSE, phone_prompts.AGAIN, phone_prompts.WELCOME]
    assert (admitted is not None and admitted.by == "pin") is is_theirs
    assert await people.count() == 1
    assert (await call(people, PIN, rules=GUESTS))[0] is not None


async def test_a_guests_pin_is_no_easy_one_and_is_keyed_twice(people: People) -> None:
    admitted, heard = await call(people, "123456", PIN, WRONG, rules=GUESTS)
    assert admitted is None
    assert heard[:4] == [phone_prompts.CHOOSE, phone_prompts.WEAK, phone_prompts.AGAIN, phone_prompts.WRONG]
    assert await people.count() == 0


async def test_an_unknown_caller_with_an_account_keys_its_code_instead(people: People, ann: User) -> None:
    code = await code_of(people, ann)
    admitted, _ = await call(people, code, caller=Caller("+14155550177"), rules=GUESTS)
    assert admitted == Admitted(ann.id, "code")
    assert await people.count() == 1


async def test_no_log_holds_what_was_keyed_or_a_number(
    people: People, ann: User, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    await call(people, WRONG, PIN)
    await call(people, PIN, PIN, caller=Caller("+14155550177"), rules=GUESTS)
    told = " ".join(
        f"{record.getMessage()} {record.__dict__}"
        for record in caplog.records
        if record.name.startswith(("agent", "people", "sip"))
    )
    assert "phone.admission" in told
    for secret in (PIN, WRONG, NUMBER, NUMBER[1:], "4155550177"):
        assert secret not in told


def test_every_prompt_has_its_recording() -> None:
    sounds = Path(phone_prompts.__file__).parent / "sounds"
    for name in phone_prompts.PROMPTS:
        assert (sounds / f"{name}.wav").stat().st_size > 8_000, "half a second of sound at least"
