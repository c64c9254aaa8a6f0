"""The watch of a speech-to-speech session, from the events that pass its socket."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Mapping
from typing import Any, Final

from tiers.diagnosis import NO_MODEL, by_code
from tiers.faults import Fault
from tiers.watch import Failure, Watch

log = logging.getLogger("tiers.realtime_watch")

FAILED_IN_A_ROW: Final = 2
"""Replies that end as failed or are refused before the vendor is left: the first is asked for once more."""

_ADDED: Final = frozenset({"conversation.item.added", "conversation.item.created", "conversation.item.done"})

_GENERATED: Final = frozenset(
    {"response.output_audio.delta", "response.output_text.delta", "response.function_call_arguments.delta"}
)
"""What only a model that works sends."""

_CALLERS_FAULT: Final = frozenset(
    {
        # What the client asked for came too late or twice; the conversation goes on.
        "response_cancel_not_active",
        "conversation_already_has_active_response",
        "item_create_duplicate_item_id",
        "input_audio_buffer_commit_empty",
        "item_truncate_invalid_item_id",
        "item_delete_invalid_item_id",
    }
)


class RealtimeWatch:
    """Reads one session's client and server events, as OpenAI's Realtime API (GA) names them."""

    def __init__(self, watch: Watch, service: str, on_worked: Callable[[], None] = lambda: None) -> None:
        self._watch = watch
        self._service = service
        self._on_worked = on_worked
        self._is_proven = False
        """Whether this connection has given anything of a reply yet: a vendor that only greets serves nobody."""
        self.reached = asyncio.Event()
        """Set when the vendor has opened a session."""
        self._failed = 0
        self._active: str | None = None
        self._sent: set[str] = set()
        """Items that the vendor has not acknowledged yet."""
        self._setups: set[str] = set()
        """Ids of the events that set the session up."""

    @property
    def is_active(self) -> bool:
        """Whether a reply has begun whose end has not come."""
        return self._active is not None

    def client_event(self, event: Any) -> None:
        """A reply was asked for, a turn's sound or an item sent: a sign of it has to come.

        The plugin waits 5 s for an item's before it asks for the reply (livekit-plugins-openai 1.8.9).
        """
        kind = _type_of(event)
        if kind == "response.create" and self._active is None:
            self._watch.expect("generation", self._service, self._watch.patience.generation)
        elif kind == "input_audio_buffer.commit":
            self._watch.expect("commitment", self._service, self._watch.patience.acknowledgement)
        elif kind == "session.update" and (event_id := _of(event, "event_id")):
            self._setups.add(str(event_id))
        elif kind == "conversation.item.create":
            self._sent.add(_item_of(event))
            if not self._watch.waits_for("acknowledgement"):
                self._acknowledge()

    def server_event(self, event: Mapping[str, Any]) -> None:
        """Take an event: any sign of a reply is one of life."""
        kind = str(event.get("type", ""))
        if kind == "session.created":
            self.reached.set()
            self._is_proven = False
        elif kind == "error":
            self._sent.clear()
            self._watch.met("acknowledgement")
            self._watch.met("commitment")
            self._error(event.get("error") or {})
        elif kind == "input_audio_buffer.committed":
            self._watch.met("commitment")
        elif kind in _ADDED and (item := _item_of(event)) in self._sent:
            self._sent.discard(item)
            self._acknowledge()
        elif kind == "response.created":
            self._watch.met("generation")
            self._active = str((event.get("response") or {}).get("id", ""))
            self._progress()
        elif kind == "response.done":
            self._active = None
            self._watch.met("progress")
            self._done(event.get("response") or {})
        elif self._active is not None:
            self._progress()
            if kind in _GENERATED:
                self._prove()

    def _prove(self) -> None:
        """Tell, once for each connection, that the vendor does what it is there for."""
        if not self._is_proven:
            self._is_proven = True
            self._on_worked()

    def _acknowledge(self) -> None:
        """Wait for the next item that is to be acknowledged, if there is one."""
        self._watch.met("acknowledgement")
        if self._sent:
            self._watch.expect("acknowledgement", self._service, self._watch.patience.acknowledgement)

    def _progress(self) -> None:
        self._watch.expect("progress", self._service, self._watch.patience.thought)

    def _error(self, error: Mapping[str, Any]) -> None:
        code = str(error.get("code") or error.get("type") or "")
        if code in _CALLERS_FAULT or str(error.get("message", "")).startswith("Cancellation failed"):
            return
        fault = by_code(code)
        if fault is Fault.VENDOR_DOWN and self._refuses_one_event(error):
            log.warning("vendor.refused_event", extra={"service": self._service, "code": code})
            return
        again = False
        if fault.remedy == "retry":
            # A reply that is refused for a rate limit never becomes one that ends: it counts here.
            self._failed += 1
            again = self._failed < FAILED_IN_A_ROW
        self._watch.fail(Failure(self._service, fault, code or "error", again=again))

    def _refuses_one_event(self, error: Mapping[str, Any]) -> bool:
        """Whether the vendor only would not take one event of ours: it is well, and what has to come has its deadline.

        A session that was not opened serves nobody, and one that was not set up has neither our orders nor our tools.
        """
        if error.get("type") != "invalid_request_error" or error.get("code") == NO_MODEL:
            return False
        is_setup = error.get("event_id") in self._setups or str(error.get("param") or "").startswith(
            "session"
        )
        return self.reached.is_set() and not is_setup

    def _done(self, response: Mapping[str, Any]) -> None:
        status = response.get("status")
        if status == "completed":
            self._failed = 0
            self._prove()
        if status not in ("failed", "incomplete"):
            return
        details = response.get("status_details") or {}
        error = details.get("error") or {}
        fault = by_code(str(error.get("code") or "")) if status == "failed" else Fault.VENDOR_DOWN
        self._failed += 1
        again = not fault.is_certain and self._failed < FAILED_IN_A_ROW
        self._watch.fail(Failure(self._service, fault, f"reply_{status}", again=again))


def _type_of(event: Any) -> str:
    return str(_of(event, "type") or "")


def _item_of(event: Any) -> str:
    return str(_of(_of(event, "item"), "id") or "")


def _of(thing: Any, name: str) -> Any:
    """A field of an event, whether it is the library's model or plain JSON."""
    return thing.get(name) if isinstance(thing, Mapping) else getattr(thing, name, None)
