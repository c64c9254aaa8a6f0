"""Secrets that everybody knows: those of examples, of development servers and of demos."""

from typing import Final

_KNOWN: Final = frozenset(
    {"devkey", "secret", "demo", "sandbox", "changeme", "change-me", "password", "postgres", "admin"}
)
_BEGINNINGS: Final = ("demo", "changeme", "change-me", "example", "your-")


def is_known(value: str) -> bool:
    """Whether a secret stands in documents of this project or of LiveKit, so that anybody can try it."""
    folded = value.casefold().strip()
    return folded in _KNOWN or folded.startswith(_BEGINNINGS)


def known_secret(name: str) -> str:
    """What is said of one: its variable and what to do, never its value."""
    return f"{name} is a value that everybody knows: make your own, for instance with `openssl rand -hex 32`."
