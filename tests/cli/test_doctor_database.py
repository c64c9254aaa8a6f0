"""The doctor on a Postgres: that somebody listens is not enough."""

from __future__ import annotations

import asyncio
import struct
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Final

import pytest

from cli.doctor import database
from cli.doctor.servers import named_servers

pytestmark = pytest.mark.unit

SSL_REQUEST: Final = 80877103


@asynccontextmanager
async def listening(*, refusal: tuple[str, str] | None) -> AsyncIterator[str]:
    """The address of what speaks Postgres' protocol (version 3) only to refuse with a code, or never says anything."""
    over = asyncio.Event()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while refusal is not None:
            length, code = struct.unpack("!II", await reader.readexactly(8))
            await reader.readexactly(length - 8)
            if code != SSL_REQUEST:
                fields = b"SFATAL\0" + f"C{refusal[0]}\0M{refusal[1]}\0".encode() + b"\0"
                writer.write(b"E" + struct.pack("!I", len(fields) + 4) + fields)
                break
            writer.write(b"N")
        else:
            await over.wait()
        writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    async with server:
        yield f"postgresql+asyncpg://me:hidden@127.0.0.1:{server.sockets[0].getsockname()[1]}/x"
        over.set()


@pytest.mark.parametrize(
    ("refusal", "name"),
    [
        (("28P01", "password of me is not hidden"), "InvalidPasswordError"),
        (("53300", "too many clients already"), "TooManyConnectionsError"),
        (("57P03", "the database system is starting up"), "CannotConnectNowError"),
    ],
)
async def test_a_database_that_refuses_us_is_a_failure_with_the_errors_name_alone(
    refusal: tuple[str, str], name: str
) -> None:
    async with listening(refusal=refusal) as url:
        (found,) = await named_servers({"DATABASE_URL": url})
    assert found.level == "fail"
    assert name in found.detail
    assert "hidden" not in str(found)
    assert "clients" not in str(found)


async def test_a_database_that_says_nothing_is_a_failure_in_bounded_time(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(database, "TIMEOUT_SECONDS", 0.1)
    async with listening(refusal=None) as url, asyncio.timeout(5):
        (found,) = await named_servers({"DATABASE_URL": url})
    assert found.level == "fail"
    assert "TimeoutError" in found.detail


@pytest.mark.parametrize(
    ("url", "answer"),
    [
        ("postgresql+asyncpg://a@b/c", True),
        ("postgres://a@b/c", True),
        ("sqlite+aiosqlite:///x.db", False),
        ("http://b/v1", False),
        ("", False),
    ],
)
def test_only_an_address_of_postgres_is_asked_as_one(url: str, answer: bool) -> None:
    assert database.is_postgres(url) is answer
