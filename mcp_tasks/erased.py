"""Owners who were erased a moment ago: a token of theirs may still live for minutes, and must make nothing anew.

The erasure stands among the operations, and is forgotten as they are, after a day. No token lives for so long.
"""

import hashlib
from datetime import datetime
from typing import Final

from sqlalchemy.ext.asyncio import AsyncSession

from mcp_tasks.errors import TaskError
from mcp_tasks.models import OperationRow

_ERASED: Final = "erased"


async def refuse_the_erased(session: AsyncSession, owner: str) -> None:
    """Raise TaskError `unauthorized` when the owner was erased within the last day."""
    if await session.get(OperationRow, _key(owner)) is not None:
        raise TaskError("unauthorized", "This account has been erased.")


async def note_erasure(session: AsyncSession, owner: str, now: datetime) -> None:
    """Refuse the owner from now on. Only a digest of who it was is written."""
    marked_owner, operation_id = _key(owner)
    row = await session.get(OperationRow, _key(owner))
    if row is None:
        session.add(
            OperationRow(owner=marked_owner, operation_id=operation_id, fingerprint="", answer={}, at=now)
        )
    else:
        row.at = now


def _key(owner: str) -> tuple[str, str]:
    return f"{_ERASED}:{hashlib.sha256(owner.encode()).hexdigest()}", _ERASED
