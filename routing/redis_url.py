"""An address of Redis that can be read as one, found out where it is set and not where it is first dialled."""

from typing import Annotated

from pydantic import AfterValidator
from redis.asyncio.connection import parse_url


def is_redis_url(url: str) -> bool:
    """Whether a client would take it."""
    try:
        parse_url(url)
    except ValueError:
        return False
    return True


def _checked(url: str) -> str:
    if not is_redis_url(url):  # what is said of it repeats no part of it: there may be a password
        raise ValueError("must be an address like redis://127.0.0.1:6379/0, or rediss:// or unix://")
    return url


RedisUrl = Annotated[str, AfterValidator(_checked)]
