"""A Postgres that is no use: it refuses everybody, as a real one does while it starts, or it says nothing at all."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator

STARTING_UP = "57P03"
"""What a real one answers while it starts; asyncpg calls it CannotConnectNowError."""
TOO_MANY = "53300"
_ASKS_FOR_TLS = 80877103


@contextlib.asynccontextmanager
async def refusing_postgres(code: str | None) -> AsyncIterator[str]:
    """Its address. Everybody is refused with that code; with none nobody is answered."""
    told = b"".join(
        kind + text.encode() + b"\0"
        for kind, text in ((b"S", "FATAL"), (b"C", code or ""), (b"M", "not now"))
    )
    refusal = b"E" + (len(told) + 5).to_bytes(4, "big") + told + b"\0"

    answering: set[asyncio.Task[None] | None] = set()

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        answering.add(asyncio.current_task())
        with contextlib.suppress(ConnectionError, asyncio.IncompleteReadError):
            while code is not None:
                length = int.from_bytes(await reader.readexactly(4), "big")
                asked = await reader.readexactly(length - 4)
                if int.from_bytes(asked[:4], "big") == _ASKS_FOR_TLS:
                    writer.write(b"N")
                    continue
                writer.write(refusal)
                await writer.drain()
                break
            else:
                await reader.read()
        writer.close()
        with contextlib.suppress(ConnectionError):
            await writer.wait_closed()

    server = await asyncio.start_server(answer, "127.0.0.1", 0)
    try:
        port = server.sockets[0].getsockname()[1]
        yield f"postgresql+asyncpg://somebody:secret@127.0.0.1:{port}/voicetasks"
    finally:
        server.close()
        await asyncio.gather(*(task for task in answering if task is not None))
