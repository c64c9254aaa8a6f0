"""What on a page can be meant by «this»: its tasks with their dates, and which of them, where there are several.

Nothing is made up: what was not read for sure is left out and said to be so.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from statistics import median
from typing import Final, Literal

from sandbox.sight.dated import Dated, above, dates_of, row_of
from sandbox.sight.dates import dates_in, without_date
from sandbox.sight.eye import Seen
from sandbox.sight.labels import (
    LINK,
    PERSON,
    SUBJECT,
    chat_name,
    is_key,
    is_label,
    is_order,
    plain,
    secret_pieces,
)
from sandbox.sight.meaning import chosen
from sandbox.sight.page import SURE, Box, Page, Piece
from sandbox.sight.sentences import asked_for, sentences_of

Kind = Literal["one", "several", "nothing", "unreadable"]

HEADING: Final = 1.2
"""So many times larger than the text of a page its heading is."""
LONGEST_TITLE: Final = 120
_MOST_ITEMS: Final = 6
_NEAR: Final = 70.0
"""Pixels around a pointer, in which what it points at is."""
_NOBODY: Final = re.compile(
    r"^(?:nobody|none|unassigned|me|due|date|status|role|anyone|team|no\s+one)$|.{60}", re.IGNORECASE
)
_WORDS: Final = re.compile(r"[^\W\d_]{2,}")


@dataclass(frozen=True, slots=True)
class Item:
    """Something to do. `confidence` is 0 to 1; `unclear`: a date stands there that could not be read."""

    title: str
    due: str | None
    box: Box
    confidence: float
    people: tuple[str, ...] = ()
    link: str | None = None
    unclear: bool = False


@dataclass(frozen=True, slots=True)
class Finding:
    """What can be meant: one thing, several, nothing that could be a task, or nothing that can be read."""

    kind: Kind
    items: tuple[Item, ...] = ()


def find(seen: Seen, about: str = "") -> Finding:
    """What is meant by the caller's words on a page."""
    page = seen.page
    sure = [piece for piece in page.pieces if piece.confidence >= SURE and _WORDS.search(piece.text)]
    if not sure:
        return Finding("unreadable")
    hidden = secret_pieces(page)
    hidden |= {number for number, piece in enumerate(page.pieces) if is_order(piece.text)}
    open_page = Page(page.width, page.height, tuple(p for n, p in enumerate(page.pieces) if n not in hidden))
    if not open_page.pieces:
        return Finding("nothing")
    items = _items(open_page)
    if seen.pointer is not None and (pointed := _pointed(open_page, items, *seen.pointer)) is not None:
        return pointed
    if (
        len(items) > 1
        and (meant := chosen(about, [(each.title, each.due or "") for each in items])) is not None
    ):
        items = [items[meant]]
    if not items:
        return Finding("nothing")
    return Finding("one" if len(items) == 1 else "several", tuple(items[:_MOST_ITEMS]))


def _pointed(page: Page, items: list[Item], x: int, y: int) -> Finding | None:
    """What a pointer points at; None where it points at none of the things to do."""
    distances = sorted((item.box.distance(x, y), number) for number, item in enumerate(items))
    near = [each for each in distances if each[0] <= _NEAR]
    if not near:
        return None
    blurred = [
        piece for piece in page.pieces if piece.confidence < SURE and len(_WORDS.findall(piece.text)) > 1
    ]
    if any(piece.box.distance(x, y) < near[0][0] for piece in blurred):
        return Finding("unreadable")
    if len(near) > 1 and near[1][0] - near[0][0] < 4:
        return None
    return Finding("one", (items[near[0][1]],))


# -- what there is -------------------------------------------------------------------------------------------------


def _items(page: Page) -> list[Item]:
    dates = dates_of(page, set())
    wanted = [each for each in dates if each.role == "due"] or [
        each for each in dates if each.role == "event"
    ]
    heading = _heading(page)
    if not wanted:
        return _undated(page, heading)
    if len({each.when.words.casefold() for each in wanted}) == 1 and heading is not None:
        return [_item(page, _title_of(heading), heading, wanted[0])]
    items: list[Item] = []
    for each in wanted:
        title, piece = _own_title(page, each) or ((_title_of(heading), heading) if heading else ("", None))
        if piece is not None and _WORDS.search(title):
            items.append(_item(page, title, piece, each))
    unique = list({(item.title.casefold(), item.due): item for item in items}.values())
    return unique


def _undated(page: Page, heading: Piece | None) -> list[Item]:
    if heading is not None:
        return [_item(page, _title_of(heading), heading, None)]
    asked = [
        (what, piece)
        for piece in page.pieces
        if piece.confidence >= SURE
        for _, sentence in sentences_of(plain(piece.text))
        if (what := asked_for(sentence))
    ]
    return [_item(page, what, piece, None) for what, piece in asked]


def _item(page: Page, title: str, piece: Piece, dated: Dated | None) -> Item:
    box = piece.box if dated is None else piece.box.around(dated.piece.box)
    sure = dated is None or dated.is_sure
    return Item(
        title=title[:LONGEST_TITLE],
        due=dated.when.words if dated is not None and sure else None,
        box=box,
        confidence=round(min(piece.confidence, dated.piece.confidence if dated and sure else 100.0) / 100, 2),
        people=_people(page),
        link=next((found[0] for each in page.pieces if (found := LINK.search(each.text))), None),
        unclear=not sure,
    )


def _heading(page: Page) -> Piece | None:
    """What the page says it is about: its subject by label, else its largest words where they stand out."""
    for piece in page.pieces:
        if found := SUBJECT.match(piece.text):
            if found["value"]:
                return replace(piece, words=piece.words[-len(found["value"].split()) :])
            row = [other for other in row_of(page, piece) if other.box.left > piece.box.right]
            if row:
                return row[0]
    usual = median(_type_size(piece) for piece in page.pieces)
    large = [
        piece
        for piece in page.pieces
        if _type_size(piece) >= HEADING * usual
        and piece.confidence >= SURE
        and _WORDS.search(piece.text)
        and not is_label(piece.text)
        and not is_key(piece.text)
        and not _is_date(piece)
    ]
    if not large and len(page.pieces) > 2:
        return None
    candidates = large or [piece for piece in page.pieces if piece.confidence >= SURE and not _is_date(piece)]
    largest = max((_type_size(piece) for piece in candidates), default=0.0)
    top = [piece for piece in candidates if _type_size(piece) > 0.93 * largest]
    return min(top, key=lambda piece: piece.box.top, default=None)


def _type_size(piece: Piece) -> float:
    """How large the type is, whichever letters it is made of: those that go below the line make a word taller."""
    heights = [
        word.box.height * (0.79 if re.search(r"[gjpqy,;()]", word.text) else 1.0)
        for word in piece.words
        if re.search(r"[A-Zbdfhklt0-9]", word.text)
    ]
    return median(heights) if heights else 0.8 * piece.size


def _is_date(piece: Piece) -> bool:
    return any(len(when.words) > 0.6 * len(piece.text) for when in dates_in(piece.text))


def _title_of(piece: Piece) -> str:
    text = plain(piece.text).strip(" .:;,")
    return asked_for(text) or text


# -- whose date it is ----------------------------------------------------------------------------------------------


def _own_title(page: Page, dated: Dated) -> tuple[str, Piece] | None:
    """The words beside, before or above a date that say what it is the date of."""
    if (inside := _in_sentence(dated)) is not None:
        return inside, dated.piece
    row = [each for each in row_of(page, dated.piece) if _could_be_title(each)]
    if row:
        return _title_of(row[0]), row[0]
    over = above(page, dated.piece, within=2.2 * max(dated.piece.box.height, 10), aside=30)
    if over is not None and _could_be_title(over):
        return _title_of(over), over
    return None


def _in_sentence(dated: Dated) -> str | None:
    text = dated.piece.text
    sentences = sentences_of(text)
    start, sentence = next(each for each in reversed(sentences) if each[0] <= dated.when.start)
    moved = replace(
        dated.when, start=dated.when.start - start, end=min(dated.when.end - start, len(sentence))
    )
    rest = plain(without_date(sentence, moved))
    if asked := asked_for(rest):
        return asked
    if len(_WORDS.findall(rest)) >= 2 and len(rest.split()) <= 8 and not is_label(rest):
        return rest[:1].upper() + rest[1:]
    return None


def _could_be_title(piece: Piece) -> bool:
    text = piece.text
    return (
        piece.confidence >= SURE
        and len(_WORDS.findall(text)) >= 1
        and not is_label(text)
        and not is_key(text)
        and not _is_date(piece)
        and chat_name(text) is None
        and "@" not in text
    )


def _people(page: Page) -> tuple[str, ...]:
    names: list[str] = []
    for piece in page.pieces:
        if name := chat_name(piece.text):
            names.append(name)
        elif found := PERSON.match(piece.text):
            value = found["value"] or next(
                (other.text for other in row_of(page, piece) if other.box.left > piece.box.right), ""
            )
            names.append(
                re.sub(r"\s*(?:<[^>]*>|\b(?:date|sent|to)\s*:).*", "", value, flags=re.IGNORECASE).strip()
            )
    return tuple(dict.fromkeys(name for name in names if _WORDS.search(name) and not _NOBODY.search(name)))
