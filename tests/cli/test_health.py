"""Questions and words to processes on this machine: sent often, so that they must be cheap."""

from __future__ import annotations

import ssl
from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from cli.caller.errors import CannotSpeakError
from cli.caller.told_words import tell
from cli.health import http_probe
from cli.ports import HOST, FreePorts

pytestmark = pytest.mark.unit


async def _ask(url: str) -> None:
    assert await http_probe(url)() == "no answer (ConnectError)"


async def _tell(url: str) -> None:
    with pytest.raises(CannotSpeakError, match="nobody answers"):
        await tell(url, "call", "hello")


@pytest.mark.parametrize("send", [_ask, _tell])
async def test_however_often_it_is_sent_the_certificates_are_read_once(
    send: Callable[[str], Awaitable[None]], monkeypatch: pytest.MonkeyPatch
) -> None:
    read: list[object] = []
    make = ssl.create_default_context

    def counted(*arguments: Any, **named: Any) -> ssl.SSLContext:
        read.append(arguments)
        return make(*arguments, **named)

    monkeypatch.setattr(ssl, "create_default_context", counted)
    url = f"http://{HOST}:{FreePorts().take()}"
    for _ in range(5):
        await send(url)
    assert len(read) <= 1
