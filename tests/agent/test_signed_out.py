"""A call whose caller's password was changed meanwhile: whoever talks there may be a stranger."""

from __future__ import annotations

import asyncio
from uuid import uuid4

import pytest

from tests.agent.live_call import live_call

pytestmark = [pytest.mark.system, pytest.mark.timeout(120)]


async def test_it_is_told_why_and_ends(port: int) -> None:
    async with live_call(port, f"ann-{uuid4().hex}", plan="economy") as live:
        live.call.signed_out()
        assert live.ended is not None
        async with asyncio.timeout(30):
            assert await live.ended == "signed_out"
        assert "a new password" in live.ours()
