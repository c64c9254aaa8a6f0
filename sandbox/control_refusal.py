"""How the control port refuses."""

from aiohttp import web


def refusal(status: int, code: str, message: str, fix: str) -> web.Response:
    """A refusal: what is wrong, and what to do about it."""
    return web.json_response({"error": {"code": code, "message": message, "fix": fix}}, status=status)
