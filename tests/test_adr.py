"""Decisions are kept in one form, on a page each, and the index knows them all."""

from __future__ import annotations

import re
from datetime import date
from pathlib import Path

import pytest

pytestmark = pytest.mark.unit

FOLDER = Path(__file__).resolve().parent.parent / "adr"
INDEX = FOLDER / "README.md"
RECORDS = sorted(FOLDER.glob("[0-9]*.md"))

PARTS = ["Context", "Decision", "Consequences", "Alternatives"]
ONE_PAGE_WORDS = 900

_TITLE = re.compile(r"^# (?P<number>\d{4}): (?P<title>.+)$", re.MULTILINE)
_STATUS = re.compile(
    r"^Status: (?P<status>proposed|accepted|rejected|superseded by (?P<by>\d{4})), (?P<day>\d{4}-\d\d-\d\d)$",
    re.MULTILINE,
)
_ROW = re.compile(
    r"^\| \[(?P<number>\d{4})\]\((?P<file>[^)]+)\) \| (?P<title>.+) \| (?P<status>.+) \|$", re.M
)
_LINK = re.compile(r"\[[^\]]*\]\((?P<target>[^)\s]+)\)")


def name(record: Path) -> str:
    """A record's number, for the name of its test."""
    return record.stem[:4]


def test_records_are_numbered_without_gaps_from_one() -> None:
    assert [int(name(record)) for record in RECORDS] == list(range(1, len(RECORDS) + 1))
    assert len(RECORDS) >= 7


@pytest.mark.parametrize("record", RECORDS, ids=name)
def test_a_record_says_context_decision_consequences_and_alternatives(record: Path) -> None:
    text = record.read_text(encoding="utf-8")
    title = _TITLE.match(text)
    assert title, "the first line is «# 0001: Title»"
    assert title["number"] == name(record)
    assert re.findall(r"^## (.+)$", text, re.MULTILINE) == PARTS
    for part in PARTS:
        body = text.split(f"\n## {part}\n", 1)[1].split("\n## ", 1)[0]
        assert len(body.split()) >= 20, f"{part} says nothing"


@pytest.mark.parametrize("record", RECORDS, ids=name)
def test_a_record_has_a_status_and_a_day_that_has_come(record: Path) -> None:
    status = _STATUS.search(record.read_text(encoding="utf-8"))
    assert status, "no status line"
    assert date.fromisoformat(status["day"]) <= date.today()
    if status["by"]:
        assert status["by"] in {name(other) for other in RECORDS}


@pytest.mark.parametrize("record", RECORDS, ids=name)
def test_a_record_fits_a_page_and_offers_more_than_one_alternative(record: Path) -> None:
    text = record.read_text(encoding="utf-8")
    assert len(text.split()) <= ONE_PAGE_WORDS
    assert len(re.findall(r"^- \*\*", text.split("\n## Alternatives\n", 1)[1], re.MULTILINE)) >= 2


def test_the_index_lists_every_record_with_its_title_and_status() -> None:
    listed = [
        (row["number"], row["file"], row["title"], row["status"])
        for row in _ROW.finditer(INDEX.read_text(encoding="utf-8"))
    ]
    kept: list[tuple[str, str, str, str]] = []
    for record in RECORDS:
        text = record.read_text(encoding="utf-8")
        title, status = _TITLE.match(text), _STATUS.search(text)
        assert title
        assert status
        kept.append((name(record), record.name, title["title"], status["status"]))
    assert listed == kept


@pytest.mark.parametrize("page", [INDEX, *RECORDS], ids=lambda page: page.stem[:6])
def test_links_lead_somewhere(page: Path) -> None:
    for link in _LINK.finditer(page.read_text(encoding="utf-8")):
        target = link["target"].partition("#")[0]
        if target and not re.match(r"[a-z]+:", target):
            assert (page.parent / target).exists(), link.group()
