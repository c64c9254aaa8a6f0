"""The forms of a title's verb: «Clean the garage» is what «cleaned the garage» and «cleaning the garage» are about."""

import re
from functools import cache

import yaml

from sandbox.brain.grammar import DATA


@cache
def _irregular() -> dict[str, list[str]]:
    data = yaml.safe_load((DATA / "verbs.yaml").read_text(encoding="utf-8"))
    return {verb: str(forms).split() for verb, forms in data["past"].items()}


def _stem(verb: str) -> str:
    """The verb before «ed» or «ing»: «mop» doubles its last letter, «bake» loses it."""
    if verb.endswith("e") and not verb.endswith("ee"):
        return verb[:-1]
    if re.fullmatch(r"[^aeiou]*[aeiou][bdgmnprt]", verb):
        return verb + verb[-1]
    return verb


def past(verb: str) -> list[str]:
    """How it is said of what was done, the participle included."""
    if irregular := _irregular().get(verb):
        return irregular
    if re.search(r"[^aeiou]y$", verb):
        return [f"{verb[:-1]}ied"]
    return [f"{_stem(verb)}ed"]


def gerund(verb: str) -> str:
    """«Cleaning»."""
    return f"{_stem(verb)}ing"


def forms(title: str) -> dict[str, list[str]]:
    """The title as it is, with its first word as done, and as being done."""
    first, _, rest = title.strip().casefold().partition(" ")
    return {
        "task": [title],
        "did": [f"{verb} {rest}".strip() for verb in past(first)],
        "doing": [f"{gerund(first)} {rest}".strip()],
    }
