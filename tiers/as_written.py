"""Chat requests that go to the vendor as they are written."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from openai import AsyncClient, omit
from openai.resources.chat.completions import AsyncCompletions
from typing_extensions import override


def as_written(client: AsyncClient) -> AsyncClient:
    """Have this client send messages and tools without looking through them: they are written for the wire already.

    The SDK (openai 2) rewrites each field of each message and each tool's schema by the types that it knows, on the way
    from the caller's last word to our first sound.
    """
    client.chat.completions = _AsWritten(client)  # type: ignore[misc]  # a cached property
    return client


class _AsWritten(AsyncCompletions):
    @override
    async def create(  # type: ignore[override]
        self,
        *,
        messages: Iterable[Any],
        tools: Any = omit,
        extra_body: Mapping[str, Any] | None = None,
        **named: Any,
    ) -> Any:
        written = {**(extra_body or {}), "messages": messages, "tools": tools}
        return await super().create(messages=[], extra_body=written, **named)
