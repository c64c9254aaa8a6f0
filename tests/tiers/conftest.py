"""The sandbox, for tests of the real plugins and of what they are asked."""

from tests.sandbox.conftest import desk, running

__all__ = ("desk", "running")
