"""A database of people that does not answer, told to the browser."""

from collections.abc import Iterator
from contextlib import contextmanager

from people.database import DATABASE_AWAY
from web.errors import ApiError


@contextmanager
def database_errors() -> Iterator[None]:
    """Turn what a database raises that is away into the refusal 503."""
    try:
        yield
    except DATABASE_AWAY as error:
        raise ApiError(
            503,
            "unavailable",
            "Accounts cannot be reached right now.",
            "Try again in a moment; /readyz says more.",
        ) from error
