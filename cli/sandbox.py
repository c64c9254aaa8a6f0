"""`voicetasks sandbox`: the stand-ins for the vendors, and questions to them by their control port."""

from __future__ import annotations

import json
from typing import Annotated

import httpx
import typer
from rich.console import Console
from rich.table import Table

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
    _show(_ask("GET", "/invoice"), "sandbox invoice", as_json=as_json)


@app.command()
def connections(as_json: Json = False) -> None:
    """Open sockets of each vendor, and how many there ever were."""
    _show(_ask("GET", "/connections"), "sandbox connections", as_json=as_json)


@app.command()
def reset(as_json: Json = False) -> None:
    """Forget invoice, scripts and told words."""
    _show(_ask("POST", "/reset"), "sandbox reset", as_json=as_json)


def _ask(method: str, path: str) -> dict[str, object]:
    _, ports = demo_environment()
    address = f"http://{HOST}:{ports['sandbox_control']}"
    try:
        answer = httpx.request(method, address + path, timeout=10, trust_env=False)
        answer.raise_for_status()
        body = answer.json() if answer.content else {}
    except (httpx.HTTPError, ValueError) as error:
        typer.echo(f"voicetasks sandbox: {address} does not answer as it should: {error}", err=True)
        typer.echo("Is the demo running? Start it with scripts/demo", err=True)
        raise typer.Exit(1) from error
    return body if isinstance(body, dict) else {"rows": body}


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
