"""`voicetasks admin leases`: the money that calls hold right now."""

from __future__ import annotations

import asyncio

from cli.admin.books import open_books
from cli.admin.money import dollars
from cli.admin.output import Json, print_json, reporting, table
from routing.live_leases import LiveLease, live_leases


def leases(as_json: Json = False) -> None:
    """Show what each live call holds, and when its lease expires unless it is extended."""
    with reporting(as_json=as_json):
        found, sandbox = asyncio.run(_leases())
    if as_json:
        rows = [
            {
                "call_id": lease.call_id,
                "tier": lease.tier,
                "held_microdollars": lease.microdollars,
                "expires_in_seconds": round(lease.expires_ms / 1000, 1),
            }
            for lease in found
        ]
        print_json({"sandbox": sandbox, "leases": rows})
        return
    table(
        "leases" + (" (sandbox)" if sandbox else ""),
        ("call", "tier", "held", "expires in"),
        [
            (
                lease.call_id,
                lease.tier,
                dollars(lease.microdollars),
                f"{lease.expires_ms / 1000:.1f} s" if lease.expires_ms >= 0 else "expired",
            )
            for lease in found
        ],
    )


async def _leases() -> tuple[list[LiveLease], bool]:
    async with open_books() as books:
        return await live_leases(books.link), books.sandbox
