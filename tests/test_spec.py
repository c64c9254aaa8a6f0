"""SPEC.md is a set of promises: each has an id, a word that binds, and what shows it."""

from __future__ import annotations

import ast
import re
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import pytest

pytestmark = pytest.mark.unit

ROOT = Path(__file__).resolve().parent.parent
SPEC = ROOT / "SPEC.md"

_ITEM = re.compile(r"^- \*\*(?P<id>[A-Z]+-\d+\.\d+)\*\* (?P<text>.*)$")
_GROUP = re.compile(r"^### (?P<id>[A-Z]+-\d+): ")
_TEST = re.compile(r"`(?P<file>tests/[\w/.-]+\.py)::(?P<name>\w+)(?:\[(?P<case>\w+)\])?`")
_NOT_YET = re.compile(r"\bnot yet: (?P<what>\w[^.|;]{5,})", re.IGNORECASE)
_BINDING = re.compile(r"\b(?:SHALL|SHOULD|MAY)\b")
_LINK = re.compile(r"\[[^\]]*\]\((?P<target>[^)\s]+)\)")

SECTIONS = [
    "Intent",
    "Channels",
    "User stories",
    "Functional requirements",
    "Non-functional requirements",
    "Success metrics",
    "Non-goals",
]
"""The form of a product specification that the project began with."""

GROUPS = ["FR-1", "FR-2", "FR-3", "FR-4", "FR-5"] + [f"NFR-{number}" for number in range(1, 8)]


@dataclass(frozen=True)
class Requirement:
    """One numbered promise and the lines that say what shows it."""

    id: str
    promise: str
    evidence: str

    def __str__(self) -> str:
        return self.id


def requirements() -> list[Requirement]:
    """Every item that starts with a bold id; indented lines after it are its evidence."""
    found: list[Requirement] = []
    for line in SPEC.read_text(encoding="utf-8").splitlines():
        if item := _ITEM.match(line):
            found.append(Requirement(item["id"], item["text"], ""))
        elif line.startswith("  ") and found:
            last = found.pop()
            found.append(Requirement(last.id, last.promise, f"{last.evidence} {line.strip()}".strip()))
    return found


def section(name: str) -> str:
    """The text under a heading of the second level."""
    text = SPEC.read_text(encoding="utf-8")
    return text.split(f"\n## {name}\n", 1)[1].split("\n## ", 1)[0].strip()


@cache
def tree(file: Path) -> ast.Module:
    """A test file, read and not run."""
    return ast.parse(file.read_text(encoding="utf-8"))


@cache
def functions_in(file: Path) -> dict[str, bool]:
    """The test functions that pytest would collect and run from a file, and whether each has cases."""
    found: dict[str, bool] = {}
    for node in tree(file).body:
        inner = node.body if isinstance(node, ast.ClassDef) and node.name.startswith("Test") else [node]
        for each in inner:
            if isinstance(each, ast.FunctionDef | ast.AsyncFunctionDef) and each.name.startswith("test_"):
                marks = [ast.unparse(mark) for mark in each.decorator_list]
                if not any(mark.startswith("pytest.mark.skip") for mark in marks):
                    found[each.name] = any(mark.startswith("pytest.mark.parametrize") for mark in marks)
    return found


def cases_in(file: Path) -> set[str]:
    """What may be the id of a case: a word that is written in the file, as a name or as text."""
    words: set[str] = set()
    for node in ast.walk(tree(file)):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            words.add(node.name)
        elif isinstance(node, ast.Constant) and isinstance(node.value, str):
            words.add(node.value)
    return words


def exists(named: re.Match[str]) -> bool:
    """Whether a test that the specification names is there, and its case with it."""
    file = ROOT / named["file"]
    if not file.is_file() or named["name"] not in functions_in(file):
        return False
    return named["case"] is None or (functions_in(file)[named["name"]] and named["case"] in cases_in(file))


def anchors(markdown: Path) -> set[str]:
    """The anchors that GitHub makes from a page's headings."""
    headings = re.findall(r"^#+ (.+)$", markdown.read_text(encoding="utf-8"), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


def test_the_sections_are_those_of_a_product_specification_in_order() -> None:
    headings = re.findall(r"^## (.+)$", SPEC.read_text(encoding="utf-8"), re.MULTILINE)
    assert headings == SECTIONS


def test_the_intent_is_two_sentences_about_value_and_not_about_technology() -> None:
    intent = section("Intent")
    assert len(re.findall(r"\.(?:\s|$)", intent)) == 2
    assert not re.search(r"livekit|webrtc|\bsip\b|pipeline|\bllm\b|\bmcp\b|redis", intent, re.IGNORECASE)


def test_each_channel_says_how_it_is_reached_and_what_limits_it() -> None:
    channels = section("Channels").split("### ")[1:]
    assert [channel.split()[0] for channel in channels] == ["Browser", "Phone", "Screen"]
    for channel in channels:
        for label in ("Transport", "Journey", "Constraints"):
            assert f"- {label}: " in channel


def test_a_smart_speaker_is_a_non_goal() -> None:
    assert "smart speaker" in section("Non-goals").lower()


def test_ids_are_unique_and_count_up_without_gaps_in_their_groups() -> None:
    ids = [requirement.id for requirement in requirements()]
    by_group: dict[str, list[int]] = {}
    for each in ids:
        group, number = each.split(".")
        by_group.setdefault(group, []).append(int(number))
    assert list(by_group) == GROUPS
    for group, numbers in by_group.items():
        assert numbers == list(range(1, len(numbers) + 1)), group


def test_every_requirement_stands_under_the_heading_of_its_group() -> None:
    group = ""
    for line in SPEC.read_text(encoding="utf-8").splitlines():
        if heading := _GROUP.match(line):
            group = heading["id"]
        elif item := _ITEM.match(line):
            assert item["id"].startswith(f"{group}."), line


@pytest.mark.parametrize("requirement", requirements(), ids=str)
def test_a_requirement_binds_and_says_what_shows_it(requirement: Requirement) -> None:
    assert _BINDING.search(requirement.promise), "says neither SHALL, SHOULD nor MAY"
    assert _TEST.search(requirement.evidence) or _NOT_YET.search(requirement.evidence), "nothing shows it"


def test_no_binding_word_stands_outside_a_requirement() -> None:
    """A promise without an id could be neither shown nor found again."""
    before_the_promises = SPEC.read_text(encoding="utf-8").index("## Intent")
    loose = [
        line
        for line in SPEC.read_text(encoding="utf-8")[before_the_promises:].splitlines()
        if _BINDING.search(line) and not _ITEM.match(line)
    ]
    assert loose == []


def test_every_test_that_is_named_exists_and_is_not_skipped() -> None:
    named = _TEST.finditer(SPEC.read_text(encoding="utf-8"))
    assert [match.group() for match in named if not exists(match)] == []


def test_whatever_looks_like_a_test_is_named_in_full() -> None:
    """A half-written name would be no evidence and yet look like some."""
    text = SPEC.read_text(encoding="utf-8")
    assert len(re.findall(r"::\s*`?test_", text)) == len(_TEST.findall(text))


def test_every_metric_has_a_target_and_a_way_to_measure_it() -> None:
    rows = [line for line in section("Success metrics").splitlines() if line.startswith("|")][2:]
    assert len(rows) >= 6
    for row in rows:
        _, target, how = (cell.strip() for cell in row.strip("|").split("|"))
        assert re.search(r"\d", target), row
        assert _TEST.search(how) or _NOT_YET.search(how) or "voicetasks bench" in how, row


@pytest.mark.parametrize("page", ["SPEC.md", "README.md"])
def test_links_to_files_lead_somewhere(page: str) -> None:
    text = re.sub(r"```.*?```", "", (ROOT / page).read_text(encoding="utf-8"), flags=re.DOTALL)
    for link in _LINK.finditer(text):
        target, _, anchor = link["target"].partition("#")
        if re.match(r"[a-z]+:", target):
            continue
        file = ROOT / target if target else ROOT / page
        assert file.exists(), link.group()
        if anchor and file.suffix == ".md":
            assert anchor in anchors(file), link.group()
