"""`voicetasks sandbox`: the stand-ins for the vendors, and questions to them by their control port."""

from __future__ import annotations

import json
from collections.abc import Mapping
from http import HTTPStatus
from typing import Annotated
from urllib.parse import urlencode

import httpx
import typer
from rich.console import Console
from rich.table import Table

from cli.errors import tell_error
from cli.one_process import become, demo_environment
from cli.ports import HOST

app = typer.Typer(help="Run the sandbox, or ask the running one.")

Json = Annotated[bool, typer.Option("--json", help="One JSON object on stdout.")]


@app.callback(invoke_without_command=True)
def sandbox(context: typer.Context) -> None:
    """Run the sandbox when no other command follows."""
    if context.invoked_subcommand is None:
        become("sandbox")


@app.command()
def invoice(as_json: Json = False) -> None:
    """What the stand-ins would have charged, request by request, in micro-dollars (µ$)."""
    _show(_ask("GET", "/invoice", as_json=as_json), "sandbox invoice", as_json=as_json)


@app.command()
def connections(as_json: Json = False) -> None:
    """Open sockets of each vendor, and how many there ever were."""
    _show(_ask("GET", "/connections", as_json=as_json), "sandbox connections", as_json=as_json)


@app.command()
def reset(as_json: Json = False) -> None:
    """Forget invoice, scripts, told words and faults."""
    _show(_ask("POST", "/reset", as_json=as_json), "sandbox reset", as_json=as_json)


@app.command()
def fault(
    vendor: Annotated[str, typer.Argument(help="The service, such as openai-realtime.")],
    kind: Annotated[str, typer.Argument(help="What it does; `faults --kinds` lists what there is.")],
    after: Annotated[int, typer.Option(min=0, help="Begin after so many connections or replies.")] = 0,
    seconds: Annotated[
        float | None, typer.Option("--for", help="Seconds that it lasts; until `heal` without.")
    ] = None,
    times: Annotated[int | None, typer.Option(min=1, help="Show so many times only.")] = None,
    delay: Annotated[float | None, typer.Option(help="With slow: seconds by which answers are late.")] = None,
    as_json: Json = False,
) -> None:
    """Break a vendor of the sandbox, so that you can watch a call survive it."""
    wanted = {
        "service": vendor,
        "kind": kind,
        "after": after,
        "seconds": seconds,
        "times": times,
        "delay": delay,
    }
    body = {name: value for name, value in wanted.items() if value is not None}
    _show(_ask("POST", "/faults", body, as_json=as_json), "sandbox fault", as_json=as_json)


@app.command()
def faults(
    kinds: Annotated[bool, typer.Option("--kinds", help="List what each vendor can be made to do.")] = False,
    as_json: Json = False,
) -> None:
    """The faults that are set now."""
    answer = _ask("GET", "/faults", as_json=as_json)
    there_is = answer.pop("kinds", None)
    _show({**answer, "kinds": there_is} if kinds else answer, "sandbox faults", as_json=as_json)


@app.command()
def heal(
    vendor: Annotated[str | None, typer.Argument(help="The service; all of them without.")] = None,
    as_json: Json = False,
) -> None:
    """End the faults of a vendor, or all."""
    path = "/faults" if vendor is None else f"/faults?{urlencode({'service': vendor})}"
    _show(_ask("DELETE", path, as_json=as_json), "sandbox heal", as_json=as_json)


def _ask(
    method: str, path: str, body: Mapping[str, object] | None = None, *, as_json: bool
) -> dict[str, object]:
    _, ports = demo_environment()
    address = f"http://{HOST}:{ports['sandbox_control']}"
    try:
        answer = httpx.request(method, address + path, json=body, timeout=10, trust_env=False)
        if answer.status_code == HTTPStatus.UNPROCESSABLE_ENTITY:
            refusal = answer.json()["error"]
            tell_error("sandbox", refusal["code"], refusal["message"], refusal["fix"], as_json=as_json)
            raise typer.Exit(2)
        answer.raise_for_status()
        told = answer.json() if answer.content else {}
    except (httpx.HTTPError, ValueError) as error:
        message = f"{address} does not answer as it should: {error}"
        fix = "Is the demo running? Start it with scripts/demo"
        tell_error("sandbox", "sandbox_away", message, fix, as_json=as_json)
        raise typer.Exit(1) from error
    return told if isinstance(told, dict) else {"rows": told}


def _show(body: dict[str, object], title: str, *, as_json: bool) -> None:
    if as_json:
        print(json.dumps({"sandbox": True, **body}))
        return
    console = Console(highlight=False)
    for name, value in body.items():
        if isinstance(value, list) and value and isinstance(value[0], dict):
            table = Table(title=f"{title}: {name}")
            for column in value[0]:
                table.add_column(str(column))
            for row in value:
                table.add_row(*(_cell(row.get(column)) for column in value[0]))
            console.print(table)
        else:
            console.print(f"{name}: {_cell(value)}", markup=False)


def _cell(value: object) -> str:
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
