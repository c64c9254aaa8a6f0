"""What the stand-in answers to a question about a picture: what it really read there, in the function's arguments."""

from __future__ import annotations

import re
from typing import Any, Final

from sandbox.desk import Desk
from sandbox.sight.eye import UnreadablePictureError
from sandbox.sight.findings import Finding, Item, find
from sandbox.sight.page import Box

FUNCTION: Final = "describe_screen"
"""The function of the client's that takes such an answer."""
_ABOUT: Final = re.compile(r"«(?P<words>[^»]*)»")


async def describe(desk: Desk, picture: bytes | None, question: str) -> dict[str, Any]:
    """The arguments of the call that answers a question; the caller's words stand in « » in it."""
    if picture is None:
        return {"status": "nothing", "items": []}
    about = _ABOUT.search(question)
    try:
        seen = await desk.eye.look(picture)
    except UnreadablePictureError:
        return {"status": "unreadable", "items": []}
    found = find(seen, about["words"] if about else "")
    return _arguments(found, seen.page.width, seen.page.height)


def _arguments(found: Finding, width: int, height: int) -> dict[str, Any]:
    status = {"one": "seen"}.get(found.kind, found.kind)
    return {"status": status, "items": [_item(item, width, height) for item in found.items]}


def _item(item: Item, width: int, height: int) -> dict[str, Any]:
    told = {
        "title": item.title,
        "due_words": item.due,
        "people": list(item.people),
        "link": item.link,
        "confidence": item.confidence,
        "box_2d": _box(item.box, width, height),
        "date_unclear": item.unclear or None,
    }
    return {key: value for key, value in told.items() if value not in (None, [])}


def _box(box: Box, width: int, height: int) -> list[int]:
    """Top, left, bottom, right in thousandths of the picture, as Gemini gives boxes."""
    places = ((box.top, height), (box.left, width), (box.bottom, height), (box.right, width))
    return [max(0, min(1000, round(1000 * place / size))) for place, size in places]
