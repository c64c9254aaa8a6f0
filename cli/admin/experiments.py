"""`voicetasks admin experiments`: which stack serves whom for comparison, and what came of it."""

from __future__ import annotations

import asyncio
import re
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Annotated, Any, Final

import typer

from cli.admin.books import Books, author, open_books, user_named
from cli.admin.experiment_tables import show_arms, show_report
from cli.admin.output import USAGE, AdminError, Json, moment, print_json, reporting, say, table
from cli.admin.policy_writing import Expect, Note
from routing.experiments.book import ExperimentBook
from routing.experiments.changes import NoExperimentError
from routing.experiments.design import Experiment
from routing.experiments.report import ExperimentReport
from routing.policy import Policy

app = typer.Typer(help="Stacks compared on real calls, and what came of it.", no_args_is_help=True)

Name = Annotated[str, typer.Argument(metavar="NAME", help="The experiment's name.")]
_ARM: Final = re.compile(r"^([a-z0-9][a-z0-9-]*)=([a-z0-9_-]+)(?::(\d{1,4}))?$")
_WEIGHT: Final = re.compile(r"^([a-z0-9][a-z0-9-]*)=(\d{1,4})$")


@app.command("list")
def list_(as_json: Json = False) -> None:
    """Show all experiments."""
    with reporting(as_json=as_json):
        version, found = asyncio.run(_list())
    if as_json:
        rows = [{"name": name} | each.model_dump(mode="json") for name, each in found.items()]
        print_json({"policy_version": version, "experiments": rows})
        return
    table(
        "experiments",
        ("name", "state", "phase", "since", "for", "arms", "hypothesis"),
        [
            (
                *(name, each.state, each.phase, moment(each.since_ms) if each.phase else "–"),
                f"{each.plan or 'every plan'}, {each.channel or 'every door'}, {each.coverage} %",
                *(show_arms(each), each.hypothesis),
            )
            for name, each in found.items()
        ],
    )


@app.command()
def create(
    name: Name,
    hypothesis: Annotated[str, typer.Option(help="What is thought to be true, and why.")],
    arm: Annotated[
        list[str], typer.Option(help="NAME=STACK[:WEIGHT]; the first is what others are held against.")
    ],
    plan: Annotated[str | None, typer.Option(help="Callers of this plan only.")] = None,
    channel: Annotated[str | None, typer.Option(help="browser or phone only.")] = None,
    coverage: Annotated[int, typer.Option(min=1, max=100, help="Percent of them who take part.")] = 100,
    worth: Annotated[float, typer.Option(help="The smallest saving worth knowing of, as a share.")] = 0.2,
    success_margin: Annotated[float, typer.Option(help="How much success may fall, as a difference.")] = 0.03,
    latency_margin_ms: Annotated[int, typer.Option(help="How much later slow answers may come.")] = 150,
    begin: Annotated[bool, typer.Option("--start", help="Start it at once.")] = False,
    expect: Expect = None,
    note: Note = "",
    as_json: Json = False,
) -> None:
    """Write an experiment down; nothing changes for callers until it is started."""
    document: dict[str, Any] = {
        "hypothesis": hypothesis,
        "arms": [_read_arm(text) for text in arm],
        "coverage": coverage,
        "worth": worth,
        "success_margin": success_margin,
        "latency_margin_ms": latency_margin_ms,
        "state": "running" if begin else "draft",
    }
    document |= {key: value for key, value in (("plan", plan), ("channel", channel)) if value is not None}
    with reporting(as_json=as_json):
        fresh = asyncio.run(_create(name, document, expect, note))
    _tell(name, fresh, as_json=as_json)


@app.command()
def start(name: Name, expect: Expect = None, note: Note = "", as_json: Json = False) -> None:
    """Start an experiment, or start it again: a new phase begins."""
    with reporting(as_json=as_json):
        fresh = asyncio.run(_set_state(name, "running", expect, note))
    _tell(name, fresh, as_json=as_json)


@app.command()
def stop(name: Name, expect: Expect = None, note: Note = "", as_json: Json = False) -> None:
    """Stop an experiment. Calls that go on keep their arm; switch a stack off to move them."""
    with reporting(as_json=as_json):
        fresh = asyncio.run(_set_state(name, "stopped", expect, note))
    _tell(name, fresh, as_json=as_json)


@app.command()
def weights(
    name: Name,
    arm: Annotated[list[str], typer.Option(help="NAME=WEIGHT; arms that are not named keep theirs.")],
    expect: Expect = None,
    note: Note = "",
    as_json: Json = False,
) -> None:
    """Change the arms' weights. While the experiment runs, a new phase begins."""
    given = dict(_read_weight(text) for text in arm)
    with reporting(as_json=as_json):
        fresh = asyncio.run(_set_weights(name, given, expect, note))
    _tell(name, fresh, as_json=as_json)


@app.command()
def report(
    name: Name,
    phase: Annotated[int | None, typer.Option(min=1, help="An earlier phase.")] = None,
    plot: Annotated[
        Path | None, typer.Option(help="Where to draw it (.png, .svg, .pdf).", show_default=False)
    ] = None,
    as_json: Json = False,
) -> None:
    """Say what an experiment found, whether that is enough to decide, and how many calls are still needed."""
    with reporting(as_json=as_json):
        found, sandbox = asyncio.run(_report(name, phase))
        if plot is not None:
            _draw(found, plot, sandbox=sandbox)
    if as_json:
        print_json({"sandbox": sandbox} | found.as_json())
        return
    show_report(found, sandbox=sandbox)
    if plot is not None:
        say(f"picture: {plot}")


@app.command()
def arms(
    name: Name,
    user: Annotated[list[str] | None, typer.Option(help="A user's address; again for another.")] = None,
    ids: Annotated[
        Path | None, typer.Option(help="A file of user ids, one a line; - reads standard input.")
    ] = None,
    as_json: Json = False,
) -> None:
    """Show which arm users are given, whoever asks and whenever."""
    if not user and ids is None:
        raise typer.BadParameter("give --user or --ids")
    with reporting(as_json=as_json):
        found = asyncio.run(_arms(name, user or [], ids))
    if as_json:
        print_json({"experiment": name, "arms": found})
        return
    table(f"arms of {name}", ("user", "arm"), [(each, arm or "takes no part") for each, arm in found.items()])


@asynccontextmanager
async def _open() -> AsyncIterator[tuple[Books, ExperimentBook]]:
    async with open_books() as books:
        try:
            yield books, ExperimentBook(books.store, books.journal.engine)
        except NoExperimentError as error:
            raise AdminError(
                "no_such_experiment", str(error), "«voicetasks admin experiments list» lists them"
            ) from error


async def _list() -> tuple[str, dict[str, Experiment]]:
    async with _open() as (_, book):
        return await book.all()


async def _create(name: str, document: dict[str, Any], expect: str | None, note: str) -> Policy:
    async with _open() as (_, book):
        return await book.create(name, document, author=author(), expected=expect, note=note)


async def _set_state(name: str, state: str, expect: str | None, note: str) -> Policy:
    async with _open() as (_, book):
        return await book.set_state(name, state, author=author(), expected=expect, note=note)


async def _set_weights(name: str, given: dict[str, int], expect: str | None, note: str) -> Policy:
    async with _open() as (_, book):
        return await book.set_weights(name, given, author=author(), expected=expect, note=note)


async def _report(name: str, phase: int | None) -> tuple[ExperimentReport, bool]:
    async with _open() as (books, book):
        await books.catch_up()
        return await book.report(name, phase=phase), books.sandbox


async def _arms(name: str, addresses: list[str], ids: Path | None) -> dict[str, str | None]:
    named = {address: (await user_named(address)).id for address in addresses}
    named |= {each: each for each in _read_ids(ids)}
    async with _open() as (_, book):
        found = await book.arms_of(name, named.values())
    return {shown: found[unit] for shown, unit in named.items()}


def _read_ids(path: Path | None) -> list[str]:
    if path is None:
        return []
    try:
        text = sys.stdin.read() if str(path) == "-" else path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise AdminError("bad_file", f"{path}: {error}", "give one id a line", exit_code=USAGE) from error
    return [line.strip() for line in text.splitlines() if line.strip()]


def _draw(found: ExperimentReport, path: Path, *, sandbox: bool) -> None:
    from cli.admin.experiment_plot import draw
    from cli.picture import NoPlotError

    try:
        draw(found, path, sandbox=sandbox)
    except NoPlotError as error:
        raise AdminError("no_picture", str(error), "leave --plot out for the figures") from error


def _read_arm(text: str) -> dict[str, Any]:
    found = _ARM.match(text)
    if found is None:
        raise typer.BadParameter(f"{text!r} is no arm: write NAME=STACK or NAME=STACK:WEIGHT")
    return {"name": found[1], "stack": found[2], "weight": int(found[3] or 1)}


def _read_weight(text: str) -> tuple[str, int]:
    found = _WEIGHT.match(text)
    if found is None:
        raise typer.BadParameter(f"{text!r} is no weight: write NAME=WEIGHT, such as control=90")
    return found[1], int(found[2])


def _tell(name: str, policy: Policy, *, as_json: bool) -> None:
    experiment = policy.experiments[name]
    if as_json:
        shown = {"name": name} | experiment.model_dump(mode="json")
        print_json({"policy_version": policy.version, "experiment": shown})
        return
    phase = f"phase {experiment.phase}" if experiment.phase else "no phase yet"
    say(f"{name} is {experiment.state}, {phase}; the policy is version {policy.version}.")
