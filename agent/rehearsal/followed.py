"""A way to the task server that tells what went over it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from typing_extensions import override

from mcp_tasks.client import Patience, TaskClient, TokenProvider, ToolOutcome

Tell = Callable[[str, Mapping[str, Any], ToolOutcome], None]


class Followed(TaskClient):
    """Tells `tell`, if there is one, of each tool that was called, its arguments and what came of it."""

    def __init__(self, url: str, token_provider: TokenProvider, *, patience: Patience | None = None) -> None:
        super().__init__(url, token_provider, patience=patience)
        self.tell: Tell | None = None

    @override
    async def call(
        self, name: str, arguments: dict[str, Any], operation_id: str | None = None
    ) -> ToolOutcome:
        outcome = await super().call(name, arguments, operation_id)
        if self.tell is not None:
            self.tell(name, arguments, outcome)
        return outcome
