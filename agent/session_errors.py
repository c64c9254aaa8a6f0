"""Which errors that a session tells of are a vendor's, for the watch to judge."""

from __future__ import annotations

from livekit.agents import APIConnectionError, APIError, APIStatusError, ErrorEvent, llm, stt

from tiers.faults import Fault
from tiers.vendor_watch import VendorWatch
from tiers.watch import Failure


def tell(event: ErrorEvent, watch: VendorWatch, *, waits_for_turn: bool) -> None:
    """Hear of an ear's or a realtime model's error; minds and voices are carried on where they failed.

    `waits_for_turn`: the caller said something of which no turn has come yet.
    """
    if isinstance(event.error, stt.STTError):
        if event.error.recoverable and not waits_for_turn:
            return  # it connects again, and nothing was said meanwhile
        watch.error("stt", event.error.error)
    elif isinstance(event.error, llm.RealtimeModelError):
        error = event.error.error
        if isinstance(error, APIConnectionError | APIStatusError):
            watch.error("speech_to_speech", error)
        elif not event.error.recoverable and not isinstance(error, APIError):
            # What it sent cannot be read, and the plugin's session has died of it.
            service = watch.part("speech_to_speech").service
            watch.fail(Failure(service, Fault.VENDOR_DOWN, type(error).__name__))
        # What else came over the socket was judged as it came.
