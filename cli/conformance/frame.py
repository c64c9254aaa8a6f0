"""What came over a wire, and how two wires differ: not in their words and numbers, but in fields and types."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Literal

SOUND = "(sound)"
"""The kind of a binary frame."""


@dataclass(frozen=True, slots=True)
class Frame:
    """One message: of which kind it is, by the vendor's own name for it, and its JSON."""

    kind: str
    body: Mapping[str, Any]


@dataclass(frozen=True, slots=True, order=True)
class Difference:
    """Something that the vendor's frames have and the stand-in's have not, the other way round, or otherwise."""

    kind: str
    path: str
    """Where in the frame, such as `response.output[].id`; empty: the frame itself."""
    what: Literal["missing", "extra", "type"]
    """Missing in the stand-in's, only in the stand-in's, or of another type."""
    vendor: str
    stand_in: str
    """The types on either side; empty where there is nothing."""


_NOTHING = frozenset({"null", "empty list"})

Shape = Mapping[str, frozenset[str]]
"""The types that each path of a kind's frames has."""


def shapes(frames: Iterable[Frame]) -> dict[str, Shape]:
    """Give the shape of each kind, over all of its frames."""
    found: dict[str, dict[str, set[str]]] = defaultdict(lambda: defaultdict(set))
    for frame in frames:
        shape = found[frame.kind]  # of sound too, which has no fields
        for path, name in _leaves(frame.body, ""):
            shape[path].add(name)
    return {kind: {path: frozenset(names) for path, names in shape.items()} for kind, shape in found.items()}


def differences(vendor: Iterable[Frame], stand_in: Iterable[Frame]) -> list[Difference]:
    """Compare the frames of both, kind by kind."""
    theirs, ours = shapes(vendor), shapes(stand_in)
    found: list[Difference] = []
    for kind in theirs.keys() | ours.keys():
        if kind not in ours:
            found.append(Difference(kind, "", "missing", "sent", ""))
            continue
        if kind not in theirs:
            found.append(Difference(kind, "", "extra", "", "sent"))
            continue
        found += _compare(kind, theirs[kind], ours[kind])
    return sorted(found)


def _compare(kind: str, theirs: Shape, ours: Shape) -> Iterator[Difference]:
    for path in theirs.keys() | ours.keys():
        vendor, stand_in = theirs.get(path, frozenset()), ours.get(path, frozenset())
        if vendor == stand_in or _inside_of_null(path, theirs, ours):
            continue
        what: Literal["missing", "extra", "type"] = "type"
        if not stand_in:
            what = "missing"
        elif not vendor:
            what = "extra"
        elif not (vendor - _NOTHING and stand_in - _NOTHING) or vendor - _NOTHING == stand_in - _NOTHING:
            continue  # the same, once without a value
        yield Difference(kind, path, what, " or ".join(sorted(vendor)), " or ".join(sorted(stand_in)))


def _inside_of_null(path: str, theirs: Shape, ours: Shape) -> bool:
    """Whether one side has nothing at a place above: what would be in it cannot be compared."""
    parts = path.replace("[]", ".[]").split(".")
    for end in range(1, len(parts)):
        above = ".".join(parts[:end]).replace(".[]", "[]")
        for shape in (theirs, ours):
            names = shape.get(above)
            if names is not None and names <= _NOTHING:
                return True
    return False


def _leaves(value: Any, path: str) -> Iterator[tuple[str, str]]:
    match value:
        case Mapping():
            if path:
                yield path, "object"
            for name, inner in value.items():
                yield from _leaves(inner, f"{path}.{name}" if path else name)
        case list():
            yield path, "list" if value else "empty list"
            for inner in value:
                yield from _leaves(inner, f"{path}[]")
        case bool():
            yield path, "boolean"
        case int() | float():
            yield path, "number"
        case str():
            yield path, "string"
        case _:
            yield path, "null"
