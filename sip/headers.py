"""Which headers of an INVITE may become attributes of the caller, and from whom.

Everything in an INVITE is what the other side says. From a carrier that we know by its addresses or a password it is
evidence; from anybody else it is nothing. No header ever says who a caller is or what they pay for: not From (the
bridge's own `sip.phoneNumber`, which proves nothing either), not P-Asserted-Identity, Remote-Party-ID or Identity.
"""

from __future__ import annotations

from typing import Final

PRIVACY: Final = "sip.h.privacy"
"""The caller wants their number withheld (RFC 3323)."""
ATTESTATION: Final = "sip.h.x-twilio-verstat"
"""What Twilio says of the caller's number, such as «TN-Validation-Passed-A» (STIR/SHAKEN)."""
FORWARDED: Final = "sip.h.diversion"
"""Whose call was forwarded to us (RFC 5806)."""

FROM_ANYBODY: Final = {"Privacy": PRIVACY}
"""It only takes away."""
FROM_TRUSTED: Final = {"X-Twilio-VerStat": ATTESTATION, "Diversion": FORWARDED}


def allowed(*, trusted: bool) -> dict[str, str]:
    """Header to attribute, for a peer that is trusted or not."""
    return FROM_ANYBODY | (FROM_TRUSTED if trusted else {})
