"""`voicetasks admin …`."""

from __future__ import annotations

import typer

from cli.admin import budget, calls, experiments, policy, users
from cli.admin.data import erase, export
from cli.admin.demo_data import demo_data
from cli.admin.health import health
from cli.admin.journal import journal
from cli.admin.leases import leases
from cli.admin.reconcile import reconcile
from cli.admin.restored import restored

app = typer.Typer(
    help="Policy, money and the journal, for the people who run the product.", no_args_is_help=True
)
app.add_typer(policy.app, name="policy")
app.add_typer(budget.app, name="budget")
app.command()(leases)
app.command()(health)
app.command()(journal)
app.add_typer(calls.app, name="calls")
app.add_typer(experiments.app, name="experiments")
app.add_typer(users.app, name="users")
app.command()(erase)
app.command()(export)
app.command()(restored)
app.command()(reconcile)
app.command("demo-data")(demo_data)
