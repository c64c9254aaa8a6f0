"""All that the page says stands in one file, so that another language is another file."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

pytestmark = pytest.mark.unit

SOURCES = Path(__file__).resolve().parents[2] / "web" / "page" / "src"
COMMENT = re.compile(r"/\*.*?\*/|(?<!:)//[^\n]*", re.DOTALL)
SPOKEN = (
    re.compile(r"""\b(?:aria-label|title|placeholder|alt|label)=(["'])(?=[^"']*[A-Za-z])[^"']*\1"""),
    re.compile(r"""(["'`])[A-Z«“][a-z’]+ [^"'`\n]*\1"""),
    re.compile(r">\s*[A-Z«“][^<>{}=;()]*</"),
    re.compile(r"^\s*[A-Z«“][\w’]*(?: [\w’,.:;!?«»“”-]+)+\s*$", re.MULTILINE),
)


def said_in(source: str) -> Iterator[str]:
    """Words for people that stand in code."""
    code = "\n".join(line for line in COMMENT.sub("", source).splitlines() if not line.startswith("import "))
    for pattern in SPOKEN:
        for found in pattern.finditer(code):
            yield found.group().strip()


def pages() -> list[Path]:
    files = [*SOURCES.rglob("*.ts"), *SOURCES.rglob("*.tsx")]
    return [file for file in files if file.relative_to(SOURCES).parts[0] != "words"]


def test_no_words_for_people_stand_outside_of_the_file_of_words() -> None:
    assert len(pages()) > 90
    found = {str(file.relative_to(SOURCES)): list(said_in(file.read_text())) for file in pages()}
    assert {file: said for file, said in found.items() if said} == {}


@pytest.mark.parametrize(
    "source",
    [
        "<button>Try again</button>",
        "<p>\n  Your call has ended.\n</p>",
        '<div aria-label="Account">',
        "setError('Enter your address.')",
        "note(id, `No answer: ${question}`)",
    ],
)
def test_words_in_code_are_found(source: str) -> None:
    assert list(said_in(source)) != []


def test_every_word_of_the_file_is_used() -> None:
    """What nobody says is not translated either."""
    everything = "\n".join(file.read_text() for file in pages())
    areas = re.findall(r"^  (\w+): \{\n(.*?)^  \},$", (SOURCES / "words" / "en.ts").read_text(), re.S | re.M)
    names = {(area, name) for area, body in areas for name in re.findall(r"^    (\w+):", body, re.M)}
    assert len(names) > 100
    unused = {f"{area}.{name}" for area, name in names if not re.search(rf"\b{name}\b", everything)}
    assert unused == set()
