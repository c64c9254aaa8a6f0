"""Questions to processes that start: asked often, so that they must be cheap."""

from __future__ import annotations

import ssl
from typing import Any

import pytest

from cli.health import http_probe
from cli.ports import HOST, FreePorts

pytestmark = pytest.mark.unit


async def test_however_often_it_is_asked_the_certificates_are_read_once(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    read: list[object] = []
    make = ssl.create_default_context

    def counted(*arguments: Any, **named: Any) -> ssl.SSLContext:
        read.append(arguments)
        return make(*arguments, **named)

    monkeypatch.setattr(ssl, "create_default_context", counted)
    probe = http_probe(f"http://{HOST}:{FreePorts().take()}/")
    said = {await probe() for _ in range(5)}
    assert said == {"no answer (ConnectError)"}
    assert len(read) <= 1
