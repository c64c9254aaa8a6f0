"""`voicetasks bench NAME`."""

from __future__ import annotations

import signal
from types import FrameType

import typer

from cli.bench import own_demo, running_demo, without_demo

app = typer.Typer(help="Measure what the product promises, and hold it to its targets.", no_args_is_help=True)


@app.callback()
def bench() -> None:
    """Measure what the product promises, and hold it to its targets."""
    for number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, _as_ctrl_c)


def _as_ctrl_c(_number: int, frame: FrameType | None) -> None:
    """Whatever ends a bench, what was measured is told and no server is left behind."""
    on_ctrl_c = signal.getsignal(signal.SIGINT)
    if not callable(on_ctrl_c):  # a shell has its background jobs ignore it
        on_ctrl_c = signal.default_int_handler
    on_ctrl_c(signal.SIGINT, frame)


app.command()(running_demo.speech)
app.command()(without_demo.ledger)
app.command()(without_demo.screen)
app.command()(without_demo.cost)
app.command()(own_demo.chaos)
app.command()(own_demo.latency)
app.command()(own_demo.capacity)
app.command()(own_demo.restarts)
app.command()(own_demo.phone)
app.command()(own_demo.failover)
app.command()(own_demo.swap)
app.command()(without_demo.experiments)
app.command()(without_demo.dates)
app.command()(without_demo.dialogues)
app.command()(without_demo.tasks)
