"""A sandbox on free ports of this machine, and the clients that call it."""

from collections.abc import AsyncIterator
from typing import Any

import aiohttp
import openai
import pytest

from sandbox.app import Running, serve
from sandbox.desk import Desk


@pytest.fixture
def desk() -> Desk:
    """A desk with told words, a tone for a voice and no latency."""
    return Desk()


@pytest.fixture
async def running(desk: Desk) -> AsyncIterator[Running]:
    """The sandbox, served."""
    async with serve(desk) as served:
        yield served


@pytest.fixture
async def sdk(running: Running) -> AsyncIterator[openai.AsyncOpenAI]:
    """OpenAI's own client, pointed at the sandbox."""
    client = openai.AsyncOpenAI(base_url=f"{running.url}/openai/v1", api_key="sandbox", max_retries=0)
    async with client:
        yield client


@pytest.fixture
async def http() -> AsyncIterator[aiohttp.ClientSession]:
    """A plain HTTP client."""
    async with aiohttp.ClientSession() as session:
        yield session


@pytest.fixture
def tools() -> list[dict[str, Any]]:
    """The task tools as a chat request carries them."""
    text = {"type": "string"}
    parameters = {
        "list_tasks": {"view": text, "query": text, "limit": {"type": "integer"}},
        "create_task": {"title": text, "due_words": text},
        "update_task": {"task_id": text, "title": text, "due_words": text},
        "complete_task": {"task_id": text},
        "delete_task": {"task_id": text},
        "undo": {},
    }
    return [
        {
            "type": "function",
            "function": {
                "name": name,
                "description": name.replace("_", " "),
                "parameters": {"type": "object", "properties": properties},
            },
        }
        for name, properties in parameters.items()
    ]
