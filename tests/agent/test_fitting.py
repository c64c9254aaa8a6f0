"""What a model passes is held against a tool's own schema, whoever wrote that."""

from __future__ import annotations

from typing import Any

import pytest

from agent.fitting import LONGEST_TOLD, misfit

pytestmark = pytest.mark.unit

STRICT: dict[str, Any] = {
    "type": "object",
    "properties": {"task_id": {"type": "string"}, "tags": {"type": "array", "items": {"type": "string"}}},
    "required": ["task_id"],
    "additionalProperties": False,
}


@pytest.mark.parametrize(
    ("passed", "told"),
    [
        ({"task_id": "a"}, ""),
        ({"task_id": "a", "tags": ["b"]}, ""),
        ({"task_id": "a", "force": True}, "force"),
        ({"task_id": 7}, "task_id"),
        ({"task_id": "a", "tags": ["b", 7]}, "tags.1"),
        ({}, "task_id"),
    ],
)
def test_what_does_not_fit_is_named_to_the_model(passed: dict[str, Any], told: str) -> None:
    said = misfit(STRICT, passed)
    assert (told in said) if told else (said == "")


def test_what_a_model_passed_is_not_repeated_at_length() -> None:
    assert len(misfit(STRICT, {"task_id": ["x" * 10_000]})) == LONGEST_TOLD


@pytest.mark.parametrize(
    "unreadable",
    [
        {"type": "no such type"},
        {"properties": {"task_id": {"$ref": "https://example.com/id.json"}}},
        {"properties": {"task_id": {"$ref": "#/$defs/nothing"}}},
        {"$ref": "#"},
        {"properties": {"task_id": {"pattern": "^(a+)+$"}}},
        {"properties": {"task_id": {"pattern": "("}}},
        {"patternProperties": {"(": {"type": "string"}}},
        {},
    ],
)
def test_a_schema_that_cannot_be_read_refuses_nothing_and_holds_nobody_up(unreadable: dict[str, Any]) -> None:
    assert misfit(unreadable, {"task_id": "a" * 60 + "!"}) == ""
