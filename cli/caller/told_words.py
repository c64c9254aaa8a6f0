"""Telling the stand-in for the ear what the caller is about to «say» (sandbox control port)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import httpx

from cli.caller.errors import CannotSpeakError
from cli.health import tls

SECONDS = 5.0


async def tell(
    control_url: str, call_id: str, text: str, *, unless_waiting: bool = False, ends: Sequence[float] = ()
) -> None:
    """Give the words for the next utterance of a call. Raises CannotSpeakError when nobody takes them.

    `unless_waiting`: only where the ear has none to take. `ends`: when each piece between breaths ends, seconds since
    the first word.
    """
    body: dict[str, Any] = {"tag": call_id, "text": text} | (
        {"unless_waiting": True} if unless_waiting else {}
    )
    body |= {"ends": list(ends)} if ends else {}
    try:
        async with httpx.AsyncClient(
            base_url=control_url, timeout=SECONDS, trust_env=False, verify=tls()
        ) as client:
            response = await client.post("/told", json=body)
    except httpx.HTTPError as error:
        raise CannotSpeakError(
            f"--voice told needs the sandbox's control port, and nobody answers at {control_url}; "
            "it runs with the demo, on its base port + 3"
        ) from error
    if response.is_error:
        raise CannotSpeakError(f"the sandbox did not take the words (HTTP {response.status_code})")
