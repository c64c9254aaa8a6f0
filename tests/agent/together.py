"""Several cases of one test at the same time: calls are mostly waiting for somebody to finish speaking."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterable
from typing import TypeVar

Case = TypeVar("Case")

AT_ONCE = 3
"""Each call has its own detector of speech and its own vendors, in one process."""


def together(
    cases: Iterable[Case],
) -> Callable[[Callable[[int, Case], Awaitable[None]]], Callable[[int], Awaitable[None]]]:
    """Run an asynchronous test of a port and a case for every case; what fails is told with its case."""

    def decorate(test: Callable[[int, Case], Awaitable[None]]) -> Callable[[int], Awaitable[None]]:
        async def every_case(port: int) -> None:
            gate = asyncio.Semaphore(AT_ONCE)

            async def one(case: Case) -> None:
                async with gate:
                    try:
                        await test(port, case)
                    except Exception as error:
                        error.add_note(f"case: {case}")
                        raise

            found = await asyncio.gather(*(one(case) for case in cases), return_exceptions=True)
            failed = [each for each in found if isinstance(each, Exception)]
            if failed:
                raise ExceptionGroup("cases that failed", failed)

        every_case.__name__ = getattr(test, "__name__", "every_case")
        every_case.__doc__ = test.__doc__
        return every_case

    return decorate
