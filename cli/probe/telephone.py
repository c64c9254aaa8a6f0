"""The probe's telephone: the caller of `voicetasks call --channel phone`, with the account's own number and PIN."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from pydantic import SecretStr

from cli.admin.output import USAGE, AdminError
from cli.caller.phone.phone_line import PhoneWay
from cli.caller.phone.sip_call import Dialled
from cli.caller.script import Order
from cli.caller.voices import Quality
from people.phones import e164
from sip.settings import SipSettings

ROOM_SERVER = ("LIVEKIT_URL", "LIVEKIT_API_KEY", "LIVEKIT_API_SECRET")


def by_telephone(
    order: Order, number: str, pin: SecretStr | None, environment: Mapping[str, str], bridge: int | None
) -> Order:
    """Give the same order by telephone. `bridge`: the SIP port of one on this machine; without it the telephone is a
    participant as a bridge makes one, let in with the room server's key.

    Raises AdminError where something is missing for it.
    """
    if pin is None:
        raise AdminError(
            "no_pin", "the probe's telephone has no PIN", "set VOICETASKS_PROBE_PIN", exit_code=USAGE
        )
    if missing := [name for name in ROOM_SERVER if not environment.get(name)]:
        raise AdminError(
            "no_room_server",
            "a telephone is let in with the room server's key",
            f"set {' and '.join(missing)}",
            exit_code=USAGE,
        )
    settings = SipSettings()
    dialled = Dialled(
        bridge or 0, e164(number), username=settings.username, password=settings.password.get_secret_value()
    )
    return replace(
        order,
        phone=PhoneWay(dialled, environment, pin.get_secret_value()),
        through_bridge=bridge is not None,
        # The bridge's own codec makes a telephone's sound of it.
        quality=Quality.BROWSER if bridge is not None else Quality.PHONE,
    )
