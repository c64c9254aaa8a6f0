"""`voicetasks conformance VENDOR`: do the stand-ins speak as the vendors do?"""

from __future__ import annotations

import asyncio
import json
import os
from collections.abc import Sequence
from typing import Annotated, Any, Final

import typer
from rich.console import Console
from rich.table import Table

from cli.environment import read_dotenv
from cli.errors import tell_error

USAGE: Final = 2
ALL: Final = "all"


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command()(conformance)


def conformance(
    vendor: Annotated[str, typer.Argument(metavar="VENDOR", help="Such as openai-realtime, or all.")],
    max_usd: Annotated[float, typer.Option(min=0, help="What it may cost at most with real keys.")] = 1.0,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object on stdout.")] = False,
) -> None:
    """Run a short script: with a key against the real vendor, beside the stand-in; without one, the stand-in alone.

    Exit 1: a frame of the stand-in's is not as the vendor's types have it, or differs from the vendor's own.
    """
    from cli.conformance.vendors import VENDORS
    from tiers.settings import VendorSettings

    if vendor not in (*VENDORS, ALL):
        message = f"there is no {vendor!r}: {', '.join((*VENDORS, ALL))}"
        tell_error("conformance", "no_such_vendor", message, as_json=as_json)
        raise typer.Exit(USAGE)
    read_dotenv(os.environ)
    settings = VendorSettings()
    chosen = list(VENDORS.values()) if vendor == ALL else [VENDORS[vendor]]
    keys = {
        each.name: settings.key(each.company)
        for each in chosen
        if settings.key(each.company) not in ("", "sandbox") and not settings.is_stand_in(each.company)
    }
    most = sum(each.most_usd for each in chosen if each.name in keys)
    if most > max_usd:
        message = f"with real keys this may cost ${most:.3f}, more than --max-usd {max_usd:g}"
        tell_error("conformance", "too_dear", message, "give more with --max-usd", as_json=as_json)
        raise typer.Exit(USAGE)
    reports = asyncio.run(
        _run(chosen, {name: (settings.base_url(VENDORS[name].company), key) for name, key in keys.items()})
    )
    if as_json:
        body = {"max_usd": max_usd, "most_usd": round(most, 4), "vendors": reports}
        print(json.dumps(body, ensure_ascii=False))
    else:
        _show(reports)
    raise typer.Exit(0 if all(each["holds"] for each in reports) else 1)


async def _run(chosen: Sequence[Any], keys: dict[str, tuple[str, str]]) -> list[dict[str, Any]]:
    from cli.conformance.conformance import conformance as hold_against
    from cli.conformance.scripts.peer import PeerError

    reports = []
    for vendor in chosen:
        base_url, key = keys.get(vendor.name, ("", ""))
        try:
            reports.append((await hold_against(vendor, base_url=base_url, key=key)).as_json())
        except PeerError as error:
            reports.append({"vendor": vendor.name, "holds": False, "note": str(error)})
    return reports


def _show(reports: Sequence[dict[str, Any]]) -> None:
    console = Console()
    table = Table("vendor", "held against", "frames", "wrong", "different", title="conformance")
    for each in reports:
        against = "the vendor itself" if each.get("compared_with") == "vendor" else each.get("checked_by", "")
        frames = str(sum(each.get("frames", {}).values()))
        wrong, different = len(each.get("violations", ())), len(each.get("differences", ()))
        table.add_row(each["vendor"], against, frames, str(wrong), str(different))
    console.print(table)
    for each in reports:
        if each.get("note"):
            console.print(f"{each['vendor']}: {each['note']}")
        for one in each.get("violations", ()):
            console.print(f"{each['vendor']}, stand-in, {one['kind']}: {one['problem']}")
        for one in each.get("differences", ()):
            where = f"{one['kind']} {one['path']}".strip()
            sides = f"vendor {one['vendor'] or 'nothing'}, stand-in {one['stand_in'] or 'nothing'}"
            console.print(f"{each['vendor']}, {where}: {one['what']} ({sides})")
