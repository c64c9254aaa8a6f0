"""Experiments, for admins: what `voicetasks admin experiments` says and does."""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated, Any, Final, Literal

from fastapi import APIRouter, Depends, Path, Query
from pydantic import BaseModel, ConfigDict, Field

from routing.experiments.book import ExperimentBook
from routing.experiments.changes import creation, reweighing, turn
from routing.experiments.design import NAME, Arm, Experiment
from routing.kinds import Channel, Plan
from routing.policy import Policy
from web.admin import Admin, Author, ChangingAdmin
from web.admin_effect import Effect, effect_of
from web.admin_label import is_sandbox
from web.routing_books import routing_errors
from web.services import Served, Services
from web.sign_in import same_site

router = APIRouter(prefix="/api/admin/experiments", tags=["admin"])

MOST_IDS: Final = 1_000
STATES: Final = {"start": "running", "stop": "stopped"}
Name = Annotated[str, Path(pattern=NAME)]
Action = Literal["start", "stop"]
Version = Annotated[str | None, Field(max_length=64)]


class Change(BaseModel):
    """`expected`: the policy's version that was looked at; by default the one that is read now."""

    model_config = ConfigDict(extra="forbid")

    expected: Version = None
    note: Annotated[str, Field(max_length=500)] = ""


class NewExperiment(Change):
    """What is to be compared. Nothing changes for callers before it is started, at once with `start`."""

    name: Annotated[str, Field(pattern=NAME)]
    hypothesis: Annotated[str, Field(min_length=1, max_length=500)]
    arms: Annotated[list[Arm], Field(min_length=2, max_length=6)]
    plan: Plan | None = None
    channel: Channel | None = None
    coverage: Annotated[int, Field(ge=1, le=100)] = 100
    worth: Annotated[float, Field(ge=0.02, le=0.9)] = 0.2
    success_margin: Annotated[float, Field(gt=0, le=0.5)] = 0.03
    latency_margin_ms: Annotated[int, Field(gt=0, le=10_000)] = 150
    start: bool = False


class NewWeights(Change):
    """Weights by arm; arms that are not named keep theirs."""

    weights: Annotated[dict[str, Annotated[int, Field(ge=1, le=1_000)]], Field(min_length=1, max_length=6)]


class Ids(BaseModel):
    """Users, by id."""

    model_config = ConfigDict(extra="forbid")

    ids: Annotated[list[Annotated[str, Field(min_length=1, max_length=64)]], Field(max_length=MOST_IDS)]


class NamedExperiment(BaseModel):
    """An experiment with its name."""

    name: str
    experiment: Experiment


class Listed(BaseModel):
    """All experiments, and the version of the policy that they stand in."""

    policy_version: str
    experiments: list[NamedExperiment]


class Written(NamedExperiment):
    """What stands there now. Where Redis was not told workers find it in the database, within some 15 s."""

    policy_version: str
    told_redis: bool


class Arms(BaseModel):
    """The arm of each id; null for whom the experiment does not take in."""

    experiment: str
    arms: dict[str, str | None]


async def _book(services: Served, _admin: Admin) -> ExperimentBook:
    with routing_errors():
        books = await services.books.open()
    return ExperimentBook(books.store, books.journal.engine)


Book = Annotated[ExperimentBook, Depends(_book)]


@router.get("")
async def experiments(book: Book) -> Listed:
    """List all experiments."""
    with routing_errors():
        version, found = await book.all()
    return Listed(
        policy_version=version,
        experiments=[NamedExperiment(name=name, experiment=each) for name, each in found.items()],
    )


@router.post("", status_code=201, dependencies=[Depends(same_site)])
async def create(book: Book, author: Author, wanted: NewExperiment) -> Written:
    """Write an experiment down."""
    with routing_errors():
        policy = await book.create(
            wanted.name,
            _document(wanted),
            author=author,
            expected=wanted.expected,
            note=wanted.note,
        )
    return _written(book, wanted.name, policy)


@router.post("/effect", dependencies=[Depends(same_site)])
async def creation_effect(services: Served, _admin: ChangingAdmin, wanted: NewExperiment) -> Effect:
    """Say what writing it down would do: nothing to callers, before it is started."""
    return await _effect(services, wanted, lambda policy: creation(policy, wanted.name, _document(wanted)))


@router.post("/{name}/weights/effect", dependencies=[Depends(same_site)])
async def weights_effect(name: Name, services: Served, _admin: ChangingAdmin, wanted: NewWeights) -> Effect:
    """Say what other weights would do: which phase they begin."""
    return await _effect(services, wanted, lambda policy: reweighing(policy, name, wanted.weights))


@router.post("/{name}/{action}/effect", dependencies=[Depends(same_site)])
async def state_effect(
    name: Name, action: Action, services: Served, _admin: ChangingAdmin, change: Change | None = None
) -> Effect:
    """Say what a start or a stop would do. No call that goes on is moved by either."""
    return await _effect(services, change or Change(), lambda policy: turn(policy, name, STATES[action]))


@router.post("/{name}/{action}", dependencies=[Depends(same_site)])
async def start_or_stop(
    name: Name,
    action: Action,
    book: Book,
    author: Author,
    change: Change | None = None,
) -> Written:
    """Start an experiment, which begins a phase, or stop it."""
    asked = change or Change()
    with routing_errors():
        policy = await book.set_state(
            name, STATES[action], author=author, expected=asked.expected, note=asked.note
        )
    return _written(book, name, policy)


@router.put("/{name}/weights", dependencies=[Depends(same_site)])
async def weights(name: Name, book: Book, author: Author, wanted: NewWeights) -> Written:
    """Change weights of arms; while the experiment runs that begins a phase."""
    with routing_errors():
        policy = await book.set_weights(
            name, wanted.weights, author=author, expected=wanted.expected, note=wanted.note
        )
    return _written(book, name, policy)


@router.put("/{name}/arms", dependencies=[Depends(same_site)])
async def arms(name: Name, book: Book, _admin: ChangingAdmin, wanted: Ids) -> Arms:
    """Say which arm users are given. It changes nothing; the ids are no part of an address, so that no log has them."""
    with routing_errors():
        return Arms(experiment=name, arms=await book.arms_of(name, wanted.ids))


@router.get("/{name}/report")
async def report(
    name: Name, book: Book, phase: Annotated[int | None, Query(ge=1, le=1_000_000)] = None
) -> dict[str, Any]:
    """Say what an experiment found: figures, sentences, and the points of its pictures."""
    with routing_errors():
        found = await book.report(name, phase=phase)
    return {"sandbox": is_sandbox()} | found.as_json()


def _document(wanted: NewExperiment) -> dict[str, Any]:
    document = wanted.model_dump(
        mode="json", exclude={"expected", "note", "name", "start"}, exclude_none=True
    )
    return document | {"state": "running" if wanted.start else "draft"}


async def _effect(services: Services, change: Change, patch: Callable[[Policy], dict[str, Any]]) -> Effect:
    with routing_errors():
        books = await services.books.open()
        store = books.store
        current = await (store.current() if change.expected is None else store.looked_at(change.expected))
        return await effect_of(services, books, current, patch(current))


def _written(book: ExperimentBook, name: str, policy: Policy) -> Written:
    return Written(
        name=name,
        experiment=policy.experiments[name],
        policy_version=policy.version,
        told_redis=book.told_redis,
    )
