"""Why a call could not be made or finished. Each error knows the exit code that scripts rely on."""

from __future__ import annotations


class CallError(Exception):
    """The call ends here. The message is for the person at the terminal."""

    exit_code = 3


class NobodyAnsweredError(CallError):
    """No server, no agent in the room, or no answer in time."""

    exit_code = 3


class CallOverError(NobodyAnsweredError):
    """The other side ended a call that was up. Whether anything was still owed to the caller, who knows the script says."""


class RefusedError(CallError):
    """The server answered and said no: wrong password, no free slot, a bad token."""

    exit_code = 4


class CannotSpeakError(CallError):
    """The caller's own voice is missing on this machine; the message says how to get it."""

    exit_code = 2
