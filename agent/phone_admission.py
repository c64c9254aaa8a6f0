"""Whether a caller by telephone is who they are to be: settled by keys, before there is a model, a tool or a token.

Until then nobody listens to what is said, so that a PIN spoken aloud reaches no vendor, and there is no question that
a key could answer. Who is not admitted costs nothing and learns nothing, not even whether a number has an account. Where
guests are welcome that much is told: a number that nobody holds is offered a list, and whoever takes it first has it.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass
from typing import Final, Literal, Protocol

from pydantic import SecretStr

from agent import phone_prompts
from people.guests import NumberTakenError, make_guest
from people.number_zone import zone_of
from people.phone_codes import PhoneCodes
from people.phones import Phones
from people.pins import Pins, checked
from people.store import People
from sip.caller import Caller

log = logging.getLogger("agent.phone_admission")

MOST_ENTRIES: Final = 3
"""In one call."""

UnknownCallers = Literal["refuse", "guest"]
By = Literal["pin", "code", "attestation", "guest"]
OPT_OUT: Final = "9"
"""Keyed by whoever picks up a call of ours."""


class Handset(Protocol):
    """The caller's telephone: what is told is heard, what is keyed comes back."""

    async def tell(self, prompt: str) -> None:
        """Play a recording to its end."""

    async def ask(self, prompt: str) -> SecretStr | None:
        """Play a recording until a key is pressed, and give what was keyed; None when nothing was."""


@dataclass(frozen=True)
class Admitted:
    """Who it is, and what showed it."""

    user_id: str
    by: By


@dataclass(frozen=True)
class AdmissionRules:
    """What an operator decides. `attestation_is_proof`: a carrier's word for a number stands for a PIN.

    `guest_time_zone`: of guests whose number is at home in no zone alone.
    """

    unknown_callers: UnknownCallers = "refuse"
    attestation_is_proof: bool = False
    guest_time_zone: str = ""


def is_opt_out(keyed: SecretStr) -> bool:
    """Whether that is the key 9, however often: no PIN that may be set is only that."""
    return set(keyed.get_secret_value()) == {OPT_OUT}


class OptedOutError(Exception):
    """Whoever picked up wants no more calls of ours."""


class PhoneAdmission:
    """Admits one caller. Raises what the database raises."""

    def __init__(
        self,
        people: People,
        caller: Caller,
        handset: Handset,
        rules: AdmissionRules,
        secret: SecretStr,
        *,
        we_called: bool = False,
    ) -> None:
        self._people = people
        self._caller = caller
        self._handset = handset
        self._rules = rules
        self._we_called = we_called
        self._phones, self._pins = Phones(people.engine), Pins(people.engine)
        self._codes = PhoneCodes(people.engine, secret)

    async def admit(self) -> Admitted | None:
        """Find out who calls; None when they did not show it, and have been told.

        Raises OptedOutError where we called and are not to.
        """
        admitted = await self._admit()
        # Nothing that was keyed, no number: how it went.
        outcome = admitted.by if admitted is not None else "refused"
        log.info("phone.admission", extra={"outcome": outcome})
        return admitted

    async def _admit(self) -> Admitted | None:
        number = self._caller.number
        holders = await self._phones.holders(number) if number is not None else []
        if (
            self._rules.attestation_is_proof
            and not self._we_called
            and self._caller.attested
            and number is not None
            and len(holders) == 1
            # Else whoever forged the number to link it would get its owner's calls into their account.
            and await self._phones.is_linked_attested(holders[0], number)
        ):
            return Admitted(holders[0], "attestation")
        if (
            number is not None
            and not holders
            and not self._we_called
            and self._rules.unknown_callers == "guest"
        ):
            try:
                return await self._new_guest(number)
            except NumberTakenError:  # nobody had it when this call began: another call of theirs, perhaps
                log.info("phone.number_taken")
        prompt = phone_prompts.REMINDER if self._we_called else phone_prompts.WELCOME
        for number_of in range(MOST_ENTRIES):
            first = number_of == 0 and not self._we_called
            keyed = await (self._ask_twice(prompt) if first else self._handset.ask(prompt))
            if keyed is None:
                await self._handset.tell(phone_prompts.UNKEYED)
                return None
            if self._we_called and is_opt_out(keyed):
                raise OptedOutError
            if (admitted := await self._by_code(keyed)) is not None:
                return admitted
            prompt = phone_prompts.NOT_TAKEN
            if number is not None:
                verdict = await self._pins.judge(number, keyed, attested=self._caller.attested)
                if verdict.user_id is not None:
                    return Admitted(verdict.user_id, "pin")
        await self._handset.tell(phone_prompts.CLOSED)
        return None

    async def _ask_twice(self, prompt: str) -> SecretStr | None:
        """Ask once more where nothing was keyed: they may have heard nothing of the first."""
        keyed = await self._handset.ask(prompt)
        return keyed if keyed is not None else await self._handset.ask(prompt)

    async def _by_code(self, keyed: SecretStr) -> Admitted | None:
        """Who is signed in on the page said who calls. With a number it is theirs from now on."""
        user_id = await self._codes.redeem(keyed)
        if user_id is None:
            return None
        number, attested = self._caller.number, self._caller.attested
        if number is not None and await self._phones.link(user_id, number, attested=attested):
            await self._handset.tell(phone_prompts.LINKED)
        return Admitted(user_id, "code")

    async def _new_guest(self, number: str) -> Admitted | None:
        """Let a caller that nobody knows choose a PIN, keyed twice: their list is theirs alone from the first task on.

        Raises NumberTakenError where the number has become somebody's meanwhile.
        """
        prompt = phone_prompts.CHOOSE
        for _ in range(MOST_ENTRIES):
            first = prompt == phone_prompts.CHOOSE
            keyed = await (self._ask_twice(prompt) if first else self._handset.ask(prompt))
            if keyed is None:
                await self._handset.tell(phone_prompts.UNKEYED)
                return None
            if (admitted := await self._by_code(keyed)) is not None:
                return admitted
            prompt = phone_prompts.WEAK
            try:
                checked(keyed)
            except ValueError:
                continue
            if await self._handset.ask(phone_prompts.AGAIN) == keyed:
                attested, zone = self._caller.attested, zone_of(number) or self._rules.guest_time_zone
                guest = await make_guest(
                    self._people.engine, number, keyed, attested=attested, time_zone=zone
                )
                return Admitted(guest.id, "guest")
            prompt = phone_prompts.WRONG
        await self._handset.tell(phone_prompts.CLOSED)
        return None
