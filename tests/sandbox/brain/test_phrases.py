"""Phrases of our own, and what each of them asks for."""

from pathlib import Path
from typing import Any

import pytest
import yaml

from sandbox.brain.naming import reduced_target
from sandbox.brain.request import Intent
from sandbox.brain.understanding import understand

pytestmark = pytest.mark.unit

FILE = Path(__file__).parent / "phrases.yaml"
PHRASES: dict[str, list[dict[str, Any]]] = yaml.safe_load(FILE.read_text(encoding="utf-8"))


def wanted(intent: str, phrase: dict[str, Any]) -> list[dict[str, Any]]:
    return phrase.get("are") or [{"intent": intent, **{key: phrase[key] for key in phrase if key != "say"}}]


def understood(text: str) -> list[dict[str, Any]]:
    result = []
    for request in understand(text):
        said: dict[str, Any] = {"intent": request.intent.value}
        for key in ("title", "due", "rest"):
            if (value := getattr(request, key)) is not None:
                said[key] = value
        if request.view and request.intent is Intent.LIST:
            said["view"] = request.view
        if request.target is not None:
            said["target"] = reduced_target(request.target) or request.target
        if request.query is not None:
            said["query"] = reduced_target(request.query)
        result.append(said)
    return result


ALL = [
    pytest.param(phrase["say"], wanted(intent, phrase), id=phrase["say"])
    for intent, phrases in PHRASES.items()
    for phrase in phrases
]


@pytest.mark.parametrize(("text", "requests"), ALL)
def test_a_phrase_is_understood_as_what_it_asks_for(text: str, requests: list[dict[str, Any]]) -> None:
    assert understood(text) == requests


def test_there_are_200_phrases_and_every_kind_of_request_has_some() -> None:
    assert len({phrase["say"] for phrases in PHRASES.values() for phrase in phrases}) >= 200
    assert {intent.value for intent in Intent} <= set(PHRASES)


@pytest.mark.parametrize(
    "change", [str.upper, str.lower, lambda text: text.rstrip(".?!"), lambda text: f"Um, {text}"]
)
def test_case_points_and_hesitation_do_not_change_what_is_asked(change: Any) -> None:
    different = [
        phrase["say"]
        for intent, phrases in PHRASES.items()
        for phrase in phrases
        if [each.intent for each in understand(change(phrase["say"]))]
        != [each.intent for each in understand(phrase["say"])]
    ]
    assert different == []
