"""A new connection to Postgres, which fails like any socket does.

While a server starts, stops or is full it answers, but refuses, and the driver raises errors of its own that SQLAlchemy
passes on as they are. Here they become ConnectionError, so that whoever expects a database to be away knows them.
"""

from __future__ import annotations

import os
from typing import Any

CONNECT_SECONDS = 10.0
"""How long a server that accepts nothing and refuses nothing is waited for; the driver's own minute is too long."""
NAME = "voicetasks"


async def connect(*arguments: Any, **options: Any) -> Any:
    """Connect as asyncpg does. Raises OSError alone: ConnectionError when it is refused, TimeoutError in the end.

    Postgres shows each connection by `voicetasks` and the number of its process, so that one sees whose they are.
    """
    import asyncpg  # here, because most installations keep SQLite

    named = {"application_name": f"{NAME} {os.getpid()}"} | (options.pop("server_settings", None) or {})
    try:
        return await asyncpg.connect(
            *arguments, **{"timeout": CONNECT_SECONDS} | options, server_settings=named
        )
    except (asyncpg.PostgresError, asyncpg.InterfaceError) as error:
        # Its text may name a user or a database.
        raise ConnectionError(type(error).__name__) from error
