"""A task server does not start with a secret that everybody knows."""

from __future__ import annotations

import pytest

from mcp_tasks.known_secrets import is_known
from tests.mcp_tasks.conftest import ServerProcess

pytestmark = pytest.mark.unit


@pytest.mark.parametrize("value", ["devkey", "secret", "Demo-0123456789", "CHANGEME ", "changeme" * 4])
def test_secrets_of_documents_are_known(value: str) -> None:
    assert is_known(value)


@pytest.mark.parametrize("value", ["0f3c" * 16, "a secret that only tests know", ""])
def test_secrets_of_ones_own_are_not(value: str) -> None:
    assert not is_known(value)


def test_the_task_server_refuses_one_and_does_not_repeat_it(spare_server: ServerProcess) -> None:
    known = "demo-secret-that-everybody-could-know"
    spare_server.environment["VOICETASKS_TASKS_TOKEN_SECRET"] = known
    assert spare_server.spawn().wait(30) == 2
    assert "VOICETASKS_TASKS_TOKEN_SECRET" in spare_server.log
    assert known not in spare_server.log
