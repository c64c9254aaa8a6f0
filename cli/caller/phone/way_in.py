"""Which telephone a user of `voicetasks call` has, and which bridge it reaches."""

from __future__ import annotations

from collections.abc import Mapping

from cli.caller.phone.phone_line import NOT_ON_A_PHONE, PhoneWay
from cli.caller.phone.sip_call import Dialled
from cli.caller.steps import Click, Share, Step, StepError, Type
from people.demo_accounts import DEMO_PHONES, DEMO_PIN
from sip.settings import SipSettings

NUMBER_OPTION = "--from names the number that a telephone calls from"


def phone_way(
    environment: Mapping[str, str], port: int, *, email: str, number: str | None, pin: str | None
) -> PhoneWay:
    """The telephone of a demo account, or the one that is named. `pin` None: the demo's, for a demo account's number.

    Raises StepError where no number is known.
    """
    if number is None and (number := DEMO_PHONES.get(email.casefold())) is None:
        raise StepError(f"{NUMBER_OPTION}: {email} is no demo account with one")
    if pin is None:
        pin = DEMO_PIN.get_secret_value() if number in DEMO_PHONES.values() else ""
    settings = SipSettings()
    dialled = Dialled(port, number, username=settings.username, password=settings.password.get_secret_value())
    return PhoneWay(dialled, environment, pin)


def refuse_what_no_telephone_does(steps: list[Step]) -> None:
    """Raise StepError for a step that needs a screen or a keyboard."""
    if any(isinstance(step, Type | Click | Share) for step in steps):
        raise StepError(NOT_ON_A_PHONE)
